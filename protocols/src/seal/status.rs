//! 施封状态: a seal's number and its short status byte.
//! Promises: open implies tampered; only a closed seal with nothing against it is sealed; every byte has a state and goes back
//! to the same byte; two seals never have one number.
//! Absent: the long status, of which the short one is the upper byte.
//! Source: Hi-G-Tek DataReader manual UM4710, 8.1 (seal id, format B) and 8.2.1 (status flags).

use alloc::format;
use alloc::string::String;

use crate::talk::SealState;

/// 关锁编号: a seal's number as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealId {
    /// TF, the family.
    pub family: u16,
    /// TID.
    pub number: u32,
}

/// Bits of a letter in format B.
const LETTER: u64 = 0x1F;
/// Bits of the number in format B.
const DIGITS: u64 = 0x0FFF_FFFF;

impl SealId {
    /// The id whose printed form (format B, four letters and eight digits) this is.
    #[must_use]
    pub fn parse(printed: &str) -> Option<Self> {
        let (letters, digits) = printed.split_at_checked(4)?;
        let plain = letters.bytes().all(|sign| sign.is_ascii_uppercase())
            && digits.len() == 8
            && digits.bytes().all(|sign| sign.is_ascii_digit());
        let digits = digits.parse::<u64>().ok().filter(|_| plain)?;
        let letters = letters.bytes().fold(0_u64, |bits, sign| bits << 5 | u64::from(sign - b'A' + 1));
        let bits = letters << 28 | digits;
        Some(Self {
            family: u16::try_from(bits >> 32).ok()?,
            number: u32::try_from(bits & 0xFFFF_FFFF).ok()?,
        })
    }

    /// As printed on the seal, when it has a printed form.
    #[must_use]
    pub fn printed(&self) -> Option<String> {
        let bits = u64::from(self.family) << 32 | u64::from(self.number);
        let digits = Some(bits & DIGITS).filter(|digits| *digits < 100_000_000)?;
        let mut printed = String::new();
        for place in [43, 38, 33, 28] {
            let letter =
                u8::try_from(bits >> place & LETTER).ok().filter(|letter| (1..=26).contains(letter))?;
            printed.push(char::from(b'A' + letter - 1));
        }
        printed.push_str(&format!("{digits:08}"));
        Some(printed)
    }

    /// The number that a declaration would name: as printed, otherwise family in hex and number in decimal without a mark
    /// between them, so that it is digits and capitals only (`ids::SealNo`).
    #[must_use]
    pub fn declared(&self) -> String {
        // A family that looks like four letters must not meet another seal's printed form.
        let family = format!("{:04X}", self.family);
        let width = if family.bytes().all(|sign| sign.is_ascii_alphabetic()) { 10 } else { 8 };
        self.printed().unwrap_or_else(|| format!("{family}{:0width$}", self.number))
    }
}

impl core::fmt::Display for SealId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.printed() {
            Some(printed) => f.write_str(&printed),
            None => write!(f, "{:04X}-{:08}", self.family, self.number),
        }
    }
}

/// 短状态: what a seal says of itself in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShortStatus(pub u8);

impl ShortStatus {
    /// Opened or changed since it was last set; latched until it is set again.
    pub const TAMPERED: u8 = 0x80;
    /// The battery is low.
    pub const LOW_BATTERY: u8 = 0x40;
    /// The wire is open now.
    pub const OPENED: u8 = 0x20;
    /// It will be armed when the wire is next closed.
    pub const SUSPENDED_SET: u8 = 0x10;
    /// The wire's resistance has changed.
    pub const WIRE_CHANGED: u8 = 0x08;
    /// Opening is allowed, or was when it was opened.
    pub const OPEN_APPROVED: u8 = 0x01;

    /// Whether a bit is set.
    #[must_use]
    pub const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// What it comes to. An opening that was approved is permitted; one that was not is tampering, told or not; a seal that is
    /// not yet armed, sleeps, or says anything that nobody explained is not known to be sealed.
    #[must_use]
    pub const fn state(self) -> SealState {
        let opened = self.has(Self::TAMPERED | Self::OPENED);
        match (opened, self.has(Self::OPEN_APPROVED)) {
            (true, true) => SealState::Open,
            (true, false) => SealState::Tampered,
            (false, _) if self.0 & !(Self::LOW_BATTERY | Self::OPEN_APPROVED) == 0 => SealState::Sealed,
            (false, _) => SealState::Unknown,
        }
    }
}
