//! Numbers that the centre gives out: unified number, trip number, and the card number inside the latter.
//! Promises: a value holds digits only, at their full width, with a year of 2000 to 2099 and a real month.
//! Absent on purpose: giving out the next serial; the centre does that in its transaction (SG-072, SG-073).
//! Source: SG-070, SG-071, SG-074.

use alloc::format;

use super::text::{Ascii, Excerpt, text_type};

/// Why a number is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not exactly as many digits as the rule says.
    #[error("{number} {text} must be {digits} digits ({rule})")]
    Digits {
        /// Which number, as it is called on the wire.
        number: &'static str,
        /// How many digits it has.
        digits: usize,
        /// The requirement that says so.
        rule: &'static str,
        /// The refused text.
        text: Excerpt,
    },
    /// The year is not one in which this system stored a record.
    #[error("{number} {text} must begin with a year from 2000 to 2099 ({rule})")]
    Year {
        /// Which number, as it is called on the wire.
        number: &'static str,
        /// The requirement that says so.
        rule: &'static str,
        /// The refused text.
        text: Excerpt,
    },
    /// The month is not 01 to 12.
    #[error("trip_no {text} must have a month from 01 to 12 in places 5 and 6 (SG-071)")]
    Month {
        /// The refused text.
        text: Excerpt,
    },
}

const UNIFIED: &str = "unified_no";
const TRIP: &str = "trip_no";

fn digits<const N: usize>(
    number: &'static str,
    rule: &'static str,
    text: &str,
) -> Result<Ascii<N>, NumberError> {
    let refused = || NumberError::Digits { number, digits: N, rule, text: Excerpt::of(text) };
    Ascii::take(text, u8::is_ascii_digit).ok_or_else(refused)
}

/// The decimal value of `range`; the callers' texts are digits and shorter than a `u64` is wide, so 0 never stands in.
fn value(text: &str, range: core::ops::Range<usize>) -> u64 {
    text.get(range).and_then(|part| part.parse().ok()).unwrap_or_default()
}

/// 卡号: the 13-digit number of the card bound to the account that saved first (SG-074).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNo(Ascii<13>);

impl CardNo {
    /// Refuses what is not 13 digits.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        digits("card_no", "SG-074", text).map(Self)
    }

    /// The 13 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
text_type!(CardNo, NumberError);

/// 数据中心统一编号: the record's number, 18 digits: year of first storing, serial of 14 (SG-070).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnifiedNo(Ascii<18>);

impl UnifiedNo {
    /// Refuses what is not 18 digits, or begins with a year outside 2000 to 2099.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let number: Ascii<18> = digits(UNIFIED, "SG-070", text)?;
        match number.bytes() {
            [b'2', b'0', ..] => Ok(Self(number)),
            _ => Err(NumberError::Year { number: UNIFIED, rule: "SG-070", text: Excerpt::of(text) }),
        }
    }

    /// Puts the number together, zero-padded. Refuses a year outside 2000 to 2099 and a serial of more than 14 digits.
    pub fn from_parts(year: u16, serial: u64) -> Result<Self, NumberError> {
        Self::parse(&format!("{year:04}{serial:014}"))
    }

    /// The 18 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The year in which the record was stored.
    #[must_use]
    pub fn year(&self) -> u16 {
        u16::try_from(value(self.as_str(), 0..4)).unwrap_or_default()
    }

    /// The serial within that year (SG-073).
    #[must_use]
    pub fn serial(&self) -> u64 {
        value(self.as_str(), 4..18)
    }
}
text_type!(UnifiedNo, NumberError);

/// 车次确认编号: the trip's number, 32 digits: year and month, card number of 13, serial of 13 (SG-071).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TripNo(Ascii<32>);

impl TripNo {
    /// Refuses what is not 32 digits, or begins with a year outside 2000 to 2099 or a month that does not exist.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let number: Ascii<32> = digits(TRIP, "SG-071", text)?;
        let [b'2', b'0', _, _, tens, ones, ..] = number.bytes() else {
            return Err(NumberError::Year { number: TRIP, rule: "SG-071", text: Excerpt::of(text) });
        };
        match (tens, ones) {
            (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2') => Ok(Self(number)),
            _ => Err(NumberError::Month { text: Excerpt::of(text) }),
        }
    }

    /// Puts the number together, zero-padded. Refuses a year outside 2000 to 2099, a month outside 1 to 12 and a serial
    /// of more than 13 digits.
    pub fn from_parts(year: u16, month: u8, card_no: CardNo, serial: u64) -> Result<Self, NumberError> {
        Self::parse(&format!("{year:04}{month:02}{card_no}{serial:013}"))
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The year of the first save.
    #[must_use]
    pub fn year(&self) -> u16 {
        u16::try_from(value(self.as_str(), 0..4)).unwrap_or_default()
    }

    /// The month of the first save, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        u8::try_from(value(self.as_str(), 4..6)).unwrap_or_default()
    }

    /// The card of the account that saved first.
    #[must_use]
    pub fn card_no(&self) -> CardNo {
        let [_, _, _, _, _, _, card @ .., _, _, _, _, _, _, _, _, _, _, _, _, _] = self.0.bytes();
        CardNo(Ascii::from_checked(*card))
    }

    /// The serial, which never restarts (SG-073).
    #[must_use]
    pub fn serial(&self) -> u64 {
        value(self.as_str(), 19..32)
    }
}
text_type!(TripNo, NumberError);
