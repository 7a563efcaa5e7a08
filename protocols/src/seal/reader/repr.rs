//! What the commands and messages of a DataReader mean; each encodes and decodes.
//! Promises: made from checked frames only; a record is never read past its length, and lengths that do not fit are an error of
//! that frame.
//! Absent: the meaning of R_status and of reader parameters; results that come in several packets.
//! Source: Hi-G-Tek DataReader manual UM4710, 6.5.5; IG-RS-46D-916 manual, 6.5.5.3 (results), 6.5.5.5 (burst messages),
//! 6.5.5.11 (unsolicited messages).

use super::wire::{Frame, TooLong};
use crate::seal::status::{SealId, ShortStatus};
use alloc::vec::Vec;

mod code {
    pub(super) const WRITE_PARAMETERS: u16 = 0x0006;
    pub(super) const READ_PARAMETERS: u16 = 0x0007;
    pub(super) const SLEEP: u16 = 0x0008;
    pub(super) const SELF_TEST: u16 = 0x0009;
    pub(super) const ACKNOWLEDGE: u16 = 0x000A;
    pub(super) const SET_ADDRESS: u16 = 0x0012;
    pub(super) const RESET: u16 = 0x0014;
    pub(super) const RESULTS: u16 = 0x0015;
    pub(super) const STATUS: u16 = 0x0016;
    pub(super) const BURSTS: u16 = 0x001C;
    pub(super) const SET_BAUD: u16 = 0x00FE;
    pub(super) const GET_BAUD: u16 = 0x00FF;
    /// The part of a message's type that repeats the command.
    pub(super) const MASK: u16 = 0x00FF;
    /// The message was not asked for.
    pub(super) const UNSOLICITED: u16 = 0x800A;
}

/// 读写器命令: what the host may ask of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take these reader parameters, as the manual lays them out.
    WriteParameters(Vec<u8>),
    /// Tell reader parameters.
    ReadParameters(Vec<u8>),
    /// Sleep.
    Sleep,
    /// Test yourself.
    SelfTest,
    /// The last unsolicited message has come.
    Acknowledge,
    /// A new reader number; to all readers, none answers.
    SetAddress(Vec<u8>),
    /// Start anew; none answers.
    Reset,
    /// Tell what the last radio command brought.
    Results,
    /// How are you?
    Status,
    /// Tell the alerts of a channel.
    Bursts {
        /// Which radio.
        channel: u8,
    },
    /// A new line rate, as the manual numbers them.
    SetBaud(Vec<u8>),
    /// Tell the line rate.
    GetBaud,
}

/// Why a sound frame is no command of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A code that we do not speak.
    #[error("command {0:#06x} is not spoken")]
    Unknown(u16),
    /// Its data does not fit.
    #[error("command {0:#06x} does not fit its layout")]
    Layout(u16),
}

impl Command {
    fn parts(&self) -> (u16, &[u8]) {
        match self {
            Self::WriteParameters(data) => (code::WRITE_PARAMETERS, data),
            Self::ReadParameters(data) => (code::READ_PARAMETERS, data),
            Self::Sleep => (code::SLEEP, &[]),
            Self::SelfTest => (code::SELF_TEST, &[]),
            Self::Acknowledge => (code::ACKNOWLEDGE, &[]),
            Self::SetAddress(data) => (code::SET_ADDRESS, data),
            Self::Reset => (code::RESET, &[]),
            Self::Results => (code::RESULTS, &[]),
            Self::Status => (code::STATUS, &[]),
            Self::Bursts { channel } => (code::BURSTS, core::slice::from_ref(channel)),
            Self::SetBaud(data) => (code::SET_BAUD, data),
            Self::GetBaud => (code::GET_BAUD, &[]),
        }
    }

    /// The command's code, as the low byte of the answer's type repeats it.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.parts().0
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when parameters exceed one frame.
    pub fn encode(&self, reader: u16) -> Result<Vec<u8>, TooLong> {
        let (code, data) = self.parts();
        Frame { reader, code, data }.encode()
    }

    /// What a checked frame of the host asks.
    ///
    /// # Errors
    /// When it is none of ours, or its data does not fit.
    pub fn decode(frame: &Frame<'_>) -> Result<Self, CommandError> {
        match (frame.code, frame.data) {
            (code::WRITE_PARAMETERS, data) => Ok(Self::WriteParameters(data.to_vec())),
            (code::READ_PARAMETERS, data) => Ok(Self::ReadParameters(data.to_vec())),
            (code::SET_ADDRESS, data) => Ok(Self::SetAddress(data.to_vec())),
            (code::SET_BAUD, data) => Ok(Self::SetBaud(data.to_vec())),
            (code::BURSTS, [channel]) => Ok(Self::Bursts { channel: *channel }),
            (code::SLEEP, []) => Ok(Self::Sleep),
            (code::SELF_TEST, []) => Ok(Self::SelfTest),
            (code::ACKNOWLEDGE, []) => Ok(Self::Acknowledge),
            (code::RESET, []) => Ok(Self::Reset),
            (code::RESULTS, []) => Ok(Self::Results),
            (code::STATUS, []) => Ok(Self::Status),
            (code::GET_BAUD, []) => Ok(Self::GetBaud),
            (
                code::BURSTS
                | code::SLEEP
                | code::SELF_TEST
                | code::ACKNOWLEDGE
                | code::RESET
                | code::RESULTS
                | code::STATUS
                | code::GET_BAUD,
                _,
            ) => Err(CommandError::Layout(frame.code)),
            (other, _) => Err(CommandError::Unknown(other)),
        }
    }
}

/// 关锁报文: what a seal said to a reader of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealBurst {
    /// Which radio heard it.
    pub channel: u8,
    /// Who.
    pub seal: SealId,
    /// Kind of radio message.
    pub kind: u8,
    /// What it says.
    pub status: ShortStatus,
    /// Whose seal it is, when it is set up to tell.
    pub organisation: Option<[u8; 3]>,
}

impl SealBurst {
    fn parse(data: &[u8]) -> Option<Self> {
        let (head, organisation) = data.split_first_chunk::<10>()?;
        let [channel, len, family_high, family_low, number @ .., kind, status] = *head;
        let organisation = match organisation {
            [] => None,
            more => Some(<[u8; 3]>::try_from(more).ok()?),
        };
        (usize::from(len) + 1 == data.len()).then(|| Self {
            channel,
            seal: SealId {
                family: u16::from_be_bytes([family_high, family_low]),
                number: u32::from_be_bytes(number),
            },
            kind,
            status: ShortStatus(status),
            organisation,
        })
    }

    fn write(&self) -> Vec<u8> {
        let len = if self.organisation.is_some() { 12 } else { 9 };
        let mut data = alloc::vec![self.channel, len];
        data.extend_from_slice(&self.seal.family.to_be_bytes());
        data.extend_from_slice(&self.seal.number.to_be_bytes());
        data.extend_from_slice(&[self.kind, self.status.0]);
        data.extend(self.organisation.into_iter().flatten());
        data
    }
}

/// 读写器报文: what a reader says, asked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To `Status` or `SelfTest`.
    Status {
        /// The command's code.
        command: u16,
        /// Flags of the type's high byte.
        flags: u8,
        /// As it came.
        status: [u8; 4],
        /// What else it tells.
        data: Vec<u8>,
    },
    /// Unsolicited: a seal said something. It wants an acknowledgement.
    Burst {
        /// R_status as it came.
        status: [u8; 2],
        /// What the seal said.
        burst: SealBurst,
    },
    /// To anything else.
    Answer {
        /// The command's code.
        command: u16,
        /// Flags of the type's high byte.
        flags: u8,
        /// R_status as it came.
        status: [u8; 2],
        /// Results, as they came.
        data: Vec<u8>,
    },
}

/// A sound frame whose inner lengths do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {0:#06x} does not fit its layout")]
pub struct MessageError(pub u16);

impl Message {
    /// What a checked frame of a reader says.
    ///
    /// # Errors
    /// When its inner lengths do not fit.
    pub fn decode(frame: &Frame<'_>) -> Result<Self, MessageError> {
        let command = frame.code & code::MASK;
        let [flags, _] = frame.code.to_be_bytes();
        let found = match command {
            code::STATUS | code::SELF_TEST => frame
                .data
                .split_first_chunk()
                .map(|(status, data)| Self::Status { command, flags, status: *status, data: data.to_vec() }),
            code::ACKNOWLEDGE if frame.code == code::UNSOLICITED => {
                frame.data.split_first_chunk().and_then(|(status, data)| {
                    Some(Self::Burst { status: *status, burst: SealBurst::parse(data)? })
                })
            }
            _ => frame.data.split_first_chunk().map(|(status, data)| Self::Answer {
                command,
                flags,
                status: *status,
                data: data.to_vec(),
            }),
        };
        found.ok_or(MessageError(frame.code))
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when results exceed one frame.
    pub fn encode(&self, reader: u16) -> Result<Vec<u8>, TooLong> {
        let of = |command: u16, flags: u8| u16::from(flags) << 8 | command & code::MASK;
        let (code, data) = match self {
            Self::Status { command, flags, status, data } => {
                (of(*command, *flags), [&status[..], data].concat())
            }
            Self::Burst { status, burst } => (code::UNSOLICITED, [&status[..], &burst.write()].concat()),
            Self::Answer { command, flags, status, data } => {
                (of(*command, *flags), [&status[..], data].concat())
            }
        };
        Frame { reader, code, data: &data }.encode()
    }
}
