//! The organization code of the time before the credit code; still places 9 to 17 of it and the head of batch numbers.
//! Promises: a value has the shape and the check character of the standard.
//! Absent on purpose: the printed form with a hyphen before the check character; `normalise::key` removes it.
//! Source: GB 11714.

use super::text::{Ascii, Excerpt, text_type};

const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why an organization code is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgCodeError {
    /// Wrong length or characters.
    #[error("organization code {0} must be 8 of 0-9 A-Z and a check character of 0-9 X (GB 11714)")]
    Shape(Excerpt),
    /// The check character does not follow from the rest.
    #[error("organization code {text} must end in {expected} (GB 11714)")]
    CheckCharacter {
        /// The check character that the first 8 give.
        expected: char,
        /// The refused text.
        text: Excerpt,
    },
}

/// 组织机构代码: organization code, 8 characters and a check character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgCode(Ascii<9>);

impl OrgCode {
    /// Refuses a wrong shape and a wrong check character.
    pub fn parse(text: &str) -> Result<Self, OrgCodeError> {
        let allowed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        let shaped = |code: &Ascii<9>| matches!(code.bytes(), [.., b'0'..=b'9' | b'X']);
        let code = Ascii::take(text, allowed).filter(shaped);
        let code = code.ok_or_else(|| OrgCodeError::Shape(Excerpt::of(text)))?;
        let [body @ .., check] = code.bytes();
        let expected = check_character(body);
        if char::from(*check) == expected {
            Ok(Self(code))
        } else {
            Err(OrgCodeError::CheckCharacter { expected, text: Excerpt::of(text) })
        }
    }

    /// The 9 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
text_type!(OrgCode, OrgCodeError);

/// 11 minus the weighted sum modulo 11; 10 is written X, 11 is written 0. Letters count A=10 to Z=35.
fn check_character(body: &[u8; 8]) -> char {
    let value = |byte: &u8| char::from(*byte).to_digit(36).unwrap_or_default();
    let sum: u32 = body.iter().map(value).zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}
