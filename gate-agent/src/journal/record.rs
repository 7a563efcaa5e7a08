//! A record: the sealed event as it crosses the line, with copies of the few members that queries need.
//! Promises: the copies can be compared with the event at any time (`holds_after`), so a changed copy shows.

use std::sync::Arc;

use protocols::{
    contract::{Event, EventType, GateAct, Hash, RawEvent, UtcMillis},
    ids::{LaneId, TripNo, VisitId},
    rules::LaneDirection,
};
use serde_json::Value;

use super::error::StoreError;

/// 事件记录: one row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 1 in each epoch, without gaps.
    pub seq: u64,
    /// 事件类型, its string on the wire.
    pub event_type: Box<str>,
    /// The lane.
    pub lane_id: Option<Box<str>>,
    /// `IN` or `OUT`.
    pub lane_direction: Option<Box<str>>,
    /// The passage.
    pub visit_id: Option<Box<str>>,
    /// 车次确认编号.
    pub trip_no: Option<Box<str>>,
    /// Wall time, for trimming.
    pub occurred_at: UtcMillis,
    /// The event's own hash.
    pub hash: Hash,
    /// The event exactly as it was sealed and as it is sent.
    pub json: String,
}

impl Record {
    /// The record of a sealed event.
    #[must_use]
    pub fn of(event: &Event, json: String) -> Self {
        Self {
            seq: event.seq,
            event_type: event.event_type.code().into(),
            lane_id: event.lane_id.as_ref().map(|lane| lane.as_str().into()),
            lane_direction: event.lane_direction.map(|direction| direction.code().into()),
            visit_id: event.visit_id.as_ref().map(|visit| visit.as_str().into()),
            trip_no: event.trip_no.as_ref().map(|trip| trip.as_str().into()),
            occurred_at: event.occurred_at,
            hash: event.hash,
            json,
        }
    }

    /// What it does to a trip, by its copies.
    #[must_use]
    pub fn act(&self) -> Option<GateAct> {
        let [trip_no, lane_direction, lane_id, visit_id] =
            [&self.trip_no, &self.lane_direction, &self.lane_id, &self.visit_id].map(Option::as_deref);
        act(self.seq, &self.event_type, [trip_no, lane_direction, lane_id, visit_id])
    }

    /// What its event notes as following it (`recover::then_leaves`).
    pub(super) fn then(&self) -> Option<String> {
        let event: Value = serde_json::from_str(&self.json).ok()?;
        event.pointer("/detail/then")?.as_str().map(str::to_owned)
    }

    /// Verifies that this record follows (`seq`, `hash`) in `epoch` and that its copies equal its event.
    ///
    /// # Errors
    /// [`StoreError::Broken`] with this place's number and what does not hold.
    pub fn holds_after(&self, epoch: Option<u32>, seq: u64, hash: &Hash) -> Result<RawEvent, StoreError> {
        let expected = seq.saturating_add(1);
        let broken = |what: &str| StoreError::Broken { seq: expected, what: Arc::from(what) };
        if self.seq != expected {
            return Err(broken(&format!("the next record found is {}", self.seq)));
        }
        let value: Value = serde_json::from_str(&self.json).map_err(|_| broken("it is not JSON"))?;
        let raw = RawEvent::verify(value).map_err(|error| broken(&error.to_string()))?;
        // The stored text is what was sealed, byte for byte: other spellings of the same members are edits too.
        let as_sealed = Value::Object(raw.members.clone()).to_string();
        if as_sealed != self.json {
            return Err(broken("its text is not the one that was sealed"));
        }
        if raw.prev_hash != *hash {
            return Err(broken("it does not follow the record before it"));
        }
        if Some(raw.epoch) != epoch {
            return Err(broken("it is of another epoch"));
        }
        if !self.copies_equal(&raw) {
            return Err(broken("a column differs from the event"));
        }
        Ok(raw)
    }

    fn copies_equal(&self, raw: &RawEvent) -> bool {
        let text = |name: &str| raw.members.get(name).and_then(Value::as_str);
        let at = text("occurred_at").and_then(|at| UtcMillis::parse(at).ok());
        raw.seq == self.seq
            && raw.hash == self.hash
            && text("event_type") == Some(&self.event_type)
            && text("lane_id") == self.lane_id.as_deref()
            && text("lane_direction") == self.lane_direction.as_deref()
            && text("visit_id") == self.visit_id.as_deref()
            && text("trip_no") == self.trip_no.as_deref()
            && at == Some(self.occurred_at)
    }
}

/// What an event of this type does to a trip, by its copies of trip, direction, lane and visit; none for one that names a trip and does nothing to it.
pub(super) fn act(seq: u64, event_type: &str, copies: [Option<&str>; 4]) -> Option<GateAct> {
    let [trip_no, lane_direction, lane_id, visit_id] = copies;
    let event_type = *EventType::ALL.iter().find(|known| known.code() == event_type)?;
    event_type.trip_act()?;
    Some(GateAct {
        seq,
        event_type,
        trip_no: TripNo::parse(trip_no?).ok()?,
        lane_id: LaneId::parse(lane_id?).ok()?,
        lane_direction: LaneDirection::parse(lane_direction?).ok()?,
        visit_id: VisitId::parse(visit_id?).ok()?,
    })
}
