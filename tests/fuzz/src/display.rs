//! Panels, speech chips, lock boards and door motors: their frames, what they mean, and text from outside.
//! Checks: the decoder's promises on every wire; what was read is written back alike; no text becomes a command.

use crate::script::{Step, steps};
use crate::stream::{Part, Told, hold};
use protocols::check;
use protocols::display::ab::{self, Ab, AbText};
use protocols::display::bx::message::{Message, Reply, Request};
use protocols::display::bx::wire::{self as bx, Bx, HOST, Packet};
use protocols::display::gbk::{Guard, Text};
use protocols::display::num::{self, BoardNumber, FourByte, Number, Sunpn};
use protocols::display::park::{self, Frame, Park};
use protocols::display::syn::{self, Side};
use protocols::lock::board::{self, LockAnswer, LockRequest, LockWire};
use protocols::lock::dooya::{self, DooyaWire, Order};

/// What the script does to a line whose frames `seal` closes.
pub fn parts(data: &[u8], seal: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for step in steps(data) {
        let bytes = match step {
            Step::Raw(bytes) => bytes.to_vec(),
            Step::Sealed(body) => seal(body),
            Step::Later(_) | Step::Choice(_) => {
                parts.push(Part::Gap);
                continue;
            }
        };
        match parts.last_mut() {
            Some(Part::Bytes(before)) => before.extend(bytes),
            _ => parts.push(Part::Bytes(bytes)),
        }
    }
    parts
}

/// The sound frames among what was told.
pub fn frames(told: Vec<Told>) -> impl Iterator<Item = Vec<u8>> {
    told.into_iter().filter_map(|told| match told {
        Told::Frame(bytes) => Some(bytes),
        Told::Noise(_) | Told::Bad(_) => None,
    })
}

/// Decodes what one side of one wire sent, holds every result to its promises.
pub fn decoder(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let cut = usize::from(*choice);
    match choice % 9 {
        0 => parking(data, cut),
        1 => onbon(data, cut),
        2 => ab_board(data, cut),
        3 => sunpn(data, cut),
        4 => four_byte(data, cut),
        5 => speech(data, cut),
        6 => lock(data, cut),
        7 => door(data, cut),
        _ => text(data),
    }
}

fn parking(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| match body {
        [board, code, data @ ..] => Frame { board: *board, code: *code, data }.encode().unwrap_or_default(),
        short => short.to_vec(),
    };
    let good = seal(&[0, 0x68, 2, 1]);
    for frame in frames(hold::<Park, { park::BUFFER }>(Park, &parts(data, seal), cut, &good)) {
        let parsed = Frame::parse(&frame).expect("the decoder told a frame that does not parse");
        assert_eq!(parsed.encode().as_deref(), Ok(frame.as_slice()));
        if let Ok(command) = park::Command::decode(&parsed) {
            assert_eq!(command.encode(parsed.board).as_deref(), Ok(frame.as_slice()), "{command:?}");
        }
    }
}

fn onbon(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| Packet::new(1, HOST, body.to_vec()).encode().unwrap_or_default();
    let good = seal(&[0xA2, 0, 1, 0, 0]);
    for frame in frames(hold::<Bx, { bx::BUFFER }>(Bx, &parts(data, seal), cut, &good)) {
        let packet = Packet::parse(&frame).expect("the decoder told a frame that does not parse");
        let bare = |frame: &[u8]| frame.iter().copied().skip_while(|byte| *byte == 0xA5).collect::<Vec<_>>();
        // A packet that fits the buffer with one A5 may not with eight.
        if let Ok(again) = packet.encode() {
            assert_eq!(bare(&again), bare(&frame));
        }
        let Some(message) = Message::parse(&packet.data) else { continue };
        assert_eq!(message.write(), packet.data);
        if let Ok((answer, request)) = Request::decode(&message) {
            let again = request.encode(answer);
            assert_eq!(again.get(5..), packet.data.get(5..), "{request:?}");
        }
        let reply = Reply::decode(&message);
        let again = reply.encode();
        let again = Message::parse(&again).expect("a reply of ours has a head");
        assert_eq!(Reply::decode(&again), reply);
    }
}

fn ab_board(data: &[u8], cut: usize) {
    let around = AbText { head: [2; 10], text: Text::default(), tail: [3, 0x22, 0x23, 0x21, 0x20] };
    let seal = |body: &[u8]| AbText { text: Text::from_wire(body), ..around.clone() }.encode();
    let good = seal(b"go");
    for frame in frames(hold::<Ab, { ab::BUFFER }>(Ab, &parts(data, seal), cut, &good)) {
        let text = AbText::parse(&frame).expect("the decoder told a frame that does not parse");
        assert_eq!(text.encode(), frame);
    }
}

fn sunpn(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| match body {
        [colour, low, high, ..] => {
            Number { colour: *colour, value: u16::from_le_bytes([*low, *high]) }.encode()
        }
        short => short.to_vec(),
    };
    let framing = Sunpn { example_head: cut & 0x40 != 0 };
    let good = seal(&[0, 0x78, 3]);
    for frame in frames(hold::<Sunpn, { num::BUFFER }>(framing, &parts(data, seal), cut, &good)) {
        let number = Number::parse(&frame, framing).expect("the decoder told a frame that does not parse");
        if frame.starts_with(&[0x3A]) {
            assert_eq!(number.encode(), frame);
        } else {
            assert!(framing.example_head, "another head than the profile's");
        }
    }
}

fn four_byte(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| match body {
        [board, high, low, ..] => {
            BoardNumber { board: *board, value: u16::from_be_bytes([*high, *low]) }.encode()
        }
        short => short.to_vec(),
    };
    let good = seal(&[5, 3, 0xE7]);
    for frame in frames(hold::<FourByte, { num::BUFFER }>(FourByte, &parts(data, seal), cut, &good)) {
        let number = BoardNumber::parse(&frame).expect("the decoder told a frame that does not parse");
        assert_eq!(number.encode(), frame);
    }
}

/// A frame for the chip around `body`: its length before, its check behind.
pub fn seal_speech(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xFD];
    frame.extend_from_slice(&u16::try_from(body.len() + 1).unwrap_or(u16::MAX).to_be_bytes());
    frame.extend_from_slice(body);
    frame.push(check::xor_8(&frame));
    frame
}

fn speech(data: &[u8], cut: usize) {
    if cut & 0x40 != 0 {
        let seal = |body: &[u8]| body.to_vec();
        for frame in frames(hold::<Side, { syn::BUFFER }>(Side::Chip, &parts(data, seal), cut, &[0x4F])) {
            assert!(frame.first().copied().and_then(syn::Reply::of).is_some());
        }
        return;
    }
    let good = seal_speech(&[0x02]);
    for frame in frames(hold::<Side, { syn::BUFFER }>(Side::Host, &parts(data, seal_speech), cut, &good)) {
        if let Some(command) = syn::Command::decode(&frame) {
            assert_eq!(command.encode(), frame, "{command:?}");
        }
    }
}

fn lock(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| {
        let body = body.get(..4).unwrap_or(body);
        [body, &[check::xor_8(body)]].concat()
    };
    // Not the answer 80 01 01 00 80: said again and again, it holds from its last byte on too.
    let good = [0x8A, 1, 1, 0x11, 0x9B];
    for frame in frames(hold::<LockWire, { board::BUFFER }>(LockWire, &parts(data, seal), cut, &good)) {
        let answer = LockAnswer::parse(&frame).expect("the decoder told a frame that does not parse");
        assert_eq!(answer.encode(), frame);
        if let Some(request) = LockRequest::parse(&frame) {
            assert_eq!(request.encode(), frame);
        }
    }
}

fn door(data: &[u8], cut: usize) {
    let seal = |body: &[u8]| {
        let mut frame = [&[0x55][..], body].concat();
        check::append(&check::CRC_16_MODBUS, &mut frame);
        frame
    };
    let good = seal(&[0x12, 0x34, 3, 1]);
    for frame in frames(hold::<DooyaWire, { dooya::BUFFER }>(DooyaWire, &parts(data, seal), cut, &good)) {
        if let Some(order) = Order::parse(&frame) {
            assert_eq!(order.encode(), frame);
        }
    }
}

/// Text from outside, in every guard.
fn text(data: &[u8]) {
    let Some((cells, text)) = data.split_first() else { return };
    let (cells, text) = (usize::from(*cells), String::from_utf8_lossy(text));
    for (guard, signs) in [(Guard::Plain, &b""[..]), (Guard::Backslash, b"\\"), (Guard::Brackets, b"[]")] {
        let shown = Text::fit(&text, cells, guard);
        let bytes = shown.as_bytes();
        assert!(bytes.len() <= cells, "longer than its cells");
        assert!(bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7F), "a control byte");
        assert!(!bytes.iter().any(|byte| signs.contains(byte)), "a sign that commands");
        assert!(!shown.read().contains('\u{FFFD}'), "half a character");
        assert_eq!(Text::fit(&shown.read(), cells, guard), shown, "not alike when fitted again");
    }
}
