//! E-seals: golden frames, what a status comes to, what is known of a seal, and conversations.

mod pad;
mod reader;

use super::pad::binary::Report;
use super::pad::text::TextReport;
use super::pad::wire::{self as pad_wire, Answer, PadWire};
use super::reader::repr::{Command, Message};
use super::reader::wire::{self as seal_wire, Frame, SealWire};
use super::record::{Ledger, REMEMBERED, SealRecord};
use super::status::{SealId, ShortStatus};
use crate::ids::SealNo;
use crate::talk::SealState;
use crate::tick::Tick;
use crate::trial::{Teller, bytes, golden, hex};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use proptest::prelude::{any, prop_assert_eq, proptest};

type Vector = (&'static str, &'static str, &'static [&'static str]);

/// DataReader, from the host.
const TO_READER: &[Vector] = &[
    ("L18", "02 00 06 00 01 00 16 88 42 03", &["to 1: Status"]),
    ("L21", "02 00 06 00 01 00 0A 5B FF 03", &["to 1: Acknowledge"]),
];

/// DataReader, to the host.
const FROM_READER: &[Vector] = &[
    ("L19", "02 00 0A 00 01 80 16 00 00 00 00 4A 06 03", &["from 1: status 00 00 00 00, flags 80"]),
    // Channel 1, 9 bytes, TF 0001, TID 00BC614E, kind 0A, status A0.
    (
        "L20",
        "02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A A0 84 DD 03",
        &["from 1: seal 0001-12345678 on 1: A0 Tampered"],
    ),
    // One bit of the status flipped.
    ("LX9", "02 00 12 00 01 80 0A 00 00 01 09 00 01 00 BC 61 4E 0A 80 84 DD 03", &["bad check of 22"]),
    // Lengths that no frame has: below 6, above 1024.
    ("too short", "02 00 05 00 01 80 0A 00 00 03", &["noise 10"]),
    ("too long", "02 04 01 00 01 80 0A", &["noise 7"]),
    // The length says 6 where the frame has 10: no 03 at its end.
    ("length wrong", "02 00 06 00 01 80 16 00 00 00 00 4A 06 03", &["noise 14"]),
    (
        "L20 cut, then L19",
        "02 00 12 00 01 80 0A 00 00 01 09 02 00 0A 00 01 80 16 00 00 00 00 4A 06 03",
        &["noise 11", "from 1: status 00 00 00 00, flags 80"],
    ),
];

/// GPS padlocks, from the lock.
const PAD: &[Vector] = &[
    (
        "L22",
        "28 38 30 30 30 36 33 32 38 36 32 2C 50 34 35 2C 32 39 30 33 32 32 2C 31 33 32 34 31 32 2C 32 35 2E 32 38 32 31 \
         37 2C 53 2C 35 37 2E 35 34 36 38 33 2C 57 2C 41 2C 30 2C 30 2C 35 2C 30 2C 30 30 30 30 30 30 30 30 30 30 2C 30 2C \
         30 2C 39 2C 30 29",
        &[
            "8000632862 at 2022-03-29T13:24:12.000Z, -2528217 -5754683 true, source 5, unlock 0, card None, wrong 0, (P69,0,9)",
        ],
    ),
    (
        "L23",
        "24 80 41 30 09 78 19 14 00 34 06 10 21 07 54 43 54 19 36 31 00 62 13 42 3B 00 00 00 00 00 6C 07 00 00 00 00 20 \
         E0 64 F9 1E A0 67 1D 00 02 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 07 F1 00 EA 0F 6E",
        &[
            "8041300978 version 19 at 2021-10-06T07:54:43.000Z, 32593631 -3813423 true, status 20E0 Sealed, battery 100, (P69,0,110)",
        ],
    ),
    // Cut short, and a nibble A in a latitude: judged when it is whole, and here it never is.
    ("LX10", "24 80 41 30 09 78 19 14 00 34 06 10 21 07 54 43 54 1A 36 31", &["noise 20"]),
    // The same with all its 62 bytes: no BCD, no report.
    (
        "LX10 whole",
        "24 80 41 30 09 78 19 14 00 34 06 10 21 07 54 43 54 1A 36 31 00 62 13 42 3B 00 00 00 00 00 6C 07 00 00 00 00 20 \
         E0 64 F9 1E A0 67 1D 00 02 0F 0F 0F 0F 0F 0F 0F 0F 0F 0F 07 F1 00 EA 0F 6E",
        &["noise 62"],
    ),
    ("text with a line end", "28 38 30 0D 0A 29", &["noise 6"]),
    ("text in text", "28 38 30 28 50 33 35 29", &["noise 3", "malformed"]),
];

fn to_reader(bytes: &[u8]) -> String {
    let frame = Frame::parse(bytes).unwrap();
    format!("to {}: {:?}", frame.reader, Command::decode(&frame).unwrap())
}

fn from_reader(bytes: &[u8]) -> String {
    let frame = Frame::parse(bytes).unwrap();
    match Message::decode(&frame).unwrap() {
        Message::Status { status, flags, .. } => {
            format!("from {}: status {}, flags {flags:02X}", frame.reader, hex(&status))
        }
        Message::Burst { burst, .. } => {
            let (channel, status) = (burst.channel, burst.status);
            let state = status.state();
            format!("from {}: seal {} on {channel}: {:02X} {state:?}", frame.reader, burst.seal, status.0)
        }
        other => format!("from {}: {other:?}", frame.reader),
    }
}

fn padlock(bytes: &[u8]) -> String {
    let answer = |answer: Option<Answer>| String::from_utf8(answer.unwrap().encode()).unwrap();
    if let Some(report) = Report::read(bytes) {
        let (place, status) = (report.place, report.status);
        return format!(
            "{} version {:x} at {}, {} {} {}, status {:04X} {:?}, battery {}, {}",
            report.id,
            report.version,
            report.at,
            place.latitude,
            place.longitude,
            place.valid,
            status.0,
            status.state(),
            report.battery,
            answer(report.answer())
        );
    }
    let Some(report) = TextReport::read(bytes) else { return "malformed".to_string() };
    format!(
        "{} at {}, {} {} {}, source {}, unlock {}, card {:?}, wrong {}, {}",
        report.id,
        report.at,
        report.latitude,
        report.longitude,
        report.valid,
        report.source,
        report.unlock,
        report.card,
        report.wrong_passwords,
        answer(Some(report.answer()))
    )
}

/// fault D1; vectors L18 to L21, LX9.
#[test]
fn frames_of_readers_tell_the_same_however_they_come() {
    for (id, stream, want) in TO_READER {
        golden::<SealWire, { seal_wire::BUFFER }>(id, SealWire, &bytes(stream), to_reader, want);
    }
    for (id, stream, want) in FROM_READER {
        golden::<SealWire, { seal_wire::BUFFER }>(id, SealWire, &bytes(stream), from_reader, want);
    }
}

/// fault D1; vectors L22, L23, LX10.
#[test]
fn frames_of_padlocks_tell_the_same_however_they_come() {
    for (id, stream, want) in PAD {
        golden::<PadWire, { pad_wire::BUFFER }>(id, PadWire, &bytes(stream), padlock, want);
    }
}

/// Vectors L18 to L23: what was read is written back byte for byte.
#[test]
fn golden_frames_are_written_as_they_came() {
    for (id, stream, _) in TO_READER {
        let frame = bytes(stream);
        let parsed = Frame::parse(&frame).unwrap();
        assert_eq!(Command::decode(&parsed).unwrap().encode(parsed.reader).unwrap(), frame, "{id}");
    }
    for (id, stream, _) in FROM_READER.iter().take(2) {
        let frame = bytes(stream);
        let parsed = Frame::parse(&frame).unwrap();
        assert_eq!(Message::decode(&parsed).unwrap().encode(parsed.reader).unwrap(), frame, "{id}");
    }
    let [text, binary] = [bytes(PAD[0].1), bytes(PAD[1].1)];
    assert_eq!(TextReport::read(&text).unwrap().write(), text);
    assert_eq!(Report::read(&binary).unwrap().write().unwrap(), binary);
    for answer in ["(P35)", "(P69,0,9)", "(P69,0,110)"] {
        assert_eq!(Answer::parse(answer.as_bytes()).unwrap().encode(), answer.as_bytes());
    }
    assert_eq!(Answer::parse(b"(P69,1,9)"), None);
}

/// Vector L20 with the owner's number behind the status, and with a length that is not its own.
#[test]
fn a_record_may_name_its_owner_and_is_held_to_its_length() {
    let burst = |data: &[u8]| {
        let frame = Frame { reader: 1, code: 0x800A, data }.encode().unwrap();
        Message::decode(&Frame::parse(&frame).unwrap())
    };
    let owned = [0, 0, 1, 12, 0, 1, 0, 0xBC, 0x61, 0x4E, 0x0A, 0, 7, 8, 9];
    let message = burst(&owned).unwrap();
    let Message::Burst { burst: found, .. } = &message else { panic!("{message:?}") };
    assert_eq!((found.organisation, found.status.state()), (Some([7, 8, 9]), SealState::Sealed));
    assert_eq!(message.encode(1).unwrap(), Frame { reader: 1, code: 0x800A, data: &owned }.encode().unwrap());
    for wrong in [&owned[..12], &owned[..14], &owned[..3], &[]] {
        assert!(burst(wrong).is_err(), "{wrong:02X?}");
    }
}

/// fault D1; vectors L20, L21: damage never makes another seal or another state.
#[test]
fn damage_never_makes_another_seal() {
    let frame = bytes(FROM_READER[1].1);
    for at in 0..frame.len() {
        for damage in 0..10 {
            let mut bad = frame.clone();
            match damage {
                8 => drop(bad.remove(at)),
                9 => bad.insert(at, 0x02),
                bit => bad[at] ^= 1 << bit,
            }
            let mut teller = Teller::<SealWire, { seal_wire::BUFFER }, _>::new(SealWire, from_reader);
            let out = teller.tell([&bad[..], &frame, &frame]);
            let told: Vec<_> = out.iter().filter(|line| line.starts_with("from")).collect();
            assert!(told.iter().all(|line| *line == FROM_READER[1].2[0]), "damage {damage} at {at}: {out:?}");
            assert!(told.len() >= 2, "damage {damage} at {at}: {out:?}");
        }
    }
}

/// Opened always implies tampered; tampered and approved is a permitted opening; only a closed seal with nothing against it is
/// sealed.
#[test]
fn a_short_status_comes_to_one_state() {
    let told = |byte| ShortStatus(byte).state();
    for (byte, want) in [
        (0x00, SealState::Sealed),
        (0x40, SealState::Sealed),
        (0x01, SealState::Sealed),
        (0xA0, SealState::Tampered),
        (0x80, SealState::Tampered),
        (0x20, SealState::Tampered),
        (0xA1, SealState::Open),
        (0x81, SealState::Open),
        (0x21, SealState::Open),
        (0xB0, SealState::Tampered),
        (0x88, SealState::Tampered),
        (0x10, SealState::Unknown),
        (0x08, SealState::Unknown),
        (0x04, SealState::Unknown),
        (0x02, SealState::Unknown),
    ] {
        assert_eq!(told(byte), want, "{byte:02X}");
    }
    let sealed = (0..=u8::MAX).filter(|byte| told(*byte) == SealState::Sealed);
    assert_eq!(sealed.collect::<Vec<_>>(), [0x00, 0x01, 0x40, 0x41]);
}

/// The manual's own example: `48 48 10 10 10 2F` is printed IADA01052719.
#[test]
fn a_seal_has_the_number_that_is_printed_on_it() {
    let seal = SealId { family: 0x4848, number: 0x1010_102F };
    assert_eq!(seal.to_string(), "IADA01052719");
    assert_eq!(SealId::parse("IADA01052719"), Some(seal));
    let plain = SealId { family: 1, number: 12_345_678 };
    assert_eq!((plain.to_string().as_str(), plain.declared().as_str()), ("0001-12345678", "000112345678"));
    for text in ["", "IADA0105271", "IADA0105271X", "iada01052719", "1ADA01052719", "锁锁"] {
        assert_eq!(SealId::parse(text), None, "{text}");
    }
}

fn record(number: &str, state: SealState, stamp: Option<u16>, seconds: u64) -> SealRecord {
    SealRecord {
        number: number.to_string(),
        state,
        approved_open: false,
        low_battery: false,
        sealed_at: None,
        opened_at: None,
        stamp,
        read_at: Tick::from_millis(seconds * 1000),
        reader: Some(1),
    }
}

/// A seal that was not heard, or not lately, is unknown.
#[test]
fn what_was_not_heard_is_never_sealed() {
    let mut seals = Ledger::new(Duration::from_secs(60));
    let at = |seconds: u64| Tick::from_millis(seconds * 1000);
    assert_eq!(seals.state("A1", at(0)), SealState::Unknown);
    assert_eq!(seals.note(record("A1", SealState::Sealed, None, 10)), SealState::Sealed);
    assert_eq!(seals.state("A1", at(70)), SealState::Sealed);
    assert_eq!(seals.state("A1", at(71)), SealState::Unknown);
    assert_eq!(seals.state("A2", at(10)), SealState::Unknown);
    seals.note(record("A1", SealState::Sealed, None, 80));
    seals.forget();
    assert_eq!(seals.state("A1", at(80)), SealState::Unknown);
    for number in 0..=REMEMBERED {
        seals.note(record(&number.to_string(), SealState::Sealed, None, 90));
    }
    assert_eq!(seals.state("0", at(90)), SealState::Unknown);
    assert_eq!(seals.state("1", at(90)), SealState::Sealed);
}

/// The seal stamp: the same status twice may hide an opening between.
#[test]
fn two_sealed_reads_with_different_stamps_are_not_sealed() {
    let mut seals = Ledger::new(Duration::from_secs(60));
    let mut note = |state, stamp, seconds| seals.note(record("A1", state, stamp, seconds));
    assert_eq!(note(SealState::Sealed, Some(7), 0), SealState::Sealed);
    assert_eq!(note(SealState::Sealed, Some(7), 1), SealState::Sealed);
    assert_eq!(note(SealState::Sealed, None, 2), SealState::Sealed);
    assert_eq!(note(SealState::Sealed, Some(9), 3), SealState::Sealed, "nothing to compare with");
    assert_eq!(note(SealState::Sealed, Some(8), 4), SealState::Unknown);
    assert_eq!(note(SealState::Sealed, Some(8), 5), SealState::Unknown, "and stays so");
    // An opening that was heard explains the new stamp of the sealing behind it.
    assert_eq!(note(SealState::Open, Some(1), 6), SealState::Open);
    assert_eq!(note(SealState::Sealed, Some(2), 7), SealState::Sealed);
    assert_eq!(note(SealState::Sealed, Some(3), 200), SealState::Sealed, "a first read after a long absence");
}

proptest! {
    /// Every id has one declared number, that a declaration can name, and no two share one.
    #[test]
    fn seals_have_numbers_of_their_own(
        family in any::<u16>(), number in any::<u32>(), other_family in any::<u16>(), other in any::<u32>(),
    ) {
        let (one, two) = (SealId { family, number }, SealId { family: other_family, number: other });
        prop_assert_eq!(one == two, one.declared() == two.declared());
        proptest::prop_assert!(SealNo::parse(&one.declared()).is_ok());
        if let Some(printed) = one.printed() {
            prop_assert_eq!(SealId::parse(&printed), Some(one));
        }
    }

    /// fault D1: any frame of a reader that is understood is written back alike.
    #[test]
    fn any_message_comes_back(code in any::<u16>(), data in proptest::collection::vec(any::<u8>(), 0..40)) {
        let bytes = Frame { reader: 1, code, data: &data }.encode().unwrap();
        let frame = Frame::parse(&bytes).unwrap();
        if let Ok(message) = Message::decode(&frame) {
            prop_assert_eq!(message.encode(1).unwrap(), bytes.clone());
        }
        if let Ok(command) = Command::decode(&frame) {
            prop_assert_eq!(command.encode(1).unwrap(), bytes);
        }
    }
}
