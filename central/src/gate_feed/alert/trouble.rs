//! What an alert tells: what is wrong, with its particulars, in the words of both languages.
//! Promises: each trouble has its code and both texts in one table, so that a text in one language only cannot be written; what a gate, a
//! device or customs has said stands in both as it was said.
//! Absent on purpose: translating what was said, which is evidence; and what to do about it, which the pages say by the code.

use protocols::{
    contract::{ChainError, EventType, RaiseOutcome, UtcMillis},
    rules::TripAct,
};

use super::AlertCode;
use crate::declaration::numbering::second_in_china;

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Words {
    /// Both.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// What is wrong, with what a person must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// Two lanes or gates used one trip.
    UsedTwice,
    /// A trip moved that was not approved any more.
    MovedUnapproved,
    /// A vehicle passed by a version that another one has replaced.
    OtherVersion {
        /// The version that the gate knew.
        judged_by: u32,
        /// The one that counts.
        in_force: u32,
    },
    /// A trip under customs hold moved.
    HeldTripMoved,
    /// The vehicle left without its closing pass.
    PassMissing,
    /// An event that the trip's status does not allow.
    OutOfPlace,
    /// A vehicle left empty before the one came in that is inside.
    LeftBeforeEntry,
    /// The entry of a vehicle is told after its exit.
    EntryAfterExit,
    /// An event about a trip that names no lane or visit.
    NoLane,
    /// An event about a trip that customs has never approved.
    NeverApproved,
    /// An event about a trip that is not stored.
    UnknownTrip(EventType),
    /// An event about a trip of an area that does not feed the yard.
    ForeignTrip(EventType),
    /// An event that this version cannot read.
    UnreadableEvent {
        /// Its number.
        seq: u64,
        /// What was found at it.
        why: &'a str,
    },
    /// An event in one gate's journal that names another gate.
    OtherGate {
        /// Its number.
        seq: u64,
        /// The gate that it names.
        named: &'a str,
    },
    /// An event with an `event_id` that another one has.
    RepeatedId {
        /// Its number.
        seq: u64,
    },
    /// A clock that is off.
    ClockOffset {
        /// By how much.
        ms: i64,
    },
    /// A journal that a newer one has replaced is in use again.
    OldJournal {
        /// Its epoch.
        epoch: i64,
        /// That of the newer one.
        in_use: u32,
    },
    /// Events of a journal that is not the gate's present one.
    OldEvents {
        /// Its epoch.
        epoch: u32,
        /// That of the present one.
        in_use: u32,
    },
    /// An event that is stored came again, and tells something else.
    OtherContent {
        /// Its journal's epoch.
        epoch: u32,
        /// Its number.
        seq: u64,
    },
    /// An event that does not hold by itself.
    BrokenEvent(ChainError),
    /// An event that does not name the one before it.
    NotTheNext {
        /// Its number.
        seq: u64,
    },
    /// No loop saw the vehicle pass.
    PassageUnconfirmed,
    /// What became of a barrier that did not rise as told.
    RaiseFailed(RaiseOutcome),
    /// A second vehicle followed through.
    Tailgating,
    /// A device does not work.
    DeviceFault {
        /// Which, as its gate calls it.
        device: Option<&'a str>,
        /// Why, in the words of its gate.
        why: Option<&'a str>,
    },
    /// The gate dropped records.
    Shed,
    /// The gate records in its last room.
    DiskFull,
    /// The gate cannot record.
    NotRecording {
        /// Why, in the words of the gate.
        why: Option<&'a str>,
    },
    /// Lanes of the gate stood still, and it was started anew.
    StoodStill {
        /// Which.
        lanes: Vec<&'a str>,
        /// All that it has.
        all: bool,
    },
    /// The gate's index was not what the centre has, and was put right.
    IndexDiffered {
        /// Rows that were put in place.
        replaced: u64,
        /// Rows that were taken away.
        removed: u64,
        /// Denials that stay at the gate though the centre does not have them.
        kept: u64,
        /// The whole was fetched again.
        fetched: bool,
    },
    /// A certificate was shown that its gate has replaced.
    GateCopied {
        /// Its serial number.
        serial: &'a str,
    },
    /// An expired gate asks for its next certificate.
    GateRenewalWaits {
        /// When the one that it has ended.
        since: UtcMillis,
    },
    /// A customs receipt that changes nothing.
    Receipt {
        /// Why it does not.
        unfit: Unfit,
        /// Its code.
        code: &'a str,
        /// The record that it is about, where the alert names it nowhere else.
        about: Option<&'a str>,
        /// The record's status.
        status: Words,
    },
    /// Declarations stay here; why.
    DeclarationsStay(Words),
    /// Messages of appointments stay here; why, in the gateway's words.
    AppointmentsStay(&'a str),
    /// A file of customs that is put aside.
    BadFile {
        /// Its name.
        name: &'a str,
        /// What is wrong with it.
        why: Words,
    },
}

/// Why a receipt changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody knows its code (SG-165).
    UnknownCode,
    /// The record's status does not allow it (SG-190).
    OutOfPlace,
}

impl Trouble<'_> {
    /// Its code, and what it says: first in Chinese, then in English.
    #[must_use]
    #[rustfmt::skip]
    pub fn told(&self) -> (AlertCode, Words) {
        match self {
            Self::UsedTwice => (AlertCode::DoubleUse, Words::new("同一车次在两处使用", "the trip was used at two places")),
            Self::MovedUnapproved => (AlertCode::LateFact, Words::new("单证未审批通过，车次却发生了过卡", "the trip moved although its record was not approved")),
            Self::OtherVersion { judged_by, in_force } => (AlertCode::LateFact, Words::new(
                format!("车辆按第 {judged_by} 版通过，而生效的是第 {in_force} 版"),
                format!("the vehicle passed by version {judged_by}, but version {in_force} is in force"))),
            Self::HeldTripMoved => (AlertCode::HeldTripMoved, Words::new("海关布控中的车次发生了过卡", "a trip under customs hold moved")),
            Self::PassMissing => (AlertCode::PassMissing, Words::new("车辆已离场，始终未收到其办结过卡", "the vehicle left, its closing pass never came")),
            Self::OutOfPlace => (AlertCode::OutOfPlace, Words::new("事件与车次的状态不符", "the event makes no sense in the trip's status")),
            Self::LeftBeforeEntry => (AlertCode::OutOfPlace, Words::new("空车离场早于该车次最近一次进场", "the vehicle left empty before the trip's last entry")),
            Self::EntryAfterExit => (AlertCode::OutOfPlace, Words::new("车辆已空车离场，其进场事件迟到", "the entry of a vehicle that has left empty was told after its exit")),
            Self::NoLane => (AlertCode::OutOfPlace, Words::new("事件未注明通道或通道会话号", "the event names no lane or visit")),
            Self::NeverApproved => (AlertCode::OutOfPlace, Words::new("车次从未审批通过", "the trip was never approved")),
            Self::UnknownTrip(event) => (AlertCode::UnknownTrip, Words::new(
                format!("“{}”事件所指的车次在中心不存在", name_zh(*event)),
                format!("{} names a trip that is not stored", event.code()))),
            Self::ForeignTrip(event) => (AlertCode::ForeignTrip, Words::new(
                format!("“{}”事件所指车次的关区不向该场所下发数据", name_zh(*event)),
                format!("{} names a trip of an area that does not feed the yard", event.code()))),
            Self::UnreadableEvent { seq, why } => (AlertCode::UnreadableEvent, Words::new(
                format!("第 {seq} 号事件无法识别：{why}"), format!("event {seq} cannot be read: {why}"))),
            Self::OtherGate { seq, named } => (AlertCode::UnreadableEvent, Words::new(
                format!("第 {seq} 号事件无法识别：其中的卡口是 {named}"), format!("event {seq} cannot be read: it names gate {named}"))),
            Self::RepeatedId { seq } => (AlertCode::DuplicateEventId, Words::new(
                format!("第 {seq} 号事件的 event_id 已有其他事件使用"), format!("event {seq} repeats an event_id"))),
            Self::ClockOffset { ms } => (AlertCode::ClockOffset, Words::new(
                format!("卡口时钟偏差 {ms} 毫秒"), format!("the gate's clock is off by {ms} ms"))),
            Self::OldJournal { epoch, in_use } => (AlertCode::Fork, Words::new(
                format!("第 {epoch} 份事件日志再次出现，而正在使用的是第 {in_use} 份"),
                format!("a journal of epoch {epoch} came back while epoch {in_use} is in use"))),
            Self::OldEvents { epoch, in_use } => (AlertCode::Fork, Words::new(
                format!("收到第 {epoch} 份事件日志的事件，而正在使用的是第 {in_use} 份"),
                format!("events of epoch {epoch} came while epoch {in_use} is in use"))),
            Self::OtherContent { epoch, seq } => (AlertCode::Fork, Words::new(
                format!("第 {epoch} 份事件日志的第 {seq} 号事件再次送达，内容却不同"),
                format!("event {seq} of epoch {epoch} came again with another content"))),
            Self::BrokenEvent(why) => (AlertCode::BrokenChain, Words::new(broken_zh(why), why.to_string())),
            Self::NotTheNext { seq } => (AlertCode::BrokenChain, Words::new(
                format!("第 {seq} 号事件与已存的上一事件不衔接"), format!("event {seq} does not follow from the stored one before it"))),
            Self::PassageUnconfirmed => (AlertCode::PassageUnconfirmed, Words::new("没有线圈确认车辆已通过", "no loop confirmed that the vehicle passed")),
            Self::RaiseFailed(outcome) => {
                let (zh, en) = became(*outcome);
                (AlertCode::RaiseFailed, Words::new(
                    format!("已令栏杆抬起，结果：{zh}"), format!("the barrier was told to rise, the outcome is {en}")))
            }
            Self::Tailgating => (AlertCode::Tailgating, Words::new("另有一辆车跟随通过", "a second vehicle followed through")),
            Self::DeviceFault { device, why } => (AlertCode::DeviceFault, Words::new(
                format!("{} 无法工作：{}", device.unwrap_or("某设备"), why.unwrap_or("原因不明")),
                format!("{} does not work: {}", device.unwrap_or("a device"), why.unwrap_or("unknown")))),
            Self::Shed => (AlertCode::Shed, Words::new("卡口已按规定丢弃部分记录", "the gate dropped records by policy")),
            Self::DiskFull => (AlertCode::GateDiskFull, Words::new(
                "卡口磁盘已满：正在使用预留空间记录，用尽后不再自动放行",
                "the gate's disk is full: it records in the room that is kept for that, and when this is used up nothing opens there by itself")),
            Self::NotRecording { why } => (AlertCode::GateNotRecording, Words::new(
                format!("卡口无法记录事件，不再自动放行：{}", why.unwrap_or("原因不明")),
                format!("the gate cannot record, and nothing opens there by itself: {}", why.unwrap_or("unknown")))),
            Self::StoodStill { lanes, all } => {
                let (zh, en) = match all {
                    true => ("所有通道".to_owned(), "every lane".to_owned()),
                    false => (format!("通道 {} ", lanes.join("、")), format!("lane {}", lanes.join(", "))),
                };
                (AlertCode::GateStoodStill, Words::new(
                    format!("卡口{zh}停滞，程序已自动重新启动"),
                    format!("the gate was started anew, because {en} stood still")))
            }
            Self::IndexDiffered { replaced, removed, kept, fetched } => {
                let (zh, en) = if *fetched { ("，并重新获取了快照", "; the whole was fetched again") } else { ("", "") };
                (AlertCode::IndexDiffered, Words::new(
                    format!("卡口索引与中心不一致：已更正 {replaced} 条，删除 {removed} 条，保留黑名单 {kept} 条{zh}"),
                    format!("the gate's index differed from the centre's: {replaced} rows replaced, {removed} removed, {kept} denials kept{en}")))
            }
            Self::GateCopied { serial } => (AlertCode::GateCopied, Words::new(
                format!("有人出示了证书 {serial}，而该卡口已换用新证书"),
                format!("somebody shows certificate {serial}, which this gate has replaced"))),
            Self::GateRenewalWaits { since } => (AlertCode::GateRenewalWaits, Words::new(
                format!("证书已于 {} 到期；下一份证书须由管理员批准", second_in_china(*since)),
                format!("the certificate expired at {since}; an administrator must approve the next"))),
            Self::Receipt { unfit, code, about, status } => {
                let (zh, en) = about.map_or_else(Default::default, |number| (format!("关于 {number} 的"), format!("about {number} ")));
                let alert_code = match unfit {
                    Unfit::UnknownCode => AlertCode::UnknownReceipt,
                    Unfit::OutOfPlace => AlertCode::ReceiptOutOfPlace,
                };
                (alert_code, Words::new(
                    format!("{zh}海关回执 {code} 未引起变化，单证状态：{}", status.zh),
                    format!("customs receipt {code} {en}changes nothing in status {}", status.en)))
            }
            Self::DeclarationsStay(why) => (AlertCode::DeliveryFailing, Words::new(
                format!("申报无法送达海关：{}", why.zh), format!("declarations do not reach customs: {}", why.en))),
            Self::AppointmentsStay(why) => (AlertCode::DeliveryFailing, Words::new(
                format!("预约申请单的报文无法送达海关：{why}"), format!("messages of appointments do not reach customs: {why}"))),
            Self::BadFile { name, why } => (AlertCode::BadReceiptFile, Words::new(
                format!("回执文件 {name} 已移入 bad/：{}", why.zh), format!("receipt file {name} is in bad/: {}", why.en))),
        }
    }
}

/// The event as the pages call it; only those that are about trips are told of here.
fn name_zh(event: EventType) -> &'static str {
    event.trip_act().map_or(event.code(), |act| match act {
        TripAct::Match => "匹配",
        TripAct::Pass => "放行",
        TripAct::Refuse => "拒绝",
        TripAct::ManualRelease => "人工放行",
        TripAct::EmptyExit => "空车离场",
        TripAct::LeftPort => "已口岸离场",
    })
}

/// In Chinese and in English.
const fn became(outcome: RaiseOutcome) -> (&'static str, &'static str) {
    match outcome {
        RaiseOutcome::Raised => ("已抬起", "raised"),
        RaiseOutcome::Refused => ("拒绝动作", "refused"),
        RaiseOutcome::TimedOut => ("动作超时", "timed out"),
        RaiseOutcome::Unknown => ("结果不明", "unknown"),
    }
}

/// What the error says, in Chinese.
fn broken_zh(why: &ChainError) -> String {
    match why {
        ChainError::NotAnObject => "事件不是 JSON 对象".to_owned(),
        ChainError::Member(name) => format!("事件的数据项 \"{name}\" 缺失或格式有误"),
        ChainError::Altered { seq, named, computed } => {
            format!("第 {seq} 号事件注明的哈希是 {named}，按其内容计算却是 {computed}")
        }
        ChainError::NotCanonical => "事件无法写成规范形式".to_owned(),
    }
}
