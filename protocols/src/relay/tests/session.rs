//! The bus as a script: boards with their own faults on a line with its own time.

use crate::relay::board::{Board, Coil, PulseStyle, State};
use crate::relay::command::{Act, CommandId, Failure};
use crate::relay::exchange::{Input, Output, RelayEvent, Timing};
use crate::relay::session::Session;
use crate::relay::slave::SlaveConfig;
use crate::relay::wire::{Bits, FLASH_ON, ON, Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

/// What one board does with its next requests.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    Silent,
    /// Does what it is asked, and its answer is lost.
    Mute,
    /// Answers with these bytes.
    Says(Vec<u8>),
}

pub(super) struct Device {
    unit: u8,
    relays: u32,
    pub(super) inputs: u32,
    pub(super) fault: Fault,
    /// Milliseconds until it answers.
    delay: u64,
}

impl Device {
    fn new(unit: u8) -> Self {
        Self { unit, relays: 0, inputs: 0b10, fault: Fault::None, delay: 20 }
    }

    fn answer(&mut self, frame: &[u8]) -> Vec<u8> {
        let (unit, request) = Request::decode(frame).unwrap();
        if unit != self.unit || self.fault == Fault::Silent {
            return Vec::new();
        }
        let response = match &request {
            Request::ReadCoils { count, .. } => Response::Bits(Bits::of(*count, self.relays)),
            Request::ReadInputs { count, .. } => Response::Bits(Bits::of(*count, self.inputs)),
            Request::WriteCoil { address, value } => {
                if *address < 8 {
                    self.relays &= !(1 << address);
                    self.relays |= u32::from(*value == ON) << address;
                }
                Response::Written
            }
            other => panic!("the session sent {other:?}"),
        };
        match &self.fault {
            Fault::Mute => Vec::new(),
            Fault::Says(bytes) => bytes.clone(),
            Fault::None | Fault::Silent => response.encode(unit, &request),
        }
    }
}

pub(super) struct Bus {
    pub(super) session: Session,
    pub(super) devices: Vec<Device>,
    echoes: bool,
    now: u64,
    under_way: VecDeque<(u64, Vec<u8>)>,
    pub(super) log: Vec<(u64, String)>,
}

impl Bus {
    pub(super) fn new(units: &[u8], pulse: PulseStyle) -> Self {
        let slaves = units.iter().map(|unit| SlaveConfig::new(Board::lane(*unit, pulse))).collect();
        Self {
            session: Session::new(Timing::at_baud(9600), slaves),
            devices: units.iter().map(|unit| Device::new(*unit)).collect(),
            echoes: false,
            now: 0,
            under_way: VecDeque::new(),
            log: Vec::new(),
        }
    }

    fn drain(&mut self) -> u64 {
        loop {
            match self.session.poll() {
                Output::HangUp(why) => panic!("a serial line was hung up: {why}"),
                Output::Flush => self.under_way.retain(|(at, _)| *at > self.now),
                Output::Send(frame) => {
                    let (unit, request) = Request::decode(&frame).unwrap();
                    self.log.push((self.now, format!("send {unit} {request:?}")));
                    if self.echoes {
                        self.under_way.push_back((self.now + 10, frame.clone()));
                    }
                    for device in &mut self.devices {
                        let reply = device.answer(&frame);
                        if !reply.is_empty() {
                            self.under_way.push_back((self.now + device.delay, reply));
                        }
                    }
                }
                Output::Event(event) => self.log.push((self.now, format!("{event:?}"))),
                Output::Wait(wake) => return wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000)),
            }
        }
    }

    pub(super) fn run_until(&mut self, end: u64) {
        self.session.handle(Input::Deadline, Tick::from_millis(self.now));
        loop {
            let wake = self.drain();
            assert!(wake > self.now, "waits for the past at {}", self.now);
            self.under_way.make_contiguous().sort_by_key(|(at, _)| *at);
            let comes = self.under_way.front().map_or(u64::MAX, |(at, _)| *at);
            let next = wake.min(comes);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            let bytes = if comes == next { self.under_way.pop_front() } else { None };
            let input = bytes.as_ref().map_or(Input::Deadline, |(_, bytes)| Input::Bytes(bytes));
            self.session.handle(input, Tick::from_millis(self.now));
        }
    }

    pub(super) fn act(&mut self, id: u64, act: Act) {
        let command = Input::Command { id: CommandId(id), unit: 1, act };
        self.session.handle(command, Tick::from_millis(self.now));
    }

    pub(super) fn pulse(&mut self, id: u64, coil: Coil) {
        self.act(id, Act::Pulse { coil, bank: 0, length: Duration::from_millis(500) });
    }

    pub(super) fn count(&self, what: &str, from: u64) -> usize {
        self.log.iter().filter(|(at, line)| *at >= from && line.contains(what)).count()
    }

    pub(super) fn first(&self, what: &str, from: u64) -> Option<u64> {
        self.log.iter().find(|(at, line)| *at >= from && line.contains(what)).map(|(at, _)| *at)
    }
}

pub(super) fn failed(id: u64, why: Failure) -> String {
    format!("{:?}", RelayEvent::CommandFailed { id: CommandId(id), why })
}

pub(super) fn flash(relay: u16) -> String {
    format!("send 1 {:?}", Request::WriteCoil { address: FLASH_ON + relay, value: 5 })
}

#[test]
fn a_board_comes_online_by_its_relays_and_is_then_polled_ten_times_a_second() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(2_000);
    let heads: Vec<_> = bus.log.iter().take(4).map(|(at, line)| format!("{at} {line}")).collect();
    let want = [
        "0 send 1 ReadCoils { start: 0, count: 8 }",
        "20 Online { unit: 1, relays: 0 }",
        "25 send 1 ReadInputs { start: 0, count: 8 }",
        "45 Inputs { unit: 1, bits: 2, at: Tick(25000) }",
    ];
    assert_eq!(heads, want);
    assert_eq!(bus.count("Inputs { unit", 1_000), 10);
}

#[test]
fn an_echoing_adapter_is_found_out_and_its_copies_dropped() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.echoes = true;
    bus.run_until(1_000);
    bus.pulse(1, Coil::BarrierOpen);
    bus.run_until(1_100);
    assert_eq!(bus.count("CommandDone { id: CommandId(1) }", 1_000), 1);
    let counters = bus.session.counters();
    assert!(counters.echoes >= counters.answers && counters.wrong_count == 0, "{counters:?}");
    // The copy of a write is not its answer: nobody but the adapter is there now.
    bus.devices[0].fault = Fault::Silent;
    bus.pulse(2, Coil::BarrierOpen);
    bus.run_until(2_000);
    assert_eq!(bus.count(&failed(2, Failure::Unknown), 0), 1);
}

/// A pulse whose outcome is unknown is not sent twice (contract, events).
#[test]
fn a_pulse_without_valid_answer_is_told_as_unknown_and_never_repeated() {
    for fault in
        [Fault::Silent, Fault::Mute, Fault::Says(vec![1, 5, 0, 0, 0xFF, 0, 0x3A, 0x8C]), Fault::Says(vec![2])]
    {
        let mut bus = Bus::new(&[1], PulseStyle::Timed);
        bus.run_until(1_000);
        bus.devices[0].fault = fault.clone();
        bus.pulse(7, Coil::BarrierOpen);
        bus.run_until(1_700);
        bus.devices[0].fault = Fault::None;
        bus.run_until(20_000);
        assert_eq!(bus.count(&flash(0), 0), 1, "{fault:?}");
        assert_eq!(bus.count(&failed(7, Failure::Unknown), 0), 1, "{fault:?}");
    }
}

#[test]
fn a_refused_pulse_is_told_with_the_exception() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.devices[0].fault = Fault::Says(vec![1, 0x85, 3, 0x02, 0x91]);
    bus.pulse(3, Coil::BarrierOpen);
    bus.run_until(1_060);
    assert_eq!(bus.count("CommandFailed { id: CommandId(3), why: Refused(Exception(3)) }", 0), 1);
}

#[test]
fn a_switch_is_read_back_before_it_is_written_again() {
    let act = Act::Switch { coil: Coil::Red, bank: 0, state: State::On };
    for (fault, writes) in [(Fault::Mute, 1), (Fault::Silent, 2)] {
        let mut bus = Bus::new(&[1], PulseStyle::Timed);
        bus.run_until(1_000);
        bus.devices[0].fault = fault.clone();
        bus.act(4, act);
        bus.run_until(1_200);
        bus.devices[0].fault = Fault::None;
        bus.run_until(3_000);
        assert_eq!(bus.count("send 1 WriteCoil", 0), writes, "{fault:?}");
        assert_eq!(bus.count("CommandDone { id: CommandId(4) }", 0), 1, "{fault:?}");
        assert_eq!(bus.devices[0].relays, 1 << 3);
    }
}

#[test]
fn the_opposite_direction_is_cleared_and_confirmed_first() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.pulse(1, Coil::BarrierClose);
    bus.run_until(1_100);
    bus.pulse(2, Coil::BarrierOpen);
    bus.run_until(1_300);
    let off = format!("send 1 {:?}", Request::WriteCoil { address: 1, value: 0 });
    let steps = [
        bus.first(&flash(1), 0),
        bus.first(&off, 1_000),
        bus.first("ReadCoils", 1_000),
        bus.first(&flash(0), 0),
    ];
    assert!(steps.iter().all(Option::is_some) && steps.is_sorted(), "{steps:?} {:?}", bus.log);
    bus.run_until(5_000);
    bus.pulse(3, Coil::BarrierClose);
    bus.run_until(5_100);
    assert_eq!(bus.count("WriteCoil", 5_000), 1, "nothing to clear long after");
}

#[test]
fn an_on_off_pulse_ends_even_when_the_board_was_away() {
    let mut bus = Bus::new(&[1], PulseStyle::OnOff);
    bus.run_until(1_000);
    bus.pulse(5, Coil::BarrierOpen);
    bus.run_until(1_100);
    assert_eq!(bus.count("CommandDone { id: CommandId(5) }", 0), 1);
    assert_eq!(bus.devices[0].relays, 1);
    bus.devices[0].fault = Fault::Silent;
    bus.run_until(8_000);
    assert_eq!(bus.count("StuckOn { unit: 1, relay: 0 }", 0), 1);
    bus.devices[0].fault = Fault::None;
    bus.run_until(30_000);
    assert_eq!(bus.devices[0].relays, 0);
    assert_eq!(bus.count("Released { unit: 1, relay: 0 }", 0), 1);
    assert_eq!(bus.count(&format!("value: {ON}"), 0), 1);
}

/// fault D3: a silent board's inputs are unknown after a second, it goes offline, and its relays are read first when it
/// is back.
#[test]
fn a_silent_board_loses_its_inputs_then_goes_offline_and_comes_back() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.devices[0].fault = Fault::Silent;
    bus.run_until(60_000);
    let unknown = bus.first("InputsUnknown", 0).unwrap();
    assert!((1_900..2_100).contains(&unknown), "{unknown}");
    assert!(bus.first("Offline", 0).unwrap() < 10_000);
    assert_eq!((bus.count("Offline {", 0), bus.count("InputsUnknown", 0)), (1, 1));
    assert!(bus.count("send 1", 10_000) < 10, "backs off");
    bus.pulse(9, Coil::BarrierOpen);
    bus.drain();
    assert_eq!(bus.count(&failed(9, Failure::Offline), 0), 1);
    bus.devices[0].fault = Fault::None;
    bus.run_until(95_000);
    let (online, inputs) =
        (bus.first("Online", 60_000).unwrap(), bus.first("Inputs { unit", 60_000).unwrap());
    assert!(online < inputs);
    assert_eq!(bus.count(&flash(0), 0), 0);
}

/// fault D7: an answer that comes after its time-out is never taken for the answer to the next request.
#[test]
fn a_late_answer_is_not_the_next_one() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.devices[0].delay = 450;
    bus.run_until(1_450);
    bus.devices[0].delay = 20;
    bus.devices[0].inputs = 0b1000;
    bus.run_until(3_000);
    assert_eq!(bus.count("bits: 2,", 1_100), 0, "{:?}", bus.log);
    assert!(bus.session.counters().stray_bytes > 0);
}

/// fault D7: with one board silent, jamming or 200 ms late, each other board is polled at least five times a second.
#[test]
fn one_bad_board_leaves_the_others_their_five_polls_a_second() {
    let noise = Fault::Says(vec![0x55; 300]);
    for (fault, delay) in [(Fault::Silent, 20), (noise, 20), (Fault::None, 200)] {
        let mut bus = Bus::new(&[1, 2, 3], PulseStyle::Timed);
        bus.run_until(1_000);
        bus.devices[2].fault = fault.clone();
        bus.devices[2].delay = delay;
        bus.run_until(61_000);
        for unit in [1, 2] {
            let polls = bus.count(&format!("Inputs {{ unit: {unit}"), 1_000);
            assert!(polls >= 60 * 5, "{fault:?}: board {unit} polled {polls} times in 60 s");
        }
    }
}

/// fault D7: two frames in a hundred broken, each on another exchange: no board goes offline.
#[test]
fn two_percent_of_broken_answers_cost_no_board() {
    let mut bus = Bus::new(&[1, 2], PulseStyle::Timed);
    bus.run_until(1_000);
    for round in 0_u64..60 {
        let device = (round % 2) as usize;
        bus.devices[device].fault = Fault::Says(vec![device as u8 + 1, 2, 1, 0, 0, 0]);
        bus.run_until(1_000 + round * 500 + 100);
        bus.devices[device].fault = Fault::None;
        bus.run_until(1_000 + round * 500 + 500);
    }
    assert_eq!((bus.count("Offline", 0), bus.count("InputsUnknown", 0)), (0, 0));
    assert!(bus.session.counters().bad_check >= 60);
    for unit in [1, 2] {
        assert!(bus.count(&format!("Inputs {{ unit: {unit}"), 1_000) >= 30 * 5);
    }
}

#[test]
fn a_reserved_bus_starts_no_poll_and_takes_the_command_at_once() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_010);
    bus.session.handle(Input::Reserve { until: Tick::from_millis(9_000) }, Tick::from_millis(1_010));
    bus.run_until(1_250);
    let polls = bus.count("send", 1_045);
    bus.pulse(1, Coil::BarrierOpen);
    bus.drain();
    assert_eq!(polls, 0);
    assert_eq!(bus.first(&flash(0), 0), Some(1_250));
    bus.run_until(2_000);
    let polled = bus.first("ReadInputs", 1_250).unwrap();
    assert!(polled < 1_300, "the pulse ends it, so that the open limit is seen: {polled}");
}

#[test]
fn a_reservation_without_a_command_ends_after_half_a_second() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_010);
    bus.session.handle(Input::Reserve { until: Tick::from_millis(9_000) }, Tick::from_millis(1_010));
    bus.run_until(2_000);
    assert_eq!(bus.first("ReadInputs", 1_045), Some(1_510));
}

#[test]
fn what_cannot_be_done_is_refused_without_a_byte() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.pulse(1, Coil::BarrierOpen);
    bus.drain();
    assert_eq!(bus.count(&failed(1, Failure::Offline), 0), 1);
    bus.run_until(1_000);
    bus.act(2, Act::Pulse { coil: Coil::BarrierOpen, bank: 0, length: Duration::ZERO });
    let command = Input::Command {
        id: CommandId(3),
        unit: 9,
        act: Act::Switch { coil: Coil::Red, bank: 0, state: State::On },
    };
    bus.session.handle(command, Tick::from_millis(1_000));
    for id in 10..60 {
        bus.act(id, Act::Switch { coil: Coil::Red, bank: 0, state: State::On });
    }
    bus.drain();
    for id in [2, 3] {
        assert_eq!(bus.count(&failed(id, Failure::NotPossible), 0), 1);
    }
    assert!(bus.count("QueueFull", 0) > 0);
}

/// Vector MX5.
#[test]
fn an_echo_and_the_answer_in_one_piece_give_the_answer() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.devices[0].fault = Fault::Says(super::bytes("01 01 0000 0008 3DCC 01 01 01 00 5188"));
    bus.run_until(24);
    assert_eq!((bus.first("Online { unit: 1, relays: 0 }", 0), bus.session.counters().echoes), (Some(20), 1));
}

/// fault D1: found by fuzzing; bytes that looked like an echo once must not make every later answer a wrong one.
#[test]
fn an_echo_that_was_none_is_unlearned_when_nobody_answers_any_more() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.devices[0].fault = Fault::Says(super::bytes("01 01 0000 0008 3DCC 01 01 01 00 5188"));
    bus.run_until(24);
    assert_eq!(bus.session.counters().echoes, 1);
    bus.devices[0].fault = Fault::None;
    bus.run_until(5_000);
    assert!(bus.count("Inputs { unit: 1", 4_000) >= 9, "{:?}", bus.log);
}

/// fault D1: no answer that is none locks the master up, and each kind is counted apart.
#[test]
fn answers_that_are_none_are_counted_apart_and_the_next_poll_succeeds() {
    let cases = [
        ("02 02 01 01 6188", "wrong_address: 1"),
        ("02 01 83 02 01 83", "wrong_address: 1"),
        ("01 01 01 01 9048", "wrong_function: 1"),
        ("01 02 02 5100 846C", "wrong_count: 1"),
        ("01 02 01 05 8B61", "bad_check: 1"),
        ("01 02 01", "short: 1"),
        ("", "timeouts: 1"),
    ];
    for (answer, counted) in cases {
        let mut bus = Bus::new(&[1], PulseStyle::Timed);
        bus.run_until(1_000);
        bus.devices[0].fault = Fault::Says(super::bytes(answer));
        bus.run_until(1_060);
        bus.devices[0].fault = Fault::None;
        bus.run_until(1_900);
        let counters = format!("{:?}", bus.session.counters());
        assert!(counters.contains(counted), "{answer}: {counters}");
        assert!(bus.count("Inputs { unit", 1_100) > 0, "{answer}");
        assert_eq!(bus.count("Offline", 0), 0, "{answer}");
    }
}

#[test]
fn a_pulse_that_cannot_run_in_time_is_given_up_unsent() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.devices[0].fault = Fault::Silent;
    bus.run_until(2_100);
    let mut busy = vec![1, 0x81, 6];
    crate::check::append(&crate::check::CRC_16_MODBUS, &mut busy);
    bus.devices[0].fault = Fault::Says(busy);
    bus.pulse(8, Coil::BarrierOpen);
    bus.run_until(10_000);
    bus.devices[0].fault = Fault::None;
    bus.run_until(20_000);
    assert_eq!(bus.first(&failed(8, Failure::Offline), 0), Some(4_100));
    assert_eq!(bus.count(&flash(0), 0), 0);
    assert!(bus.first("Inputs { unit", 10_000).is_some());
}

/// fault D7: behind a stray byte the board's own answer may still come; it is not the next poll's.
#[test]
fn an_answer_behind_a_stray_byte_is_not_the_next_one() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    bus.run_until(1_000);
    bus.devices[0].delay = 150;
    bus.under_way.push_back((1_030, vec![0x55]));
    bus.run_until(1_060);
    bus.devices[0].inputs = 0b1000;
    bus.run_until(2_500);
    assert_eq!(bus.count("bits: 2,", 1_060), 0, "{:?}", bus.log);
    assert!(bus.count("bits: 8,", 1_060) > 0);
}

#[test]
fn lanes_on_one_board_keep_their_own_opposite_directions() {
    let mut bus = Bus::new(&[1], PulseStyle::Timed);
    let board = Board { coils: 16, ..Board::lane(1, PulseStyle::Timed) };
    bus.session = Session::new(Timing::at_baud(9600), vec![SlaveConfig::new(board)]);
    bus.run_until(1_000);
    let length = Duration::from_millis(500);
    let pulse = |coil, bank| Act::Pulse { coil, bank, length };
    // Lane 1 closes; lane 2, eight relays further, closes and opens; then lane 1 opens.
    bus.act(1, pulse(Coil::BarrierClose, 0));
    bus.run_until(1_100);
    bus.act(2, pulse(Coil::BarrierClose, 8));
    bus.run_until(1_200);
    bus.act(3, pulse(Coil::BarrierOpen, 8));
    bus.run_until(1_400);
    bus.act(4, pulse(Coil::BarrierOpen, 0));
    bus.run_until(1_600);
    let off = |relay| format!("send 1 {:?}", Request::WriteCoil { address: relay, value: 0 });
    for (id, opposite, relay) in [(3, 9, 8), (4, 1, 0)] {
        let (cleared, pulsed) = (bus.first(&off(opposite), 0), bus.first(&flash(relay), 0));
        assert!(cleared.is_some() && cleared < pulsed, "command {id}: {cleared:?} {pulsed:?}");
        assert_eq!(bus.count(&off(opposite), 0), 1, "cleared once");
        assert_eq!(bus.count(&flash(relay), 0), 1);
    }
}
