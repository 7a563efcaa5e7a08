//! What an electronic plate's EPC bank holds: opaque bytes, and a hint when they follow a public scheme.
//! Promises: an `Epc` is kept as read, leading zeros included; a hint is given only when every field fits its width.
//! Absent on purpose: comparing with a TID (never the same thing), and rebuilding the trade item number. No public
//! document fixes what a customs electronic plate carries, so nothing may depend on the hint.
//! Source: GS1 EPC Tag Data Standard (SGTIN-96, GIAI-96); JGS/T 14-2015 (RFID id field).

use alloc::boxed::Box;
use core::fmt;

use super::text::{Excerpt, hex_length, text_type};

/// Why a text is no EPC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpcError {
    /// Not whole bytes of upper-case hex.
    #[error("epc {0} must be whole bytes in upper-case hex")]
    Hex(Excerpt),
    /// Fewer than 4 bytes or more than 32.
    #[error("epc {text} has {bytes} bytes, but must have 4 to 32")]
    Length {
        /// How many bytes it has.
        bytes: usize,
        /// The refused text.
        text: Excerpt,
    },
}

/// 电子车牌: the content of an electronic plate's EPC bank, 4 to 32 bytes as upper-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epc(Box<str>);

impl Epc {
    /// Refuses what is not 8 to 64 upper-case hex digits in whole bytes.
    pub fn parse(text: &str) -> Result<Self, EpcError> {
        match hex_length(text) {
            Some(4..=32) => Ok(Self(text.into())),
            Some(bytes) => Err(EpcError::Length { bytes, text: Excerpt::of(text) }),
            None => Err(EpcError::Hex(Excerpt::of(text))),
        }
    }

    /// The bytes as the tag sent them. Refuses fewer than 4 and more than 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EpcError> {
        Self::parse(&hex::encode_upper(bytes))
    }

    /// The bytes as upper-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the bytes mean if they follow SGTIN-96 or GIAI-96.
    pub fn hint(&self) -> Result<EpcHint, EpcHintError> {
        let bits = match self.0.len() {
            24 => u128::from_str_radix(&self.0, 16).unwrap_or_default(),
            digits => return Err(EpcHintError::Length { bits: digits * 4 }),
        };
        match field(bits, 88, 8) {
            0x30 => sgtin(bits),
            0x34 => giai(bits),
            header => Err(EpcHintError::Scheme { header }),
        }
    }
}
text_type!(Epc, EpcError);

/// Why an EPC gives no hint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpcHintError {
    /// Only schemes of 96 bits are known.
    #[error("epc has {bits} bits, not 96")]
    Length {
        /// How many bits it has.
        bits: usize,
    },
    /// Another scheme, a blank tag (`00`), an erased one (`FF`) or a TID (`E2`).
    #[error("epc header {header:02X} is neither SGTIN-96 (30) nor GIAI-96 (34)")]
    Scheme {
        /// The first byte.
        header: u64,
    },
    /// Partition 7 divides nothing.
    #[error("epc partition 7 is undefined")]
    Partition,
    /// The company prefix exceeds its decimal digits.
    #[error("epc company prefix {value} does not fit {digits} digits")]
    CompanyPrefix {
        /// The field's value.
        value: u64,
        /// How many decimal digits the partition leaves for it.
        digits: u32,
    },
    /// The item reference exceeds its decimal digits.
    #[error("epc item reference {value} does not fit {digits} digits")]
    ItemReference {
        /// The field's value.
        value: u64,
        /// How many decimal digits the partition leaves for it.
        digits: u32,
    },
}

/// What an EPC seems to say. `Display` writes the EPC pure identity URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpcHint {
    /// A serialised trade item.
    Sgtin {
        /// Filter value, 0 to 7.
        filter: u64,
        /// Company prefix and its width in digits.
        company_prefix: (u64, u32),
        /// Indicator and item reference, and their width in digits.
        item_reference: (u64, u32),
        /// Serial number.
        serial: u64,
    },
    /// An individual asset.
    Giai {
        /// Filter value, 0 to 7.
        filter: u64,
        /// Company prefix and its width in digits.
        company_prefix: (u64, u32),
        /// Asset reference, without leading zeros.
        asset_reference: u64,
    },
}

impl fmt::Display for EpcHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sgtin { company_prefix, item_reference, serial, .. } => {
                let (prefix, prefix_width) = (company_prefix.0, company_prefix.1 as usize);
                let (item, item_width) = (item_reference.0, item_reference.1 as usize);
                write!(f, "urn:epc:id:sgtin:{prefix:0prefix_width$}.{item:0item_width$}.{serial}")
            }
            Self::Giai { company_prefix, asset_reference, .. } => {
                let (prefix, prefix_width) = (company_prefix.0, company_prefix.1 as usize);
                write!(f, "urn:epc:id:giai:{prefix:0prefix_width$}.{asset_reference}")
            }
        }
    }
}

fn sgtin(bits: u128) -> Result<EpcHint, EpcHintError> {
    let (prefix_bits, prefix_digits, company_prefix) = company_prefix(bits)?;
    let value = field(bits, 38, 44 - prefix_bits);
    let digits = 13 - prefix_digits;
    if value >= 10_u64.pow(digits) {
        return Err(EpcHintError::ItemReference { value, digits });
    }
    Ok(EpcHint::Sgtin {
        filter: field(bits, 85, 3),
        company_prefix: (company_prefix, prefix_digits),
        item_reference: (value, digits),
        serial: field(bits, 0, 38),
    })
}

fn giai(bits: u128) -> Result<EpcHint, EpcHintError> {
    let (prefix_bits, prefix_digits, company_prefix) = company_prefix(bits)?;
    Ok(EpcHint::Giai {
        filter: field(bits, 85, 3),
        company_prefix: (company_prefix, prefix_digits),
        asset_reference: field(bits, 0, 82 - prefix_bits),
    })
}

/// The company prefix as its width in bits, its width in decimal digits, and its value.
fn company_prefix(bits: u128) -> Result<(u32, u32, u64), EpcHintError> {
    let (prefix_bits, digits) = match field(bits, 82, 3) {
        0 => (40, 12),
        1 => (37, 11),
        2 => (34, 10),
        3 => (30, 9),
        4 => (27, 8),
        5 => (24, 7),
        6 => (20, 6),
        _ => return Err(EpcHintError::Partition),
    };
    let value = field(bits, 82 - prefix_bits, prefix_bits);
    if value >= 10_u64.pow(digits) {
        return Err(EpcHintError::CompanyPrefix { value, digits });
    }
    Ok((prefix_bits, digits, value))
}

/// `width` bits (at most 62) from bit `low` upwards, bit 0 being the last one of the 96.
fn field(bits: u128, low: u32, width: u32) -> u64 {
    let mask = (1_u128 << width) - 1;
    u64::try_from((bits >> low) & mask).unwrap_or_default()
}
