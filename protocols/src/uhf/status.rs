//! 状态码: how a reader says that a command went.
//! Promises: every byte is one status and goes back to the same byte.
//! Source: UHFReader18 manual V2.0, chapter 5; UHF RFID Reader Series User Manual V2.20, status table.

/// 状态码: the third byte of each reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done. Never what an inventory returns.
    Success,
    /// Inventory finished; tags attached.
    Finished,
    /// Inventory time ran out; tags so far attached.
    TimeRanOut,
    /// More frames follow.
    MoreFollows,
    /// The reader's memory is full; tags so far attached.
    MemoryFull,
    /// Access password wrong.
    WrongPassword,
    /// Kill failed.
    KillFailed,
    /// The kill password is zero.
    ZeroKillPassword,
    /// The tag does not support it.
    Unsupported,
    /// The access password must not be zero.
    ZeroPassword,
    /// Done, but not saved: valid until power-off.
    NotSaved,
    /// The power cannot be set.
    PowerNotSet,
    /// A statistics packet.
    Statistics,
    /// A heartbeat.
    Heartbeat,
    /// Antenna error.
    AntennaError,
    /// Execution error.
    ExecutionError,
    /// A tag is present, but communication is poor.
    PoorCommunication,
    /// No tag.
    NoTag,
    /// The tag reports an error; one byte follows.
    TagError,
    /// Wrong command length.
    WrongLength,
    /// Unknown command, or the reader saw a bad CRC.
    IllegalCommand,
    /// Parameter error.
    ParameterError,
    /// A code that no manual names, among them the 6B lock errors.
    Other(u8),
}

const TABLE: [(u8, Status); 22] = [
    (0x00, Status::Success),
    (0x01, Status::Finished),
    (0x02, Status::TimeRanOut),
    (0x03, Status::MoreFollows),
    (0x04, Status::MemoryFull),
    (0x05, Status::WrongPassword),
    (0x09, Status::KillFailed),
    (0x0A, Status::ZeroKillPassword),
    (0x0B, Status::Unsupported),
    (0x0C, Status::ZeroPassword),
    (0x13, Status::NotSaved),
    (0x14, Status::PowerNotSet),
    (0x26, Status::Statistics),
    (0x28, Status::Heartbeat),
    (0xF8, Status::AntennaError),
    (0xF9, Status::ExecutionError),
    (0xFA, Status::PoorCommunication),
    (0xFB, Status::NoTag),
    (0xFC, Status::TagError),
    (0xFD, Status::WrongLength),
    (0xFE, Status::IllegalCommand),
    (0xFF, Status::ParameterError),
];

impl Status {
    /// The status that a byte says.
    #[must_use]
    pub fn of(byte: u8) -> Self {
        TABLE.iter().find(|(code, _)| *code == byte).map_or(Self::Other(byte), |(_, status)| *status)
    }

    /// The byte that says it.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Other(byte) => byte,
            named => TABLE.iter().find(|(_, status)| *status == named).map_or(0xFF, |(code, _)| *code),
        }
    }

    /// Whether an inventory reply with this status has a tag list: 01, 02, 03 and 04 all do.
    #[must_use]
    pub const fn carries_tags(self) -> bool {
        matches!(self, Self::Finished | Self::TimeRanOut | Self::MoreFollows | Self::MemoryFull)
    }

    /// Whether a parameter was taken over, saved or not.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::NotSaved)
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn every_byte_is_one_status_and_goes_back() {
        for byte in 0..=u8::MAX {
            assert_eq!(Status::of(byte).byte(), byte);
        }
    }
}
