//! What an event by itself tells a person, whatever it does to a trip.
//! Promises: pure; one alert an event at most.
//! Source: `contract` section 3 (`PASS` unconfirmed "and an alert"; a raise without its outcome), `design` section 3 (reason codes).

use protocols::{
    contract::{Event, EventType, RaiseOutcome},
    rules::ReasonCode,
};

use super::{
    super::alert::{Alert, AlertCode},
    fold::alert,
};

/// The alert that this event is, if it is one.
#[must_use]
pub(super) fn notice(event: &Event) -> Option<Alert> {
    let (code, text) = match (event.event_type, event.reason_code, event.outcome) {
        (EventType::Pass, Some(ReasonCode::PassageUnconfirmed), _) => {
            (AlertCode::PassageUnconfirmed, "no loop confirmed that the vehicle passed".to_owned())
        }
        (
            EventType::RaiseOutcome,
            _,
            Some(outcome @ (RaiseOutcome::Refused | RaiseOutcome::TimedOut | RaiseOutcome::Unknown)),
        ) => (
            AlertCode::RaiseFailed,
            format!("the barrier was told to rise, the outcome is {}", said(outcome)),
        ),
        (EventType::Tailgating, _, _) => {
            (AlertCode::Tailgating, "a second vehicle followed through".to_owned())
        }
        (EventType::DeviceFault, _, _) => {
            let part = |name| {
                event.detail.as_ref().and_then(|detail| detail.get(name)).and_then(|text| text.as_str())
            };
            let (device, why) = (part("device").unwrap_or("a device"), part("why").unwrap_or("unknown"));
            (AlertCode::DeviceFault, format!("{device} does not work: {why}"))
        }
        (EventType::Shed, _, _) => (AlertCode::Shed, "the gate dropped records by policy".to_owned()),
        _ => return None,
    };
    Some(alert(event, code, text))
}

const fn said(outcome: RaiseOutcome) -> &'static str {
    match outcome {
        RaiseOutcome::Raised => "raised",
        RaiseOutcome::Refused => "refused",
        RaiseOutcome::TimedOut => "timed out",
        RaiseOutcome::Unknown => "unknown",
    }
}
