//! A9 command mode: a request of six bytes, an answer of six or fourteen; several indicators may share the line.
//! Promises: a request or an answer exists only when every character stood in its place and the check held; what the
//! command letters E and F mean differs between models, so they are never a weight.
//! Absent: a refusal: an indicator that is not meant, or does not understand, says nothing.
//! Source: XK3190-A23p manual p. 26; Keli XK3118K9-R manual p. 10.

use super::a9::{Ninth, Value, fits_value, sealed};
use super::check::{halves, holds, is_half, xor};
use super::{ETX, STX, shaped};
use crate::frame::{Framing, Measure, Place};
use alloc::vec::Vec;

/// Length of a request, and of an answer without a value.
pub const SHORT: usize = 6;
/// Length of an answer with a value.
pub const LONG: usize = 14;

/// 仪表地址: `A` to `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(u8);

impl Address {
    /// The factory's.
    pub const A: Self = Self(b'A');

    /// The address of that letter; `None` for anything but `A` to `Z`.
    #[must_use]
    pub const fn new(letter: u8) -> Option<Self> {
        if letter.is_ascii_uppercase() { Some(Self(letter)) } else { None }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> u8 {
        self.0
    }
}

/// 仪表命令: what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing: are you there?
    Handshake,
    /// 毛重.
    Gross,
    /// 皮重.
    Tare,
    /// 净重.
    Net,
    /// A letter from `E` on, whose meaning depends on the model.
    Other(u8),
}

impl Ask {
    /// What that letter asks for.
    #[must_use]
    pub const fn of(letter: u8) -> Option<Self> {
        match letter {
            b'A' => Some(Self::Handshake),
            b'B' => Some(Self::Gross),
            b'C' => Some(Self::Tare),
            b'D' => Some(Self::Net),
            b'E'..=b'Z' => Some(Self::Other(letter)),
            _ => None,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Handshake => b'A',
            Self::Gross => b'B',
            Self::Tare => b'C',
            Self::Net => b'D',
            Self::Other(letter) => letter,
        }
    }
}

/// 请求: what the host asks of one indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Of whom.
    pub address: Address,
    /// What.
    pub ask: Ask,
}

impl Request {
    /// Reads one whole request.
    #[must_use]
    pub fn parse(frame: &[u8]) -> Option<Self> {
        match frame {
            [STX, address, ask, high, low, ETX] if holds(&[*address, *ask], *high, *low) => {
                Some(Self { address: Address::new(*address)?, ask: Ask::of(*ask)? })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        seal(&[self.address.letter(), self.ask.letter()])
    }
}

/// 应答: what an indicator says when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who says it.
    pub address: Address,
    /// What it was asked.
    pub ask: Ask,
    /// The value; an answer without one cannot be told from the echo of its request.
    pub value: Option<Value>,
}

impl Answer {
    /// Reads one whole answer.
    #[must_use]
    pub fn parse(frame: &[u8]) -> Option<Self> {
        match frame {
            [STX, covered @ .., high, low, ETX] if holds(covered, *high, *low) => {
                let [address, ask, value @ ..] = covered else { return None };
                let value = if value.is_empty() { None } else { Some(Value::decode(value)?) };
                Some(Self { address: Address::new(*address)?, ask: Ask::of(*ask)?, value })
            }
            _ => None,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let head = [self.address.letter(), self.ask.letter()];
        match self.value {
            None => seal(&head),
            Some(value) => seal(&[&head[..], &value.encode()].concat()),
        }
    }
}

fn seal(covered: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(LONG);
    frame.push(STX);
    frame.extend_from_slice(covered);
    frame.extend_from_slice(&halves(xor(covered)));
    frame.push(ETX);
    frame
}

/// What the host sends, as an indicator hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests;

impl Framing for Requests {
    fn measure(&self, front: &[u8], _: Place) -> Measure {
        shaped(front, SHORT, fits_short).map_or_else(|unfinished| unfinished, sealed)
    }
}

fn fits_short(at: usize, byte: u8) -> bool {
    match at {
        0 => byte == STX,
        1 | 2 => byte.is_ascii_uppercase(),
        3 | 4 => is_half(byte),
        _ => byte == ETX,
    }
}

/// Judges the front of what an indicator sends. The fourth byte is a sign or half of a check, never both.
pub(super) fn measure(front: &[u8], ninth: Ninth) -> Measure {
    let fits = |at, byte| match at {
        0..=2 => fits_short(at, byte),
        3..=10 => fits_value(at - 3, byte, ninth),
        11 | 12 => is_half(byte),
        _ => byte == ETX,
    };
    let whole = match front.get(3) {
        Some(b'+' | b'-') => shaped(front, LONG, fits),
        _ => shaped(front, SHORT, fits_short),
    };
    whole.map_or_else(|unfinished| unfinished, sealed)
}
