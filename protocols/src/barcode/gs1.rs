//! GS1 element strings: what the application identifiers of a GS1-128, GS1 QR or GS1 Data Matrix text say.
//! Promises: an element has the length, digits and check digit that its identifier asks for; an identifier that is not
//! of this table ends the reading, because nobody knows where its value ends.
//! Absent: other identifiers, and what a value means for a trip; the medium key is the text, not an element.
//! Source: GS1 General Specifications, chapters 3.2 and 7.8 and the check digit of 7.9.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What separates a value of no fixed length from the next identifier.
pub const FNC1: char = '\u{1D}';

/// What to do with a separator that is not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Passed over.
    Lenient,
    /// An error.
    Strict,
}

/// 应用标识符数据: one element of an element string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// (00) Serial shipping container code: 18 digits, check digit right.
    Sscc(&'a str),
    /// (01) Trade item: 14 digits, check digit right.
    Gtin(&'a str),
    /// (02) Trade items contained in a unit: 14 digits.
    Content(&'a str),
    /// (11) to (17) A date.
    Date {
        /// 11 production, 12 due, 13 packaging, 15 best before, 16 sell by, 17 expiry.
        ai: u8,
        /// Which day.
        date: Date,
    },
    /// (20) Internal product variant, 0 to 99.
    Variant(u8),
    /// (31nd) to (36nd) A measure of six digits; `d` is how many of them are behind the point.
    Measure {
        /// The identifier's first three digits.
        ai: u16,
        /// Digits behind the point, 0 to 9.
        decimals: u8,
        /// The six digits as a number.
        value: u32,
    },
    /// (41n) A location: 13 digits.
    Location {
        /// 410 to 419.
        ai: u16,
        /// The digits.
        gln: &'a str,
    },
    /// (10) Batch or lot, 1 to 20 characters.
    Batch(&'a str),
    /// (21) Serial number, 1 to 20 characters.
    Serial(&'a str),
    /// (90) Agreed between partners, 1 to 30 characters; (91) to (99) internal, 1 to 90.
    Internal {
        /// 90 to 99.
        ai: u8,
        /// The characters.
        text: &'a str,
    },
    /// (8200) Address of a page, 1 to 70 characters.
    Url(&'a str),
}

/// A day: year of the century, month, and day; day 0 is the month as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// 0 to 99.
    pub year: u8,
    /// 1 to 12.
    pub month: u8,
    /// 0 to 31.
    pub day: u8,
}

/// Why a text is no element string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Error {
    /// An identifier that is none of the table.
    #[error("unknown application identifier at character {at}")]
    Unknown {
        /// Counted in bytes from 0.
        at: usize,
    },
    /// Another length than the identifier asks for.
    #[error("value of ({ai}) has the wrong length")]
    Length {
        /// The identifier.
        ai: u16,
    },
    /// A character that the identifier does not allow.
    #[error("value of ({ai}) holds a character that it cannot have")]
    Character {
        /// The identifier.
        ai: u16,
    },
    /// The check digit is another.
    #[error("check digit of ({ai}) is wrong")]
    CheckDigit {
        /// The identifier.
        ai: u16,
    },
    /// No such day.
    #[error("value of ({ai}) is no date")]
    Date {
        /// The identifier.
        ai: u16,
    },
    /// A separator where none is needed, read strictly.
    #[error("separator at character {at} where none is needed")]
    Separator {
        /// Counted in bytes from 0.
        at: usize,
    },
}

/// How an identifier's value is marked off.
#[derive(Clone, Copy)]
enum Extent {
    Digits(usize),
    UpTo(usize),
}

/// The digit that makes a number hold: weights 3 and 1 in turn from the right, up to the next ten. `None` for other
/// characters than digits.
#[must_use]
pub fn check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (digit, weight) in digits.chars().rev().zip([3, 1].into_iter().cycle()) {
        sum = (sum + digit.to_digit(10)? * weight) % 10;
    }
    u8::try_from((10 - sum) % 10).ok()
}

/// The elements of a text.
///
/// # Errors
/// The first thing that does not fit.
pub fn parse(text: &str, separator: char, strictness: Strictness) -> Result<Vec<Element<'_>>, Gs1Error> {
    let mut elements = Vec::new();
    let mut rest = text;
    // A separator belongs only behind a value that could have been longer.
    let mut open = false;
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        if let Some(after) = rest.strip_prefix(separator) {
            if !open && strictness == Strictness::Strict {
                return Err(Gs1Error::Separator { at });
            }
            open = false;
            rest = after;
            continue;
        }
        let (ai, extent, after) = identifier(rest).ok_or(Gs1Error::Unknown { at })?;
        let (value, after) = cut(after, extent, separator).ok_or(Gs1Error::Length { ai })?;
        elements.push(element(ai, value)?);
        open = matches!(extent, Extent::UpTo(_));
        rest = after;
    }
    Ok(elements)
}

/// The text that says these elements, with `FNC1` where it is needed.
#[must_use]
pub fn write(elements: &[Element<'_>]) -> String {
    let mut text = String::new();
    let mut open = false;
    for element in elements {
        if open {
            text.push(FNC1);
        }
        text.push_str(&element.text());
        open = matches!(
            element,
            Element::Batch(_) | Element::Serial(_) | Element::Internal { .. } | Element::Url(_)
        );
    }
    text
}

impl Element<'_> {
    /// Identifier and value, one behind the other.
    #[must_use]
    pub fn text(&self) -> String {
        match *self {
            Self::Sscc(digits) => format!("00{digits}"),
            Self::Gtin(digits) => format!("01{digits}"),
            Self::Content(digits) => format!("02{digits}"),
            Self::Date { ai, date: Date { year, month, day } } => format!("{ai}{year:02}{month:02}{day:02}"),
            Self::Variant(variant) => format!("20{variant:02}"),
            Self::Measure { ai, decimals, value } => format!("{ai}{decimals}{value:06}"),
            Self::Location { ai, gln } => format!("{ai}{gln}"),
            Self::Batch(text) => format!("10{text}"),
            Self::Serial(text) => format!("21{text}"),
            Self::Internal { ai, text } => format!("{ai}{text}"),
            Self::Url(text) => format!("8200{text}"),
        }
    }
}

/// The identifier at the head of a text, how far its value reaches, and what follows it. Of a measure's four digits the
/// last belongs to the value.
fn identifier(text: &str) -> Option<(u16, Extent, &str)> {
    let two = number(text.get(..2)?)?;
    let (digits, extent) = match two {
        0 => (2, Extent::Digits(18)),
        1 | 2 => (2, Extent::Digits(14)),
        10 | 21 => (2, Extent::UpTo(20)),
        11..=17 => (2, Extent::Digits(6)),
        20 => (2, Extent::Digits(2)),
        31..=36 => (3, Extent::Digits(7)),
        41 => (3, Extent::Digits(13)),
        82 if text.starts_with("8200") => (4, Extent::UpTo(70)),
        90 => (2, Extent::UpTo(30)),
        91..=99 => (2, Extent::UpTo(90)),
        _ => return None,
    };
    let (ai, after) = text.split_at_checked(digits)?;
    Some((number(ai)?, extent, after))
}

fn cut(text: &str, extent: Extent, separator: char) -> Option<(&str, &str)> {
    match extent {
        Extent::Digits(len) => text.split_at_checked(len),
        Extent::UpTo(most) => {
            let (value, after) = text.split_at_checked(text.find(separator).unwrap_or(text.len()))?;
            (1..=most).contains(&value.len()).then_some((value, after))
        }
    }
}

fn element(ai: u16, value: &str) -> Result<Element<'_>, Gs1Error> {
    let character = Gs1Error::Character { ai };
    let element = match ai {
        10 => Element::Batch(value),
        21 => Element::Serial(value),
        8200 => Element::Url(value),
        90..=99 => Element::Internal { ai: u8::try_from(ai).unwrap_or_default(), text: value },
        _ => return digits(ai, value),
    };
    if value.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(element) } else { Err(character) }
}

fn digits(ai: u16, value: &str) -> Result<Element<'_>, Gs1Error> {
    let character = Gs1Error::Character { ai };
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(character);
    }
    match ai {
        0 | 1 => {
            let (body, last) = value.split_at_checked(value.len() - 1).ok_or(character)?;
            let expected = check_digit(body).map(|digit| digit + b'0');
            match (expected == last.bytes().next(), ai) {
                (false, _) => Err(Gs1Error::CheckDigit { ai }),
                (true, 0) => Ok(Element::Sscc(value)),
                (true, _) => Ok(Element::Gtin(value)),
            }
        }
        2 => Ok(Element::Content(value)),
        11..=17 => {
            let date = date(value).ok_or(Gs1Error::Date { ai })?;
            Ok(Element::Date { ai: u8::try_from(ai).unwrap_or_default(), date })
        }
        20 => value.parse().map(Element::Variant).map_err(|_| character),
        410..=419 => Ok(Element::Location { ai, gln: value }),
        _ => {
            let (decimals, value) = value.split_at_checked(1).ok_or(character)?;
            match (decimals.parse(), value.parse()) {
                (Ok(decimals), Ok(value)) => Ok(Element::Measure { ai, decimals, value }),
                _ => Err(character),
            }
        }
    }
}

fn date(value: &str) -> Option<Date> {
    let part = |from: usize| value.get(from..from + 2).and_then(|part| part.parse::<u8>().ok());
    let date = Date { year: part(0)?, month: part(2)?, day: part(4)? };
    ((1..=12).contains(&date.month) && date.day <= 31).then_some(date)
}

/// Decimal digits only: `parse` alone would take a sign.
fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}
