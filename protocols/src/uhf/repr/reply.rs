//! Replies and unsolicited reports: what a reader says, typed.
//! Promises: a reply whose inner lengths or values do not fit is an error of that frame only; the family decides the
//! layout of tags, and a list is never read past its frame.
//! Source: UHFReader18 manual V2.0, chapters 5 and 8; UHF RFID Reader Series User Manual V2.20, chapter 8.

use super::code;
use super::real_time::ReadModeReport;
use super::settings::WorkMode;
use crate::uhf::status::Status;
use crate::uhf::tag::{Family, TagRead, Tags};
use crate::uhf::wire::{ReaderFrame, WireError};
use alloc::vec::Vec;

/// 读写器信息: the reply to 0x21.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderInfo {
    /// Firmware, major and minor.
    pub version: [u8; 2],
    /// Type byte; see `Family::of_type`.
    pub kind: u8,
    /// Bits: 1 Gen2, 0 ISO 18000-6B.
    pub protocols: u8,
    /// Highest channel, with the band's upper bits.
    pub max_channel: u8,
    /// Lowest channel, with the band's lower bits.
    pub min_channel: u8,
    /// RF power, dBm.
    pub power: u8,
    /// Inventory time, units of 100 ms.
    pub inventory_time: u8,
    /// 288 family: antenna setting, 2 reserved bytes, antenna check.
    pub ports: Option<[u8; 4]>,
}

impl ReaderInfo {
    /// The family: by the type byte, or where no manual names that, by the antenna bytes that only the 288 family has.
    #[must_use]
    pub fn family(&self) -> Family {
        let by_layout = if self.ports.is_some() { Family::Uhf288 } else { Family::Uhf18 };
        Family::of_type(self.kind).unwrap_or(by_layout)
    }

    fn parse(data: &[u8]) -> Option<Self> {
        let (head, ports) = data.split_first_chunk::<8>()?;
        let [major, minor, kind, protocols, max_channel, min_channel, power, inventory_time] = *head;
        let ports = match ports {
            [] => None,
            more => Some(<[u8; 4]>::try_from(more).ok()?),
        };
        let version = [major, minor];
        Some(Self { version, kind, protocols, max_channel, min_channel, power, inventory_time, ports })
    }

    fn write(&self) -> Vec<u8> {
        let [major, minor] = self.version;
        let mut data =
            alloc::vec![major, minor, self.kind, self.protocols, self.max_channel, self.min_channel];
        data.extend_from_slice(&[self.power, self.inventory_time]);
        data.extend(self.ports.into_iter().flatten());
        data
    }
}

/// 工作模式应答: the reply to 0x36.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkModeReport {
    /// Wiegand settings.
    pub wiegand: [u8; 4],
    /// The mode itself.
    pub mode: WorkMode,
    /// EAS accuracy.
    pub accuracy: u8,
    /// Syris offset time.
    pub offset: u8,
}

impl WorkModeReport {
    fn parse(data: &[u8]) -> Option<Self> {
        let (wiegand, rest) = data.split_first_chunk::<4>()?;
        let (mode, rest) = rest.split_first_chunk::<6>()?;
        let [accuracy, offset] = *<&[u8; 2]>::try_from(rest).ok()?;
        Some(Self { wiegand: *wiegand, mode: WorkMode::parse(*mode)?, accuracy, offset })
    }

    fn write(&self) -> Vec<u8> {
        let mut data = self.wiegand.to_vec();
        data.extend_from_slice(&self.mode.bytes());
        data.extend_from_slice(&[self.accuracy, self.offset]);
        data
    }
}

/// 应答: what a reader says, asked or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// To `ReaderInformation`.
    Information(ReaderInfo),
    /// To `GetWorkMode`, 18 family.
    WorkMode(WorkModeReport),
    /// To `GetReadMode`, 288 family.
    ReadMode(ReadModeReport<'a>),
    /// To `GetPins`, 288 family: the raw byte. Bits: 0 IN1, 4 Out1, 5 Out2.
    Pins(u8),
    /// To `Heartbeat`, 288 family: the period, units of 30 s.
    HeartbeatTime(u8),
    /// To an inventory, with tags; final unless the status says that more frames follow.
    Tags {
        /// `code::INVENTORY` or `code::INVENTORY_ONE`.
        command: u8,
        /// Finished, time ran out, more follows, or memory full.
        status: Status,
        /// The tags.
        tags: Tags<'a>,
    },
    /// To anything else, and every refusal.
    Answer {
        /// The command answered, or `code::NOT_UNDERSTOOD`.
        command: u8,
        /// How it went.
        status: Status,
        /// The first byte of what follows, if anything does. With status `TagError` the tag's own error code: 0 other,
        /// 3 overrun, 4 locked, 0B power, 0F unspecific.
        detail: Option<u8>,
    },
    /// Unsolicited: one tag.
    Seen(TagRead),
    /// Unsolicited: an EAS tag is in the field.
    EasAlarm,
    /// Unsolicited, 288 family: no tag was seen for a while.
    Heartbeat {
        /// Running number.
        number: u32,
        /// A byte a port: 0 idle, 1 good, 2 disconnected.
        ports: &'a [u8],
        /// Reads so far.
        total: u32,
    },
    /// 288 family: statistics, unsolicited or behind an inventory that asked for them. Answers nothing.
    Statistics {
        /// `code::UNSOLICITED`, or the inventory's.
        command: u8,
        /// Antenna, as in a tag report.
        antenna: u8,
        /// Reads a second.
        rate: u16,
        /// Reads so far.
        total: u32,
    },
}

/// A sound frame whose inner lengths or values do not fit: an error of that frame only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reply {code:#04x} does not fit its layout")]
pub struct ReplyError {
    /// The frame's reCmd.
    pub code: u8,
}

impl<'a> Reply<'a> {
    /// What a checked reader frame says.
    ///
    /// # Errors
    /// When inner lengths or values do not fit.
    pub fn decode(frame: &ReaderFrame<'a>, family: Family) -> Result<Self, ReplyError> {
        let ReaderFrame { code: command, data, .. } = *frame;
        let status = Status::of(frame.status);
        let found = match (family, command, status) {
            (_, code::UNSOLICITED, _) => Self::unsolicited(status, data, family),
            (_, code::INVENTORY | code::INVENTORY_ONE, _) if status.carries_tags() => {
                Tags::parse(family, data).map(|tags| Self::Tags { command, status, tags })
            }
            (_, code::READER_INFORMATION, Status::Success) => ReaderInfo::parse(data).map(Self::Information),
            (Family::Uhf18, code::GET_WORK_MODE, Status::Success) => {
                WorkModeReport::parse(data).map(Self::WorkMode)
            }
            (Family::Uhf288, code::GET_READ_MODE, Status::Success) => {
                ReadModeReport::parse(data).map(Self::ReadMode)
            }
            (Family::Uhf288, code::GET_PINS, Status::Success) => single(data).map(Self::Pins),
            (Family::Uhf288, code::HEARTBEAT, Status::Success) => single(data).map(Self::HeartbeatTime),
            (Family::Uhf288, code::INVENTORY, Status::Statistics) => Self::statistics(command, data),
            _ => Some(Self::Answer { command, status, detail: data.first().copied() }),
        };
        found.ok_or(ReplyError { code: command })
    }

    fn unsolicited(status: Status, data: &'a [u8], family: Family) -> Option<Self> {
        match (family, status) {
            (Family::Uhf18, Status::Other(code::UNSOLICITED)) if data.is_empty() => Some(Self::EasAlarm),
            (Family::Uhf288, Status::Heartbeat) => {
                let (number, rest) = data.split_first_chunk()?;
                let (ports, total) = rest.split_last_chunk()?;
                let (number, total) = (u32::from_be_bytes(*number), u32::from_be_bytes(*total));
                Some(Self::Heartbeat { number, ports, total })
            }
            (Family::Uhf288, Status::Statistics) => Self::statistics(code::UNSOLICITED, data),
            // Any other status is none that a manual gives to a tag: its bytes must not become an identity.
            (_, Status::Success) => TagRead::unsolicited(family, data).map(Self::Seen),
            _ => None,
        }
    }

    fn statistics(command: u8, data: &[u8]) -> Option<Self> {
        let (antenna, rest) = data.split_first()?;
        let (rate, total) = rest.split_first_chunk()?;
        let (rate, total) = (u16::from_be_bytes(*rate), u32::from_be_bytes(total.try_into().ok()?));
        Some(Self::Statistics { command, antenna: *antenna, rate, total })
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when a tag list exceeds one frame.
    pub fn encode(&self, address: u8, family: Family) -> Result<Vec<u8>, WireError> {
        let (code, status, data) = match self {
            Self::Information(info) => (code::READER_INFORMATION, Status::Success, info.write()),
            Self::WorkMode(report) => (code::GET_WORK_MODE, Status::Success, report.write()),
            Self::ReadMode(report) => (code::GET_READ_MODE, Status::Success, report.write()),
            Self::Pins(pins) => (code::GET_PINS, Status::Success, [*pins].to_vec()),
            Self::HeartbeatTime(units) => (code::HEARTBEAT, Status::Success, [*units].to_vec()),
            Self::Tags { command, status, tags } => (*command, *status, tags.encode()),
            Self::Answer { command, status, detail } => (*command, *status, detail.iter().copied().collect()),
            Self::Seen(read) => (code::UNSOLICITED, Status::Success, read.report(family)),
            Self::EasAlarm => (code::UNSOLICITED, Status::Other(code::UNSOLICITED), Vec::new()),
            Self::Heartbeat { number, ports, total } => {
                let data = [&number.to_be_bytes(), *ports, &total.to_be_bytes()].concat();
                (code::UNSOLICITED, Status::Heartbeat, data)
            }
            Self::Statistics { command, antenna, rate, total } => {
                let data = [&[*antenna][..], &rate.to_be_bytes(), &total.to_be_bytes()].concat();
                (*command, Status::Statistics, data)
            }
        };
        ReaderFrame { address, code, status: status.byte(), data: &data }.encode()
    }
}

fn single(data: &[u8]) -> Option<u8> {
    match data {
        [byte] => Some(*byte),
        _ => None,
    }
}
