//! What a gate recognises a vehicle by: the medium's type and its normalised key.
//! Promises: a key made here is normalised (SG-079); equal keys of equal type mean the same medium.
//! Two rules by origin: what a person declares follows SG-077; what a reader saw may be as long as a tag can be.
//! Absent on purpose: AIM identifiers and FNC1 of scanners, byte orders of cards; the codecs know those.
//! Source: SG-077, SG-079, SG-091; contract section 2.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::normalise;
use super::text::{Excerpt, text_type};

/// 绑定介质类型: binding medium type (SG-091). On the wire `VN`, `VE`, `IC`, `BC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MediumType {
    /// 车牌号: plate.
    #[serde(rename = "VN")]
    Plate,
    /// 电子车牌号: electronic plate, an RFID tag on the vehicle.
    #[serde(rename = "VE")]
    ElectronicPlate,
    /// IC 卡: contactless card.
    #[serde(rename = "IC")]
    IcCard,
    /// 条形码: bar code, such as the printed slip.
    #[serde(rename = "BC")]
    BarCode,
}

impl MediumType {
    /// All types, in the order of the code table.
    pub const ALL: [Self; 4] = [Self::Plate, Self::ElectronicPlate, Self::IcCard, Self::BarCode];

    /// Refuses what is not a code of SG-091, letter for letter.
    pub fn parse(text: &str) -> Result<Self, MediumError> {
        let found = Self::ALL.into_iter().find(|medium_type| medium_type.as_str() == text);
        found.ok_or_else(|| MediumError::UnknownType(Excerpt::of(text)))
    }

    /// The code of SG-091.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plate => "VN",
            Self::ElectronicPlate => "VE",
            Self::IcCard => "IC",
            Self::BarCode => "BC",
        }
    }

    /// The name of SG-091.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Plate => "车牌号",
            Self::ElectronicPlate => "电子车牌号",
            Self::IcCard => "IC 卡",
            Self::BarCode => "条形码",
        }
    }

    fn normalise(self, text: &str) -> String {
        match self {
            Self::Plate | Self::ElectronicPlate | Self::IcCard => normalise::key(text),
            Self::BarCode => normalise::bar_code(text).into(),
        }
    }

    /// The alphabet of SG-077. Letters of a plate are those of any script: Mongolian trucks carry Cyrillic ones.
    fn allows(self, c: char) -> bool {
        match self {
            Self::Plate => c.is_alphabetic() || c.is_ascii_digit(),
            Self::ElectronicPlate | Self::IcCard => c.is_ascii_alphanumeric(),
            Self::BarCode => c.is_ascii_graphic(),
        }
    }

    const fn declared_length(self) -> RangeInclusive<usize> {
        match self {
            Self::Plate => 4..=15,
            Self::ElectronicPlate | Self::IcCard => 1..=32,
            Self::BarCode => 1..=64,
        }
    }

    const fn read_length(self) -> RangeInclusive<usize> {
        match self {
            Self::ElectronicPlate => 1..=64,
            Self::Plate | Self::IcCard | Self::BarCode => self.declared_length(),
        }
    }
}

impl fmt::Display for MediumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a medium type or key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediumError {
    /// Not one of the four codes.
    #[error("medium_type {0} is not VN, VE, IC or BC (SG-091)")]
    UnknownType(Excerpt),
    /// Too short or too long after normalisation.
    #[error("medium_key {text} of {medium_type} must have {shortest} to {longest} characters (SG-077)")]
    Length {
        /// The medium whose rule was applied.
        medium_type: MediumType,
        /// The fewest characters it may have.
        shortest: usize,
        /// The most characters it may have.
        longest: usize,
        /// The refused text, normalised.
        text: Excerpt,
    },
    /// A character that this medium's keys do not have.
    #[error("medium_key {text} of {medium_type} holds {found:?}, which such a key cannot have (SG-077)")]
    Alphabet {
        /// The medium whose rule was applied.
        medium_type: MediumType,
        /// The first character outside the alphabet.
        found: char,
        /// The refused text, normalised.
        text: Excerpt,
    },
    /// Text that is no key of any medium.
    #[error("medium_key {0} is not a normalised key of 1 to 64 characters (SG-079)")]
    NotNormalised(Excerpt),
}

/// 绑定介质关键信息: the normalised key of a medium.
///
/// Its type travels beside it, so JSON can only hold it to what all types share ([`MediumKey::parse`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediumKey(Box<str>);

impl MediumKey {
    /// A key that a person declares: normalised (SG-079), then refused unless SG-077 holds.
    ///
    /// SG-077's 32 characters for electronic plates stand here although a reading may have 64 (contract, section 2):
    /// the specification binds declarations, and a longer tag is not declarable.
    pub fn declared(medium_type: MediumType, text: &str) -> Result<Self, MediumError> {
        Self::checked(medium_type, medium_type.declared_length(), text)
    }

    /// A key that a reader saw: as [`MediumKey::declared`], but an electronic plate may have 1 to 64 characters, as long
    /// as the tag says; leading zeros stay.
    pub fn read(medium_type: MediumType, text: &str) -> Result<Self, MediumError> {
        Self::checked(medium_type, medium_type.read_length(), text)
    }

    /// A key off the wire, whose sender has checked it: 1 to 64 characters, no spaces, no control characters.
    pub fn parse(text: &str) -> Result<Self, MediumError> {
        let long_enough = !text.is_empty() && text.chars().nth(64).is_none();
        if long_enough && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            Ok(Self(text.into()))
        } else {
            Err(MediumError::NotNormalised(Excerpt::of(text)))
        }
    }

    /// The key, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn checked(
        medium_type: MediumType,
        length: RangeInclusive<usize>,
        text: &str,
    ) -> Result<Self, MediumError> {
        let key = medium_type.normalise(text);
        if !length.contains(&key.chars().count()) {
            let (shortest, longest) = length.into_inner();
            return Err(MediumError::Length { medium_type, shortest, longest, text: Excerpt::of(&key) });
        }
        match key.chars().find(|c| !medium_type.allows(*c)) {
            Some(found) => Err(MediumError::Alphabet { medium_type, found, text: Excerpt::of(&key) }),
            None => Ok(Self(key.into_boxed_str())),
        }
    }
}
text_type!(MediumKey, MediumError);
