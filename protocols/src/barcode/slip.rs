//! 凭条: what our own slip prints, so that a scanner gives back the very medium key that was printed.
//! Promises: what `Slip` holds can be printed as Code 128 and as QR, and each scanner that follows its configuration gives
//! it back as the same key; a `SlipKey` whose characters were misread or swapped is recognised.
//! Absent: bars and squares; the random numbers, which the centre draws; the trip number of other slips, which is digits.
//! Source: contract section 2, "the slip"; ISO/IEC 15417 (Code 128); Crockford's base 32.

use super::aim::Aim;
use crate::ids::MediumKey;
use alloc::boxed::Box;

/// Why a text cannot stand on a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlipError {
    /// Code 128 has the 128 characters of ASCII and no others.
    #[error("Code 128 has no {0:?}")]
    NotInCode128(char),
    /// It begins as AIM identifiers do, and a reader's end would take it off.
    #[error("the text begins like an AIM identifier")]
    Identifier,
}

/// Whether Code 128 can print a character: all of ASCII, control characters included, by its sets A and B.
#[must_use]
pub const fn in_code_128(c: char) -> bool {
    c.is_ascii()
}

/// 凭条文本: a medium key that comes back from paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip(Box<str>);

impl Slip {
    /// Takes a key of a bar-code record. A key has neither blanks, which a scanner's end trims, nor control characters,
    /// which end a record, so what Code 128 has comes back unless it begins like an identifier.
    ///
    /// # Errors
    /// When the paper would give back another key, or none.
    pub fn print(key: &MediumKey) -> Result<Self, SlipError> {
        let text = key.as_str();
        if let Some(missing) = text.chars().find(|c| !in_code_128(*c)) {
            return Err(SlipError::NotInCode128(missing));
        }
        match Aim::split(text.as_bytes()) {
            Some(_) => Err(SlipError::Identifier),
            None => Ok(Self(text.into())),
        }
    }

    /// What to print.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Crockford's 32 digits: no I, L, O and U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a key before its check character.
const BODY: usize = 19;
/// Crockford's check: the number modulo 37.
const MODULUS: u128 = 37;

/// Why a text is no key of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlipKeyError {
    /// Not 20 digits of Crockford's base 32, upper case.
    #[error("a slip's own key has 20 digits of Crockford's base 32")]
    Shape,
    /// The last character does not follow from the others: misread, or somebody else's.
    #[error("check character of the slip's key is wrong")]
    Check,
}

/// 凭条编号: the key that the centre makes for a slip: 95 bits that nobody can guess, and a check character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlipKey([u8; BODY + 1]);

impl SlipKey {
    /// The key of 96 random bits, of which 95 count. `None` in 5 of 37 cases: their check would be one of the five signs
    /// that Crockford adds to the digits, and a key of ours is digits throughout; draw again.
    #[must_use]
    pub fn draw(random: [u8; 12]) -> Option<Self> {
        let number = random.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte)) >> 1;
        let mut key = [0; BODY + 1];
        let mut rest = number;
        for slot in key.iter_mut().take(BODY).rev() {
            *slot = *DIGITS.get(usize::try_from(rest % 32).ok()?)?;
            rest /= 32;
        }
        *key.last_mut()? = check(number)?;
        Some(Self(key))
    }

    /// Takes a key off paper or a screen.
    ///
    /// # Errors
    /// `Shape` or `Check`.
    pub fn parse(text: &str) -> Result<Self, SlipKeyError> {
        let key: [u8; BODY + 1] = text.as_bytes().try_into().map_err(|_| SlipKeyError::Shape)?;
        let digit = |byte: &u8| DIGITS.iter().position(|digit| digit == byte);
        if !key.iter().all(|byte| digit(byte).is_some()) {
            return Err(SlipKeyError::Shape);
        }
        let digits = key.iter().take(BODY).filter_map(digit);
        let number = digits.fold(0_u128, |number, digit| number * 32 + digit as u128);
        if check(number) == key.last().copied() { Ok(Self(key)) } else { Err(SlipKeyError::Check) }
    }

    /// The 20 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // All digits are ASCII, so the empty answer never shows.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The check digit of a number, when it is one of the 32.
fn check(number: u128) -> Option<u8> {
    usize::try_from(number % MODULUS).ok().and_then(|rest| DIGITS.get(rest)).copied()
}
