//! 过卡: what the journal and the witness say of one visit, in the words of a scenario.

use kakou_tests::witness::Entry;
use protocols::{
    contract::{Event, EventType},
    rules::{ReasonCode, Verdict},
};

use super::scenario::Expect;

/// One visit, expected and as it was.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Who.
    pub(crate) plate: String,
    /// Where.
    pub(crate) lane: String,
    /// What had to come of it.
    pub(crate) expect: Expect,
    /// What came of it.
    pub(crate) was: Expect,
}

impl Visit {
    /// True when it was as expected.
    pub(crate) fn is_as_expected(&self) -> bool {
        self.was == self.expect
    }
}

/// What the lane said of that visit and how it ended.
pub(crate) fn says(events: &[Event], visit_id: &str) -> Vec<String> {
    let of_visit =
        events.iter().filter(|event| event.visit_id.as_ref().is_some_and(|id| id.as_str() == visit_id));
    of_visit.filter_map(|event| verdict_of(event).or_else(|| end_of(event, events))).collect()
}

/// The verdict that this event carries first.
pub(crate) fn verdict_of(event: &Event) -> Option<String> {
    let is_verdict = match (event.event_type, event.verdict) {
        (EventType::RaiseIntent, Some(Verdict::Pass)) | (EventType::LaneState, Some(Verdict::Person)) => true,
        (EventType::Refuse, Some(Verdict::Refuse)) => event.reason_code != Some(ReasonCode::BackedOut),
        _ => false,
    };
    let (verdict, reason) = (event.verdict?, event.reason_code?);
    is_verdict.then(|| format!("{verdict} {reason}"))
}

fn end_of(event: &Event, all: &[Event]) -> Option<String> {
    match (event.event_type, event.reason_code) {
        (EventType::ManualRelease, _) => Some("released".to_owned()),
        // A released lorry's passing is a state of the lane: the person's act was the event.
        (EventType::LaneState, Some(ReasonCode::ManualRelease)) => Some("PASS".to_owned()),
        (EventType::Pass, Some(ReasonCode::Ok)) => Some("PASS".to_owned()),
        (EventType::Pass, Some(reason)) => Some(format!("PASS {reason}")),
        (EventType::Refuse, Some(ReasonCode::BackedOut)) => {
            Some(if was_raised(event, all) { "backed_out" } else { "left" }.to_owned())
        }
        _ => None,
    }
}

/// True when the barrier was told to rise in the visit of this event.
pub(crate) fn was_raised(event: &Event, all: &[Event]) -> bool {
    all.iter().any(|other| other.event_type == EventType::RaiseIntent && other.visit_id == event.visit_id)
}

/// How often the arm of that lane began to rise.
pub(crate) fn rises(seen: &[Entry], lane: &str) -> usize {
    seen.iter().filter(|entry| entry.is_arm(lane, "rise_started")).count()
}
