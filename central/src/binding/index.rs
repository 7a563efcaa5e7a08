//! 索引: what the gates are shown of a record; a pure function of it.
//! Promises: an entry only of what customs approved and has not taken back; everything else at most says why. A trip that moved without
//! an approval (SG-250) gets no entry: a person lets it out.
//! Source: spec SG-202, SG-207, SG-211..SG-217; `contract` section 2, "Stubs".

use protocols::{
    contract::{IndexEntry, Stub, UtcMillis},
    rules::{CloseReason, LockSource, ReasonCode, TripStatus},
};

use super::record::{Declaration, Record};

/// What the gates see of a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TripView {
    /// A usable entry.
    Entry(Box<IndexEntry>),
    /// A stub; `brief` when it goes after some days.
    Stub {
        /// What it says.
        stub: Stub,
        /// Gone after the days that the configuration names.
        brief: bool,
    },
    /// Nothing.
    Absent,
}

/// What the gates see of this record.
#[must_use]
pub fn of(record: &Record) -> TripView {
    let stub = |reason, brief| stub(record, reason, record.status_since, brief);
    match (record.status, &record.effective) {
        (TripStatus::LeftPort, _) => stub(ReasonCode::AlreadyUsed, true),
        (TripStatus::Closed, _) if record.close_reason == Some(CloseReason::DeleteOrder) => {
            stub(ReasonCode::Withdrawn, true)
        }
        (_, Some(effective)) => TripView::Entry(Box::new(entry(record, effective))),
        (TripStatus::Saved, None) => TripView::Absent,
        (TripStatus::Rejected, None) if record.approved_at.is_some() => stub(ReasonCode::Withdrawn, true),
        (TripStatus::Declared | TripStatus::Sent | TripStatus::SendFailed | TripStatus::Rejected, None) => {
            stub(ReasonCode::NotApproved, false)
        }
        (TripStatus::Locked, None) => stub(ReasonCode::Locked, false),
        (TripStatus::Closed | TripStatus::ManuallyClosed, None) => stub(ReasonCode::AlreadyUsed, true),
        (TripStatus::CustomsApproved | TripStatus::Unlocked, None) => stub(ReasonCode::NotApproved, false),
    }
}

/// What the gates see of a record that its enterprise deleted: for some days the reason, if they had ever heard of it.
#[must_use]
pub fn of_deleted(record: &Record, now: UtcMillis) -> TripView {
    match record.status {
        TripStatus::Saved => TripView::Absent,
        TripStatus::Declared
        | TripStatus::Sent
        | TripStatus::SendFailed
        | TripStatus::CustomsApproved
        | TripStatus::Rejected
        | TripStatus::Closed
        | TripStatus::Locked
        | TripStatus::Unlocked
        | TripStatus::ManuallyClosed
        | TripStatus::LeftPort => stub(record, ReasonCode::Withdrawn, now, true),
    }
}

fn stub(record: &Record, reason: ReasonCode, since: UtcMillis, brief: bool) -> TripView {
    let content = record.content();
    let stub = Stub {
        medium_type: content.medium_type,
        medium_key: content.medium_key.clone(),
        trip_no: record.trip_no,
        status: record.status,
        since,
        reason_code: Some(reason),
    };
    TripView::Stub { stub, brief }
}

fn entry(record: &Record, effective: &Declaration) -> IndexEntry {
    let mut entry = IndexEntry {
        trip_no: record.trip_no,
        unified_no: record.unified_no,
        version_no: record.effective_version_no.unwrap_or(record.version_no),
        status: record.status,
        lock_source: None::<LockSource>,
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: effective.customs_code,
        uscc: record.uscc,
        ie_flag: effective.ie_flag,
        business_type: effective.business_type,
        transport_mode: effective.transport_mode,
        vehicle_pass_type: effective.vehicle_pass_type,
        medium_type: effective.medium_type,
        medium_key: effective.medium_key.clone(),
        vehicle_weight_kg: effective.vehicle_weight_kg,
        trailer_weight_kg: effective.trailer_weight_kg,
        container_weight_kg: effective.container_weight_kg,
        approved_at: record.approved_at.unwrap_or(record.status_since),
        entry_passed: record.entry_passed,
        closing_passed: record.closing_passed,
        lines: effective.lines.iter().map(|line| line.entry.clone()).collect(),
        applied: record.applied.clone(),
    };
    entry.set_trip_state(&record.trip_state());
    entry
}
