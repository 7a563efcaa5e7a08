//! Frames of panels, speech chips, lock boards and door motors as lines of `decode`: the first bytes say which wire it is.
//! Promises: a wire with a head is never taken for another; four-byte panels, which have none, are only looked for where a
//! frame must begin; behind rubbish a wire with a head of one byte is told only when its check holds.
//! Absent: which sensor a lock has; replies of panels that nobody has verified.

use protocols::{
    display::{
        ab::{Ab, AbText},
        bx::{
            message::{Message, Reply, Request},
            wire::{BUFFER, Bx, HOST, Packet},
        },
        num::{BoardNumber, FourByte, Number, Sunpn},
        park::{self, Frame, Park},
        syn,
    },
    frame::{Decoder, Framing, Measure, Place},
    lock::{
        board::{LockAnswer, LockRequest, LockWire},
        dooya::{DooyaWire, Order},
    },
};

use super::decode::{Line, Side, hex};

pub(super) const NAME: &str = "display";

/// Cuts what that side sends into frames.
pub(super) fn decoder(side: Side) -> Decoder<AnyWire, BUFFER> {
    Decoder::new(AnyWire(side))
}

/// The wires that `decode` tells apart.
#[derive(Clone, Copy)]
enum Wire {
    Park,
    Bx,
    Ab,
    Sunpn,
    FourByte,
    Syn(syn::Side),
    Lock,
    Dooya,
}

/// Frames of any of them.
pub(super) struct AnyWire(Side);

impl Framing for AnyWire {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        let Some(wire) = wire(self.0, front, place) else {
            // One byte without a head may be a parking board's number.
            return if front.len() < 2 { Measure::NeedMore } else { Measure::NotAFrame };
        };
        let measure = match wire {
            Wire::Park => Park.measure(front, place),
            Wire::Bx => Bx.measure(front, place),
            Wire::Ab => Ab.measure(front, place),
            Wire::Sunpn => Sunpn::default().measure(front, place),
            Wire::FourByte => FourByte.measure(front, place),
            Wire::Syn(side) => side.measure(front, place),
            Wire::Lock => LockWire.measure(front, place),
            Wire::Dooya => DooyaWire.measure(front, place),
        };
        // A head of one byte in the midst of rubbish is none, and four bytes without a head are anything.
        let weak = match wire {
            Wire::Park | Wire::Bx => false,
            Wire::FourByte => true,
            Wire::Ab | Wire::Sunpn | Wire::Syn(_) | Wire::Lock | Wire::Dooya => place == Place::Slipped,
        };
        match measure {
            Measure::BadCheck(_) if weak => Measure::NotAFrame,
            other => other,
        }
    }
}

/// Which wire a frame with these first bytes is on.
fn wire(side: Side, front: &[u8], place: Place) -> Option<Wire> {
    let at_boundary = place == Place::Boundary;
    match front {
        [0xA5, ..] => Some(Wire::Bx),
        [0xAB, ..] => Some(Wire::Ab),
        [0x3A | 0x2A, ..] => Some(Wire::Sunpn),
        [0xFD, ..] => Some(Wire::Syn(syn::Side::Host)),
        [0x8A | 0x80, ..] => Some(Wire::Lock),
        [0x55, ..] => Some(Wire::Dooya),
        [byte, ..] if at_boundary && side == Side::Reader && syn::Reply::of(*byte).is_some() => {
            Some(Wire::Syn(syn::Side::Chip))
        }
        [_, 0x64, ..] => Some(Wire::Park),
        [board, _, ..] if at_boundary && *board != 0 => Some(Wire::FourByte),
        _ => None,
    }
}

/// What one sound frame says.
pub(super) fn line(side: Side, frame: &[u8]) -> Line {
    let told = match wire(side, frame, Place::Boundary) {
        Some(Wire::Park) => Frame::parse(frame).map(|parsed| ("status", parking(&parsed))),
        Some(Wire::Bx) => Packet::parse(frame).map(|packet| onbon(&packet)),
        Some(Wire::Ab) => {
            AbText::parse(frame).map(|text| ("status", format!("AB board: {}", text.text.read())))
        }
        Some(Wire::Sunpn) => Number::parse(frame, Sunpn::default())
            .map(|number| ("status", format!("SUNPN panel: {}, colour {}", number.value, number.colour))),
        Some(Wire::FourByte) => BoardNumber::parse(frame)
            .map(|number| ("status", format!("four-byte panel {}: {}", number.board, number.value))),
        Some(Wire::Syn(syn::Side::Host)) => Some(("status", speech(frame))),
        Some(Wire::Syn(syn::Side::Chip)) => frame
            .first()
            .and_then(|byte| syn::Reply::of(*byte))
            .map(|reply| ("reply", format!("speech chip: {reply:?}"))),
        Some(Wire::Lock) => lock(side, frame),
        Some(Wire::Dooya) => Some(("status", door(frame))),
        None => None,
    };
    let (kind, text) = told.unwrap_or(("status", "not understood".to_owned()));
    Line { kind, protocol: NAME, raw: Some(hex(frame)), text: Some(text), ..Line::default() }
}

fn parking(frame: &Frame<'_>) -> String {
    let board = format!("parking board {}", frame.board);
    match park::Command::decode(frame) {
        Ok(park::Command::Line(line)) => format!("{board}, row {}: {}", line.row, line.text.read()),
        Ok(park::Command::File { row, file }) => format!("{board}, row {row}: stored file {file}"),
        Ok(park::Command::Speak { mode, text }) => format!("{board} speaks, {mode:?}: {}", text.read()),
        Err(error) => format!("{board}: {error}"),
    }
}

fn onbon(packet: &Packet) -> (&'static str, String) {
    let Some(message) = Message::parse(&packet.data) else {
        return ("status", format!("Onbon controller {}: a packet without a message", packet.destination));
    };
    if message.is_reply() || packet.destination == HOST {
        let said = match Reply::decode(&message) {
            Reply::Accepted => "accepted".to_owned(),
            Reply::Refused(fault) => format!("refused, {fault}"),
            Reply::Data { bytes, .. } => format!("data {}", hex(&bytes)),
        };
        return ("reply", format!("Onbon controller {}: {said}", packet.source));
    }
    let asked = match Request::decode(&message) {
        Ok((_, Request::Show { areas, .. })) => {
            let areas = areas.iter().map(|area| format!("area {}: {}", area.id, area.text.read()));
            areas.collect::<Vec<_>>().join("; ")
        }
        Ok((_, Request::Ping)) => "ping".to_owned(),
        Ok((_, Request::Status)) => "status?".to_owned(),
        Ok((_, Request::Delete(_))) => "delete areas".to_owned(),
        Err(error) => error.to_string(),
    };
    ("status", format!("Onbon controller {}: {asked}", packet.destination))
}

fn speech(frame: &[u8]) -> String {
    match syn::Command::decode(frame) {
        Some(syn::Command::Speak { coding: syn::Coding::Gb2312 | syn::Coding::Gbk, text, .. }) => {
            format!("speech chip speaks: {}", text.read())
        }
        Some(other) => format!("speech chip: {other:?}"),
        None => "speech chip: a command that nobody names".to_owned(),
    }
}

/// The same bytes may be a request and an answer: who sent them decides.
fn lock(side: Side, frame: &[u8]) -> Option<(&'static str, String)> {
    match side {
        Side::Host => Some((
            "status",
            match LockRequest::parse(frame) {
                Some(asked) => format!("lock board {}, lock {}: {:?}", asked.board, asked.lock, asked.act),
                None => "lock board: no request".to_owned(),
            },
        )),
        Side::Reader => LockAnswer::parse(frame).map(|said| {
            let text = format!(
                "lock board {}, lock {}: {:?}, state {:02X}",
                said.board, said.lock, said.act, said.state
            );
            ("reply", text)
        }),
    }
}

fn door(frame: &[u8]) -> String {
    match Order::parse(frame) {
        Some(order) => format!("door motor {}: {:?}", hex(&order.id), order.motion),
        None => "door motor: a motion that nobody names".to_owned(),
    }
}
