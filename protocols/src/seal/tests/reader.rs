//! Conversations with a DataReader.

use super::{from_reader, to_reader};
use crate::seal::reader::repr::{Command, Message, SealBurst};
use crate::seal::reader::session::{Config, Session};
use crate::seal::reader::wire::Frame;
use crate::seal::status::{SealId, ShortStatus};
use crate::talk::{SealState, Talk};
use crate::trial::{Device, Line, bytes};
use alloc::vec::Vec;

/// A reader that can be switched off, and be heard through an echoing adapter.
struct Reader {
    alive: bool,
    echoes: bool,
}

impl Device for Reader {
    fn answer(&mut self, sent: &[u8], _now: u64) -> Vec<u8> {
        let mut heard = if self.echoes { sent.to_vec() } else { Vec::new() };
        let frame = Frame::parse(sent).unwrap();
        if self.alive && Command::decode(&frame) == Ok(Command::Status) {
            let status = Message::Status { command: 0x16, flags: 0, status: [0; 4], data: Vec::new() };
            heard.extend(status.encode(frame.reader).unwrap());
        }
        heard
    }
}

fn line() -> Line<Session, Reader> {
    let words = |bytes: &[u8]| to_reader(bytes).split_off("to 1: ".len());
    Line::new(Session::new(Config::default()), Reader { alive: true, echoes: false }, words)
}

fn burst(number: u32, status: u8) -> Vec<u8> {
    let seal = SealId { family: 1, number };
    let burst = SealBurst { channel: 1, seal, kind: 0x0A, status: ShortStatus(status), organisation: None };
    Message::Burst { status: [0; 2], burst }.encode(1).unwrap()
}

/// Vectors L18 to L21.
#[test]
fn a_seal_is_told_and_acknowledged() {
    let mut line = line();
    line.run_until(1_000);
    line.say(&bytes("02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A A0 84 DD 03"));
    line.run_until(1_500);
    line.say(&burst(7, 0x00));
    let want = [
        "0 send Status",
        "20 online e-seal reader 1",
        "1000 seal 000112345678 Tampered",
        "1000 send Acknowledge",
        "1500 seal 000100000007 Sealed",
        "1500 send Acknowledge",
    ];
    assert_eq!(line.log, want);
    assert_eq!(line.talk.seals().state("000112345678", line.tick()), SealState::Tampered);
    assert_eq!(line.talk.seals().record("000100000007").unwrap().reader, Some(1));
    assert_eq!(line.talk.counters().readings, 2);
    assert!(from_reader(&burst(7, 0)).contains("0001-00000007"));
}

/// Vector LX9: what is garbled is neither told nor acknowledged, so the reader repeats it.
#[test]
fn a_garbled_seal_is_unknown_and_not_acknowledged() {
    let mut line = line();
    line.run_until(1_000);
    line.say(&bytes("02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A 80 84 DD 03"));
    line.run_until(1_200);
    assert_eq!(line.count("send Acknowledge"), 0);
    assert_eq!(line.talk.seals().state("000112345678", line.tick()), SealState::Unknown);
    assert_eq!(line.talk.counters().bytes.bad_checks, 1);
    line.say(&bytes("02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A A0 84 DD 03"));
    assert_eq!(line.count("send Acknowledge"), 1);
}

/// fault D3: a reader that falls silent is told within 10 s; from then on no seal is sealed, until it is heard again.
#[test]
fn a_silent_reader_is_told_and_its_seals_are_unknown() {
    let mut line = line();
    line.run_until(18_000);
    line.say(&burst(7, 0x00));
    line.run_until(20_000);
    line.device.alive = false;
    let number = "000100000007";
    assert_eq!(line.talk.seals().state(number, line.tick()), SealState::Sealed);
    line.run_until(40_000);
    let silent = line.first("silent", 0).unwrap();
    assert!((20_000..30_000).contains(&silent), "silent at {silent}");
    assert_eq!(line.count("silent"), 1);
    assert_eq!(line.talk.seals().state(number, line.tick()), SealState::Unknown);
    line.device.alive = true;
    line.run_until(45_000);
    assert_eq!(line.count("online e-seal reader 1"), 2);
    assert_eq!(line.talk.seals().state(number, line.tick()), SealState::Unknown);
}

#[test]
fn an_echoing_adapter_and_other_readers_are_counted_and_told_nothing() {
    let mut line = line();
    line.device = Reader { alive: false, echoes: true };
    line.run_until(1_000);
    let foreign = Message::Status { command: 0x16, flags: 0, status: [0; 4], data: Vec::new() };
    line.say(&foreign.encode(2).unwrap());
    line.run_until(3_000);
    let counters = line.talk.counters();
    assert_eq!((counters.echoes, counters.foreign), (4, 1), "{:?}", line.log);
    assert_eq!((line.count("silent"), line.count("online e-seal reader 1")), (1, 0));
}

/// fault D1: a report that broke off ends by itself, and the next one counts.
#[test]
fn a_broken_off_report_ends_by_itself() {
    let mut line = line();
    line.run_until(1_000);
    line.say(&burst(7, 0x00)[..9]);
    line.run_until(1_150);
    line.say(&burst(7, 0x00));
    assert_eq!(line.first("seal 000100000007 Sealed", 0), Some(1_150));
    assert_eq!(line.talk.counters().bytes.noise_bytes, 9);
}
