//! Which lanes a person has closed, by the journal's own records: so that a closed lane is closed after a restart too.
//! Promises: kept in the transaction of the record that says so; it outlives the record, which is trimmed away after some months.
//! Absent on purpose: what a closed lane does (`lane`).

use protocols::{
    contract::{Event, EventType, UtcMillis},
    ids::LaneId,
};
use serde_json::Value;

use super::record::Record;

/// 关闭通道: `do` in the detail of the record by which a person closes a lane.
pub const CLOSE_LANE: &str = "close_lane";
/// 开放通道: the same for opening it again.
pub const OPEN_LANE: &str = "open_lane";

/// 关闭通道: a lane that a person has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedLane {
    /// The lane.
    pub lane_id: LaneId,
    /// The person's number.
    pub by: Box<str>,
    /// When.
    pub at: UtcMillis,
    /// Why, in the person's words.
    pub why: Box<str>,
}

impl ClosedLane {
    /// What the record that closed it says; none when this release cannot read it.
    pub(super) fn of(json: &str) -> Option<Self> {
        let event: Event = serde_json::from_str(json).ok()?;
        let why = event.detail.as_ref().and_then(|detail| detail.get("reason")).and_then(Value::as_str);
        Some(Self {
            lane_id: event.lane_id?,
            by: event.officer_id.unwrap_or_default(),
            at: event.occurred_at,
            why: why.unwrap_or_default().into(),
        })
    }
}

/// What a record says about its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Closed,
    Opened,
}

/// The lane that this record closes or opens. Records of visits never do.
pub(super) fn word(record: &Record) -> Option<(&str, Word)> {
    let is_state = &*record.event_type == EventType::LaneState.code() && record.visit_id.is_none();
    let lane_id = record.lane_id.as_deref().filter(|_| is_state)?;
    let event: Value = serde_json::from_str(&record.json).ok()?;
    match event.pointer("/detail/do")?.as_str()? {
        CLOSE_LANE => Some((lane_id, Word::Closed)),
        OPEN_LANE => Some((lane_id, Word::Opened)),
        _ => None,
    }
}
