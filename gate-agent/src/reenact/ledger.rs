//! The journal's side of a re-enactment: its visits with what was decided, what that rested on, and what persons did.
//! Promises: a record of another release is skipped, never guessed at; the order of the records is kept.

use std::{collections::HashMap, ops::RangeInclusive};

use protocols::{
    contract::{Event, EventType, RaiseOutcome},
    ids::{LaneId, TripNo, VisitId},
    rules::{ReasonCode, Verdict},
    tick::Tick,
};

use crate::{
    decision::{Basis, BasisError},
    journal::{CLOSE_LANE, ClosedLane, Draft, OPEN_LANE, TripRef},
    lane::Deed,
};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// 判定结果.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// The trip that its record names.
    pub trip_no: Option<TripNo>,
}

/// A decision's record has a basis; that a vehicle left before it is the lane's own word, and has none.
fn is_decision(event_type: EventType, reason: Option<ReasonCode>, has_basis: bool) -> bool {
    let backed_out = event_type == EventType::Refuse && reason == Some(ReasonCode::BackedOut);
    let says = matches!(event_type, EventType::RaiseIntent | EventType::Refuse | EventType::LaneState);
    backed_out || (says && has_basis)
}

impl Decided {
    pub(super) fn by(draft: &Draft) -> Option<Self> {
        let trip_no = draft.trip.as_ref().map(|trip| trip.trip_no);
        let decided = Self { verdict: draft.verdict, reason: draft.reason, trip_no };
        is_decision(draft.event_type, draft.reason, draft.basis.is_some()).then_some(decided)
    }

    fn recorded(event: &Event) -> Option<Self> {
        let decided = Self { verdict: event.verdict, reason: event.reason_code, trip_no: event.trip_no };
        is_decision(event.event_type, event.reason_code, event.basis.is_some()).then_some(decided)
    }
}

/// A basis and when its decision was made, on both clocks.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) at: Tick,
    pub(super) wall_ms: i64,
    pub(super) basis: Basis,
}

/// What a person did in a visit.
#[derive(Clone, Debug)]
pub(super) struct Did {
    pub(super) at: Tick,
    pub(super) what: Deed,
    pub(super) trip: Option<TripRef>,
    pub(super) by: Box<str>,
}

/// A visit as the journal has it.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) visit_id: VisitId,
    pub(super) lane_id: LaneId,
    pub(super) arrived: Tick,
    pub(super) wall_ms: i64,
    pub(super) last: Tick,
    pub(super) decided: Vec<Decided>,
    pub(super) known: Vec<Known>,
    pub(super) did: Vec<Did>,
    /// When a raise was given up before its pulse.
    pub(super) withdrawn: Vec<Tick>,
    /// Why it cannot be compared.
    pub(super) hindrance: Option<String>,
}

/// A lane that a person closed or opened.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) at: Tick,
    pub(super) wall_ms: i64,
    pub(super) lane_id: LaneId,
    pub(super) closed: Option<ClosedLane>,
    pub(super) by: Box<str>,
}

/// 日志 as a re-enactment needs it.
#[derive(Debug, Default)]
pub struct Ledger {
    pub(super) visits: Vec<Recorded>,
    pub(super) set: Vec<Set>,
    places: HashMap<VisitId, usize>,
    /// Wall times of the agent's starts.
    started: Vec<i64>,
    /// First and last record's wall time.
    span: Option<(i64, i64)>,
}

impl Ledger {
    /// Takes the next record in, as its JSON. `within` says which wall times are of any use.
    pub fn take(&mut self, json: &str, within: &RangeInclusive<i64>) {
        let Ok(event) = serde_json::from_str::<Event>(json) else { return };
        let wall_ms = event.occurred_at.as_millis();
        let (first, last) = self.span.unwrap_or((wall_ms, wall_ms));
        self.span = Some((first.min(wall_ms), last.max(wall_ms)));
        // Whether a lane is closed may have been said long before.
        if let Some(set) = set(&event) {
            self.set.push(set);
        }
        if !within.contains(&wall_ms) {
            return;
        }
        if event.event_type == EventType::Started {
            self.started.push(wall_ms);
        }
        let (Some(visit_id), Some(lane_id)) = (&event.visit_id, &event.lane_id) else { return };
        let place = match self.places.get(visit_id) {
            Some(place) => *place,
            None => {
                let hindrance = (event.event_type != EventType::Arrival)
                    .then(|| "the journal at hand does not have its arrival".to_owned());
                self.visits.push(Recorded {
                    visit_id: visit_id.clone(),
                    lane_id: lane_id.clone(),
                    arrived: Tick::from_micros(event.mono_us),
                    wall_ms,
                    last: Tick::from_micros(event.mono_us),
                    decided: Vec::new(),
                    known: Vec::new(),
                    did: Vec::new(),
                    withdrawn: Vec::new(),
                    hindrance,
                });
                let place = self.visits.len() - 1;
                self.places.insert(visit_id.clone(), place);
                place
            }
        };
        if let Some(visit) = self.visits.get_mut(place) {
            // What was left by an earlier run of the agent goes on by what that run knew.
            let restarted = self.started.iter().any(|start| (visit.wall_ms + 1..=wall_ms).contains(start));
            if restarted {
                visit.hinder("the agent was started again meanwhile");
            }
            visit.take(&event);
        }
    }

    /// Wall times of its first and its last record.
    #[must_use]
    pub const fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    /// Whether a person had closed that lane by then.
    pub(super) fn closed(&self, lane_id: &LaneId, wall_ms: i64) -> Option<ClosedLane> {
        let before = self.set.iter().filter(|set| set.lane_id == *lane_id && set.wall_ms < wall_ms);
        before.max_by_key(|set| set.wall_ms).and_then(|set| set.closed.clone())
    }
}

impl Recorded {
    fn hinder(&mut self, why: &str) {
        self.hindrance.get_or_insert_with(|| why.to_owned());
    }

    fn take(&mut self, event: &Event) {
        let at = Tick::from_micros(event.mono_us);
        self.last = self.last.max(at);
        if let Some(decided) = Decided::recorded(event) {
            self.decided.push(decided);
        }
        match Basis::recorded(event) {
            Ok(basis) => {
                let by = event.officer_id.clone().unwrap_or_default();
                if let Some(chosen) = basis.chosen.filter(|chosen| !self.has_chosen(*chosen)) {
                    self.did.push(Did { at, what: Deed::Choose(chosen), trip: None, by });
                }
                self.known.push(Known { at, wall_ms: event.occurred_at.as_millis(), basis });
            }
            Err(BasisError::Absent) => {
                let by_itself = event.event_type == EventType::RaiseIntent && event.officer_id.is_none();
                if by_itself && event.verdict == Some(Verdict::Pass) {
                    self.hinder("its agent kept no basis");
                }
            }
            Err(error) => self.hinder(&error.to_string()),
        }
        match event.reason_code {
            Some(ReasonCode::ReadCorrected) => self.hinder("a person corrected a reading"),
            Some(ReasonCode::JournalUnavailable) => self.hinder("the journal could not be written"),
            Some(ReasonCode::IndexCorrupt) => self.hinder("the index could not be asked"),
            _ => {}
        }
        match (event.event_type, event.outcome) {
            (EventType::RaiseOutcome, Some(RaiseOutcome::Unknown)) => {
                self.hinder("the agent was started again meanwhile");
            }
            (EventType::RaiseOutcome, Some(RaiseOutcome::Refused)) if event.detail.is_some() => {
                self.withdrawn.push(at);
            }
            _ => {}
        }
        self.did.extend(did(event, at));
    }

    fn has_chosen(&self, trip_no: TripNo) -> bool {
        self.did.iter().any(|did| matches!(did.what, Deed::Choose(chosen) if chosen == trip_no))
    }
}

/// What a person did, as the event of the act itself says.
fn did(event: &Event, at: Tick) -> Option<Did> {
    let trip_no = event.trip_no;
    let what = match (event.event_type, event.reason_code) {
        (EventType::ManualRelease, _) => Deed::Release { trip: trip_no },
        (EventType::EmptyExit, _) => Deed::EmptyExit,
        (EventType::Refuse, Some(ReasonCode::SentBack)) => Deed::SendBack,
        _ => return None,
    };
    let trip = trip_no.zip(event.version_no).map(|(trip_no, version_no)| TripRef { trip_no, version_no });
    Some(Did { at, what, trip, by: event.officer_id.clone()? })
}

fn set(event: &Event) -> Option<Set> {
    if event.event_type != EventType::LaneState || event.visit_id.is_some() {
        return None;
    }
    let detail = event.detail.as_ref()?;
    let (lane_id, by) = (event.lane_id.clone()?, event.officer_id.clone().unwrap_or_default());
    let why = detail.get("reason").and_then(serde_json::Value::as_str).unwrap_or_default();
    let closed = match detail.get("do")?.as_str()? {
        CLOSE_LANE => Some(ClosedLane {
            lane_id: lane_id.clone(),
            by: by.clone(),
            at: event.occurred_at,
            why: why.into(),
        }),
        OPEN_LANE => None,
        _ => return None,
    };
    let (at, wall_ms) = (Tick::from_micros(event.mono_us), event.occurred_at.as_millis());
    Some(Set { at, wall_ms, lane_id, closed, by })
}
