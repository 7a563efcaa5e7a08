//! A9: the twelve bytes that Yaohua indicators and their clones send without being asked.
//! Promises: a frame exists only when every character stood in its place and the check held.
//! The wire tells the displayed value and nothing else: not gross or net, no unit, no motion, no overload.
//! Absent: the variant with DC1 and DC3 around raw nibbles, which is somebody's mistake and no A9.
//! Source: XK3190-A9+ manual p. 9; XK3190-A23p manual p. 23; XK3190-A26 manual p. 12.

use super::check::{halves, holds, is_half, xor};
use super::{ETX, STX, shaped};
use crate::frame::Measure;
use crate::scale::quantity::{Number, Quantity, Unit};
use crate::scale::repr::Indication;
use crate::talk::NoWeight;

/// Length of a frame.
pub const LEN: usize = 12;
/// Sign, six digits and byte 9.
const VALUE_LEN: usize = 8;
/// Six digits.
const DIGITS_MAX: u32 = 999_999;

/// The most decimals that the manual knows.
const DECIMALS_MAX: u8 = 4;

/// What byte 9 is taken for. Only a known load on the platform shows which one an indicator means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ninth {
    /// How many of the six digits stand behind the point, 0 to 4: the manual.
    #[default]
    Decimals,
    /// Nothing: so many of the six digits always stand behind the point.
    Ignored {
        /// How many.
        decimals: u8,
    },
    /// A seventh digit; so many of the seven stand behind the point.
    Digit {
        /// How many.
        decimals: u8,
    },
}

/// 显示值: sign, six digits and byte 9, as they stand in frames of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    negative: bool,
    digits: u32,
    ninth: u8,
}

impl Value {
    /// Six digits at most and a byte 9 of 0 to 9; `None` beyond.
    #[must_use]
    pub const fn new(negative: bool, digits: u32, ninth: u8) -> Option<Self> {
        if digits <= DIGITS_MAX && ninth <= 9 { Some(Self { negative, digits, ninth }) } else { None }
    }

    /// Whether byte 9 can be what it is taken for: there are no more than four decimals.
    #[must_use]
    pub fn suits(self, ninth: Ninth) -> bool {
        ninth != Ninth::Decimals || self.ninth <= DECIMALS_MAX
    }

    /// What the display shows; nine decimals are the most that can be configured.
    #[must_use]
    pub fn indication(self, ninth: Ninth, unit: Unit) -> Indication {
        let digits = u64::from(self.digits);
        let number = match ninth {
            Ninth::Decimals => Number::new(self.negative, digits, self.ninth),
            Ninth::Ignored { decimals } => Number::new(self.negative, digits, decimals),
            Ninth::Digit { decimals } => {
                Number::new(self.negative, digits * 10 + u64::from(self.ninth), decimals)
            }
        };
        let value = number.map(|number| Quantity { number, unit });
        Indication::of(value.ok_or(NoWeight::Fault))
    }

    /// The eight characters.
    pub(super) fn encode(self) -> [u8; VALUE_LEN] {
        let mut out = [if self.negative { b'-' } else { b'+' }; VALUE_LEN];
        let mut left = self.digits;
        for slot in out.iter_mut().take(7).skip(1).rev() {
            *slot = b'0' + digit(left);
            left /= 10;
        }
        if let Some(last) = out.last_mut() {
            *last = b'0' + self.ninth;
        }
        out
    }

    /// Eight characters that stood in their places.
    pub(super) fn decode(characters: &[u8]) -> Option<Self> {
        let (sign, rest) = characters.split_first()?;
        let (ninth, six) = rest.split_last()?;
        let all_digits = rest.len() == VALUE_LEN - 1 && rest.iter().all(u8::is_ascii_digit);
        if !all_digits || !matches!(sign, b'+' | b'-') {
            return None;
        }
        let digits = six.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        Self::new(*sign == b'-', digits, ninth - b'0')
    }
}

/// The last digit of a number.
fn digit(number: u32) -> u8 {
    u8::try_from(number % 10).unwrap_or_default()
}

/// Whether a character may stand at that place of a value, the sign being at 0.
pub(super) fn fits_value(at: usize, byte: u8, ninth: Ninth) -> bool {
    match (at, ninth) {
        (0, _) => matches!(byte, b'+' | b'-'),
        (7, Ninth::Decimals) => matches!(byte, b'0'..=b'4'),
        _ => byte.is_ascii_digit(),
    }
}

/// Judges the front of a line.
pub(super) fn measure(front: &[u8], ninth: Ninth) -> Measure {
    let fits = |at, byte| match at {
        0 => byte == STX,
        1..=8 => fits_value(at - 1, byte, ninth),
        9 | 10 => is_half(byte),
        _ => byte == ETX,
    };
    shaped(front, LEN, fits).map_or_else(|unfinished| unfinished, sealed)
}

/// A whole frame by its check, which covers all between STX and itself.
pub(super) fn sealed(frame: &[u8]) -> Measure {
    match frame {
        [_, covered @ .., high, low, _] if holds(covered, *high, *low) => Measure::Whole(frame.len()),
        _ => Measure::BadCheck(frame.len()),
    }
}

/// The value of a whole frame, whatever byte 9 is taken for.
#[must_use]
pub fn parse(frame: &[u8]) -> Option<Value> {
    match frame {
        [STX, value @ .., high, low, ETX] if holds(value, *high, *low) => Value::decode(value),
        _ => None,
    }
}

/// The frame that tells a value.
#[must_use]
pub fn encode(value: Value) -> [u8; LEN] {
    let covered = value.encode();
    let [high, low] = halves(xor(&covered));
    let [sign, a, b, c, d, e, f, ninth] = covered;
    [STX, sign, a, b, c, d, e, f, ninth, high, low, ETX]
}
