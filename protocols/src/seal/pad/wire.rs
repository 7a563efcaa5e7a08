//! Frames of a GPS padlock: `( … )` text, `24 …` binary; and what we answer.
//! Promises: a binary frame exists only when its length and all its BCD and ranges hold; a text frame only when it is printable;
//! a frame is judged when it is whole, not before.
//! Absent: the meaning of the fields (`text`, `binary`).
//! Source: traccar's Jt600 decoder and its test.

use super::binary;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 1024;

const OPEN: u8 = b'(';
const CLOSE: u8 = b')';
const BINARY: u8 = 0x24;
/// Longest text between and with the brackets.
const TEXT_MAX: usize = 256;
/// Head, id, version, types, length of what follows.
pub(super) const BINARY_HEAD: usize = 10;
/// Longest that we take for a length.
const BINARY_MAX: usize = 256;

/// Frames of a lock, and of us: both are `( … )`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadWire;

/// Cuts a lock's stream into frames.
pub type PadDecoder = Decoder<PadWire, BUFFER>;

impl Framing for PadWire {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        match front.first() {
            Some(&OPEN) => measure_text(front),
            Some(&BINARY) => measure_binary(front),
            _ => Measure::NotAFrame,
        }
    }
}

fn measure_text(front: &[u8]) -> Measure {
    let inside = front.iter().skip(1).take(TEXT_MAX - 1);
    let ends = inside.clone().position(|byte| !byte.is_ascii_graphic() || matches!(*byte, OPEN | CLOSE));
    match ends {
        Some(at) if front.get(at + 1) == Some(&CLOSE) => Measure::Whole(at + 2),
        None if front.len() < TEXT_MAX => Measure::NeedMore,
        Some(_) | None => Measure::NotAFrame,
    }
}

fn measure_binary(front: &[u8]) -> Measure {
    let Some([high, low]) = front.get(8..BINARY_HEAD).and_then(|len| <[u8; 2]>::try_from(len).ok()) else {
        return Measure::NeedMore;
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    if !(binary::BODY_MIN..=BINARY_MAX).contains(&len) {
        return Measure::NotAFrame;
    }
    match front.get(..BINARY_HEAD + len) {
        None => Measure::NeedMore,
        Some(frame) if binary::Report::read(frame).is_some() => Measure::Whole(frame.len()),
        Some(_) => Measure::NotAFrame,
    }
}

/// 挂锁应答: what we say to a report, so that the lock does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Report number so came.
    Received(u16),
    /// A report came; locks before version 19 have no number.
    Plain,
}

impl Answer {
    /// The bytes on the wire.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        match self {
            Self::Received(index) => format!("(P69,0,{index})").into_bytes(),
            Self::Plain => b"(P35)".to_vec(),
        }
    }

    /// What one whole text frame of ours says.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match inside(bytes)?.split(',').collect::<Vec<_>>().as_slice() {
            ["P35"] => Some(Self::Plain),
            ["P69", "0", index] => index.parse().ok().map(Self::Received).filter(|it| it.encode() == bytes),
            _ => None,
        }
    }
}

/// The text between the brackets.
pub(super) fn inside(bytes: &[u8]) -> Option<String> {
    let whole = measure_text(bytes) == Measure::Whole(bytes.len());
    let inside = bytes.strip_prefix(&[OPEN]).filter(|_| whole)?.strip_suffix(&[CLOSE])?;
    core::str::from_utf8(inside).ok().map(String::from)
}
