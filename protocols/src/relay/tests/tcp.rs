//! Modbus TCP: frames of others, and a connection as a script: boards with their own faults, numbers, a time of its own.

use super::bytes;
use super::golden::{REQUESTS, RESPONSES};
use super::golden_tcp::{FRAMES, LATE_AND_RIGHT, MALFORMED};
use crate::relay::board::{Board, Coil, PulseStyle, State};
use crate::relay::command::{Act, CommandId, Failure};
use crate::relay::exchange::{HangUp, Input, Output, RelayEvent};
use crate::relay::mbap::{ADU_MAX, Header, Malformed, Stream};
use crate::relay::session::Session;
use crate::relay::slave::SlaveConfig;
use crate::relay::wire::{Bits, FLASH_ON, Mismatch, Request, RequestError, Response};
use crate::tick::Tick;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

/// All frames of a stream that comes in these pieces, and whether it broke.
fn frames(pieces: &[&[u8]]) -> (Vec<(Header, Vec<u8>)>, bool) {
    let (mut stream, mut found) = (Stream::default(), Vec::new());
    for piece in pieces {
        stream.push(piece);
        loop {
            match stream.pull() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(Malformed) => return (found, true),
            }
        }
        assert!(stream.held() < ADU_MAX, "more than a frame is held");
    }
    (found, false)
}

/// fault D1: whole, byte by byte, cut off and glued together the frames are the same.
#[test]
fn frames_of_others_are_read_however_they_come_and_encode_to_the_same_bytes() {
    for (id, hex, transaction, unit, pdu) in FRAMES {
        let (frame, header) = (bytes(hex), Header { transaction: *transaction, unit: *unit });
        let want = vec![(header, bytes(pdu))];
        assert_eq!(frames(&[&frame]), (want.clone(), false), "{id}");
        assert_eq!(frames(&frame.chunks(1).collect::<Vec<_>>()), (want.clone(), false), "{id} byte by byte");
        assert_eq!(frames(&[&[&frame[..], &frame].concat()]), ([&want[..], &want].concat(), false), "{id}");
        for cut in 0..frame.len() {
            assert_eq!(frames(&[&frame[..cut]]), (Vec::new(), false), "{id} cut to {cut}");
        }
        assert_eq!(header.frame(&bytes(pdu)), frame, "{id}");
    }
}

/// fault D1: told at the first wrong byte, and nothing behind it is believed, not even a good frame.
#[test]
fn a_header_that_is_none_ends_the_stream() {
    let good = bytes(FRAMES[4].1);
    for (id, hex) in MALFORMED {
        let bad = bytes(hex);
        assert_eq!(frames(&[&bad]), (Vec::new(), true), "{id}");
        let (before, broken) = frames(&[&[&good[..], &bad].concat()]);
        assert_eq!((before.len(), broken), (1, true), "{id}: the frame before it holds");
        let mut stream = Stream::default();
        stream.push(&[&bad[..], &good].concat());
        assert_eq!(stream.pull(), Err(Malformed), "{id}");
        stream.push(&good);
        assert_eq!((stream.pull(), stream.held()), (Err(Malformed), 0), "{id}");
    }
}

/// Vectors M1..M20, MX2, MX4 and MX7 without address and CRC, as TCP carries them.
#[test]
fn function_and_data_mean_the_same_on_tcp_as_on_a_serial_line() {
    let inside = |hex: &str| {
        let frame = bytes(hex);
        frame[1..frame.len() - 2].to_vec()
    };
    for (id, hex, want) in REQUESTS {
        let request = Request::from_pdu(&inside(hex)).unwrap();
        assert_eq!(format!("{} {request:?}", bytes(hex)[0]), *want, "{id}");
        assert_eq!(request.pdu(), inside(hex), "{id}");
    }
    for (id, request, response, want) in RESPONSES {
        let request = Request::from_pdu(&inside(request)).unwrap();
        // These two end early, and have no CRC that could be taken off.
        let pdu = if id.starts_with("MX2") || id.starts_with("MX7") {
            bytes(response)[1..].to_vec()
        } else {
            inside(response)
        };
        let read = Response::from_pdu(&pdu, &request);
        match (*id, &read) {
            // Their faults are in address and CRC, which TCP has not: the header tells the board, TCP itself the rest.
            ("MX1" | "MX3" | "MX6", _) => {}
            ("MX2" | "MX4" | "MX7" | "MX7 from the slave asked", _) => {
                assert_eq!(read, Err(Mismatch::Count), "{id}");
            }
            (_, Ok(response)) => {
                assert_eq!(format!("Ok(Some({response:?}))"), *want, "{id}");
                assert_eq!(response.pdu(&request), pdu, "{id}");
            }
            (_, Err(mismatch)) => panic!("{id}: {mismatch}"),
        }
    }
}

#[test]
fn a_request_that_cannot_be_carried_out_says_which_exception_is_due() {
    for hex in ["", "2B 0E 01 00", "04 0000 0001", "81 02", "00"] {
        assert_eq!(Request::from_pdu(&bytes(hex)), Err(RequestError::Function), "{hex}");
    }
    for hex in [
        "01",
        "01 0000 00",
        "01 0000 0008 00",
        "01 0000 0000",
        "02 0000 07D1",
        "03 0000 007E",
        "05 0000 FF00 00",
        "0F 0000 0009 01 FF",
        "0F 0000 0008 02 FF",
        "0F 0000 0008",
        "10 0000 0002 02 0001",
        "10 0000 0001 03 000100",
    ] {
        assert_eq!(Request::from_pdu(&bytes(hex)), Err(RequestError::Count), "{hex}");
    }
    let read = Request::ReadInputs { start: 0, count: 8 };
    for (hex, why) in [
        ("", Mismatch::Function),
        ("01 01 00", Mismatch::Function),
        ("81 02", Mismatch::Function),
        ("02", Mismatch::Count),
        ("02 01", Mismatch::Count),
        ("02 01 05 00", Mismatch::Count),
        ("82", Mismatch::Count),
        ("82 02 00", Mismatch::Count),
    ] {
        assert_eq!(Response::from_pdu(&bytes(hex), &read), Err(why), "{hex}");
    }
}

/// What the boards do with their next requests.
#[derive(Clone, Debug, PartialEq)]
enum Fault {
    None,
    Silent,
    /// Only this board is.
    SilentUnit(u8),
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
            Fault::None | Fault::SilentUnit(_) => right,
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

#[test]
fn a_late_answer_and_the_right_one_in_one_piece_give_the_right_one() {
    let (found, broken) = frames(&[&bytes(LATE_AND_RIGHT)]);
    let numbers: Vec<u16> = found.iter().map(|(header, _)| header.transaction).collect();
    assert_eq!((numbers, broken), (vec![0x0F, 0x10], false));
    let asked = Request::from_pdu(&bytes(FRAMES[2].4)).unwrap();
    let words = Response::Words(vec![0x4931, 0x1388, 0x3A83, 0x126F]);
    assert_eq!(Response::from_pdu(&found[1].1, &asked), Ok(words));
    assert_eq!(Response::from_pdu(&found[0].1, &asked), Err(Mismatch::Count));
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
    for fault in [Fault::SilentUnit(2), Fault::Says("82 0B")] {
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

proptest! {
    /// fault D1: any bytes in any pieces give the same frames as in one, and no more than a frame is held.
    #[test]
    fn splits_change_nothing(
        mut stream in prop::collection::vec(any::<u8>(), 0..600),
        sound in prop::collection::vec((any::<u16>(), any::<u8>(), prop::collection::vec(any::<u8>(), 1..=253)), 0..4),
        cuts in prop::collection::vec(1_usize..90, 1..40),
    ) {
        let mut whole = Vec::new();
        for (transaction, unit, pdu) in &sound {
            whole.extend(Header { transaction: *transaction, unit: *unit }.frame(pdu));
        }
        whole.append(&mut stream);
        let (mut pieces, mut rest) = (Vec::new(), &whole[..]);
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let (found, broken) = frames(&pieces);
        prop_assert_eq!(frames(&[&whole]), (found.clone(), broken));
        prop_assert!(found.len() >= sound.len());
        for ((transaction, unit, pdu), (header, read)) in sound.iter().zip(&found) {
            prop_assert_eq!((*transaction, *unit, pdu), (header.transaction, header.unit, read));
        }
    }
}
