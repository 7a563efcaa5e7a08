//! 卡口事件: one thing that happened at a gate, as it crosses the line and as the journal keeps it.
//! Rules for change: a new type or member may come at any time; a reader that does not know it keeps the raw record.
//! Source: spec SG-234..SG-245, SG-254; `contract` section 3, "Events".

use alloc::{
    borrow::ToOwned,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{time::UtcMillis, weight::Kg};
use crate::{
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::{LaneDirection, Mode, ReasonCode, TripAct, Verdict},
};

/// 事件类型.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    /// 抵达 (SG-234).
    Arrival,
    /// 匹配 (SG-235).
    Match,
    /// 放行 (SG-236).
    Pass,
    /// 拒绝 (SG-237, SG-238).
    Refuse,
    /// 人工放行 (SG-239).
    ManualRelease,
    /// 空车离场 (SG-241).
    EmptyExit,
    /// 已口岸离场 (SG-242).
    LeftPort,
    /// The barrier is about to be raised; durable before the pulse.
    RaiseIntent,
    /// What became of it.
    RaiseOutcome,
    /// A second vehicle followed through.
    Tailgating,
    /// A device stopped working.
    DeviceFault,
    /// It works again.
    DeviceOk,
    /// The lane holds, with its reason, or is free again.
    LaneState,
    /// Records were dropped by policy: what and how many.
    Shed,
    /// The clock was found wrong or set.
    Clock,
    /// The index was found to differ from the centre's: what was put right.
    IndexRepaired,
    /// The agent started.
    Started,
    /// The agent stopped in order.
    Stopped,
}

impl EventType {
    /// Every type.
    pub const ALL: &'static [Self] = &[
        Self::Arrival,
        Self::Match,
        Self::Pass,
        Self::Refuse,
        Self::ManualRelease,
        Self::EmptyExit,
        Self::LeftPort,
        Self::RaiseIntent,
        Self::RaiseOutcome,
        Self::Tailgating,
        Self::DeviceFault,
        Self::DeviceOk,
        Self::LaneState,
        Self::Shed,
        Self::Clock,
        Self::IndexRepaired,
        Self::Started,
        Self::Stopped,
    ];

    /// The string on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arrival => "ARRIVAL",
            Self::Match => "MATCH",
            Self::Pass => "PASS",
            Self::Refuse => "REFUSE",
            Self::ManualRelease => "MANUAL_RELEASE",
            Self::EmptyExit => "EMPTY_EXIT",
            Self::LeftPort => "LEFT_PORT",
            Self::RaiseIntent => "RAISE_INTENT",
            Self::RaiseOutcome => "RAISE_OUTCOME",
            Self::Tailgating => "TAILGATING",
            Self::DeviceFault => "DEVICE_FAULT",
            Self::DeviceOk => "DEVICE_OK",
            Self::LaneState => "LANE_STATE",
            Self::Shed => "SHED",
            Self::Clock => "CLOCK",
            Self::IndexRepaired => "INDEX_REPAIRED",
            Self::Started => "STARTED",
            Self::Stopped => "STOPPED",
        }
    }

    /// What it does to a trip, for the types that do something.
    #[must_use]
    pub const fn trip_act(self) -> Option<TripAct> {
        match self {
            Self::Match => Some(TripAct::Match),
            Self::Pass => Some(TripAct::Pass),
            Self::Refuse => Some(TripAct::Refuse),
            Self::ManualRelease => Some(TripAct::ManualRelease),
            Self::EmptyExit => Some(TripAct::EmptyExit),
            Self::LeftPort => Some(TripAct::LeftPort),
            Self::Arrival
            | Self::RaiseIntent
            | Self::RaiseOutcome
            | Self::Tailgating
            | Self::DeviceFault
            | Self::DeviceOk
            | Self::LaneState
            | Self::Shed
            | Self::Clock
            | Self::IndexRepaired
            | Self::Started
            | Self::Stopped => None,
        }
    }
}

/// What became of a raise command (`RAISE_OUTCOME`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaiseOutcome {
    /// The barrier reached its open limit.
    Raised,
    /// The controller refused the command.
    Refused,
    /// No answer, or the limit was not reached in time; never repeated by itself.
    TimedOut,
    /// The agent stopped between intent and outcome; never pulsed again by itself.
    Unknown,
}

/// One event (SG-245). Members that are `None` are sent as `null`, those that are empty are left out where marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// UUID, fixed once, before the first send.
    pub event_id: Box<str>,
    /// The gate.
    pub gate_id: GateId,
    /// The lane; none for what concerns the whole gate.
    pub lane_id: Option<LaneId>,
    /// The way it leads.
    pub lane_direction: Option<LaneDirection>,
    /// The passage.
    pub visit_id: Option<VisitId>,
    /// The gate's journal file; a new one when it had to be replaced.
    pub epoch: u32,
    /// From 1 in each epoch, without gaps, over all types.
    pub seq: u64,
    /// The gate's wall clock.
    pub occurred_at: UtcMillis,
    /// What happened.
    pub event_type: EventType,
    /// 判定结果.
    pub verdict: Option<Verdict>,
    /// 采集方式.
    pub mode: Option<Mode>,
    /// 车次确认编号 of the matched trip.
    pub trip_no: Option<TripNo>,
    /// Its effective version then.
    pub version_no: Option<u32>,
    /// All that was read.
    pub reads: Reads,
    /// Why.
    pub reason_code: Option<ReasonCode>,
    /// The person who acted.
    pub officer_id: Option<Box<str>>,
    /// References of pictures.
    pub images: Vec<String>,
    /// The index that was asked; none before the first snapshot.
    pub index_revision: Option<u64>,
    /// Its age when it was asked, in seconds (SG-209).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_age_s: Option<u64>,
    /// Of a `RAISE_OUTCOME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RaiseOutcome>,
    /// Facts of the type's own: device and fault, counts, what was expected beside what was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
    /// All that the decision took which this event records, so that it can be made again (decision 0085).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<serde_json::Value>,
    /// Monotonic microseconds since the agent's machine started.
    pub mono_us: u64,
    /// Gate's clock minus centre's clock, as last measured (SG-254).
    pub clock_offset_ms: Option<i64>,
    /// The hash of the event before; zeros for the first of an epoch.
    pub prev_hash: Hash,
    /// SHA-256 over `prev_hash` and the RFC 8785 bytes of all other members.
    pub hash: Hash,
}

/// 采集信息: everything that was read of one vehicle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// 车牌.
    pub plate: Option<ReadValue>,
    /// 电子车牌.
    pub e_plate: Option<ReadValue>,
    /// IC 卡.
    pub ic_card: Option<ReadValue>,
    /// 条形码.
    pub barcode: Option<ReadValue>,
    /// 箱号.
    pub containers: Vec<ReadValue>,
    /// 关锁号.
    pub seals: Vec<ReadValue>,
    /// 毛重.
    pub gross_kg: Option<Kg>,
    /// Further media of a type that was read more than once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ReadValue>,
}

/// One reading: the key by rule, and what the device really said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadValue {
    /// The key, or the number read.
    pub value: String,
    /// The device's own confidence in thousandths; a JSON number from 0 to 1 on the wire, none when the device gives none.
    #[serde(with = "per_mille")]
    pub confidence: Option<u16>,
    /// The reading as it came, when it differs from `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Which device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// TID of an electronic plate, evidence only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
}

mod per_mille {
    use super::{Deserialize, Deserializer, Serializer, de};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde calls"
    )]
    pub(super) fn serialize<S: Serializer>(value: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(per_mille) => serializer.serialize_f64(f64::from(*per_mille) / 1000.0),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
        match Option::<f64>::deserialize(deserializer)? {
            None => Ok(None),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the guard bounds it"
            )]
            Some(part) if (0.0..=1.0).contains(&part) => Ok(Some((part * 1000.0 + 0.5) as u16)),
            Some(part) => Err(de::Error::custom(alloc::format!("confidence {part} is not between 0 and 1"))),
        }
    }
}

/// 32 bytes of SHA-256, 64 lower-case hex digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// A text that is not 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a hash of 64 lower-case hex digits")]
pub struct NotAHash(pub String);

impl Hash {
    /// The hash before the first event of an epoch.
    pub const ZERO: Self = Self([0; 32]);

    /// Reads 64 lower-case hex digits.
    ///
    /// # Errors
    /// [`NotAHash`] for anything else, upper case included: one hash has one spelling.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        let refused = || NotAHash(text.chars().take(70).collect());
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(refused());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| refused())?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?.to_owned()).map_err(de::Error::custom)
    }
}
