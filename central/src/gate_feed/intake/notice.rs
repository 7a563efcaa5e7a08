//! What an event by itself tells a person, whatever it does to a trip.
//! Promises: pure; one alert an event at most.
//! Source: `contract` section 3 (`PASS` unconfirmed "and an alert"; a raise without its outcome), `design` section 3 (reason codes).

use protocols::{
    contract::{Event, EventType, RaiseOutcome},
    rules::ReasonCode,
};

use serde_json::Value;

use super::{
    super::alert::{Alert, Trouble},
    fold::alert,
};

/// The alert that this event is, if it is one.
#[must_use]
pub(super) fn notice(event: &Event) -> Option<Alert> {
    let trouble = match (event.event_type, event.reason_code, event.outcome) {
        (EventType::Pass, Some(ReasonCode::PassageUnconfirmed), _) => Trouble::PassageUnconfirmed,
        (
            EventType::RaiseOutcome,
            _,
            Some(outcome @ (RaiseOutcome::Refused | RaiseOutcome::TimedOut | RaiseOutcome::Unknown)),
        ) => Trouble::RaiseFailed(outcome),
        (EventType::Tailgating, _, _) => Trouble::Tailgating,
        (EventType::DeviceFault, _, _) => {
            let part = |name| {
                event.detail.as_ref().and_then(|detail| detail.get(name)).and_then(|text| text.as_str())
            };
            Trouble::DeviceFault { device: part("device"), why: part("why") }
        }
        (EventType::Shed, _, _) => Trouble::Shed,
        (EventType::Started, _, _) => {
            let stood = event.detail.as_ref()?.get("stood_still")?;
            let lanes = stood.get("lanes").and_then(Value::as_array).into_iter().flatten();
            let lanes: Vec<&str> = lanes.filter_map(Value::as_str).collect();
            let all = stood.get("of").and_then(Value::as_u64) == u64::try_from(lanes.len()).ok();
            Trouble::StoodStill { lanes, all }
        }
        (EventType::IndexRepaired, _, _) => {
            let told = |name| event.detail.as_ref().and_then(|detail| detail.get(name));
            let count = |name| told(name).and_then(Value::as_u64).unwrap_or_default();
            Trouble::IndexDiffered {
                replaced: count("replaced"),
                removed: count("removed"),
                kept: count("denials_kept"),
                fetched: told("snapshot").and_then(Value::as_bool).unwrap_or_default(),
            }
        }
        _ => return None,
    };
    Some(alert(event, &trouble))
}
