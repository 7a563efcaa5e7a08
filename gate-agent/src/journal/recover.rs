//! What a crash left unfinished: visits that began something and have no end.
//! Promises: pure; found by an index, so a start is as short after 90 days as after one.
//! Absent on purpose: writing the ends; the lane knows what an interrupted visit means.
//! Source: `contract` section 3 ("After a crash an intent without outcome gets `RAISE_OUTCOME unknown`").

use std::collections::BTreeSet;

use protocols::{
    contract::{Event, EventType, Reads},
    ids::VisitId,
};

use serde_json::{Value, json};

use super::{
    closed::ClosedLane,
    draft::{LaneRef, TripRef},
    record::Record,
    store::Head,
};

/// What the journal found when it was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The end of the chain, this start already counted.
    pub head: Head,
    /// Visits to be settled, in the order of their first record.
    pub unsettled: Vec<Unsettled>,
    /// Lanes that a person has closed.
    pub closed: Vec<ClosedLane>,
    /// Release codes that have opened.
    pub used_codes: BTreeSet<Box<str>>,
}

/// 未结束的过卡: a visit that began and has no end.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// The visit.
    pub visit_id: VisitId,
    /// Its lane, as far as it was recorded.
    pub lane: Option<LaneRef>,
    /// The trip of its last event that named one.
    pub trip: Option<TripRef>,
    /// What was read, as its last event with reads has it.
    pub reads: Reads,
    /// All its events that this version can read, in order.
    pub events: Vec<Event>,
}

impl Unsettled {
    /// Whether it has an event of this type.
    #[must_use]
    pub fn has(&self, event_type: EventType) -> bool {
        self.events.iter().any(|event| event.event_type == event_type)
    }

    /// True when it passed by a record that says that `LEFT_PORT` follows, and that does not stand here.
    #[must_use]
    pub fn departure_missing(&self) -> bool {
        let leaves = |event: &Event| event.detail.as_ref().is_some_and(leaves);
        let passed = |event: &Event| matches!(event.event_type, EventType::Pass | EventType::LaneState);
        self.events.iter().any(|event| passed(event) && leaves(event)) && !self.has(EventType::LeftPort)
    }

    /// True when some event of it announces a `LEFT_PORT` that does not stand here; the vehicle may be there yet.
    #[must_use]
    pub fn departure_announced(&self) -> bool {
        let announces = |event: &Event| event.detail.as_ref().is_some_and(leaves);
        self.events.iter().any(announces) && !self.has(EventType::LeftPort) && !self.has(EventType::Refuse)
    }

    /// True when the last `RAISE_INTENT` has no `RAISE_OUTCOME` after it.
    #[must_use]
    pub fn outcome_missing(&self) -> bool {
        let last = |wanted| self.events.iter().rposition(|event| event.event_type == wanted);
        match (last(EventType::RaiseIntent), last(EventType::RaiseOutcome)) {
            (Some(intent), Some(outcome)) => intent > outcome,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// What a `PASS` or a release notes when the trip leaves the port by it: the visit is over only with its `LEFT_PORT`, which waits
/// for the closed barrier (SG-242), or with the `REFUSE` of a vehicle that did not go.
pub fn then_leaves() -> Value {
    json!({ "then": EventType::LeftPort.code() })
}

fn leaves(detail: &Value) -> bool {
    detail.get("then").and_then(Value::as_str) == Some(EventType::LeftPort.code())
}

/// Whether a visit with these (event type, `then` of its detail), in order, still waits for something: an outcome for its last
/// intent, an end (`PASS`, `REFUSE`, `MANUAL_RELEASE`, `EMPTY_EXIT`) after its last match or raise, or the `LEFT_PORT` that its
/// end announced. A release recorded before its own raise is an end, but does not excuse the missing outcome.
pub(super) fn is_unsettled(events: &[(String, Option<String>)]) -> bool {
    let (mut begun, mut ended, mut raising, mut leaving) = (false, false, false, false);
    for (event_type, then) in events {
        leaving |= then.as_deref() == Some(EventType::LeftPort.code());
        match event_type.as_str() {
            "LEFT_PORT" => leaving = false,
            "REFUSE" => (ended, leaving) = (true, false),
            "MATCH" => (begun, ended) = (true, false),
            "RAISE_INTENT" => (begun, raising) = (true, true),
            "RAISE_OUTCOME" => (begun, raising) = (true, false),
            "PASS" | "MANUAL_RELEASE" | "EMPTY_EXIT" => ended = true,
            _ => {}
        }
    }
    raising || leaving || (begun && !ended)
}

/// Groups records by visit; a record that this version cannot read is left out (the chain still holds it).
pub(super) fn gather(records: &[Record]) -> Vec<Unsettled> {
    let mut visits: Vec<Unsettled> = Vec::new();
    for record in records {
        let Ok(event) = serde_json::from_str::<Event>(&record.json) else { continue };
        let Some(visit_id) = event.visit_id.clone() else { continue };
        let place = visits.iter().position(|visit| visit.visit_id == visit_id).unwrap_or_else(|| {
            let reads = Reads::default();
            visits.push(Unsettled { visit_id, lane: None, trip: None, reads, events: Vec::new() });
            visits.len() - 1
        });
        if let Some(visit) = visits.get_mut(place) {
            take(visit, event);
        }
    }
    visits.sort_by_key(|visit| visit.events.first().map_or(u64::MAX, |event| event.seq));
    visits
}

fn take(visit: &mut Unsettled, event: Event) {
    if let (Some(lane_id), Some(direction)) = (event.lane_id.clone(), event.lane_direction) {
        visit.lane = Some(LaneRef { lane_id, direction });
    }
    if let (Some(trip_no), Some(version_no)) = (event.trip_no, event.version_no) {
        visit.trip = Some(TripRef { trip_no, version_no });
    }
    if event.reads != Reads::default() {
        visit.reads = event.reads.clone();
    }
    visit.events.push(event);
}
