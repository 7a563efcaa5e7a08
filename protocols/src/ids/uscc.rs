//! The enterprise's number: unified social credit code.
//! Promises: a value has the structure and the check character of the standard; any one wrong character of the
//! 31 is caught, because 31 is prime and no weight is a multiple of it.
//! Absent on purpose: refusing an unusual registering authority or category (others exist: [`Uscc::is_usual`] is for a
//! warning), and judging the embedded organization code, which need not pass its own check.
//! Source: GB 32100-2015.

use super::text::{Ascii, Excerpt, text_type};

/// 0-9 and the capital letters without I, O, S, V, Z; a character's value is its place.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Powers of 3 modulo 31, for places 1 to 17.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Why a credit code is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Wrong length, or a character outside the 31.
    #[error("uscc {0} must be 18 of 0-9 and A-Z without I, O, S, V, Z (GB 32100)")]
    Shape(Excerpt),
    /// Places 3 to 8 are no administrative division.
    #[error("uscc {0} must have six digits, the first not 0, in places 3 to 8 (GB 32100)")]
    Division(Excerpt),
    /// The check character does not follow from the rest.
    #[error("uscc {text} must end in {expected} (GB 32100)")]
    CheckCharacter {
        /// The check character that the first 17 give.
        expected: char,
        /// The refused text.
        text: Excerpt,
    },
}

/// 统一社会信用代码: unified social credit code, 18 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(Ascii<18>);

impl Uscc {
    /// Refuses a wrong shape, a wrong check character, and codes whose administrative division is none: eighteen zeros
    /// would pass the arithmetic.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let code: Ascii<18> = Ascii::take(text, |byte| CHARACTERS.contains(byte))
            .ok_or_else(|| UsccError::Shape(Excerpt::of(text)))?;
        let [_, _, division @ .., _, _, _, _, _, _, _, _, _, check] = code.bytes();
        if division.starts_with(b"0") || !division.iter().all(u8::is_ascii_digit) {
            return Err(UsccError::Division(Excerpt::of(text)));
        }
        let expected = check_character(code.bytes());
        if char::from(*check) == expected {
            Ok(Self(code))
        } else {
            Err(UsccError::CheckCharacter { expected, text: Excerpt::of(text) })
        }
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// 组织机构代码: places 9 to 17. It usually, but not by law always, passes its own check: if `OrgCode::parse` refuses
    /// it, warn only.
    #[must_use]
    pub fn org_code(&self) -> &str {
        self.as_str().get(8..17).unwrap_or_default()
    }

    /// Whether registering authority (1, 5, 9, Y) and category (1, 2, 3, 9) are the usual ones; warn if not.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        matches!(self.0.bytes(), [b'1' | b'5' | b'9' | b'Y', b'1' | b'2' | b'3' | b'9', ..])
    }
}
text_type!(Uscc, UsccError);

/// 31 minus the weighted sum modulo 31, written with the same characters; 31 is written 0.
fn check_character(code: &[u8; 18]) -> char {
    let value =
        |byte: &u8| CHARACTERS.iter().zip(0..).find_map(|(known, value)| (known == byte).then_some(value));
    let sum: u32 = code.iter().filter_map(value).zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    let check = (31 - sum % 31) % 31;
    let character = usize::try_from(check).ok().and_then(|place| CHARACTERS.get(place));
    character.copied().map_or('0', char::from)
}
