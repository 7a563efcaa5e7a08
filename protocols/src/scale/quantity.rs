//! 示值: a value as a display shows it, digit by digit, and the way from there to kilograms.
//! Promises: no float anywhere; a conversion is exact or refused: pounds are `ForeignUnit`, a fraction of 0.01 kg is `TooFine`.
//! Absent: rounding, and factors between systems of units.
//! Source: `contract` section 3 (weights have two decimals at most); the XK3190-A9+ manual p. 9 (decimals from the right).

use crate::contract::Kg;
use crate::talk::NoWeight;
use core::fmt;

/// More digits than any display has.
const DIGITS_MAX: u64 = 999_999_999;
/// As many decimals as digits.
const DECIMALS_MAX: u8 = 9;

/// 计量单位: what a display counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// kg.
    #[default]
    Kilogram,
    /// t, 1000 kg.
    Tonne,
    /// g, a thousandth of a kg.
    Gram,
    /// lb: told, never converted.
    Pound,
    /// Ounces, pieces and what else there is: told, never converted.
    Other,
}

impl Unit {
    /// The unit that letters say; capitals are the same letters. Letters that say none of ours are `Other`.
    #[must_use]
    pub const fn parse(letters: &[u8]) -> Self {
        match letters {
            [b'k' | b'K', b'g' | b'G'] => Self::Kilogram,
            [b't' | b'T'] => Self::Tonne,
            [b'g' | b'G'] => Self::Gram,
            [b'l' | b'L', b'b' | b'B'] => Self::Pound,
            _ => Self::Other,
        }
    }

    /// Its letters.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Kilogram => "kg",
            Self::Tonne => "t",
            Self::Gram => "g",
            Self::Pound => "lb",
            Self::Other => "?",
        }
    }
}

/// Digits with a sign and a point, exactly as shown: `-1.00` is -100 with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    negative: bool,
    digits: u64,
    decimals: u8,
}

impl Number {
    /// So many digits with so many decimals; `None` beyond nine of either.
    #[must_use]
    pub const fn new(negative: bool, digits: u64, decimals: u8) -> Option<Self> {
        if digits <= DIGITS_MAX && decimals <= DECIMALS_MAX {
            Some(Self { negative, digits, decimals })
        } else {
            None
        }
    }

    /// Reads characters, the most significant first: a sign perhaps, digits, at most one point among them.
    #[must_use]
    pub fn parse(text: impl Iterator<Item = u8>) -> Option<Self> {
        let (mut negative, mut digits, mut count, mut point) = (false, 0_u64, 0_u8, None);
        for (at, byte) in text.enumerate() {
            match byte {
                b'+' | b'-' if at == 0 => negative = byte == b'-',
                b'.' if point.is_none() => point = Some(count),
                b'0'..=b'9' if count < DECIMALS_MAX => {
                    digits = digits * 10 + u64::from(byte - b'0');
                    count += 1;
                }
                _ => return None,
            }
        }
        let decimals = point.map_or(0, |before| count - before);
        if count > 0 { Self::new(negative, digits, decimals) } else { None }
    }

    /// Whether a minus sign is shown, also before zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.negative
    }

    /// All digits as one number, without the point.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.digits
    }

    /// How many of the digits stand behind the point.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        self.decimals
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative && self.digits > 0 { "-" } else { "" };
        let decimals = usize::from(self.decimals);
        let ones = ten_to(self.decimals);
        match self.decimals {
            0 => write!(f, "{sign}{}", self.digits),
            _ => write!(f, "{sign}{}.{:0decimals$}", self.digits / ones, self.digits % ones),
        }
    }
}

/// A number and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The digits.
    pub number: Number,
    /// What they count.
    pub unit: Unit,
}

impl Quantity {
    /// The same in kilograms, exactly, with as many decimals as that takes; `None` for pounds and other units.
    #[must_use]
    pub fn kilograms(self) -> Option<Number> {
        let Number { negative, digits, decimals } = self.number;
        match self.unit {
            Unit::Kilogram => Some(self.number),
            Unit::Tonne => {
                let missing = 3_u8.saturating_sub(decimals);
                let digits = digits * ten_to(missing);
                Some(Number { negative, digits, decimals: decimals.saturating_sub(3) })
            }
            Unit::Gram => Some(Number { negative, digits, decimals: decimals + 3 }),
            Unit::Pound | Unit::Other => None,
        }
    }

    /// The same as a record holds it.
    ///
    /// # Errors
    /// `ForeignUnit`, or `TooFine` when it is no whole number of hundredths of a kilogram.
    pub fn kg(self) -> Result<Kg, NoWeight> {
        let Number { negative, digits, decimals } = self.kilograms().ok_or(NoWeight::ForeignUnit)?;
        let hundredths = match decimals.checked_sub(2) {
            None | Some(0) => digits * ten_to(2 - decimals.min(2)),
            Some(more) if digits % ten_to(more) == 0 => digits / ten_to(more),
            Some(_) => return Err(NoWeight::TooFine),
        };
        let hundredths = i64::try_from(hundredths).map_err(|_| NoWeight::Fault)?;
        Ok(Kg::from_hundredths(if negative { -hundredths } else { hundredths }))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.unit.letters())
    }
}

/// A power of ten; 12 decimals at most ever come about, and 10^19 would still fit.
fn ten_to(power: u8) -> u64 {
    10_u64.saturating_pow(u32::from(power))
}
