//! 会话: what every conversation with a reader, a scanner or a scale looks like from outside.
//! Promises: sans-IO; the time is an argument; after each `handle`, `poll` until `Wait` (single-mutation law).
//! A driver needs nothing else to serve a device: it moves bytes, sleeps until `Wait`, and hands events on.
//! Absent: boards on a bus (`relay`), whose orders have answers of their own; ports; debouncing; the yard's rule which key a
//! card number becomes (`contract` section 2), which only the gate knows.
//! Source: str0m's and quinn-proto's shape of a sans-IO protocol; `style` section 2.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::contract::Kg;
use crate::frame::Tally;
use crate::ids::CardUid;
use crate::tick::Tick;

/// What can wake a conversation.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes came.
    Bytes(&'a [u8]),
    /// The line broke off: what is incomplete ends here. Silence between bytes a conversation finds by itself.
    Gap,
    /// The time of the last `Wait` has come.
    Deadline,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Hand this on.
    Event(DeviceEvent),
    /// Nothing more; come again with bytes or at that time.
    Wait(Option<Tick>),
}

/// What a device turned out to be, or reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    /// It answers; what it says it is, for a person.
    Online(Box<str>),
    /// It answers, but is nothing that this conversation speaks.
    Unsupported(Box<str>),
    /// Its settings are ours now.
    Configured,
    /// It refused something; which command and why, for a person.
    Refused(Box<str>),
    /// It does not answer any more, or never did.
    Silent,
    /// Something identified itself.
    Seen(Sighting),
    /// A weight.
    Weight(WeightReading),
}

/// 读数: one identity as one device saw it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Who.
    pub identity: Identity,
    /// Antenna or port as the device says it, if it does.
    pub antenna: Option<u8>,
    /// Signal strength in hundredths of a dBm, where the device's unit is known.
    pub rssi_cdbm: Option<i32>,
    /// Signal strength as the device says it, where no manual gives the unit: larger is stronger.
    pub rssi_raw: Option<u8>,
    /// 标签芯片标识: the tag's own serial number, if it was asked for. Evidence, never a key.
    pub tid: Option<Vec<u8>>,
    /// How sure the device is, in thousandths.
    pub confidence_permille: Option<u16>,
    /// The device says that it saw this so many milliseconds before it told it: buffered, evidence only when old.
    pub age_ms: Option<u64>,
}

impl Sighting {
    /// An identity without anything beside it.
    #[must_use]
    pub const fn of(identity: Identity) -> Self {
        Self {
            identity,
            antenna: None,
            rssi_cdbm: None,
            rssi_raw: None,
            tid: None,
            confidence_permille: None,
            age_ms: None,
        }
    }
}

/// What was seen, as the device's wire gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// 电子车牌: the EPC's bytes, as long as the tag says.
    Epc(Vec<u8>),
    /// IC 卡序列号: in bus order.
    Uid(CardUid),
    /// A number that was read from a card's memory.
    CardText(String),
    /// Facility and card number of a Wiegand frame of so many bits.
    Wiegand {
        /// 26, 34 or 37.
        bits: u8,
        /// Facility code.
        facility: u32,
        /// Card number.
        number: u64,
    },
    /// 条形码.
    Code {
        /// Trimmed; AIM identifier, line ends and FNC1 taken off.
        text: String,
        /// As it came, undecodable bytes replaced; AIM identifier and FNC1 (U+001D) kept.
        raw: String,
    },
    /// 车牌号, as the camera wrote it.
    Plate(String),
    /// 集装箱号, as the camera wrote it.
    Container(String),
    /// 安全智能锁号 and what its reader says of it.
    Seal {
        /// The seal's number.
        number: String,
        /// Its state; `Unknown` is never taken for sealed.
        state: SealState,
    },
}

/// 施封状态: what a seal's reader says. Worse ones come later in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealState {
    /// Closed, and untouched since.
    Sealed,
    /// Open by permission.
    Open,
    /// Opened or cut without permission.
    Tampered,
    /// Not known.
    Unknown,
}

/// 重量: one reading of a scale. Never a guess: what the frame does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightReading {
    /// What the frame says, or why it says no weight.
    pub value: Result<Kg, NoWeight>,
    /// Whether the platform is at rest: as the wire says, or where it does not, as the conversation's own window found.
    /// One frame alone is never at rest: a second one has to agree.
    pub stable: bool,
    /// True for net, false for gross, `None` where the wire does not tell.
    pub net: Option<bool>,
    /// The frame as it came: evidence.
    pub raw: Box<[u8]>,
}

/// Why there is no weight, although the scale lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWeight {
    /// More than the scale can weigh.
    #[error("overload")]
    Overload,
    /// Less than nothing, by more than the scale tolerates.
    #[error("underload")]
    Underload,
    /// Out of range; the wire does not say on which side.
    #[error("out of range")]
    OutOfRange,
    /// The scale has not found its zero since it was switched on.
    #[error("no zero since power-up")]
    NotZeroed,
    /// The scale tells an error of its own, or digits that are none.
    #[error("fault of the scale")]
    Fault,
    /// The display is frozen at an earlier value.
    #[error("display is held")]
    Held,
    /// The display shows finer steps than usual, and makers disagree on where the point is then.
    #[error("display is expanded")]
    Expanded,
    /// The display shows the tare.
    #[error("display shows the tare")]
    Tare,
    /// The display shows pounds or another unit than kg, t and g: never converted.
    #[error("unit is none of kg, t and g")]
    ForeignUnit,
    /// The display shows a fraction of a hundredth of a kilogram, which no record can hold: never rounded.
    #[error("finer than 0.01 kg")]
    TooFine,
}

/// What went over a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames and the bytes that were none.
    pub bytes: Tally,
    /// Sightings and weights told.
    pub readings: u64,
    /// Sound frames whose contents did not fit.
    pub malformed: u64,
    /// Sound frames that were for somebody else.
    pub foreign: u64,
    /// Commands without an answer.
    pub timeouts: u64,
    /// Own commands that the adapter echoed.
    pub echoes: u64,
}

/// One device's conversation.
pub trait Talk {
    /// Takes one input; then `poll` until `Wait`.
    fn handle(&mut self, input: Input<'_>, now: Tick);
    /// The next thing to do.
    fn poll(&mut self) -> Output;
    /// What went over the line so far.
    fn counters(&self) -> Counters;
}
