//! The seal reader held against the manual's frames, and against the conversation of the gate.

use super::{SealAct, SealReader};
use crate::device::loopback::{Loopback, bytes, hex};
use crate::device::meeting::{Meeting, Polled};
use crate::device::terminal::Faults;
use alloc::string::String;
use core::time::Duration;
use protocols::seal::reader::session::{Config, Session};
use protocols::seal::status::{SealId, ShortStatus};
use protocols::talk::SealState;
use protocols::tick::Tick;

impl Polled for SealReader<Loopback> {
    fn port(&mut self) -> &mut Loopback {
        self.port_mut()
    }

    fn poll_at(&mut self, now: Tick) {
        let Ok(()) = self.poll(now);
    }

    fn next(&self) -> Option<Tick> {
        self.wake()
    }
}

const SEAL: SealId = SealId { family: 1, number: 12_345_678 };
const NUMBER: &str = "000112345678";
const SEALED: ShortStatus = ShortStatus(0);

fn reader() -> SealReader<Loopback> {
    SealReader::new(Loopback::default(), 1, Faults::default())
}

fn send(reader: &mut SealReader<Loopback>, frame: &str, from: u64, wait: u64) -> String {
    reader.port_mut().incoming.extend(bytes(frame));
    for now in from..=from + wait {
        let Ok(()) = reader.poll(Tick::from_millis(now));
    }
    hex(&core::mem::take(&mut reader.port_mut().outgoing))
}

/// Vectors L18 to L21: the status, a seal that was opened, told again each second until it is acknowledged.
#[test]
fn the_reader_speaks_as_the_manual_shows() {
    let mut reader = reader();
    assert_eq!(
        send(&mut reader, "02 00 06 00 01 00 16 88 42 03", 0, 50),
        "02 00 0A 00 01 80 16 00 00 00 00 4A 06 03"
    );
    let opened = "02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A A0 84 DD 03";
    assert!(reader.enter(SEAL, ShortStatus(0xA0), Tick::from_millis(100)));
    assert!(!reader.enter(SEAL, SEALED, Tick::from_millis(100)));
    assert_eq!(send(&mut reader, "", 100, 900), opened);
    assert_eq!(
        send(&mut reader, "02 00 06 00 01 00 0A 5B FE 03", 1_001, 98),
        "",
        "garbled: no acknowledgement"
    );
    assert_eq!(send(&mut reader, "", 1_100, 1), opened);
    assert_eq!(send(&mut reader, "02 00 06 00 01 00 0A 5B FF 03", 1_200, 5_000), "");
    assert_eq!(reader.acknowledged(), 1);
}

/// A change between the telling and its acknowledgement is told too.
#[test]
fn an_acknowledgement_means_what_was_told() {
    let mut reader = reader();
    reader.enter(SEAL, SEALED, Tick::default());
    assert!(send(&mut reader, "", 0, 1).contains("0A 00 "));
    reader.act(SEAL, SealAct::Open, Tick::from_millis(5));
    let told = send(&mut reader, "02 00 06 00 01 00 0A 5B FF 03", 5, 1);
    assert!(told.ends_with("0A A0 84 DD 03"), "{told}");
    assert_eq!(reader.acknowledged(), 0);
}

/// Open implies tampered, latched until the seal is set.
#[test]
fn a_seal_remembers_that_it_was_open() {
    let mut reader = reader();
    reader.enter(SEAL, SEALED, Tick::default());
    for (act, status) in [
        (SealAct::Open, 0xA0),
        (SealAct::Close, 0x80),
        (SealAct::Set, 0x00),
        (SealAct::Approve, 0x01),
        (SealAct::Open, 0xA1),
        (SealAct::LowBattery, 0xE1),
        (SealAct::Set, 0x40),
    ] {
        assert!(reader.act(SEAL, act, Tick::default()));
        assert_eq!(reader.status(SEAL), Some(ShortStatus(status)), "{act:?}");
    }
    assert!(reader.leave(SEAL) && !reader.leave(SEAL) && !reader.act(SEAL, SealAct::Open, Tick::default()));
}

/// Vectors L20, L21: the gate hears every change of every seal once, and acknowledges each.
#[test]
fn the_gate_hears_seals_and_their_changes() {
    let mut meeting = Meeting::new(Session::new(Config::default()), reader());
    meeting.run(1_000);
    let other = SealId { family: 0x4848, number: 0x1010_102F };
    meeting.device.enter(SEAL, SEALED, meeting.now);
    meeting.device.enter(other, ShortStatus(0x01), meeting.now);
    meeting.run(1_000);
    meeting.device.act(other, SealAct::Open, meeting.now);
    meeting.device.act(SEAL, SealAct::Open, meeting.now);
    meeting.run(10_000);
    let want = [
        "online e-seal reader 1",
        "seal 000112345678 Sealed",
        "seal IADA01052719 Sealed",
        "seal IADA01052719 Open",
        "seal 000112345678 Tampered",
    ];
    assert_eq!(meeting.events, want);
    assert_eq!(meeting.device.acknowledged(), 4);
}

/// fault D1, fault D3: a reader that garbles is not believed, one that is silent is told, and what happened meanwhile is heard
/// afterwards; no seal is sealed while nobody hears it.
#[test]
fn the_gate_hears_nothing_wrong_from_a_reader_with_faults() {
    let mut meeting = Meeting::new(Session::new(Config::default()), reader());
    meeting.run(1_000);
    meeting.device.enter(SEAL, SEALED, meeting.now);
    meeting.run(1_000);
    for (faults, silent) in [
        (Faults { duplicate: true, ..Faults::default() }, 0),
        (Faults { slow: Duration::from_millis(300), ..Faults::default() }, 0),
        (Faults { babble: Some(Duration::from_millis(70)), ..Faults::default() }, 0),
        (Faults { wrong: true, ..Faults::default() }, 1),
        (Faults { silent: true, ..Faults::default() }, 1),
    ] {
        meeting.events.clear();
        meeting.device.set_faults(faults);
        meeting.run(20_000);
        assert_eq!(meeting.count("silent"), silent, "{faults:?}");
        let known = meeting.talk.seals().state(NUMBER, meeting.now);
        assert_eq!(known == SealState::Sealed, silent == 0, "{faults:?}: {known:?}");
        meeting.device.act(SEAL, SealAct::Open, meeting.now);
        meeting.run(3_000);
        meeting.device.set_faults(Faults::default());
        meeting.run(6_000);
        assert!(meeting.count("seal 000112345678 Tampered") >= 1, "{faults:?}: {:?}", meeting.events);
        assert_eq!(meeting.talk.seals().state(NUMBER, meeting.now), SealState::Tampered, "{faults:?}");
        meeting.device.act(SEAL, SealAct::Set, meeting.now);
        meeting.run(2_000);
        assert_eq!(meeting.talk.seals().state(NUMBER, meeting.now), SealState::Sealed, "{faults:?}");
    }
}
