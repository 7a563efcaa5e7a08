//! What the PN532's commands and replies mean: each encodes and decodes, so gate and firmware cannot drift.
//! Promises: made from checked frames only; an answer to InListPassiveTarget is read as a whole or not at all.
//! Absent: commands that nobody sends (emulation, registers, GPIO, line rate), RF settings other than
//! retries and switching the field off.
//! Source: UM0701-02, chapter 7.

use super::memory::{CardKey, KeyKind};
use super::status::Status;
use super::target::Target;
use super::wire::{Frame, Side, WireError};
use alloc::vec::Vec;

/// Command codes; a reply carries one more.
pub mod code {
    /// Link test and others.
    pub const DIAGNOSE: u8 = 0x00;
    /// Which chip, which firmware.
    pub const GET_FIRMWARE_VERSION: u8 = 0x02;
    /// How the secure access module is used; the first command after power-up.
    pub const SAM_CONFIGURATION: u8 = 0x14;
    /// Settings of the RF side.
    pub const RF_CONFIGURATION: u8 = 0x32;
    /// Exchange with a card.
    pub const IN_DATA_EXCHANGE: u8 = 0x40;
    /// Deselects a card, keeps its number.
    pub const IN_DESELECT: u8 = 0x44;
    /// Looks for cards.
    pub const IN_LIST_PASSIVE_TARGET: u8 = 0x4A;
    /// Forgets cards.
    pub const IN_RELEASE: u8 = 0x52;
}

/// Test number of Diagnose: communication line.
const LINE_TEST: u8 = 0x00;
/// Mode of SAMConfiguration: the chip works without one.
const NORMAL_MODE: u8 = 0x01;
/// Item of RFConfiguration: the field. Its value: off, and no look for other fields before it goes on.
const FIELD_ITEM: u8 = 0x01;
const FIELD_OFF: u8 = 0x00;
/// Item of RFConfiguration: retries.
const RETRIES_ITEM: u8 = 0x05;
/// Card commands.
const AUTHENTICATE_A: u8 = 0x60;
const AUTHENTICATE_B: u8 = 0x61;
const READ: u8 = 0x30;

/// How many cards one look lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    /// One card.
    One = 1,
    /// Two cards, all that the chip can hold.
    Two = 2,
}

/// What kind of cards is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modulation {
    /// 106 kbit/s, ISO 14443 type A.
    TypeA = 0,
    /// 106 kbit/s, ISO 14443 type B.
    TypeB = 3,
}

/// 重试次数: how often the chip tries again; FF is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Of an attribute request.
    pub atr: u8,
    /// Of a parameter selection.
    pub psl: u8,
    /// Of looking for a card, beyond the first look.
    pub passive: u8,
}

/// What the chip passes on to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardCommand<'a> {
    /// Opens a sector of a Classic card.
    Authenticate {
        /// A block of it.
        block: u8,
        /// Its key.
        key: CardKey,
        /// The last four bytes of the card's UID.
        uid: [u8; 4],
    },
    /// 16 bytes from that block or page on.
    Read {
        /// Block or page.
        block: u8,
    },
    /// Anything else.
    Other(&'a [u8]),
}

/// 命令: what the host may ask of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Link test: the same bytes come back.
    Diagnose(&'a [u8]),
    /// Which chip, which firmware.
    GetFirmwareVersion,
    /// Normal mode. Ends the sleep after power-up.
    SamConfiguration {
        /// Time-out in units of 50 ms.
        timeout: u8,
        /// Whether the interrupt pin is driven.
        irq: u8,
    },
    /// Switches the field off until the next look (RFConfiguration, item 01): every card wakes anew.
    FieldOff,
    /// Limits retries (RFConfiguration, item 05).
    LimitRetries(Retries),
    /// Looks for cards.
    ListTargets {
        /// How many at most.
        most: Most,
        /// What kind.
        modulation: Modulation,
        /// For type A the UID to look for, or nothing.
        only: &'a [u8],
    },
    /// Exchange with a listed card.
    Exchange {
        /// Its number.
        target: u8,
        /// What is said to it.
        command: CardCommand<'a>,
    },
    /// Forgets a card; 0 all.
    Release(u8),
    /// Deselects a card; 0 all.
    Deselect(u8),
}

/// Why a chip refuses a sound command frame; it tells all of these by the error frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The code is none of ours, or there is none.
    #[error("unknown command")]
    Unknown,
    /// The parameters have another length.
    #[error("wrong command length")]
    Length,
    /// A parameter lies outside its range.
    #[error("parameter out of range")]
    Parameter,
}

impl<'a> Command<'a> {
    /// The command code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Diagnose(_) => code::DIAGNOSE,
            Self::GetFirmwareVersion => code::GET_FIRMWARE_VERSION,
            Self::SamConfiguration { .. } => code::SAM_CONFIGURATION,
            Self::FieldOff | Self::LimitRetries(_) => code::RF_CONFIGURATION,
            Self::ListTargets { .. } => code::IN_LIST_PASSIVE_TARGET,
            Self::Exchange { .. } => code::IN_DATA_EXCHANGE,
            Self::Release(_) => code::IN_RELEASE,
            Self::Deselect(_) => code::IN_DESELECT,
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when the bytes to send do not fit one frame.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut content = alloc::vec![self.code()];
        match self {
            Self::Diagnose(data) => {
                content.push(LINE_TEST);
                content.extend_from_slice(data);
            }
            Self::GetFirmwareVersion => {}
            Self::SamConfiguration { timeout, irq } => {
                content.extend_from_slice(&[NORMAL_MODE, *timeout, *irq]);
            }
            Self::FieldOff => content.extend_from_slice(&[FIELD_ITEM, FIELD_OFF]),
            Self::LimitRetries(Retries { atr, psl, passive }) => {
                content.extend_from_slice(&[RETRIES_ITEM, *atr, *psl, *passive]);
            }
            Self::ListTargets { most, modulation, only } => {
                content.extend_from_slice(&[*most as u8, *modulation as u8]);
                content.extend_from_slice(only);
            }
            Self::Exchange { target, command } => {
                content.push(*target);
                command.write(&mut content);
            }
            Self::Release(target) | Self::Deselect(target) => content.push(*target),
        }
        Frame::Information(&content).encode(Side::Host)
    }

    /// What the content of a host's frame asks.
    ///
    /// # Errors
    /// The refusal, which a chip tells by the error frame.
    pub fn decode(content: &'a [u8]) -> Result<Self, CommandError> {
        let (code, data) = content.split_first().ok_or(CommandError::Unknown)?;
        match (*code, data) {
            (code::DIAGNOSE, [LINE_TEST, data @ ..]) => Ok(Self::Diagnose(data)),
            (code::GET_FIRMWARE_VERSION, []) => Ok(Self::GetFirmwareVersion),
            (code::SAM_CONFIGURATION, [NORMAL_MODE, timeout, irq]) => {
                Ok(Self::SamConfiguration { timeout: *timeout, irq: *irq })
            }
            (code::RF_CONFIGURATION, [FIELD_ITEM, FIELD_OFF]) => Ok(Self::FieldOff),
            (code::RF_CONFIGURATION, [RETRIES_ITEM, atr, psl, passive]) => {
                Ok(Self::LimitRetries(Retries { atr: *atr, psl: *psl, passive: *passive }))
            }
            (code::IN_LIST_PASSIVE_TARGET, [most, modulation, only @ ..]) => {
                let most = [Most::One, Most::Two].into_iter().find(|known| *known as u8 == *most);
                let modulation = [Modulation::TypeA, Modulation::TypeB]
                    .into_iter()
                    .find(|known| *known as u8 == *modulation);
                match (most, modulation) {
                    (Some(most), Some(modulation)) => Ok(Self::ListTargets { most, modulation, only }),
                    _ => Err(CommandError::Parameter),
                }
            }
            (code::IN_DATA_EXCHANGE, [target, command @ ..]) => {
                Ok(Self::Exchange { target: *target, command: CardCommand::parse(command) })
            }
            (code::IN_RELEASE, [target]) => Ok(Self::Release(*target)),
            (code::IN_DESELECT, [target]) => Ok(Self::Deselect(*target)),
            (code::DIAGNOSE, [_, ..]) | (code::SAM_CONFIGURATION, [_, _, _]) => Err(CommandError::Parameter),
            (code::RF_CONFIGURATION, [item, ..]) if *item != RETRIES_ITEM => Err(CommandError::Parameter),
            (
                code::DIAGNOSE
                | code::GET_FIRMWARE_VERSION
                | code::SAM_CONFIGURATION
                | code::RF_CONFIGURATION
                | code::IN_LIST_PASSIVE_TARGET
                | code::IN_DATA_EXCHANGE
                | code::IN_RELEASE
                | code::IN_DESELECT,
                _,
            ) => Err(CommandError::Length),
            _ => Err(CommandError::Unknown),
        }
    }
}

impl<'a> CardCommand<'a> {
    fn parse(bytes: &'a [u8]) -> Self {
        match bytes {
            [kind @ (AUTHENTICATE_A | AUTHENTICATE_B), block, rest @ ..] => {
                let Some((key, uid)) = rest.split_first_chunk() else { return Self::Other(bytes) };
                let Ok(uid) = uid.try_into() else { return Self::Other(bytes) };
                let kind = if *kind == AUTHENTICATE_A { KeyKind::A } else { KeyKind::B };
                Self::Authenticate { block: *block, key: CardKey { kind, bytes: *key }, uid }
            }
            [READ, block] => Self::Read { block: *block },
            other => Self::Other(other),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Authenticate { block, key, uid } => {
                let kind = match key.kind {
                    KeyKind::A => AUTHENTICATE_A,
                    KeyKind::B => AUTHENTICATE_B,
                };
                out.extend_from_slice(&[kind, *block]);
                out.extend_from_slice(&key.bytes);
                out.extend_from_slice(uid);
            }
            Self::Read { block } => out.extend_from_slice(&[READ, *block]),
            Self::Other(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// 固件版本: the reply to GetFirmwareVersion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// Which chip: 32 is the PN532.
    pub ic: u8,
    /// Version.
    pub version: u8,
    /// Revision.
    pub revision: u8,
    /// Bits: 0 type A, 1 type B, 2 ISO 18092.
    pub support: u8,
}

impl Firmware {
    /// `ic` of the PN532.
    pub const PN532: u8 = 0x32;
}

/// 应答: what the chip says to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// To `Diagnose`: the bytes that were sent.
    Diagnosed(&'a [u8]),
    /// To `GetFirmwareVersion`.
    Firmware(Firmware),
    /// To `SamConfiguration`.
    SamConfigured,
    /// To `FieldOff` and `LimitRetries`.
    RfConfigured,
    /// To `ListTargets`: nobody, or up to two.
    Targets(Vec<Target>),
    /// To `Exchange`.
    Exchanged {
        /// How it went.
        status: Status,
        /// What the card said.
        data: &'a [u8],
    },
    /// To `Release`.
    Released(Status),
    /// To `Deselect`.
    Deselected(Status),
}

/// A sound frame whose inner lengths or values do not fit: an error of that frame only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reply does not fit its layout")]
pub struct ReplyError;

impl<'a> Reply<'a> {
    /// The code of the command that the content of a chip's frame claims to answer.
    #[must_use]
    pub fn answers(content: &[u8]) -> Option<u8> {
        content.first().and_then(|code| code.checked_sub(1))
    }

    /// The code of the command that it answers.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Diagnosed(_) => code::DIAGNOSE,
            Self::Firmware(_) => code::GET_FIRMWARE_VERSION,
            Self::SamConfigured => code::SAM_CONFIGURATION,
            Self::RfConfigured => code::RF_CONFIGURATION,
            Self::Targets(_) => code::IN_LIST_PASSIVE_TARGET,
            Self::Exchanged { .. } => code::IN_DATA_EXCHANGE,
            Self::Released(_) => code::IN_RELEASE,
            Self::Deselected(_) => code::IN_DESELECT,
        }
    }

    /// What the content of a chip's frame says.
    ///
    /// # Errors
    /// When it answers no command of ours, or inner lengths or values do not fit.
    pub fn decode(content: &'a [u8]) -> Result<Self, ReplyError> {
        let code = Self::answers(content).ok_or(ReplyError)?;
        let data = content.get(1..).unwrap_or_default();
        match (code, data) {
            (code::DIAGNOSE, [LINE_TEST, data @ ..]) => Ok(Self::Diagnosed(data)),
            (code::GET_FIRMWARE_VERSION, [ic, version, revision, support]) => Ok(Self::Firmware(Firmware {
                ic: *ic,
                version: *version,
                revision: *revision,
                support: *support,
            })),
            (code::SAM_CONFIGURATION, []) => Ok(Self::SamConfigured),
            (code::RF_CONFIGURATION, []) => Ok(Self::RfConfigured),
            (code::IN_LIST_PASSIVE_TARGET, [count @ 0..=2, list @ ..]) => targets(*count, list),
            (code::IN_DATA_EXCHANGE, [status, data @ ..]) => {
                Ok(Self::Exchanged { status: Status::of(*status), data })
            }
            (code::IN_RELEASE, [status]) => Ok(Self::Released(Status::of(*status))),
            (code::IN_DESELECT, [status]) => Ok(Self::Deselected(Status::of(*status))),
            _ => Err(ReplyError),
        }
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `TooLong` when what the card or the host said does not fit one frame.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut content = alloc::vec![self.code() + 1];
        match self {
            Self::Diagnosed(data) => {
                content.push(LINE_TEST);
                content.extend_from_slice(data);
            }
            Self::Firmware(Firmware { ic, version, revision, support }) => {
                content.extend_from_slice(&[*ic, *version, *revision, *support]);
            }
            Self::SamConfigured | Self::RfConfigured => {}
            Self::Targets(targets) => {
                content.push(u8::try_from(targets.len()).map_err(|_| WireError::TooLong)?);
                targets.iter().for_each(|target| target.write(&mut content));
            }
            Self::Exchanged { status, data } => {
                content.push(status.byte());
                content.extend_from_slice(data);
            }
            Self::Released(status) | Self::Deselected(status) => content.push(status.byte()),
        }
        Frame::Information(&content).encode(Side::Chip)
    }
}

/// All cards of a list, or none when one does not fit or bytes are left over: who can be trusted then?
fn targets(count: u8, mut list: &[u8]) -> Result<Reply<'_>, ReplyError> {
    let mut targets = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (target, rest) = Target::split(list).ok_or(ReplyError)?;
        targets.push(target);
        list = rest;
    }
    if list.is_empty() { Ok(Reply::Targets(targets)) } else { Err(ReplyError) }
}
