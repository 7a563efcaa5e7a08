//! The golden frames of every panel and of the speech chip, what a screen becomes on each, and what must hold for any text.

mod golden;
mod session;
mod text;
mod voice;

use super::ab::{self, Ab, AbText};
use super::bx::message::{Message, Reply, Request};
use super::bx::wire::{self, Bx, Packet};
use super::num::{self, BoardNumber, FourByte, Number, Sunpn};
use super::park::{self, Command, Frame, Park};
use super::syn::{self, Command as Speech, Side};
use crate::trial::{bytes, golden, hex};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use golden::{AB, BX, FOUR_BYTE, PARK, SUNPN, SYN, Vector};

fn park(bytes: &[u8]) -> String {
    let frame = Frame::parse(bytes).unwrap();
    let board = frame.board;
    match Command::decode(&frame) {
        Ok(Command::Line(line)) => format!(
            "to {board}: row {}, {:02X} then {:02X}, {} s, {}: {}",
            line.row,
            line.enter.0,
            line.exit.0,
            line.stay,
            hex(&line.colour).replace(' ', ""),
            line.text.read()
        ),
        Ok(Command::Speak { mode, text }) => format!("to {board}: {mode:?} {}", text.read()),
        other => format!("to {board}: {:?}", other.unwrap()),
    }
}

fn bx(bytes: &[u8]) -> String {
    let packet = Packet::parse(bytes).unwrap();
    let message = Message::parse(&packet.data).unwrap();
    let way = format!("to {} from {:04X}", packet.destination, packet.source);
    if message.is_reply() {
        return format!("{way}: {:?}", Reply::decode(&message));
    }
    match Request::decode(&message).unwrap() {
        (answer, Request::Show { areas, .. }) => {
            let [area] = areas.as_slice() else { panic!("one area") };
            let (x, y, width, height) = (area.x, area.y, area.width, area.height);
            format!("{way}: {answer:?} area {} at {x},{y} {width}x{height}: {}", area.id, area.text.read())
        }
        (answer, request) => format!("{way}: {answer:?} {request:?}"),
    }
}

fn ab(bytes: &[u8]) -> String {
    let text = AbText::parse(bytes).unwrap();
    format!(
        "{}, {} .. {}",
        text.text.read(),
        hex(&text.head[..2]).replace(' ', ""),
        hex(&text.tail).replace(' ', "")
    )
}

fn sunpn(bytes: &[u8]) -> String {
    let number = Number::parse(bytes, Sunpn { example_head: true }).unwrap();
    format!("colour {}: {}", number.colour, number.value)
}

fn four_byte(bytes: &[u8]) -> String {
    let number = BoardNumber::parse(bytes).unwrap();
    format!("board {}: {}", number.board, number.value)
}

fn speech(bytes: &[u8]) -> String {
    match Speech::decode(bytes) {
        Some(Speech::Speak { coding, text, .. }) => format!("{coding:?} {}", text.read()),
        Some(other) => format!("{other:?}"),
        None => "no command".to_string(),
    }
}

/// fault D1; vectors L1 to L3, LX1, LX2.
#[test]
fn frames_of_parking_boards_tell_the_same_however_they_come() {
    for (id, stream, want) in PARK {
        golden::<Park, { park::BUFFER }>(id, Park, &bytes(stream), park, want);
    }
}

/// fault D1; vectors L4 to L7, LX3 to LX5.
#[test]
fn frames_of_onbon_controllers_tell_the_same_however_they_come() {
    for (id, stream, want) in BX {
        golden::<Bx, { wire::BUFFER }>(id, Bx, &bytes(stream), bx, want);
    }
}

/// fault D1; vector L16.
#[test]
fn frames_of_ab_boards_tell_the_same_however_they_come() {
    for (id, stream, want) in AB {
        golden::<Ab, { ab::BUFFER }>(id, Ab, &bytes(stream), ab, want);
    }
}

/// fault D1; vectors L14, L15, LX8.
#[test]
fn frames_of_number_panels_tell_the_same_however_they_come() {
    for (id, stream, want) in SUNPN {
        golden::<Sunpn, { num::BUFFER }>(id, Sunpn::default(), &bytes(stream), sunpn, want);
    }
    for (id, stream, want) in FOUR_BYTE {
        golden::<FourByte, { num::BUFFER }>(id, FourByte, &bytes(stream), four_byte, want);
    }
    let example = bytes("2A 00 78 03 01 A6 0A");
    let lenient = Sunpn { example_head: true };
    golden::<Sunpn, { num::BUFFER }>("LX8, allowed", lenient, &example, sunpn, &["colour 0: 888"]);
    assert_eq!(Number::parse(&example, Sunpn::default()), None);
}

/// fault D1; vectors L8 to L10, LX6.
#[test]
fn frames_for_a_speech_chip_tell_the_same_however_they_come() {
    for (id, stream, want) in SYN {
        golden::<Side, { syn::BUFFER }>(id, Side::Host, &bytes(stream), speech, want);
    }
    let replies = |bytes: &[u8]| format!("{:?}", syn::Reply::of(bytes[0]).unwrap());
    let want = ["Ready", "Accepted", "noise 1", "Busy", "Idle", "NotUnderstood"];
    golden::<Side, { syn::BUFFER }>("replies", Side::Chip, &bytes("4A 41 FD 4E 4F 45"), replies, &want);
}

fn sound(table: &'static [Vector]) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let one = |want: &[&str]| want.len() == 1 && !want[0].starts_with("noise") && !want[0].starts_with("bad");
    table.iter().filter(move |(_, _, want)| one(want)).map(|(id, stream, _)| (*id, bytes(stream)))
}

/// Vectors L1 to L10, L14 to L16: what was read is written back byte for byte.
#[test]
fn golden_frames_are_written_as_they_came() {
    for (id, stream) in sound(PARK) {
        let frame = Frame::parse(&stream).unwrap();
        assert_eq!(Command::decode(&frame).unwrap().encode(frame.board).unwrap(), stream, "{id}");
    }
    for (id, stream) in sound(BX) {
        let packet = Packet::parse(&stream).unwrap();
        let again = packet.encode().unwrap();
        assert!(stream.ends_with(&again), "{id}");
        let message = Message::parse(&packet.data).unwrap();
        assert_eq!(message.write(), packet.data, "{id}");
        // L7 carries its own reserved bytes, which a request of ours has as zeros.
        let data = match (message.is_reply(), id) {
            (true, _) => Reply::decode(&message).encode(),
            (false, "L7") => continue,
            (false, _) => {
                let (answer, request) = Request::decode(&message).unwrap();
                request.encode(answer)
            }
        };
        assert_eq!(data, packet.data, "{id}");
    }
    for (id, stream) in sound(AB) {
        assert_eq!(AbText::parse(&stream).unwrap().encode(), stream, "{id}");
    }
    assert_eq!(Number { colour: 0, value: 888 }.encode(), bytes("3A 00 78 03 01 B6 0A"));
    assert_eq!(BoardNumber { board: 5, value: 999 }.encode(), bytes("05 03 E7 EF"));
    for (id, stream) in sound(SYN) {
        assert_eq!(Speech::decode(&stream).unwrap().encode(), stream, "{id}");
    }
}

/// fault D1; vectors L3, L6, L9: single bits flipped, bytes lost and bytes added never make another command on a wire with a
/// CRC, and cost at most the next frame.
#[test]
fn damage_never_makes_another_command() {
    let damaged = |frame: &[u8], at: usize, damage: u32| {
        let mut bad = frame.to_vec();
        match damage {
            8 => drop(bad.remove(at)),
            9 => bad.insert(at, 0x5A),
            bit => bad[at] ^= 1 << bit,
        }
        [&bad[..], frame, frame].concat()
    };
    let park_frame = bytes(PARK[2].1);
    let bx_frame = bytes(BX[2].1);
    for damage in 0..10 {
        for at in 0..park_frame.len() {
            let mut teller = crate::trial::Teller::<Park, { park::BUFFER }, _>::new(Park, park);
            let out = teller.tell([&damaged(&park_frame, at, damage)[..]]);
            holds(&out, PARK[2].2[0], &format!("{damage} at {at}"));
        }
        for at in 0..bx_frame.len() {
            let mut teller = crate::trial::Teller::<Bx, { wire::BUFFER }, _>::new(Bx, bx);
            let out = teller.tell([&damaged(&bx_frame, at, damage)[..]]);
            holds(&out, BX[2].2[0], &format!("{damage} at {at}"));
        }
    }
}

/// Of three frames, the first one damaged, at least one is told and nothing else.
fn holds(out: &[String], want: &str, case: &str) {
    let told: Vec<&String> = out.iter().filter(|line| line.starts_with("to ")).collect();
    assert!(told.iter().all(|line| *line == want), "{case}: {out:?}");
    assert!(told.len() >= 2, "{case}: {out:?}");
}

/// Vector L16: the check is always a whole byte, also below 10.
#[test]
fn a_small_check_is_a_whole_byte() {
    let text = AbText { text: super::gbk::Text::default(), ..AbText::parse(&bytes(AB[0].1)).unwrap() };
    assert_eq!(hex(&text.encode()), "AB 11 02 02 20 25 FC 0C 21 20 2E 21 20 03 22 23 21 20 03");
}

/// Gate and relay commands of parking boards are not spoken, and lengths inside a sound frame are held to it.
#[test]
fn what_is_not_spoken_is_refused() {
    let refused = |code: u8, data: &[u8]| {
        let frame = Frame { board: 0, code, data }.encode().unwrap();
        Command::decode(&Frame::parse(&frame).unwrap()).unwrap_err().to_string()
    };
    assert_eq!(refused(0x67, &[0; 20]), "command 0x67 is not spoken");
    assert_eq!(refused(0x0F, &[1]), "command 0x0f is not spoken");
    assert_eq!(refused(0x62, &[0; 3]), "command 0x62 does not fit its layout");
    assert_eq!(refused(0x30, &[9, 0x41]), "command 0x30 does not fit its layout");
    // A text length beyond the frame, and a speed outside of 1 to 32.
    let line = Frame::parse(&bytes(PARK[0].1)).unwrap().data.to_vec();
    for (at, value) in [(17, 0x13), (2, 0), (6, 33)] {
        let mut wrong = line.clone();
        wrong[at] = value;
        assert_eq!(refused(0x62, &wrong), "command 0x62 does not fit its layout");
    }
    // An Onbon area whose text length is one more than there is.
    let packet = Packet::parse(&bytes(BX[2].1)).unwrap();
    for at in [7, 32] {
        let mut data = packet.data.clone();
        data[at] += 1;
        let error = Request::decode(&Message::parse(&data).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "command 0xa3 0x06 does not fit its layout", "byte {at}");
    }
    assert_eq!(Speech::decode(&bytes("FD 00 02 99 66")), None);
}
