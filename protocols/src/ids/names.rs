//! Names that a yard gives: gate, lane, device, visit.
//! Promises: a name fits a URL segment, an MQTT level and a file name as it stands: no slash, wildcard, blank or leading dot.
//! Absent on purpose: meaning inside a name; `0708-G02` is compared whole, never taken apart.
//! Source: contract sections 1 and 4; SG-245 (`gate_id`, `lane_id`, `visit_id`).

use alloc::boxed::Box;

use super::text::{Excerpt, text_type};

/// Why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or longer than `longest` characters.
    #[error("{name} {text} must have 1 to {longest} characters")]
    Length {
        /// Which name, as it is called on the wire.
        name: &'static str,
        /// The most characters it may have.
        longest: usize,
        /// The refused text.
        text: Excerpt,
    },
    /// A character outside the alphabet, or a sign in the first place.
    #[error("{name} {text} must begin with a letter or digit, then only A-Z a-z 0-9 - _ .")]
    Alphabet {
        /// Which name, as it is called on the wire.
        name: &'static str,
        /// The refused text.
        text: Excerpt,
    },
}

fn name(name: &'static str, longest: usize, text: &str) -> Result<Box<str>, NameError> {
    if text.is_empty() || text.chars().nth(longest).is_some() {
        return Err(NameError::Length { name, longest, text: Excerpt::of(text) });
    }
    let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if begins_well && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err(NameError::Alphabet { name, text: Excerpt::of(text) })
    }
}

/// 卡口: one gate and its agent, such as `0708-G02`; 1 to 32 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateId(Box<str>);

impl GateId {
    /// Refuses what is not 1 to 32 letters, digits, `-`, `_`, `.`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name("gate_id", 32, text).map(Self)
    }

    /// The name as it was given; case matters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_type!(GateId, NameError);

/// 通道: one lane of a gate, such as `OUT1`; 1 to 16 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(Box<str>);

impl LaneId {
    /// Refuses what is not 1 to 16 letters, digits, `-`, `_`, `.`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name("lane_id", 16, text).map(Self)
    }

    /// The name as it was given; case matters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_type!(LaneId, NameError);

/// 设备: one device of a lane, such as `uhf-1`; 1 to 32 characters (contract section 4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName(Box<str>);

impl DeviceName {
    /// Refuses what is not 1 to 32 letters, digits, `-`, `_`, `.`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name("device", 32, text).map(Self)
    }

    /// The name as it was given; case matters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_type!(DeviceName, NameError);

/// 过卡: one vehicle's visit to one lane, such as `0708-G02-20251013-0415`; 1 to 64 characters (SG-245).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitId(Box<str>);

impl VisitId {
    /// Refuses what is not 1 to 64 letters, digits, `-`, `_`, `.`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name("visit_id", 64, text).map(Self)
    }

    /// The name as it was given; case matters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
text_type!(VisitId, NameError);
