//! Frame layout of the PN532's host link, both directions: `00 00 FF LEN LCS TFI data DCS 00`, its extended form, and the
//! fixed frames ACK, NACK and error.
//! Promises: a frame value exists only for bytes whose length, length check, direction byte and sum held; `encode` gives
//! back the same bytes, always in the shortest form and with one byte of preamble.
//! Absent: meaning (`repr`). A frame may lack its preamble, and its postamble where another byte follows at once.
//! Source: UM0701-02, 6.2.1.

use crate::check::sum_complement;
use crate::frame::{Decoder, Framing, Measure, Place};
use alloc::vec::Vec;
use core::ops::Range;

/// Most bytes of a frame's content: the command byte and what follows it.
pub const CONTENT_MAX: usize = 264;

/// The longest frame, bytes: preamble, start code, extended length with its check, direction, content, sum, postamble.
pub const FRAME_MAX: usize = 3 + 5 + 1 + CONTENT_MAX + 2;

/// The buffer of a decoder, bytes: two longest frames.
pub const BUFFER: usize = 2 * FRAME_MAX;

/// What wakes a chip that sleeps since its power came.
pub const WAKE: [u8; 16] = [0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Direction byte of the error frame, the only one of its kind.
const ERROR_TFI: u8 = 0x7F;

/// Who sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Commands, from the host.
    Host,
    /// Replies, from the chip.
    Chip,
}

/// Cuts the bytes that one side sent into frames.
pub type Pn532Decoder = Decoder<Side, BUFFER>;

impl Side {
    const fn tfi(self) -> u8 {
        match self {
            Self::Host => 0xD4,
            Self::Chip => 0xD5,
        }
    }

    /// Whether this side sends bodies (direction byte to sum) of that length with that direction byte.
    fn says(self, tfi: u8, body: usize) -> bool {
        tfi == self.tfi() || (self == Self::Chip && tfi == ERROR_TFI && body == 2)
    }
}

/// What the front of the bytes begins with.
enum Look {
    /// More bytes will tell.
    Unclear,
    /// A byte that lies between frames.
    Between,
    /// No frame.
    Nothing,
    /// A fixed frame that ends there, postamble not counted.
    Fixed(Frame<'static>, usize),
    /// The body of a frame with a sum: direction byte to sum. Perhaps not all of it is there.
    Summed(Range<usize>),
}

fn look(front: &[u8]) -> Look {
    let (head, after) = match front {
        [0x00, 0xFF, after @ ..] => (2, after),
        [0x00, 0x00, 0xFF, after @ ..] => (3, after),
        [0x00] | [0x00, 0x00] => return Look::Unclear,
        [0x00 | 0x55, ..] => return Look::Between,
        _ => return Look::Nothing,
    };
    match after {
        [] | [_] => Look::Unclear,
        [0x00, 0xFF, ..] => Look::Fixed(Frame::Ack, head + 2),
        [0xFF, 0x00, ..] => Look::Fixed(Frame::Nack, head + 2),
        [0xFF, 0xFF, length @ ..] => match length {
            [high, low, check, ..] => {
                let holds = sum_complement(&[*high, *low]) == *check;
                summed(head + 5, usize::from(u16::from_be_bytes([*high, *low])), holds)
            }
            _ => Look::Unclear,
        },
        [length, check, ..] => summed(head + 2, usize::from(*length), sum_complement(&[*length]) == *check),
    }
}

fn summed(from: usize, length: usize, holds: bool) -> Look {
    if holds && (1..=CONTENT_MAX + 1).contains(&length) {
        Look::Summed(from..from + length + 1)
    } else {
        Look::Nothing
    }
}

impl Framing for Side {
    fn measure(&self, front: &[u8], place: Place) -> Measure {
        let (end, sound) = match look(front) {
            Look::Unclear => return Measure::NeedMore,
            Look::Between if place == Place::Boundary => return Measure::Idle(1),
            Look::Between | Look::Nothing => return Measure::NotAFrame,
            Look::Fixed(_, end) => (end, true),
            Look::Summed(body) => {
                match front.get(body.start) {
                    None => return Measure::NeedMore,
                    Some(tfi) if !self.says(*tfi, body.len()) => return Measure::NotAFrame,
                    Some(_) => {}
                }
                let Some(bytes) = front.get(body.clone()) else { return Measure::NeedMore };
                (body.end, sum_complement(bytes) == 0)
            }
        };
        let whole = match front.get(end) {
            // The postamble is on its way. Without this wait its zero would be held as a start code's first byte.
            None => return Measure::NeedMore,
            Some(0x00) => end + 1,
            Some(_) => end,
        };
        if sound { Measure::Whole(whole) } else { Measure::BadCheck(whole) }
    }
}

/// Why bytes are no frame, or content makes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Start code, length or length check do not fit the bytes.
    #[error("no frame of that length")]
    Length,
    /// The direction byte is the other side's.
    #[error("direction byte is not the sender's")]
    Direction,
    /// The sum fails.
    #[error("data checksum fails")]
    Check,
    /// More content than a frame carries.
    #[error("content too long for one frame")]
    TooLong,
}

/// 帧: one frame of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The chip took the command; from the host: aborts the running command.
    Ack,
    /// Asks for the last frame again.
    Nack,
    /// The chip could make nothing of the command.
    SyntaxError,
    /// The command byte (in replies one more) and what follows it, `CONTENT_MAX` bytes at most.
    Information(&'a [u8]),
}

impl<'a> Frame<'a> {
    /// Checks one whole frame of that side.
    ///
    /// # Errors
    /// `Length`, `Direction` or `Check`.
    pub fn parse(side: Side, bytes: &'a [u8]) -> Result<Self, WireError> {
        let (frame, end) = match look(bytes) {
            Look::Unclear | Look::Between | Look::Nothing => return Err(WireError::Length),
            Look::Fixed(frame, end) => (frame, end),
            Look::Summed(body) => {
                let (length, end) = (body.len(), body.end);
                let body = bytes.get(body).ok_or(WireError::Length)?;
                let [tfi, content @ .., _] = body else { return Err(WireError::Length) };
                if !side.says(*tfi, length) {
                    return Err(WireError::Direction);
                }
                if sum_complement(body) != 0 {
                    return Err(WireError::Check);
                }
                let error = *tfi == ERROR_TFI;
                (if error { Self::SyntaxError } else { Self::Information(content) }, end)
            }
        };
        match bytes.get(end..) {
            Some([] | [0x00]) => Ok(frame),
            _ => Err(WireError::Length),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when the content exceeds `CONTENT_MAX`.
    pub fn encode(&self, side: Side) -> Result<Vec<u8>, WireError> {
        match self {
            Self::Ack => Ok([0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00].to_vec()),
            Self::Nack => Ok([0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00].to_vec()),
            Self::SyntaxError => seal(ERROR_TFI, &[]),
            Self::Information(content) => seal(side.tfi(), content),
        }
    }
}

fn seal(tfi: u8, content: &[u8]) -> Result<Vec<u8>, WireError> {
    if content.len() > CONTENT_MAX {
        return Err(WireError::TooLong);
    }
    let mut frame = Vec::with_capacity(FRAME_MAX);
    frame.extend_from_slice(&[0x00, 0x00, 0xFF]);
    if let Ok(length) = u8::try_from(content.len() + 1) {
        frame.extend_from_slice(&[length, sum_complement(&[length])]);
    } else {
        let length = u16::try_from(content.len() + 1).map_err(|_| WireError::TooLong)?.to_be_bytes();
        frame.extend_from_slice(&[0xFF, 0xFF]);
        frame.extend_from_slice(&length);
        frame.push(sum_complement(&length));
    }
    frame.push(tfi);
    frame.extend_from_slice(content);
    frame.extend_from_slice(&[sum_complement(content).wrapping_sub(tfi), 0x00]);
    Ok(frame)
}
