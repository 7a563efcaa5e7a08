//! Locks and doors: golden frames, and conversations.

mod door;
mod session;

use super::board::{self, Act, LockAnswer, LockRequest, LockWire};
use super::dooya::{self, DooyaWire, Order};
use crate::trial::{Teller, bytes, golden};
use alloc::format;
use alloc::string::{String, ToString};

type Vector = (&'static str, &'static str, &'static [&'static str]);

/// A lock board's line, both sides' words (CSDN 147892413).
const LOCK: &[Vector] = &[
    ("L11", "8A 01 01 11 9B", &["Open 1.1 | Open 1.1 says 11"]),
    ("L12", "80 01 01 33 B3", &["Query 1.1 | Query 1.1 says 33"]),
    ("L13", "80 01 01 00 80", &["- | Query 1.1 says 00"]),
    ("opened", "8A 01 01 00 8A", &["- | Open 1.1 says 00"]),
    ("open all of board 2", "8A 02 00 11 99", &["Open 2.0 | Open 2.0 says 11"]),
    ("LX7", "8A 01 01 00 8B", &["bad check of 5"]),
    ("LX7 then L13", "8A 01 01 00 8B 80 01 01 00 80", &["bad check of 5", "- | Query 1.1 says 00"]),
    ("cut", "8A 01 01", &["noise 3"]),
];

/// A door motor's line, both directions alike (DOOYA interface page).
const DOOYA: &[Vector] = &[
    ("L17", "55 12 34 03 01 AD 8A", &["12 34 Open"]),
    ("close", "55 12 34 03 02 ED 8B", &["12 34 Close"]),
    ("stop", "55 12 34 03 03 2C 4B", &["12 34 Stop"]),
    ("all open", "55 00 00 03 01 E9 3C", &["00 00 Open"]),
    ("L17, check swapped", "55 12 34 03 01 8A AD", &["bad check of 7"]),
    ("another function", "55 12 34 01 01 AD 8A", &["noise 7"]),
];

fn lock(bytes: &[u8]) -> String {
    let words = |board, lock, act: Act| format!("{act:?} {board}.{lock}");
    let asked = LockRequest::parse(bytes).map(|asked| words(asked.board, asked.lock, asked.act));
    let said = LockAnswer::parse(bytes).unwrap();
    let said = format!("{} says {:02X}", words(said.board, said.lock, said.act), said.state);
    format!("{} | {said}", asked.unwrap_or("-".to_string()))
}

fn door(bytes: &[u8]) -> String {
    let order = Order::parse(bytes).unwrap();
    let [low, high] = order.id;
    format!("{low:02X} {high:02X} {:?}", order.motion)
}

/// fault D1; vectors L11 to L13, LX7.
#[test]
fn frames_of_lock_boards_tell_the_same_however_they_come() {
    for (id, stream, want) in LOCK {
        golden::<LockWire, { board::BUFFER }>(id, LockWire, &bytes(stream), lock, want);
    }
}

/// fault D1; vector L17.
#[test]
fn frames_of_door_motors_tell_the_same_however_they_come() {
    for (id, stream, want) in DOOYA {
        golden::<DooyaWire, { dooya::BUFFER }>(id, DooyaWire, &bytes(stream), door, want);
    }
}

/// Vectors L11 to L13, L17: what was read is written back byte for byte.
#[test]
fn golden_frames_are_written_as_they_came() {
    for hex in ["8A 01 01 11 9B", "80 01 01 33 B3", "8A 02 00 11 99"] {
        assert_eq!(LockRequest::parse(&bytes(hex)).unwrap().encode(), bytes(hex));
    }
    for hex in ["80 01 01 00 80", "8A 01 01 00 8A"] {
        assert_eq!(LockAnswer::parse(&bytes(hex)).unwrap().encode(), bytes(hex));
    }
    for (_, hex, want) in DOOYA.iter().take(4) {
        assert_eq!(Order::parse(&bytes(hex)).unwrap().encode(), bytes(hex), "{want:?}");
    }
}

/// fault D1; vector L17: damage never moves another door, or this one another way.
#[test]
fn damage_never_makes_another_order() {
    let frame = bytes("55 12 34 03 01 AD 8A");
    for at in 0..frame.len() {
        for damage in 0..10 {
            let mut bad = frame.clone();
            match damage {
                8 => drop(bad.remove(at)),
                9 => bad.insert(at, 0x55),
                bit => bad[at] ^= 1 << bit,
            }
            let mut teller = Teller::<DooyaWire, { dooya::BUFFER }, _>::new(DooyaWire, door);
            let out = teller.tell([&bad[..], &frame, &frame]);
            let told: alloc::vec::Vec<_> = out.iter().filter(|line| line.contains("12")).collect();
            assert!(told.iter().all(|line| *line == "12 34 Open"), "damage {damage} at {at}: {out:?}");
            assert!(told.len() >= 2, "damage {damage} at {at}: {out:?}");
        }
    }
}
