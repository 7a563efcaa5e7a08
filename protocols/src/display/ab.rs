//! AB 头停车屏: parking boards whose frames begin with AB; one line of text.
//! Promises: a frame exists only when its two lengths agree and its check holds; `encode` gives back the same bytes.
//! **Weak:** the check covers the five bytes before it and not the text: a damaged text passes, and nobody can tell.
//! Absent: the meaning of the bytes around the text, which no page gives: they are the driver's, kept as a profile; replies.
//! Source: one public driver. It writes a check below 10h with one digit; the wire has bytes, so here it is always a byte.

use alloc::vec::Vec;

use super::gbk::{Guard, Text};
use super::screen::Screen;
use crate::check;
use crate::frame::{Decoder, Framing, Measure, Place};

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 514;
/// Most bytes of text: the length byte counts from 20h.
pub const TEXT_MAX: usize = 0xFF - LENGTH_BASE;

const HEAD: u8 = 0xAB;
/// What the length of the text is counted from.
const LENGTH_BASE: usize = 0x20;
/// Bytes behind the first length that are not text: ten before it, its length, five and the check behind it.
const FIXED: usize = 17;
/// Place of the text's length.
const TEXT_LEN_AT: usize = 12;

/// Frames of the host; boards are mute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ab;

/// Cuts what a host sent into frames.
pub type AbDecoder = Decoder<Ab, BUFFER>;

impl Framing for Ab {
    fn measure(&self, front: &[u8], _place: Place) -> Measure {
        if front.first() != Some(&HEAD) {
            return Measure::NotAFrame;
        }
        let Some(len) = front.get(1).map(|len| usize::from(*len)) else { return Measure::NeedMore };
        let text = len.checked_sub(FIXED).filter(|text| *text <= TEXT_MAX);
        let Some(text) = text else { return Measure::NotAFrame };
        if front.get(TEXT_LEN_AT).is_some_and(|said| usize::from(*said) != text + LENGTH_BASE) {
            return Measure::NotAFrame;
        }
        match front.get(..len + 2) {
            None => Measure::NeedMore,
            Some(frame) if holds(frame) => Measure::Whole(frame.len()),
            Some(frame) => Measure::BadCheck(frame.len()),
        }
    }
}

/// Whether the five bytes before the last one make it.
fn holds(frame: &[u8]) -> bool {
    frame.split_last().is_some_and(|(said, before)| {
        before.last_chunk::<5>().is_some_and(|tail| check::xor_8(tail) == *said)
    })
}

/// AB 头文字: one line of text with the driver's bytes around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbText {
    /// Before the text's length.
    pub head: [u8; 10],
    /// The text.
    pub text: Text,
    /// Behind the text.
    pub tail: [u8; 5],
}

impl AbText {
    /// The contents of one whole frame, its lengths and check tested.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if Ab.measure(bytes, Place::Boundary) != Measure::Whole(bytes.len()) {
            return None;
        }
        let (head, rest) = bytes.get(2..)?.split_first_chunk()?;
        let (text, ending) = rest.get(1..)?.split_last_chunk::<6>()?;
        let [tail @ .., _] = *ending;
        Some(Self { head: *head, text: Text::from_wire(text), tail })
    }

    /// The bytes on the wire. A text beyond `TEXT_MAX` is cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let text = self.text.as_bytes();
        let text = text.get(..TEXT_MAX).unwrap_or(text);
        // Both fit: a text has 223 bytes at most.
        let [len, said] = [FIXED, LENGTH_BASE].map(|base| u8::try_from(base + text.len()).unwrap_or(u8::MAX));
        let check = check::xor_8(&self.tail);
        [&[HEAD, len][..], &self.head, &[said], text, &self.tail, &[check]].concat()
    }
}

/// AB 头参数: one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Half-width characters of the panel's one row. Default 8.
    pub cells: u8,
    /// What the driver sends before the text.
    pub head: [u8; 10],
    /// What it sends behind.
    pub tail: [u8; 5],
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            cells: 8,
            head: [0x02, 0x02, 0x20, 0x25, 0xFC, 0x0C, 0x21, 0x20, 0x2E, 0x21],
            tail: [0x03, 0x22, 0x23, 0x21, 0x20],
        }
    }
}

impl Profile {
    /// The screen's first line.
    pub(super) fn render(&self, screen: &Screen) -> Vec<Vec<u8>> {
        let cells = usize::from(self.cells).min(TEXT_MAX);
        let text = Text::fit(&screen.row(0).text, cells, Guard::Plain).or_blank();
        alloc::vec![AbText { head: self.head, text, tail: self.tail }.encode()]
    }
}
