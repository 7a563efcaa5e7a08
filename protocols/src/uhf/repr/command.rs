//! Commands: what the host asks, typed, and why a reader refuses.
//! Promises: any command that decodes encodes to the same bytes; the family decides what a code means.
//! Source: UHFReader18 manual V2.0, chapter 8; UHF RFID Reader Series User Manual V2.20, chapter 8.

use super::code;
use super::inventory::{InventoryPlan, Mask, TidPart, split_mask};
use super::real_time::{HeartbeatTime, RealTime};
use super::settings::{Baud, InventoryTime, Power, ReadMode, WorkMode};
use crate::uhf::status::Status;
use crate::uhf::tag::Family;
use crate::uhf::wire::{BROADCAST, HostFrame};
use alloc::vec::Vec;

/// 命令: what the host may ask of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Version, type, power and inventory time.
    ReaderInformation,
    /// All tags in the field (18 family, EPC).
    Inventory,
    /// Tags in the field, with parameters (288 family).
    InventoryBy(InventoryPlan),
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
    /// When the reader reads and what it tells (18 family).
    SetWorkMode(WorkMode),
    /// Asks for the work mode (18 family).
    GetWorkMode,
    /// Switches the two outputs (288 family).
    SetOutputs {
        /// Out1.
        first: bool,
        /// Out2.
        second: bool,
    },
    /// Asks for inputs and outputs (288 family).
    GetPins,
    /// How tags are read in real-time mode (288 family).
    SetRealTime {
        /// What every reader has.
        settings: RealTime,
        /// Which tags; as before without it.
        mask: Option<Mask>,
        /// TID words in place of EPCs.
        tid: Option<TidPart>,
    },
    /// When the reader reads (288 family); survives power-off.
    SetReadMode(ReadMode),
    /// Asks for the read mode and the parameters of real-time mode (288 family).
    GetReadMode,
    /// Asks for the heartbeat's period, or sets it (288 family).
    Heartbeat(HeartbeatTime),
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
            Self::Inventory | Self::InventoryBy(_) => code::INVENTORY,
            Self::InventoryOne => code::INVENTORY_ONE,
            Self::SetAddress(_) => code::SET_ADDRESS,
            Self::SetInventoryTime(_) => code::SET_INVENTORY_TIME,
            Self::SetBaud(_) => code::SET_BAUD,
            Self::SetPower(_) => code::SET_POWER,
            Self::Beep { .. } => code::BEEP,
            Self::SetWorkMode(_) => code::SET_WORK_MODE,
            Self::GetWorkMode => code::GET_WORK_MODE,
            Self::SetOutputs { .. } => code::SET_OUTPUTS,
            Self::GetPins => code::GET_PINS,
            Self::SetRealTime { .. } => code::SET_REAL_TIME,
            Self::SetReadMode(_) => code::SET_READ_MODE,
            Self::GetReadMode => code::GET_READ_MODE,
            Self::Heartbeat(_) => code::HEARTBEAT,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self, address: u8) -> Vec<u8> {
        let frame = HostFrame { address, code: self.code(), data: &self.data() }.encode();
        // Never too long: the longest carries a mask of 32 bytes.
        frame.unwrap_or_default()
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::ReaderInformation
            | Self::Inventory
            | Self::InventoryOne
            | Self::GetWorkMode
            | Self::GetPins
            | Self::GetReadMode => Vec::new(),
            Self::InventoryBy(plan) => plan.write(),
            Self::SetAddress(new) => [*new].to_vec(),
            Self::SetInventoryTime(time) => [time.tenths()].to_vec(),
            Self::SetBaud(baud) => [*baud as u8].to_vec(),
            Self::SetPower(power) => [power.dbm()].to_vec(),
            Self::Beep { active, silent, times } => [*active, *silent, *times].to_vec(),
            Self::SetWorkMode(mode) => mode.bytes().to_vec(),
            Self::SetOutputs { first, second } => [u8::from(*first) | u8::from(*second) << 1].to_vec(),
            Self::SetRealTime { settings, mask, tid } => {
                let mut data = settings.bytes().to_vec();
                mask.iter().for_each(|mask| mask.write(&mut data));
                tid.iter().for_each(|tid| tid.write(&mut data));
                data
            }
            Self::SetReadMode(mode) => [*mode as u8].to_vec(),
            Self::Heartbeat(time) => [time.byte()].to_vec(),
        }
    }

    /// What a checked command frame asks of a reader of that family.
    ///
    /// # Errors
    /// The refusal that a reader answers.
    pub fn decode(frame: &HostFrame<'_>, family: Family) -> Result<Self, CommandError> {
        let found = match family {
            Family::Uhf18 => Self::of_18(frame.code, frame.data),
            Family::Uhf288 => Self::of_288(frame.code, frame.data),
        };
        found.unwrap_or_else(|| Self::of_both(frame.code, frame.data))
    }

    /// What only the 18 family has; `None` for other codes.
    fn of_18(code: u8, data: &[u8]) -> Option<Result<Self, CommandError>> {
        Some(match (code, data) {
            (code::INVENTORY, []) => Ok(Self::Inventory),
            (code::GET_WORK_MODE, []) => Ok(Self::GetWorkMode),
            (code::SET_WORK_MODE, data) => match data.try_into() {
                Ok(data) => WorkMode::parse(data).map(Self::SetWorkMode).ok_or(CommandError::Parameter),
                Err(_) => Err(CommandError::Length),
            },
            (code::INVENTORY | code::GET_WORK_MODE, _) => Err(CommandError::Length),
            _ => return None,
        })
    }

    /// What only the 288 family has; `None` for other codes.
    fn of_288(code: u8, data: &[u8]) -> Option<Result<Self, CommandError>> {
        let pin = |bit: u8, byte: u8| byte & 1 << bit != 0;
        Some(match (code, data) {
            (code::INVENTORY, data) => InventoryPlan::parse(data).map(Self::InventoryBy),
            (code::SET_OUTPUTS, [pins @ 0..=3]) => {
                Ok(Self::SetOutputs { first: pin(0, *pins), second: pin(1, *pins) })
            }
            (code::GET_PINS, []) => Ok(Self::GetPins),
            (code::SET_REAL_TIME, data) => Self::real_time(data),
            (code::SET_READ_MODE, [mode]) => match ReadMode::of(*mode) {
                None | Some(ReadMode::TriggerHigh) => Err(CommandError::Parameter),
                Some(mode) => Ok(Self::SetReadMode(mode)),
            },
            (code::GET_READ_MODE, []) => Ok(Self::GetReadMode),
            (code::HEARTBEAT, [time]) => Ok(Self::Heartbeat(HeartbeatTime::of(*time))),
            (code::SET_OUTPUTS, [_]) => Err(CommandError::Parameter),
            (
                code::SET_OUTPUTS
                | code::GET_PINS
                | code::SET_READ_MODE
                | code::GET_READ_MODE
                | code::HEARTBEAT,
                _,
            ) => Err(CommandError::Length),
            _ => return None,
        })
    }

    fn real_time(data: &[u8]) -> Result<Self, CommandError> {
        let (head, optional) = data.split_first_chunk().ok_or(CommandError::Length)?;
        let settings = RealTime::parse(*head).ok_or(CommandError::Parameter)?;
        let (mask, tid) = split_mask(optional, &[0, 2])?;
        let tid = match tid {
            [first, words] => Some(TidPart { first: *first, words: *words }),
            _ => None,
        };
        Ok(Self::SetRealTime { settings, mask, tid })
    }

    fn of_both(code: u8, data: &[u8]) -> Result<Self, CommandError> {
        let found = match (code, data) {
            (code::READER_INFORMATION, []) => Some(Self::ReaderInformation),
            (code::INVENTORY_ONE, []) => Some(Self::InventoryOne),
            (code::SET_ADDRESS, [new]) => (*new != BROADCAST).then_some(Self::SetAddress(*new)),
            (code::SET_INVENTORY_TIME, [tenths]) => InventoryTime::new(*tenths).map(Self::SetInventoryTime),
            (code::SET_BAUD, [rate]) => Baud::of(*rate).map(Self::SetBaud),
            (code::SET_POWER, [dbm]) => Power::new(*dbm).map(Self::SetPower),
            (code::BEEP, [active, silent, times]) => {
                Some(Self::Beep { active: *active, silent: *silent, times: *times })
            }
            (
                code::READER_INFORMATION
                | code::INVENTORY_ONE
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
