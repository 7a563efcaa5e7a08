//! 实时模式: the 288 family's way of telling tags unasked, its parameters and its heartbeat.
//! Promises: a report that does not fit is none; what decodes encodes to the same bytes.
//! Absent: what lies behind the five parameters that every reader has in a report (mask and TID range, whose width
//! differs between readers): kept as it came.
//! Source: UHF RFID Reader Series User Manual V2.20, commands 0x75 to 0x78.

use super::inventory::{QValue, TagSession};
use super::settings::ReadMode;
use alloc::vec::Vec;

/// What kind of tags is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagProtocol {
    /// EPC Gen2, ISO 18000-6C.
    Gen2 = 0,
    /// ISO 18000-6B.
    Iso6b = 1,
}

/// Pause between two inventories of real-time mode: 0 to 4 for 10, 20, 30, 50, 100 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause(u8);

impl Pause {
    /// 10 ms.
    pub const SHORTEST: Self = Self(0);

    const MILLIS: [u8; 5] = [10, 20, 30, 50, 100];

    /// As the wire has it; `None` above 4.
    #[must_use]
    pub const fn of(code: u8) -> Option<Self> {
        if code <= 4 { Some(Self(code)) } else { None }
    }

    /// Milliseconds.
    #[must_use]
    pub fn millis(self) -> u8 {
        Self::MILLIS.get(usize::from(self.0)).copied().unwrap_or(100)
    }
}

/// 实时模式参数: the five that commands 0x75 and 0x77 share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealTime {
    /// What kind of tags.
    pub protocol: TagProtocol,
    /// Pause between two inventories.
    pub pause: Pause,
    /// Seconds for which one tag is not told again.
    pub filter: u8,
    /// How tags take turns.
    pub q: QValue,
    /// Which flag marks a tag as read.
    pub session: TagSession,
}

impl RealTime {
    pub(super) fn parse(data: [u8; 5]) -> Option<Self> {
        let [protocol, pause, filter, q, session] = data;
        let protocol = match protocol {
            0 => TagProtocol::Gen2,
            1 => TagProtocol::Iso6b,
            _ => return None,
        };
        let (pause, session) = (Pause::of(pause)?, TagSession::new(session)?);
        Some(Self { protocol, pause, filter, q: QValue::of(q), session })
    }

    pub(super) const fn bytes(self) -> [u8; 5] {
        [self.protocol as u8, self.pause.0, self.filter, self.q.byte(), self.session.byte()]
    }
}

/// 实时模式应答: the reply to 0x77.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadModeReport<'a> {
    /// When the reader reads.
    pub mode: ReadMode,
    /// With which parameters, if unasked.
    pub real_time: RealTime,
    /// Mask and TID range, as they came.
    pub selection: &'a [u8],
}

impl<'a> ReadModeReport<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let ([mode, head @ ..], selection) = data.split_first_chunk::<6>()?;
        let mode = ReadMode::of(*mode).filter(|mode| *mode != ReadMode::TriggerHigh)?;
        Some(Self { mode, real_time: RealTime::parse(*head)?, selection })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        [&[self.mode as u8][..], &self.real_time.bytes(), self.selection].concat()
    }
}

/// 心跳周期: units of 30 s, 0 to 127; 0 is never. In a command bit 7 says that it is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatTime(u8);

const SET: u8 = 0x80;

impl HeartbeatTime {
    /// Only asks for it.
    pub const ASK: Self = Self(0);

    /// Sets that many units of 30 s; `None` above 127.
    #[must_use]
    pub const fn every(units: u8) -> Option<Self> {
        if units < SET { Some(Self(SET | units)) } else { None }
    }

    /// As the wire has it.
    #[must_use]
    pub const fn of(byte: u8) -> Self {
        Self(byte)
    }

    /// As the wire has it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The units that are to be set; `None` when it only asks.
    #[must_use]
    pub const fn order(self) -> Option<u8> {
        if self.0 & SET != 0 { Some(self.units()) } else { None }
    }

    /// Units of 30 s.
    #[must_use]
    pub const fn units(self) -> u8 {
        self.0 & !SET
    }
}
