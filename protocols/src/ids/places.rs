//! Places that customs numbers: the supervised yard and the customs area.
//! Promises: shape only. Whether the place exists is a question to reference data (SG-100), which administrators load.
//! Source: JGS/T 14-2015 (AREA_ID); XSD pattern of the single window package and the published customs area table.

use super::text::{Ascii, Excerpt, text_type};

/// Why a yard or a customs area is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not a site number.
    #[error("yard_id {0} must be 11 digits or capital letters (AREA_ID, JGS/T 14-2015)")]
    Yard(Excerpt),
    /// Not a customs area code.
    #[error(
        "customs_code {0} must be 2 digits and 2 digits or capital letters, or a letter and 3 digits (SG-100)"
    )]
    CustomsCode(Excerpt),
}

fn digit_or_capital(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// 场所编号: the supervised site, AREA_ID, such as `CNCEK070017`; 11 digits or capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YardId(Ascii<11>);

impl YardId {
    /// Refuses what is not 11 digits or capital letters. The 10 characters of the traditional interface are not a yard.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        Ascii::take(text, digit_or_capital).map(Self).ok_or_else(|| PlaceError::Yard(Excerpt::of(text)))
    }

    /// The 11 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
text_type!(YardId, PlaceError);

/// 关区代码: customs area code, such as `0708` (SG-100). Some end in letters; one published code begins with one, `A100`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomsCode(Ascii<4>);

impl CustomsCode {
    /// Refuses what is neither 2 digits + 2 digits or capitals, nor 1 capital + 3 digits.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let shaped = |code: &Ascii<4>| match code.bytes() {
            [b'A'..=b'Z', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            [_, second, _, _] => second.is_ascii_digit(),
        };
        let code = Ascii::take(text, digit_or_capital).filter(shaped);
        code.map(Self).ok_or_else(|| PlaceError::CustomsCode(Excerpt::of(text)))
    }

    /// The 4 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
text_type!(CustomsCode, PlaceError);
