//! The number that a contactless card gives in anticollision.
//! Promises: 4, 7 or 10 bytes in bus order, without check bytes and cascade tags, that some card can really have.
//! Absent on purpose: decimal, reversed and Wiegand forms; they are a reader's convention, converted at its edge.
//! Source: ISO/IEC 14443-3.

use alloc::boxed::Box;

use super::text::{Excerpt, hex_length, text_type};

/// Why a text is no card number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardUidError {
    /// Not whole bytes of upper-case hex.
    #[error("card uid {0} must be whole bytes in upper-case hex")]
    Hex(Excerpt),
    /// Another size; 5 bytes are a number with its check byte, 8 are ISO 15693.
    #[error("card uid {text} has {bytes} bytes, but must have 4, 7 or 10")]
    Length {
        /// How many bytes it has.
        bytes: usize,
        /// The refused text.
        text: Excerpt,
    },
    /// All bytes 00 or all FF: what readers answer without a card.
    #[error("card uid {0} is a blank or failed read")]
    Blank(Excerpt),
    /// The first byte is the cascade tag 88, which is no part of a number.
    #[error("card uid {0} begins with the cascade tag 88")]
    CascadeTag(Excerpt),
    /// 7 or 10 bytes must begin with a maker; 08 marks random numbers, which have 4.
    #[error("card uid {0} begins with 08, which is no maker")]
    Maker(Excerpt),
}

/// IC 卡序列号: the UID of a contactless card, in bus order as upper-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardUid(Box<str>);

impl CardUid {
    /// Refuses what is not 4, 7 or 10 bytes of upper-case hex, and what no card can have as its number.
    pub fn parse(text: &str) -> Result<Self, CardUidError> {
        let bytes = hex_length(text).ok_or_else(|| CardUidError::Hex(Excerpt::of(text)))?;
        if !matches!(bytes, 4 | 7 | 10) {
            return Err(CardUidError::Length { bytes, text: Excerpt::of(text) });
        }
        if ['0', 'F'].iter().any(|blank| text.chars().all(|c| c == *blank)) {
            return Err(CardUidError::Blank(Excerpt::of(text)));
        }
        match text.get(..2) {
            Some("88") => Err(CardUidError::CascadeTag(Excerpt::of(text))),
            Some("08") if bytes > 4 => Err(CardUidError::Maker(Excerpt::of(text))),
            _ => Ok(Self(text.into())),
        }
    }

    /// The bytes in bus order. Refuses what [`CardUid::parse`] refuses.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CardUidError> {
        Self::parse(&hex::encode_upper(bytes))
    }

    /// The bytes as upper-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the card made this number up for one session (4 bytes beginning with 08); never bind such a number.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.0.starts_with("08")
    }
}
text_type!(CardUid, CardUidError);
