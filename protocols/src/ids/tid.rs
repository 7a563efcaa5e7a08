//! The TID bank of a UHF tag: who made the chip, and on some chips which one it is.
//! Promises: a value is of class E2 and names designer and model.
//! Absent on purpose: use as a medium key; a TID travels beside the EPC as evidence and is never compared with it.
//! Source: EPC Gen2 TID memory, class E2; contract section 2.

use alloc::boxed::Box;

use super::text::{Excerpt, hex_length, text_type};

/// Why a text is no TID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TidError {
    /// Not whole bytes of upper-case hex.
    #[error("tid {0} must be whole bytes in upper-case hex")]
    Hex(Excerpt),
    /// Too short to name the model, or longer than any chip's bank.
    #[error("tid {text} has {bytes} bytes, but must have 4 to 32")]
    Length {
        /// How many bytes it has.
        bytes: usize,
        /// The refused text.
        text: Excerpt,
    },
    /// Another allocation class, an EPC in the wrong place, or a blank or failed read.
    #[error("tid {0} must be of class E2")]
    Class(Excerpt),
}

/// 标签芯片标识: the content of a tag's TID bank, class E2, 4 to 32 bytes as upper-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid(Box<str>);

impl Tid {
    /// Refuses what is not class E2 with at least designer and model (32 bits), as upper-case hex.
    pub fn parse(text: &str) -> Result<Self, TidError> {
        match hex_length(text) {
            Some(4..=32) if text.starts_with("E2") => Ok(Self(text.into())),
            Some(4..=32) => Err(TidError::Class(Excerpt::of(text))),
            Some(bytes) => Err(TidError::Length { bytes, text: Excerpt::of(text) }),
            None => Err(TidError::Hex(Excerpt::of(text))),
        }
    }

    /// The bytes as the tag sent them. Refuses what [`Tid::parse`] refuses.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TidError> {
        Self::parse(&hex::encode_upper(bytes))
    }

    /// The bytes as upper-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the chip describes the rest of the bank itself (XTID).
    #[must_use]
    pub fn has_xtid(&self) -> bool {
        self.head() & 0x0080_0000 != 0
    }

    /// The chip's designer, 9 bits: 001 Impinj, 003 Alien, 006 NXP.
    #[must_use]
    pub fn designer(&self) -> u32 {
        (self.head() >> 12) & 0x1FF
    }

    /// The chip's model, 12 bits, as the designer counts them.
    #[must_use]
    pub fn model(&self) -> u32 {
        self.head() & 0xFFF
    }

    /// The text when it can tell one chip from another: at least 64 bits, for the first 32 are equal in a whole batch.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        (self.0.len() >= 16).then_some(&*self.0)
    }

    fn head(&self) -> u32 {
        self.0.get(..8).and_then(|head| u32::from_str_radix(head, 16).ok()).unwrap_or_default()
    }
}
text_type!(Tid, TidError);
