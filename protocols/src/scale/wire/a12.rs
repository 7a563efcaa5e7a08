//! A12: text lines of the A12 series, with a check (`WG004.139kg3D`) or, in another mode, without (`ww004.139kg`).
//! Promises: a line exists only when every character stood in its place; with a check, only when that held.
//! The manual says "checksum" and no more; exclusive-or over bytes 1 to 11 gives all three values that it prints.
//! Source: XK3190-A12E manual p. 13.

use super::check::{halves, holds, is_half, xor};
use super::shaped;
use crate::frame::Measure;
use crate::scale::quantity::{Number, Quantity, Unit};
use crate::scale::repr::{Indication, Kind};
use crate::talk::NoWeight;
use alloc::format;
use alloc::vec::Vec;

/// Length of a line with its check.
pub const LEN: usize = 15;
/// Length of a line without.
pub const BARE_LEN: usize = 13;
/// Nine blanks stand before `OL` and `LO`.
const BLANKS: &[u8; 9] = b"         ";

/// 仪表行: what one line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A value; only lines without a check tell the tare, and another unit than kg.
    Shown {
        /// What it is.
        kind: Kind,
        /// How much.
        quantity: Quantity,
    },
    /// `OL`: more than Max + 9 e.
    Overload,
    /// `LO`: less than -20 d.
    Underload,
}

impl Line {
    /// Reads one whole line with its check.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        match line {
            [covered @ .., high, low, b'\r', b'\n'] if holds(covered, *high, *low) => Self::body(covered),
            _ => None,
        }
    }

    /// Reads one whole line without a check.
    #[must_use]
    pub fn parse_bare(line: &[u8]) -> Option<Self> {
        let [b'w', kind, value @ .., first, second, b'\r', b'\n'] = line else { return None };
        let kind = match kind {
            b'w' => Kind::Gross,
            b'n' => Kind::Net,
            b't' => Kind::Tare,
            _ => return None,
        };
        Self::shown(kind, value, Unit::parse(&[*first, *second]))
    }

    fn body(covered: &[u8]) -> Option<Self> {
        match covered {
            [b'W', b'G', value @ .., b'k', b'g'] => Self::shown(Kind::Gross, value, Unit::Kilogram),
            [b'W', b'N', value @ .., b'k', b'g'] => Self::shown(Kind::Net, value, Unit::Kilogram),
            [blanks @ .., b'O', b'L'] if blanks == BLANKS => Some(Self::Overload),
            [blanks @ .., b'L', b'O'] if blanks == BLANKS => Some(Self::Underload),
            _ => None,
        }
    }

    /// Seven characters; without a point the last is blank.
    fn shown(kind: Kind, value: &[u8], unit: Unit) -> Option<Self> {
        let number = Number::parse(value.trim_ascii_end().iter().copied()).filter(|_| value.len() == 7)?;
        Some(Self::Shown { kind, quantity: Quantity { number, unit } })
    }

    /// The bytes on the wire, with a check; `None` for what such a line cannot say.
    #[must_use]
    pub fn encode(self) -> Option<Vec<u8>> {
        let mut line = Vec::with_capacity(LEN);
        match self {
            Self::Shown { kind, quantity: Quantity { number, unit: Unit::Kilogram } } => {
                line.extend_from_slice(match kind {
                    Kind::Gross => b"WG",
                    Kind::Net => b"WN",
                    Kind::Tare => return None,
                });
                line.extend_from_slice(&value(number)?);
                line.extend_from_slice(b"kg");
            }
            Self::Shown { .. } => return None,
            Self::Overload => line.extend([&BLANKS[..], b"OL"].concat()),
            Self::Underload => line.extend([&BLANKS[..], b"LO"].concat()),
        }
        let check = halves(xor(&line));
        line.extend_from_slice(&check);
        line.extend_from_slice(b"\r\n");
        Some(line)
    }

    /// The bytes on the wire, without a check; `None` for what such a line cannot say.
    #[must_use]
    pub fn encode_bare(self) -> Option<Vec<u8>> {
        let Self::Shown { kind, quantity: Quantity { number, unit } } = self else { return None };
        let kind = match kind {
            Kind::Gross => b"ww",
            Kind::Net => b"wn",
            Kind::Tare => b"wt",
        };
        let unit = unit.letters().as_bytes();
        (unit.len() == 2).then(|| value(number).map(|value| [kind, &value[..], unit, b"\r\n"].concat()))?
    }

    /// What the display shows.
    #[must_use]
    pub const fn indication(self) -> Indication {
        match self {
            Self::Shown { kind, quantity } => Indication { kind: Some(kind), ..Indication::of(Ok(quantity)) },
            Self::Overload => Indication::of(Err(NoWeight::Overload)),
            Self::Underload => Indication::of(Err(NoWeight::Underload)),
        }
    }
}

/// Seven characters with leading zeros: `004.139`, `-0000.1`, `004139 `.
fn value(number: Number) -> Option<Vec<u8>> {
    let width = if number.decimals() == 0 { 6 } else { 7 };
    let sign = if number.is_negative() && number.digits() > 0 { "-" } else { "" };
    let unsigned = Number::new(false, number.digits(), number.decimals())?;
    let zeros = width - sign.len();
    // A point counts as one of the characters, so the width holds for the whole text.
    let text = format!("{sign}{:0>zeros$}", format!("{unsigned}"));
    (text.len() == width).then(|| format!("{text:<7}").into_bytes())
}

/// Judges the front of a line with a check.
pub(super) fn measure(front: &[u8]) -> Measure {
    let fits = |at, byte| match (at, front.first()) {
        (0..=8, Some(b' ')) => byte == b' ',
        (9 | 10, Some(b' ')) => matches!(byte, b'O' | b'L'),
        (0, _) => byte == b'W',
        (1, _) => matches!(byte, b'G' | b'N'),
        (2..=8, _) => is_of_value(byte),
        (9, _) => byte == b'k',
        (10, _) => byte == b'g',
        (11 | 12, _) => is_half(byte),
        (13, _) => byte == b'\r',
        _ => byte == b'\n',
    };
    match shaped(front, LEN, fits) {
        Err(unfinished) => unfinished,
        Ok([covered @ .., high, low, _, _]) if Line::body(covered).is_some() => {
            if holds(covered, *high, *low) { Measure::Whole(LEN) } else { Measure::BadCheck(LEN) }
        }
        Ok(_) => Measure::NotAFrame,
    }
}

/// Judges the front of a line without a check.
pub(super) fn measure_bare(front: &[u8]) -> Measure {
    let fits = |at, byte: u8| match at {
        0 => byte == b'w',
        1 => matches!(byte, b'w' | b'n' | b't'),
        2..=8 => is_of_value(byte),
        9 | 10 => byte.is_ascii_lowercase(),
        11 => byte == b'\r',
        _ => byte == b'\n',
    };
    match shaped(front, BARE_LEN, fits) {
        Err(unfinished) => unfinished,
        Ok(line) if Line::parse_bare(line).is_some() => Measure::Whole(BARE_LEN),
        Ok(_) => Measure::NotAFrame,
    }
}

fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b' ')
}
