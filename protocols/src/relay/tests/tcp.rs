//! Modbus TCP: a connection as a script: boards with their own faults, numbers, a time of its own.

use super::bytes;
use super::golden_tcp::{FRAMES, MALFORMED};
use super::mbap::frames;
use crate::relay::board::{Board, Coil, PulseStyle, State};
use crate::relay::command::{Act, CommandId, Failure};
use crate::relay::exchange::{HangUp, Input, Output, RelayEvent};
use crate::relay::mbap::Header;
use crate::relay::session::Session;
use crate::relay::slave::SlaveConfig;
use crate::relay::wire::{Bits, Exception, FLASH_ON, Request, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

/// What the boards do with their next requests.
#[derive(Clone, Debug, PartialEq)]
enum Fault {
    None,
    Silent,
    /// Only this board is.
    SilentUnit(u8),
    /// Only this board is, and the gateway says so.
    Gateway(u8),
    /// The right header around this.
    Says(&'static str),
    /// These bytes, whatever was asked.
    Raw(Vec<u8>),
    /// The right answer from another board.
    From(u8),
    /// The right answer, twice.
    Twice,
    /// The right answer behind one of the request before.
    Behind(&'static str),
    /// The right answer, a byte at a time.
    Bytewise,
}

struct Bus {
    session: Session,
    inputs: u32,
    fault: Fault,
    /// Milliseconds until it answers.
    delay: u64,
    now: u64,
    under_way: VecDeque<(u64, Vec<u8>)>,
    log: Vec<(u64, String)>,
    transactions: Vec<u16>,
    hung_up: Option<(u64, HangUp)>,
}

impl Bus {
    fn new(units: &[u8]) -> Self {
        let board = |unit: &u8| SlaveConfig::new(Board::lane(*unit, PulseStyle::Timed));
        Self {
            session: Session::over_tcp(units.iter().map(board).collect()),
            inputs: 0b10,
            fault: Fault::None,
            delay: 5,
            now: 0,
            under_way: VecDeque::new(),
            log: Vec::new(),
            transactions: Vec::new(),
            hung_up: None,
        }
    }

    fn sent(&mut self, frame: &[u8]) {
        let (found, broken) = frames(&[frame]);
        let [(header, pdu)] = &found[..] else { panic!("{} frames at once", found.len()) };
        assert!(!broken);
        let request = Request::from_pdu(pdu).unwrap();
        assert_eq!(self.session.asked(), Some((header.unit, &request)));
        self.transactions.push(header.transaction);
        self.log.push((self.now, format!("send {} {request:?}", header.unit)));
        let response = match &request {
            Request::ReadCoils { count, .. } => Response::Bits(Bits::of(*count, 0)),
            Request::ReadInputs { count, .. } => Response::Bits(Bits::of(*count, self.inputs)),
            Request::WriteCoil { .. } => Response::Written,
            other => panic!("the session sent {other:?}"),
        };
        let right = header.frame(&response.pdu(&request));
        let mut at = self.now + self.delay;
        let answer = match &self.fault {
            Fault::Silent => return,
            Fault::SilentUnit(unit) if *unit == header.unit => return,
            Fault::Gateway(unit) if *unit == header.unit => {
                header.frame(&Response::Exception(Exception::TARGET_SILENT).pdu(&request))
            }
            Fault::None | Fault::SilentUnit(_) | Fault::Gateway(_) => right,
            Fault::Says(pdu) => header.frame(&bytes(pdu)),
            Fault::Raw(bytes) => bytes.clone(),
            Fault::From(unit) => Header { unit: *unit, ..*header }.frame(&response.pdu(&request)),
            Fault::Twice => [right.clone(), right].concat(),
            Fault::Behind(pdu) => {
                let transaction = header.transaction.wrapping_sub(1);
                [Header { transaction, ..*header }.frame(&bytes(pdu)), right].concat()
            }
            Fault::Bytewise => {
                for byte in right {
                    self.under_way.push_back((at, vec![byte]));
                    at += 2;
                }
                return;
            }
        };
        self.under_way.push_back((at, answer));
    }

    fn drain(&mut self) -> u64 {
        let mut sends = 0;
        loop {
            match self.session.poll() {
                Output::Flush => panic!("bytes of a connection are never thrown away"),
                Output::Send(frame) => {
                    sends += 1;
                    assert!(
                        sends == 1 && self.hung_up.is_none(),
                        "one request at a time, and none behind the end"
                    );
                    self.sent(&frame);
                }
                Output::Event(event) => self.log.push((self.now, format!("{event:?}"))),
                Output::HangUp(why) => {
                    assert_eq!(self.hung_up, None, "it hangs up once");
                    self.hung_up = Some((self.now, why));
                }
                Output::Wait(wake) => return wake.map_or(u64::MAX, |tick| tick.as_micros().div_ceil(1000)),
            }
        }
    }

    fn run_until(&mut self, end: u64) {
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
            let piece = if comes == next { self.under_way.pop_front() } else { None };
            let input = piece.as_ref().map_or(Input::Deadline, |(_, bytes)| Input::Bytes(bytes));
            self.session.handle(input, Tick::from_millis(self.now));
        }
    }

    fn act(&mut self, id: u64, act: Act) {
        let command = Input::Command { id: CommandId(id), unit: 1, act };
        self.session.handle(command, Tick::from_millis(self.now));
    }

    fn pulse(&mut self, id: u64) {
        let length = Duration::from_millis(500);
        self.act(id, Act::Pulse { coil: Coil::BarrierOpen, bank: 0, length });
    }

    fn count(&self, what: &str, from: u64) -> usize {
        self.log.iter().filter(|(at, line)| *at >= from && line.contains(what)).count()
    }
}

fn failed(id: u64, why: Failure) -> String {
    format!("{:?}", RelayEvent::CommandFailed { id: CommandId(id), why })
}

#[test]
fn a_board_comes_online_by_its_relays_and_each_request_has_its_own_number() {
    let mut bus = Bus::new(&[1]);
    bus.run_until(2_000);
    let heads: Vec<_> = bus.log.iter().take(4).map(|(at, line)| format!("{at} {line}")).collect();
    let want = [
        "0 send 1 ReadCoils { start: 0, count: 8 }",
        "5 Online { unit: 1, relays: 0 }",
        "5 send 1 ReadInputs { start: 0, count: 8 }",
        "10 Inputs { unit: 1, bits: 2, at: Tick(5000) }",
    ];
    assert_eq!(heads, want, "no silence is waited for");
    assert_eq!(bus.count("Inputs { unit", 1_000), 10);
    let numbers: Vec<u16> = (1..).take(bus.transactions.len()).collect();
    assert_eq!(bus.transactions, numbers);
    bus.pulse(1);
    bus.run_until(2_100);
    assert_eq!(bus.count("CommandDone { id: CommandId(1) }", 2_000), 1);
}

/// fault D1: split where it may, glued to what is not its own, told twice: one answer to one request.
#[test]
fn an_answer_counts_once_however_its_bytes_come() {
    for fault in [Fault::Bytewise, Fault::Twice, Fault::Behind("02 01 FF")] {
        let mut bus = Bus::new(&[1]);
        bus.fault = fault.clone();
        bus.run_until(2_000);
        assert!(bus.count("bits: 2,", 1_000) >= 9, "{fault:?}: {:?}", bus.log);
        assert_eq!(bus.count("bits: 255,", 0), 0, "{fault:?}");
        assert_eq!(bus.session.counters().late > 0, fault != Fault::Bytewise, "{fault:?}");
        assert_eq!(bus.hung_up, None, "{fault:?}");
    }
}

/// fault D7: the answer to an earlier request is never taken for that to a later one, and costs nothing but itself.
#[test]
fn a_late_answer_is_dropped_by_its_number() {
    let mut bus = Bus::new(&[1]);
    bus.run_until(1_000);
    bus.delay = 450;
    bus.run_until(1_150);
    (bus.delay, bus.inputs) = (5, 0b1000);
    bus.run_until(3_000);
    assert_eq!(bus.count("bits: 2,", 1_100), 0, "{:?}", bus.log);
    assert!(bus.count("bits: 8,", 1_100) >= 14, "polled on at once");
    let counters = bus.session.counters();
    assert_eq!((counters.late, counters.timeouts, bus.hung_up), (1, 1, None), "{counters:?}");
}

/// fault D1: what is no answer is counted apart, the connection stays, and the next poll succeeds.
#[test]
fn answers_that_are_none_are_counted_apart() {
    for (fault, counted) in [
        (Fault::From(2), "wrong_address: 1"),
        (Fault::Says("01 01 00"), "wrong_function: 1"),
        (Fault::Says("02 02 0500"), "wrong_count: 1"),
        (Fault::Says("02 01"), "wrong_count: 1"),
        (Fault::Silent, "timeouts: 1"),
    ] {
        let mut bus = Bus::new(&[1]);
        bus.run_until(1_000);
        bus.fault = fault.clone();
        bus.run_until(1_009);
        bus.fault = Fault::None;
        bus.run_until(1_900);
        let counters = format!("{:?}", bus.session.counters());
        assert!(counters.contains(counted), "{fault:?}: {counters}");
        assert!(bus.count("Inputs { unit", 1_010) >= 5, "{fault:?}: {:?}", bus.log);
        assert_eq!((bus.count("Offline", 0), bus.hung_up), (0, None), "{fault:?}");
    }
}

#[test]
fn a_board_that_only_answers_wrongly_is_offline_on_a_connection_that_stays() {
    let mut bus = Bus::new(&[1]);
    bus.fault = Fault::Says("02 02 0500");
    bus.run_until(60_000);
    assert_eq!((bus.count("Offline", 0), bus.hung_up), (1, None));
    assert!(bus.transactions.len() < 20, "backs off: {}", bus.transactions.len());
}

/// fault D1: bytes that are no Modbus TCP end the connection at once; what was asked for is told.
#[test]
fn bytes_that_are_no_modbus_tcp_hang_up() {
    for (id, hex) in MALFORMED {
        let mut bus = Bus::new(&[1]);
        bus.run_until(1_000);
        bus.fault = Fault::Raw(bytes(hex));
        bus.pulse(7);
        bus.act(8, Act::Switch { coil: Coil::Red, bank: 0, state: State::On });
        bus.run_until(9_000);
        assert_eq!(bus.hung_up, Some((1_005, HangUp::Malformed)), "{id}: {:?}", bus.log);
        assert_eq!(bus.session.counters().malformed, 1, "{id}");
        assert_eq!(bus.count(&failed(7, Failure::Unknown), 0), 1, "{id}: {:?}", bus.log);
        assert_eq!(bus.count(&failed(8, Failure::Offline), 0), 1, "{id}");
        assert_eq!(bus.count("send", 1_005), 0, "{id}");
    }
}

/// fault C2: a peer that vanished without a word is found by the polls' own time-outs.
#[test]
fn a_connection_on_which_nobody_answers_is_hung_up_by_its_time_outs() {
    let mut bus = Bus::new(&[1, 2]);
    bus.run_until(1_000);
    bus.fault = Fault::Silent;
    bus.run_until(60_000);
    let Some((at, HangUp::Silent)) = bus.hung_up else { panic!("{:?}", bus.hung_up) };
    assert!(at <= 3_500, "hung up at {at}: {:?}", bus.log);
    assert_eq!((bus.count("Offline {", 0), bus.count("InputsUnknown", 0)), (2, 2));

    let mut bus = Bus::new(&[1, 2]);
    bus.fault = Fault::Silent;
    bus.run_until(60_000);
    assert_eq!(bus.hung_up, Some((600, HangUp::Silent)), "nobody was there from the start");
}

/// fault D7: one dead board behind a gateway costs the others nothing but line time.
#[test]
fn one_silent_board_behind_a_gateway_leaves_the_connection_to_the_others() {
    for fault in [Fault::SilentUnit(2), Fault::Says("82 04")] {
        let mut bus = Bus::new(&[1, 2]);
        bus.run_until(1_000);
        bus.fault = fault.clone();
        bus.run_until(61_000);
        let polls = bus.count("Inputs { unit: 1", 1_000);
        assert!(polls >= 300 || fault != Fault::SilentUnit(2), "{fault:?}: polled {polls} times");
        assert_eq!(bus.hung_up, None, "{fault:?}: an answer that refuses is an answer");
    }
}

/// A pulse that the network kept is never delivered later: the connection is given up with all that it still holds.
#[test]
fn an_unanswered_pulse_is_told_as_unknown_and_hangs_up() {
    let mut bus = Bus::new(&[1, 2]);
    bus.run_until(1_000);
    bus.fault = Fault::SilentUnit(1);
    bus.pulse(3);
    bus.act(4, Act::Switch { coil: Coil::Green, bank: 0, state: State::On });
    bus.run_until(20_000);
    let pulse = Request::WriteCoil { address: FLASH_ON, value: 5 };
    assert_eq!(bus.count(&format!("{pulse:?}"), 0), 1);
    assert_eq!(bus.count(&failed(3, Failure::Unknown), 0), 1, "{:?}", bus.log);
    assert_eq!(bus.count(&failed(4, Failure::Offline), 0), 1, "{:?}", bus.log);
    let Some((at, HangUp::Unanswered)) = bus.hung_up else { panic!("{:?}", bus.hung_up) };
    assert!((1_300..1_320).contains(&at), "{at}");
}

/// fault D6: without a silence between them, the sample is heard all the same before the close that waited for it.
#[test]
fn a_close_leaves_time_to_be_withdrawn_by_its_sample() {
    let close = format!("{:?}", Request::WriteCoil { address: FLASH_ON + 1, value: 5 });
    for withdrawn in [false, true] {
        let mut bus = Bus::new(&[1]);
        bus.run_until(1_000);
        bus.fault = Fault::Silent;
        bus.run_until(1_100);
        let length = Duration::from_millis(500);
        bus.act(6, Act::Pulse { coil: Coil::BarrierClose, bank: 0, length });
        bus.run_until(1_200);
        (bus.fault, bus.inputs) = (Fault::None, 0b1010);
        bus.run_until(1_310);
        assert_eq!((bus.count("bits: 10,", 1_310), bus.count(&close, 0)), (1, 0), "{:?}", bus.log);
        if withdrawn {
            bus.session.handle(Input::Withdraw(&[CommandId(6)]), Tick::from_millis(1_310));
        }
        bus.run_until(3_000);
        assert_eq!(bus.count(&failed(6, Failure::Withdrawn), 0), usize::from(withdrawn));
        assert_eq!((bus.count(&close, 0), bus.count(&close, 1_315)), if withdrawn { (0, 0) } else { (1, 1) });
    }
}

#[test]
fn a_session_that_hung_up_takes_nothing_any_more() {
    let mut bus = Bus::new(&[1]);
    bus.fault = Fault::Silent;
    bus.run_until(5_000);
    assert!(bus.hung_up.is_some());
    let before = bus.log.len();
    bus.session.handle(Input::Bytes(&bytes(FRAMES[0].1)), Tick::from_millis(5_000));
    bus.pulse(9);
    assert_eq!(bus.drain(), u64::MAX);
    assert_eq!(bus.log.len(), before + 1);
    assert_eq!(bus.count(&failed(9, Failure::Offline), 0), 1);
}

/// fault D7: a gateway that tells of its board's silence is an answer of the gateway's only: the board may have done what
/// it was asked.
#[test]
fn a_gateways_word_that_its_board_is_silent_is_taken_as_silence() {
    let mut bus = Bus::new(&[1, 2]);
    bus.run_until(1_000);
    bus.fault = Fault::Gateway(1);
    bus.pulse(5);
    bus.run_until(61_000);
    assert_eq!(bus.count(&failed(5, Failure::Unknown), 0), 1, "{:?}", bus.log);
    assert_eq!((bus.count("Offline { unit: 1", 0), bus.count("Refused", 0)), (1, 0));
    assert!(bus.count("Inputs { unit: 2", 1_000) >= 300, "the other board is polled on");
    assert_eq!(bus.hung_up, None);
    bus.fault = Fault::None;
    bus.run_until(95_000);
    assert_eq!(bus.count("Online { unit: 1", 61_000), 1);
}
