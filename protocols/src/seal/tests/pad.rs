//! Conversations with padlocks.

use super::PAD;
use crate::seal::pad::binary::{PadStatus, Report};
use crate::seal::pad::session::{Config, Session};
use crate::talk::{SealState, Talk};
use crate::tick::Tick;
use crate::trial::{Device, Line, bytes};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A lock that reports when it wants to and never answers.
struct Padlock;

impl Device for Padlock {
    fn answer(&mut self, _sent: &[u8], _now: u64) -> Vec<u8> {
        Vec::new()
    }
}

fn line(config: Config) -> Line<Session, Padlock> {
    let words = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Line::new(Session::new(config, Tick::default()), Padlock, words)
}

fn report(version: u8, status: u16) -> Vec<u8> {
    let report = Report::read(&bytes(PAD[1].1)).unwrap();
    Report { version, status: PadStatus(status), ..report }.write().unwrap()
}

/// Vectors L22, L23, LX10: both kinds of report are told and answered; a text never says sealed.
#[test]
fn reports_are_told_and_answered() {
    let mut line = line(Config::default());
    line.run_until(1_000);
    line.say(&bytes(PAD[0].1));
    line.run_until(2_000);
    line.say(&bytes(PAD[1].1));
    line.say(&bytes(PAD[3].1));
    line.run_until(3_000);
    let want = [
        "1000 online padlock 8000632862",
        "1000 seal 8000632862 Unknown",
        "1000 send (P69,0,9)",
        "2000 seal 8041300978 Sealed",
        "2000 send (P69,0,110)",
    ];
    assert_eq!(line.log, want);
}

/// Before version 19 a report has no number; without bit 5 none wants an answer.
#[test]
fn the_answer_is_that_of_the_version_and_only_when_wanted() {
    let mut line = line(Config::default());
    line.say(&report(0x17, PadStatus::LOCKED | PadStatus::ANSWER));
    line.say(&report(0x19, PadStatus::LOCKED));
    let sent: Vec<_> = line.log.iter().filter(|entry| entry.contains("send")).collect();
    assert_eq!(sent, ["0 send (P35)"]);
}

/// An open padlock does not say who opened it; a doubtful one is not sealed.
#[test]
fn only_a_locked_padlock_with_nothing_against_it_is_sealed() {
    for (status, want) in [
        (PadStatus::LOCKED, SealState::Sealed),
        (PadStatus::LOCKED | PadStatus::LOW_BATTERY, SealState::Sealed),
        (PadStatus::LOCKED | PadStatus::VIBRATION, SealState::Unknown),
        (PadStatus::LOCKED | PadStatus::POWER_CUT, SealState::Unknown),
        (PadStatus::LOCKED | PadStatus::FAULT, SealState::Unknown),
        (0, SealState::Unknown),
    ] {
        assert_eq!(PadStatus(status).state(), want, "{status:04X}");
    }
}

/// fault D3: a lock that does not report any more is told once, and its seal is unknown.
#[test]
fn a_lock_that_reports_no_more_is_told_once() {
    let mut line = line(Config::default());
    line.say(&bytes(PAD[1].1));
    line.run_until(2_000_000);
    assert_eq!((line.first("silent", 0), line.count("silent")), (Some(600_000), 1));
    line.say(&bytes(PAD[1].1));
    assert_eq!(line.count("online padlock 8041300978"), 2);
}

#[test]
fn reports_of_another_lock_are_counted_and_not_told() {
    let mut line = line(Config { lock: Some("8041300978".to_string()), ..Config::default() });
    line.say(&bytes(PAD[0].1));
    line.say(&bytes(PAD[1].1));
    assert_eq!(line.talk.counters().foreign, 1);
    assert!(line.log.iter().all(|entry| !entry.contains("8000632862")), "{:?}", line.log);
}

/// fault D1: dates, places and digits that cannot be are no report.
#[test]
fn a_binary_report_out_of_range_is_none() {
    let good = bytes(PAD[1].1);
    // Day 32, month 13, hour 24, latitude beyond 90 degrees, 60 minutes, longitude beyond 180 degrees.
    for (at, byte) in [(10, 0x32), (11, 0x13), (13, 0x24), (16, 0x91), (17, 0x60), (20, 0x19), (1, 0x8A)] {
        let mut bad = good.clone();
        bad[at] = byte;
        assert_eq!(Report::read(&bad), None, "byte {at}");
    }
    assert!(Report::read(&good).is_some());
}
