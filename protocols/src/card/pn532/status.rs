//! 状态码: how the PN532 says that something between it and a card went.
//! Promises: every byte is one status and goes back to the same byte.
//! Source: UM0701-02, 7.1.

use core::fmt;

/// Bit of the status byte: more data is to come.
const MORE: u8 = 0x40;
/// Bits of the status byte that hold the error code.
const ERROR: u8 = 0x3F;

/// 状态码: error code and flags of InDataExchange, InRelease and InDeselect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(u8);

/// What the error codes say.
const TABLE: [(u8, &str); 27] = [
    (0x00, "done"),
    (0x01, "time-out"),
    (0x02, "CRC error"),
    (0x03, "parity error"),
    (0x04, "wrong bit count"),
    (0x05, "framing error"),
    (0x06, "collision"),
    (0x07, "buffer too small"),
    (0x09, "RF buffer overflow"),
    (0x0A, "RF field time-out"),
    (0x0B, "RF protocol error"),
    (0x0D, "overheating"),
    (0x0E, "internal buffer overflow"),
    (0x10, "invalid parameter"),
    (0x12, "unknown DEP command"),
    (0x13, "wrong data format"),
    (0x14, "MIFARE authentication failed"),
    (0x23, "wrong UID check byte"),
    (0x25, "wrong DEP state"),
    (0x26, "not allowed"),
    (0x27, "command not acceptable"),
    (0x29, "target released"),
    (0x2A, "card exchanged"),
    (0x2B, "card gone"),
    (0x2C, "NFCID3 mismatch"),
    (0x2D, "over-current"),
    (0x2E, "NAD missing"),
];

impl Status {
    /// Done.
    pub const DONE: Self = Self(0x00);
    /// The card did not answer.
    pub const TIME_OUT: Self = Self(0x01);
    /// The key does not fit, or the card knows none.
    pub const AUTHENTICATION: Self = Self(0x14);

    /// The status that a byte says.
    #[must_use]
    pub const fn of(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte that says it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Whether it went well, whatever the flags say.
    #[must_use]
    pub const fn is_done(self) -> bool {
        self.0 & ERROR == 0
    }

    /// Whether more data is to come.
    #[must_use]
    pub const fn more(self) -> bool {
        self.0 & MORE != 0
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.0 & ERROR;
        match TABLE.iter().find(|(known, _)| *known == code) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "error {code:02X}"),
        }
    }
}
