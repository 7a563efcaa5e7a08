//! Which statuses are usable in which lane.
//! Source: spec SG-211..SG-217.

use protocols::{
    contract::IndexEntry,
    rules::{LaneDirection, LockSource, ReasonCode, TripStatus},
};

use super::Place;

/// Whether a trip may be used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It may.
    Yes,
    /// A person must look (`M`).
    Person(ReasonCode),
    /// It may not (`N`).
    No(ReasonCode),
}

/// SG-211..SG-217. Entries are effective versions, so a status of an open version stands over an approval (SG-212).
pub(super) fn usable(entry: &IndexEntry, place: &Place<'_>, yard_has_entry_lane: bool) -> Use {
    use TripStatus::{
        Closed, CustomsApproved, Declared, LeftPort, Locked, ManuallyClosed, Rejected, Saved, SendFailed,
        Sent, Unlocked,
    };
    let unexplained = Use::Person(ReasonCode::NoRecordedEntry);
    match (entry.status, place.policy.lane_direction) {
        (LeftPort, _) => Use::No(ReasonCode::AlreadyUsed),
        (Locked, _) if entry.lock_source != Some(LockSource::Gate) => Use::No(ReasonCode::CustomsHold),
        (Locked, LaneDirection::In | LaneDirection::Out) if is_same_visit(entry, place) => Use::Yes,
        (Locked, LaneDirection::In) => Use::No(ReasonCode::Locked),
        (Locked, LaneDirection::Out) if entry.entry_passed || !yard_has_entry_lane => Use::Yes,
        (Locked, LaneDirection::Out) => unexplained,
        (Closed | ManuallyClosed, LaneDirection::In) => Use::No(ReasonCode::AlreadyUsed),
        // Out after a closing entry, or from an inner gate where the closing pass was.
        (Closed | ManuallyClosed, LaneDirection::Out) if entry.closing_passed => Use::Yes,
        (Closed | ManuallyClosed, LaneDirection::Out) => unexplained,
        (Saved | Declared | Sent | SendFailed | Rejected, _) => Use::Yes,
        (CustomsApproved | Unlocked, LaneDirection::In) => Use::Yes,
        (CustomsApproved | Unlocked, LaneDirection::Out) if !yard_has_entry_lane => Use::Yes,
        (CustomsApproved | Unlocked, LaneDirection::Out) => unexplained,
    }
}

/// SG-214: a retry by the same lane within the same visit.
fn is_same_visit(entry: &IndexEntry, place: &Place<'_>) -> bool {
    entry.lock_gate_id.as_ref() == Some(place.gate_id)
        && entry.lock_lane_id.as_ref() == Some(place.lane_id)
        && entry.lock_visit_id.as_ref() == Some(place.visit_id)
}

/// SG-220: the reason that matters most comes first.
pub(super) fn strength(reason: ReasonCode) -> u8 {
    match reason {
        ReasonCode::CustomsHold => 5,
        ReasonCode::Locked => 4,
        ReasonCode::AlreadyUsed => 3,
        ReasonCode::Withdrawn => 2,
        ReasonCode::NotApproved => 1,
        _ => 0,
    }
}
