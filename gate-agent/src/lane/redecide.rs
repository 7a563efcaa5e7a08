//! 重新判定: what a record says that was decided, beside what its basis comes to now.
//! Promises: pure; a record that says another verdict, reason or trip, other findings or other trips offered than its basis gives is told.
//! Absent on purpose: whether the record is the one that was sealed (`journal`); what a person or a lane of its own did.
//! Source: design promise "same answer for the same evidence"; docs/decisions 0085.

use protocols::{
    contract::{Event, EventType},
    ids::TripNo,
    rules::{ReasonCode, Verdict},
};
use serde_json::Value;

use super::drafts::explain;
use crate::decision::{Basis, BasisError, Decision};

/// What of the explanation is the decision's own; the rest of it is words for people.
const EXPLAINED: [&str; 3] = ["offered", "findings", "dropped"];

/// 判定结论: what was decided, in short and in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// 判定结果.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// The trip that matched.
    pub trip: Option<(TripNo, Option<u32>)>,
    /// What disagreed, what was offered, what fell out; nothing of it of a pass.
    pub explained: Vec<Value>,
}

/// What this event says, and what its basis gives.
///
/// # Errors
/// [`BasisError`]; `Absent` of an event that records no decision.
pub fn redecide(event: &Event) -> Result<(Said, Said), BasisError> {
    let basis = Basis::recorded(event)?;
    let place = event.lane_id.as_ref().zip(event.visit_id.as_ref());
    let (lane_id, visit_id) = place.ok_or(BasisError::Unreadable("place"))?;
    let decision = basis.decide(&event.gate_id, lane_id, visit_id);
    Ok((Said::recorded(event), Said::of(&decision, event.event_type)))
}

impl Said {
    fn recorded(event: &Event) -> Self {
        let is_raise = event.event_type == EventType::RaiseOutcome;
        Self {
            verdict: event.verdict,
            // An outcome's reason is the barrier's; what it rests on was decided as `ok`.
            reason: if is_raise { Some(ReasonCode::Ok) } else { event.reason_code },
            trip: event
                .trip_no
                .filter(|_| names_its_trip(event.event_type))
                .map(|trip| (trip, event.version_no)),
            explained: if is_raise { Vec::new() } else { explained(event.detail.as_ref()) },
        }
    }

    /// As it would be recorded by an event of this type.
    fn of(decision: &Decision, event_type: EventType) -> Self {
        let is_pass = decision.verdict == Verdict::Pass;
        let detail = (!is_pass).then(|| explain(decision));
        let trip = decision.trip.as_ref().filter(|_| names_its_trip(event_type));
        Self {
            verdict: Some(decision.verdict),
            reason: Some(decision.reason),
            trip: trip.map(|trip| (trip.trip_no, Some(trip.version_no))),
            explained: explained(detail.as_ref()),
        }
    }
}

/// A refusal names the trip that the visit frees, which an earlier decision had matched.
fn names_its_trip(event_type: EventType) -> bool {
    event_type != EventType::Refuse
}

fn explained(detail: Option<&Value>) -> Vec<Value> {
    detail
        .map(|detail| EXPLAINED.map(|name| detail.get(name).cloned().unwrap_or_default()).into())
        .unwrap_or_default()
}
