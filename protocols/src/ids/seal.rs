//! Electronic seals: one number, and the list that a record holds for one container.
//! Promises: a list has 1 to 3 different numbers; its text is the numbers joined by the vertical bar.
//! Absent on purpose: repeats between the two lists of a record, and the need for a container (SG-085); the
//! declaration sees both. The collector's six numbers are its own affair.
//! Source: SG-067, SG-068, SG-084.

use alloc::boxed::Box;

use super::text::{Excerpt, text_type};

/// Why a seal number or list is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Empty, too long, or a sign in it. An empty part of a list is such a number too.
    #[error("seal number {0} must be 1 to 20 digits or capital letters (SG-084)")]
    Number(Excerpt),
    /// More than three numbers.
    #[error("seal list {0} must have 1 to 3 numbers (SG-084)")]
    TooMany(Excerpt),
    /// The same number twice.
    #[error("seal list names {0} twice (SG-084)")]
    Repeated(Excerpt),
}

/// 安全智能锁号: one electronic seal (电子关锁), 1 to 20 digits or capital letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealNo(Box<str>);

impl SealNo {
    /// Refuses what is not 1 to 20 digits or capital letters.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        if is_number(text) { Ok(Self(text.into())) } else { Err(SealError::Number(Excerpt::of(text))) }
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_type!(SealNo, SealError);

/// 安全智能锁号: the seals of one container, 1 to 3, joined by the vertical bar (U+007C).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealList(Box<str>);

impl SealList {
    /// Refuses empty parts, more than 3 numbers and repeats. A full-width bar is refused too: `normalise::seal_list` first.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        if let Some(wrong) = text.split('|').find(|part| !is_number(part)) {
            return Err(SealError::Number(Excerpt::of(wrong)));
        }
        if text.split('|').count() > 3 {
            return Err(SealError::TooMany(Excerpt::of(text)));
        }
        let repeated =
            |(place, part): &(usize, &str)| text.split('|').take(*place).any(|before| before == *part);
        match text.split('|').enumerate().find(repeated) {
            Some((_, twice)) => Err(SealError::Repeated(Excerpt::of(twice))),
            None => Ok(Self(text.into())),
        }
    }

    /// The list as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The numbers in the order given.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.0.split('|')
    }

    /// Whether the list names this seal.
    #[must_use]
    pub fn contains(&self, seal: &SealNo) -> bool {
        self.numbers().any(|number| number == seal.as_str())
    }
}
text_type!(SealList, SealError);

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
