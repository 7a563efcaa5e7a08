//! What is in a packet: group, command, answer flag or error, two reserved bytes, parameters.
//! Promises: requests and replies encode and decode; lists are never read past the packet.
//! Absent: the meaning of a status reply's bytes, which differs with the model.
//! Source: BX-5K/6K protocol V1.4 of Onbon, data field, ACK and NACK; error codes of a public BX-5K driver.

use super::area::Area;
use alloc::vec::Vec;

mod code {
    pub(super) const ACK: (u8, u8) = (0xA0, 0x00);
    pub(super) const NACK: (u8, u8) = (0xA0, 0x01);
    pub(super) const STATUS: (u8, u8) = (0xA1, 0x02);
    pub(super) const PING: (u8, u8) = (0xA2, 0x00);
    pub(super) const SHOW: (u8, u8) = (0xA3, 0x06);
    pub(super) const DELETE: (u8, u8) = (0xA3, 0x10);
}

/// 消息: one message of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Group and command.
    pub command: (u8, u8),
    /// In a request whether an answer is wanted, in a reply the error.
    pub flag: u8,
    /// In a request the length of what follows, or zeros; in a reply zeros.
    pub reserved: [u8; 2],
    /// The rest.
    pub parameters: &'a [u8],
}

impl<'a> Message<'a> {
    /// The message of a packet; `None` when even its head is missing.
    #[must_use]
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let (head, parameters) = data.split_first_chunk::<5>()?;
        let [group, command, flag, reserved @ ..] = *head;
        Some(Self { command: (group, command), flag, reserved, parameters })
    }

    /// The packet's data.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let [low, high] = self.reserved;
        [&[self.command.0, self.command.1, self.flag, low, high][..], self.parameters].concat()
    }

    /// Whether a controller sent it: its group is that of answers.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        matches!(self.command, code::ACK | code::NACK)
    }
}

/// 是否回复: whether a request is to be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// The controller answers.
    #[default]
    Wanted = 1,
    /// It must not.
    Unwanted = 2,
}

/// 控制卡请求: what a host asks of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Is it there?
    Ping,
    /// How is it?
    Status,
    /// Delete dynamic areas; parameters as they came.
    Delete(Vec<u8>),
    /// Show areas.
    Show {
        /// Numbers of areas to delete first.
        delete: Vec<u8>,
        /// Areas to set.
        areas: Vec<Area>,
    },
}

/// Why a message is no request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A command that we do not speak.
    #[error("command {0:#04x} {1:#04x} is not spoken")]
    Unknown(u8, u8),
    /// Inner lengths do not fit.
    #[error("command {0:#04x} {1:#04x} does not fit its layout")]
    Layout(u8, u8),
}

impl Request {
    /// What a message asks, and whether an answer is wanted.
    ///
    /// # Errors
    /// When it is none of ours, or does not fit its layout.
    pub fn decode(message: &Message<'_>) -> Result<(Answer, Self), RequestError> {
        let (group, command) = message.command;
        let found = match (message.command, message.parameters) {
            (code::PING, []) => Some(Self::Ping),
            (code::STATUS, []) => Some(Self::Status),
            (code::DELETE, parameters) => Some(Self::Delete(parameters.to_vec())),
            (code::SHOW, parameters) => Self::show(parameters),
            (code::PING | code::STATUS, _) => None,
            _ => return Err(RequestError::Unknown(group, command)),
        };
        let answer = match message.flag {
            1 => Some(Answer::Wanted),
            2 => Some(Answer::Unwanted),
            _ => None,
        };
        answer.zip(found).ok_or(RequestError::Layout(group, command))
    }

    fn show(parameters: &[u8]) -> Option<Self> {
        let (deleted, rest) = parameters.split_first()?;
        let (delete, rest) = rest.split_at_checked(usize::from(*deleted))?;
        let (count, mut rest) = rest.split_first()?;
        let mut areas = Vec::new();
        for _ in 0..*count {
            let (len, after) = rest.split_first_chunk()?;
            let (area, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
            areas.push(Area::parse(area)?);
            rest = after;
        }
        rest.is_empty().then(|| Self::Show { delete: delete.to_vec(), areas })
    }

    /// The packet's data. Lists are cut after 255.
    #[must_use]
    pub fn encode(&self, answer: Answer) -> Vec<u8> {
        let mut parameters = Vec::new();
        let command = match self {
            Self::Ping => code::PING,
            Self::Status => code::STATUS,
            Self::Delete(bytes) => {
                parameters.extend_from_slice(bytes);
                code::DELETE
            }
            Self::Show { delete, areas } => {
                let count = |len: usize| u8::try_from(len).unwrap_or(u8::MAX);
                parameters.push(count(delete.len()));
                parameters.extend(delete.iter().take(255));
                parameters.push(count(areas.len()));
                for area in areas.iter().take(255) {
                    area.write(&mut parameters);
                }
                code::SHOW
            }
        };
        Message { command, flag: answer as u8, reserved: [0; 2], parameters: &parameters }.write()
    }
}

/// 控制卡答复: what a controller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It took the request.
    Accepted,
    /// It did not; its error code.
    Refused(Fault),
    /// Something was asked for, here it is.
    Data {
        /// Group and command of the request.
        command: (u8, u8),
        /// As it came.
        bytes: Vec<u8>,
    },
}

impl Reply {
    /// What a message of a controller says.
    #[must_use]
    pub fn decode(message: &Message<'_>) -> Self {
        match (message.command, message.flag) {
            (code::ACK, 0) => Self::Accepted,
            (code::ACK | code::NACK, fault) => Self::Refused(Fault(fault)),
            (command, 0) => Self::Data { command, bytes: message.parameters.to_vec() },
            (_, fault) => Self::Refused(Fault(fault)),
        }
    }

    /// The packet's data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (command, flag, parameters) = match self {
            Self::Accepted => (code::ACK, 0, &[][..]),
            Self::Refused(fault) => (code::NACK, fault.0, &[][..]),
            Self::Data { command, bytes } => (*command, 0, bytes.as_slice()),
        };
        Message { command, flag, reserved: [0; 2], parameters }.write()
    }
}

/// 命令状态: why a controller refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault(pub u8);

impl Fault {
    /// Busy: try again.
    pub const BUSY: Self = Self(0x03);
    /// It saw a bad CRC.
    pub const CHECK: Self = Self(0x05);
    /// It does not know the command.
    pub const NO_COMMAND: Self = Self(0x02);
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let why = match self.0 {
            0x01 => "no such command group",
            0x02 => "no such command",
            0x03 => "busy",
            0x04 => "out of memory",
            0x05 => "it saw a bad check",
            0x07 => "flash failed",
            0x0C => "no such font",
            0x0D => "for another controller type",
            other => return write!(f, "error {other:#04x}"),
        };
        f.write_str(why)
    }
}
