//! What the commands and replies of the family mean: each encodes and decodes, so gate and firmware cannot drift.
//! Promises: made from checked frames only; a parameter outside the manual's range is an error that names the status
//! code with which a reader answers it.
//! Absent: commands that nobody sends (memory writes, kill, lock, EAS); the 288 family's own commands.
//! Source: UHFReader18 manual V2.0, chapters 4 to 8; UHF RFID Reader Series User Manual V2.20.

use super::status::Status;
use super::tag::{Family, TagRead, Tags};
use super::wire::{HostFrame, ReaderFrame, WireError};
use alloc::vec::Vec;

/// Command codes, as both directions carry them.
pub mod code {
    /// Reply to something that the reader did not understand.
    pub const NOT_UNDERSTOOD: u8 = 0x00;
    /// Inventory.
    pub const INVENTORY: u8 = 0x01;
    /// Inventory of a single tag.
    pub const INVENTORY_ONE: u8 = 0x0F;
    /// Reader information.
    pub const READER_INFORMATION: u8 = 0x21;
    /// Set address.
    pub const SET_ADDRESS: u8 = 0x24;
    /// Set inventory time.
    pub const SET_INVENTORY_TIME: u8 = 0x25;
    /// Set baud rate.
    pub const SET_BAUD: u8 = 0x28;
    /// Set RF power.
    pub const SET_POWER: u8 = 0x2F;
    /// LED and buzzer.
    pub const BEEP: u8 = 0x33;
    /// Set work mode.
    pub const SET_WORK_MODE: u8 = 0x35;
    /// Get work mode.
    pub const GET_WORK_MODE: u8 = 0x36;
    /// Unsolicited report.
    pub const UNSOLICITED: u8 = 0xEE;
}

/// 询查时间: how long one inventory may run, units of 100 ms, 3 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventoryTime(u8);

impl InventoryTime {
    /// The shortest, 300 ms: three inventories a second.
    pub const SHORTEST: Self = Self(3);

    /// That many units of 100 ms; `None` below 3.
    #[must_use]
    pub const fn new(tenths: u8) -> Option<Self> {
        if tenths >= 3 { Some(Self(tenths)) } else { None }
    }

    /// Units of 100 ms.
    #[must_use]
    pub const fn tenths(self) -> u8 {
        self.0
    }
}

/// 射频功率: 0 to 30 dBm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power(u8);

impl Power {
    /// That many dBm; `None` above 30.
    #[must_use]
    pub const fn new(dbm: u8) -> Option<Self> {
        if dbm <= 30 { Some(Self(dbm)) } else { None }
    }

    /// dBm.
    #[must_use]
    pub const fn dbm(self) -> u8 {
        self.0
    }
}

/// 波特率: the rates that command 0x28 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baud {
    /// 9600 bit/s.
    B9600 = 0,
    /// 19200 bit/s.
    B19200 = 1,
    /// 38400 bit/s.
    B38400 = 2,
    /// 57600 bit/s, the factory's.
    B57600 = 5,
    /// 115200 bit/s.
    B115200 = 6,
}

impl Baud {
    const ALL: [Self; 5] = [Self::B9600, Self::B19200, Self::B38400, Self::B57600, Self::B115200];
}

/// 读模式: when the reader reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Only when asked.
    Answer = 0,
    /// Always, telling tags unasked.
    Scan = 1,
    /// While the trigger input is low.
    TriggerLow = 2,
    /// While the trigger input is high.
    TriggerHigh = 3,
}

impl ReadMode {
    const ALL: [Self; 4] = [Self::Answer, Self::Scan, Self::TriggerLow, Self::TriggerHigh];
}

/// 工作模式: the six parameters of commands 0x35 and 0x36.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkMode {
    /// When the reader reads.
    pub read: ReadMode,
    /// Bits: 0 protocol (0 = Gen2), 1 output (0 Wiegand, 1 serial), 2 buzzer off, 3 byte addressing, 4 Syris-485.
    pub state: u8,
    /// 0 to 3 memory bank, 4 several tags, 5 single tag, 6 EAS.
    pub inventory: u8,
    /// First word of a bank that is told.
    pub first: u8,
    /// Words of a bank that are told.
    pub words: u8,
    /// Seconds for which one tag is not told again.
    pub repeat: u8,
}

impl WorkMode {
    /// Gen2 tags, several at once, over the serial line, each read told.
    #[must_use]
    pub const fn serial(read: ReadMode) -> Self {
        Self { read, state: 0x02, inventory: 4, first: 2, words: 6, repeat: 0 }
    }

    fn parse(data: [u8; 6]) -> Option<Self> {
        let [read, state, inventory, first, words, repeat] = data;
        let read = ReadMode::ALL.into_iter().find(|mode| *mode as u8 == read)?;
        (inventory <= 6).then_some(Self { read, state, inventory, first, words, repeat })
    }

    const fn bytes(self) -> [u8; 6] {
        [self.read as u8, self.state, self.inventory, self.first, self.words, self.repeat]
    }
}

/// 命令: what the host may ask of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Version, type, power and inventory time.
    ReaderInformation,
    /// All tags in the field (18 family, EPC).
    Inventory,
    /// One tag.
    InventoryOne,
    /// A new address; the reply still carries the old one.
    SetAddress(u8),
    /// How long one inventory may run.
    SetInventoryTime(InventoryTime),
    /// A new rate; the reply still comes at the old one.
    SetBaud(Baud),
    /// RF power.
    SetPower(Power),
    /// LED and buzzer.
    Beep {
        /// On, units of 50 ms.
        active: u8,
        /// Off, units of 50 ms.
        silent: u8,
        /// How often.
        times: u8,
    },
    /// When the reader reads and what it tells.
    SetWorkMode(WorkMode),
    /// Asks for the work mode.
    GetWorkMode,
}

/// Why a reader refuses a sound command frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The code is none of ours.
    #[error("unknown command")]
    Unknown,
    /// The parameters have another length.
    #[error("wrong command length")]
    Length,
    /// A parameter lies outside its range.
    #[error("parameter out of range")]
    Parameter,
}

impl CommandError {
    /// The status with which a reader tells it.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Unknown => Status::IllegalCommand,
            Self::Length => Status::WrongLength,
            Self::Parameter => Status::ParameterError,
        }
    }
}

impl Command {
    /// The command code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::ReaderInformation => code::READER_INFORMATION,
            Self::Inventory => code::INVENTORY,
            Self::InventoryOne => code::INVENTORY_ONE,
            Self::SetAddress(_) => code::SET_ADDRESS,
            Self::SetInventoryTime(_) => code::SET_INVENTORY_TIME,
            Self::SetBaud(_) => code::SET_BAUD,
            Self::SetPower(_) => code::SET_POWER,
            Self::Beep { .. } => code::BEEP,
            Self::SetWorkMode(_) => code::SET_WORK_MODE,
            Self::GetWorkMode => code::GET_WORK_MODE,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self, address: u8) -> Vec<u8> {
        let frame = |data: &[u8]| HostFrame { address, code: self.code(), data }.encode();
        let bytes = match self {
            Self::ReaderInformation | Self::Inventory | Self::InventoryOne | Self::GetWorkMode => frame(&[]),
            Self::SetAddress(new) => frame(&[*new]),
            Self::SetInventoryTime(time) => frame(&[time.tenths()]),
            Self::SetBaud(baud) => frame(&[*baud as u8]),
            Self::SetPower(power) => frame(&[power.dbm()]),
            Self::Beep { active, silent, times } => frame(&[*active, *silent, *times]),
            Self::SetWorkMode(mode) => frame(&mode.bytes()),
        };
        // Never too long: six bytes of data at most.
        bytes.unwrap_or_default()
    }

    /// What a checked command frame asks (18 family).
    ///
    /// # Errors
    /// The refusal that a reader answers.
    pub fn decode(frame: &HostFrame<'_>) -> Result<Self, CommandError> {
        let found = match (frame.code, frame.data) {
            (code::READER_INFORMATION, []) => Some(Self::ReaderInformation),
            (code::INVENTORY, []) => Some(Self::Inventory),
            (code::INVENTORY_ONE, []) => Some(Self::InventoryOne),
            (code::GET_WORK_MODE, []) => Some(Self::GetWorkMode),
            (code::SET_ADDRESS, [new]) => (*new != super::wire::BROADCAST).then_some(Self::SetAddress(*new)),
            (code::SET_INVENTORY_TIME, [tenths]) => InventoryTime::new(*tenths).map(Self::SetInventoryTime),
            (code::SET_BAUD, [rate]) => {
                Baud::ALL.into_iter().find(|baud| *baud as u8 == *rate).map(Self::SetBaud)
            }
            (code::SET_POWER, [dbm]) => Power::new(*dbm).map(Self::SetPower),
            (code::BEEP, [active, silent, times]) => {
                Some(Self::Beep { active: *active, silent: *silent, times: *times })
            }
            (code::SET_WORK_MODE, data) => {
                let data = data.try_into().map_err(|_| CommandError::Length)?;
                WorkMode::parse(data).map(Self::SetWorkMode)
            }
            (
                code::READER_INFORMATION
                | code::INVENTORY
                | code::INVENTORY_ONE
                | code::GET_WORK_MODE
                | code::SET_ADDRESS
                | code::SET_INVENTORY_TIME
                | code::SET_BAUD
                | code::SET_POWER
                | code::BEEP,
                _,
            ) => return Err(CommandError::Length),
            _ => return Err(CommandError::Unknown),
        };
        found.ok_or(CommandError::Parameter)
    }
}

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
    /// To `GetWorkMode`.
    WorkMode(WorkModeReport),
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
        /// The tag's own error code (status `TagError`): 0 other, 3 overrun, 4 locked, 0B power, 0F unspecific.
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
    /// Unsolicited, 288 family: statistics.
    Statistics {
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
        let found = match command {
            code::UNSOLICITED => Self::unsolicited(status, data, family),
            code::INVENTORY | code::INVENTORY_ONE if status.carries_tags() => {
                Tags::parse(family, data).map(|tags| Self::Tags { command, status, tags })
            }
            code::READER_INFORMATION if status == Status::Success => {
                ReaderInfo::parse(data).map(Self::Information)
            }
            code::GET_WORK_MODE if status == Status::Success => {
                WorkModeReport::parse(data).map(Self::WorkMode)
            }
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
            (Family::Uhf288, Status::Statistics) => {
                let (antenna, rest) = data.split_first()?;
                let (rate, total) = rest.split_first_chunk()?;
                let total = u32::from_be_bytes(total.try_into().ok()?);
                Some(Self::Statistics { antenna: *antenna, rate: u16::from_be_bytes(*rate), total })
            }
            _ => TagRead::unsolicited(family, data).map(Self::Seen),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when a tag list exceeds one frame.
    pub fn encode(&self, address: u8, family: Family) -> Result<Vec<u8>, WireError> {
        let (code, status, data) = match self {
            Self::Information(info) => (code::READER_INFORMATION, Status::Success, info.write()),
            Self::WorkMode(report) => (code::GET_WORK_MODE, Status::Success, report.write()),
            Self::Tags { command, status, tags } => (*command, *status, tags.encode()),
            Self::Answer { command, status, detail } => (*command, *status, detail.iter().copied().collect()),
            Self::Seen(read) => (code::UNSOLICITED, Status::Success, read.report(family)),
            Self::EasAlarm => (code::UNSOLICITED, Status::Other(code::UNSOLICITED), Vec::new()),
            Self::Heartbeat { number, ports, total } => {
                let data = [&number.to_be_bytes(), *ports, &total.to_be_bytes()].concat();
                (code::UNSOLICITED, Status::Heartbeat, data)
            }
            Self::Statistics { antenna, rate, total } => {
                let data = [&[*antenna][..], &rate.to_be_bytes(), &total.to_be_bytes()].concat();
                (code::UNSOLICITED, Status::Statistics, data)
            }
        };
        ReaderFrame { address, code, status: status.byte(), data: &data }.encode()
    }
}
