//! Container numbers in two strengths, one type: declared and read numbers are compared with each other.
//! Promises: a value has 4 capital letters and 7 digits. `parse` takes what may be declared (SG-080), `read` only what
//! ISO 6346 allows, because a failed check digit on a reading means "misread" first.
//! Absent on purpose: the size and type code, a mark of its own; correcting a reading.
//! Source: ISO 6346 (GB/T 1836); SG-080.

use super::text::{Ascii, Excerpt, text_type};

/// Why a container number is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// Not 4 capital letters and 7 digits.
    #[error("container number {0} must be 4 capital letters and 7 digits (SG-080)")]
    Shape(Excerpt),
    /// The fourth letter is no equipment category. Refuses readings only.
    #[error("container number {0} must have U, J or Z in place 4 (ISO 6346)")]
    Category(Excerpt),
    /// The check digit does not follow from the rest. Refuses readings only.
    #[error("container number {text} must end in {expected} (ISO 6346)")]
    CheckDigit {
        /// The check digit that the first 10 characters give.
        expected: u8,
        /// The refused text.
        text: Excerpt,
    },
}

/// 集装箱号: owner's three letters, category letter, six digits, check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerNo(Ascii<11>);

impl ContainerNo {
    /// A declared number, normalised: refuses any other shape than 4 capital letters and 7 digits. Shipper-owned boxes
    /// with a wrong check digit exist and have to pass, so ask [`ContainerNo::check_digit_holds`] and warn (SG-080).
    pub fn parse(text: &str) -> Result<Self, ContainerError> {
        let allowed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        let shaped = |number: &Ascii<11>| {
            let (letters, digits) = number.bytes().split_at(4);
            letters.iter().all(u8::is_ascii_uppercase) && digits.iter().all(u8::is_ascii_digit)
        };
        let number = Ascii::take(text, allowed).filter(shaped);
        number.map(Self).ok_or_else(|| ContainerError::Shape(Excerpt::of(text)))
    }

    /// A number that a camera or a person read off a box, normalised: as [`ContainerNo::parse`], and the category letter
    /// is U, J or Z, and the check digit holds.
    pub fn read(text: &str) -> Result<Self, ContainerError> {
        let number = Self::parse(text)?;
        if !matches!(number.0.bytes(), [_, _, _, b'U' | b'J' | b'Z', ..]) {
            return Err(ContainerError::Category(Excerpt::of(text)));
        }
        if !number.check_digit_holds() {
            let expected = number.expected_check_digit();
            return Err(ContainerError::CheckDigit { expected, text: Excerpt::of(text) });
        }
        Ok(number)
    }

    /// The 11 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the last digit is the one that ISO 6346 gives.
    #[must_use]
    pub fn check_digit_holds(&self) -> bool {
        let [.., last] = self.0.bytes();
        *last == b'0' + self.expected_check_digit()
    }

    /// The check digit that the first 10 characters give: each value times 2 to the power of its place, summed, modulo 11.
    /// A remainder of 10 is written 0, as 0 is, so a 0 detects less than the other digits.
    #[must_use]
    pub fn expected_check_digit(&self) -> u8 {
        let [body @ .., _] = self.0.bytes();
        let sum: u32 = body.iter().zip(0_u32..).map(|(byte, place)| value(*byte) << place).sum();
        u8::try_from(sum % 11 % 10).unwrap_or_default()
    }
}
text_type!(ContainerNo, ContainerError);

/// Digits count themselves; letters count from A=10 upwards without the multiples of 11, so B=12, L=23, V=34.
fn value(byte: u8) -> u32 {
    let plain = char::from(byte).to_digit(36).unwrap_or_default();
    match plain {
        0..=10 => plain,
        11..=20 => plain + 1,
        21..=30 => plain + 2,
        _ => plain + 3,
    }
}
