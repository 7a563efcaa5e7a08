//! What one event of a gate makes of one record: `(record, event, now) -> (record, effects)`.
//! Promises: pure; the statuses are those that `protocols::rules::apply` gives, so the gate has drawn the same conclusion; but a trip
//! that comes free without an approval goes back to its enterprise, and a version that is open over an approval ends where the trip is
//! used (SG-197). An event that is not newer than the last one applied from its gate does nothing.
//! Source: spec SG-182, SG-197, SG-231, SG-235..SG-244, SG-250..SG-253; `contract` section 3 (`applied`).

use protocols::{
    contract::{Applied, Event, UtcMillis},
    rules::{Anomaly, CloseReason, LaneDirection, Lock, TripAct, TripEvent, TripState, TripStatus, apply},
};

use super::{
    super::alert::{Alert, Trouble},
    claims,
};
use crate::{
    binding::{Hold, Record, record::ChangeKind, versions},
    declaration::receipt::{Receipt, ReceiptKind},
};

/// What is to be written beside the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// 回执 of a status change, with gate, time and reason (SG-253).
    Receipt(Receipt),
    /// Something for a person.
    Alert(Alert),
}

/// Applies one event; `now` is the centre's time.
#[must_use]
pub fn fold(mut record: Record, event: &Event, now: UtcMillis) -> (Record, Vec<Effect>) {
    let at = Applied { epoch: event.epoch, seq: event.seq };
    if record.applied.get(&event.gate_id).is_some_and(|last| *last >= at) {
        return (record, Vec::new());
    }
    let mut effects = Vec::new();
    match trip_event(event) {
        None => effects.push(Effect::Alert(alert(event, &Trouble::NoLane))),
        // SG-190: no gate can have it from the index; a late fact (SG-250) is one about what was approved once.
        Some(_) if record.approved_at.is_none() => {
            effects.push(Effect::Alert(alert(event, &Trouble::NeverApproved)));
        }
        Some(trip_event) if claims::is_earlier(&record, event, &trip_event) => {
            // SG-252: the first by its own clock holds, whichever came first over the line; the other waits behind it.
            if let Some(later) = record.hold.replace(claims::held_by(event, &trip_event)) {
                claims::wait(&mut record, later);
            }
            effects.push(Effect::Alert(anomaly_alert(event, Anomaly::DoubleUse)));
        }
        Some(trip_event) if claims::left_before_entry(&record, event, &trip_event) => {
            record.gross_in_kg = record.entered.as_ref().and_then(|entered| entered.gross_kg);
            effects.push(Effect::Alert(alert(event, &Trouble::LeftBeforeEntry)));
        }
        Some(trip_event) => match claims::left_since(&record, event, &trip_event).map(|left| left.empty) {
            Some(empty) => told_late(&mut record, event, &trip_event, empty, now, &mut effects),
            None => moved(&mut record, event, &trip_event, now, &mut effects),
        },
    }
    record.applied.insert(event.gate_id.clone(), at);
    (record, effects)
}

/// The event as the shared rules take it; none without lane, direction or visit.
fn trip_event(event: &Event) -> Option<TripEvent<'_>> {
    Some(TripEvent {
        act: event.event_type.trip_act()?,
        direction: event.lane_direction?,
        gate_id: &event.gate_id,
        lane_id: event.lane_id.as_ref()?,
        visit_id: event.visit_id.as_ref()?,
    })
}

/// What a gate tells of the way in of a vehicle that has left by another one since, `empty` or not.
fn told_late(
    record: &mut Record,
    event: &Event,
    trip_event: &TripEvent<'_>,
    empty: bool,
    now: UtcMillis,
    effects: &mut Vec<Effect>,
) {
    let is_over =
        matches!(record.status, TripStatus::Closed | TripStatus::ManuallyClosed | TripStatus::LeftPort)
            && record.close_reason != Some(CloseReason::DeleteOrder);
    let enters = matches!(trip_event.act, TripAct::Pass | TripAct::ManualRelease);
    match (is_over, empty && enters) {
        // The trip is closed by that very exit: nothing is used twice, and the weight counts (SG-231).
        (true, _) if !empty => {
            claims::note_way(record, event, trip_event);
            weigh(record, event, trip_event);
        }
        // It is outside: its visit ends here, and the trip is as free as the exit has left it (SG-241).
        (_, true) => {
            let gone = TripEvent { act: TripAct::Refuse, ..*trip_event };
            claims::note_way(record, event, trip_event);
            moved(record, event, &gone, now, effects);
            effects.push(Effect::Alert(alert(event, &Trouble::EntryAfterExit)));
        }
        // Whoever has matched may yet stand in the lane.
        _ => moved(record, event, trip_event, now, effects),
    }
}

fn moved(
    record: &mut Record,
    event: &Event,
    trip_event: &TripEvent<'_>,
    now: UtcMillis,
    effects: &mut Vec<Effect>,
) {
    let before = record.trip_state();
    let mut after = apply(&before, record.content().closing_passage(), trip_event);
    claims::follow(record, event, trip_event, &before);
    claims::note_way(record, event, trip_event);
    let next = claims::next_after(record, &before, &after.state);
    if let Some(next) = &next {
        (after.state.status, after.state.lock) = (TripStatus::Locked, Some(next.lock()));
        after.path.clear();
    }
    if let Some(judged_by) = other_version(record, event, trip_event) {
        let in_force = record.effective_version_no.unwrap_or(record.version_no);
        effects.push(Effect::Alert(alert(event, &Trouble::OtherVersion { judged_by, in_force })));
    }
    let mut from = record.status;
    if record.has_open_version() && !after.path.is_empty() {
        let ended = versions::overtaken(record, now);
        from = ended.to.as_deref().and_then(TripStatus::parse).unwrap_or(from);
        effects.push(Effect::Receipt(ended));
        record.end_open_version();
    }
    for to in after.path.iter().map(|to| settled(record, *to)) {
        let mut receipt = receipt(record, event, now, from, to);
        if to == TripStatus::Rejected {
            receipt.text = Some("车次无有效审批，请修改后重新申报".into());
        }
        effects.push(Effect::Receipt(receipt));
        from = to;
    }
    let status = settled(record, after.state.status);
    if status != record.status {
        record.status_since = now;
    }
    record.before_change = record.before_change.filter(|_| status.is_open_version());
    record.hold = match (after.state.lock, record.hold.take(), next) {
        (None, _, _) => None,
        (Some(Lock::Customs), hold, _) => {
            hold.map(|hold| under_hold(record, hold, event, trip_event, before.entry_passed))
        }
        (Some(lock), Some(hold), _) if hold.lock() == lock => {
            Some(claims::settle(record, hold, event, trip_event, before.entry_passed))
        }
        (Some(Lock::Gate { .. }), _, Some(next)) => Some(next),
        (Some(Lock::Gate { .. }), _, None) => Some(claims::held_by(event, trip_event)),
    };
    if took_effect(&before, trip_event.act, after.anomaly) || holds(record, trip_event) {
        weigh(record, event, trip_event);
    }
    record.status = status;
    if status != TripStatus::Locked {
        record.claims.clear();
    }
    if record.close_reason == Some(CloseReason::DeleteOrder) && after.state.close_reason.is_none() {
        // SG-250: the delete order is overtaken by the truck; what is left is a record that its enterprise can correct.
        record.change_kind = ChangeKind::of_approved(record.version_no);
    }
    record.close_reason = after.state.close_reason;
    record.entry_passed = after.state.entry_passed;
    record.closing_passed = after.state.closing_passed;
    if let Some(anomaly) = after.anomaly {
        effects.push(Effect::Alert(anomaly_alert(event, anomaly)));
    }
}

/// SG-250: the version that a passage was judged by, where customs has put another one in force meanwhile.
fn other_version(record: &Record, event: &Event, trip_event: &TripEvent<'_>) -> Option<u32> {
    let passed = matches!(trip_event.act, TripAct::Pass | TripAct::ManualRelease);
    let judged_by = event.version_no.filter(|_| passed)?;
    (record.effective_version_no? != judged_by).then_some(judged_by)
}

/// Nothing leads out of `UNLOCKED` without an approval; the enterprise can correct a `REJECTED` record and declare it again (SG-173).
fn settled(record: &Record, status: TripStatus) -> TripStatus {
    if status == TripStatus::Unlocked && record.effective.is_none() { TripStatus::Rejected } else { status }
}

/// Whether the trip is this visit's, also under a hold of customs.
fn holds(record: &Record, trip_event: &TripEvent<'_>) -> bool {
    claims::holder(record).is_some_and(|hold| claims::is_of(hold, trip_event))
}

/// Whether the event is a part of the trip: a second use, an event out of place and a release of a closed trip are not.
fn took_effect(before: &TripState, act: TripAct, anomaly: Option<Anomaly>) -> bool {
    let closed = matches!(before.status, TripStatus::Closed | TripStatus::ManuallyClosed)
        && before.close_reason != Some(CloseReason::DeleteOrder);
    match anomaly {
        Some(Anomaly::DoubleUse | Anomaly::OutOfPlace) => false,
        _ => !closed || act != TripAct::ManualRelease,
    }
}

/// What lies under a customs hold: the gate's lock, as long as the vehicle is in the lane or on site (SG-185).
fn under_hold(
    record: &mut Record,
    hold: Hold,
    event: &Event,
    trip_event: &TripEvent<'_>,
    was_on_site: bool,
) -> Hold {
    let Hold::Customs { officer, reason, since, over } = hold else { return hold };
    let over = match (trip_event.act, trip_event.direction) {
        (TripAct::EmptyExit, _) => claims::next(record).map(Box::new),
        (TripAct::Refuse, LaneDirection::In) => over
            .filter(|over| was_on_site || !claims::is_of(over, trip_event))
            .or_else(|| claims::next(record).map(Box::new)),
        (TripAct::Match | TripAct::Pass | TripAct::ManualRelease, LaneDirection::In) => {
            let over = over.map_or_else(
                || claims::held_by(event, trip_event),
                |over| claims::settle(record, *over, event, trip_event, was_on_site),
            );
            Some(Box::new(over))
        }
        (
            TripAct::Match | TripAct::Pass | TripAct::Refuse | TripAct::ManualRelease | TripAct::LeftPort,
            LaneDirection::In | LaneDirection::Out,
        ) => over,
    };
    Hold::Customs { officer, reason, since, over }
}

/// SG-231: the gross weight of the passage that took place; a vehicle that left empty has not brought anything in.
fn weigh(record: &mut Record, event: &Event, trip_event: &TripEvent<'_>) {
    match (trip_event.act, trip_event.direction, event.reads.gross_kg) {
        (TripAct::EmptyExit, _, _) => record.gross_in_kg = None,
        (TripAct::Pass | TripAct::ManualRelease, LaneDirection::In, Some(gross)) => {
            record.gross_in_kg = Some(gross);
        }
        (TripAct::Pass | TripAct::ManualRelease, LaneDirection::Out, Some(gross)) => {
            record.gross_out_kg = Some(gross);
        }
        (_, _, _) => {}
    }
}

fn receipt(record: &Record, event: &Event, now: UtcMillis, from: TripStatus, to: TripStatus) -> Receipt {
    let actor = event.officer_id.as_deref().unwrap_or(event.gate_id.as_str());
    let (kind, cause) = (ReceiptKind::Transition, event.event_type.code());
    Receipt {
        version_no: record.version_no,
        gate_id: Some(event.gate_id.to_string()),
        lane_id: event.lane_id.as_ref().map(ToString::to_string),
        occurred_at: Some(event.occurred_at),
        reason_code: event.reason_code.map(|reason| reason.code().to_owned()),
        event_id: Some(event.event_id.to_string()),
        text: event.reason_code.map(|reason| reason.message_zh().to_owned()),
        ..Receipt::new(now, kind, cause, actor, Some(from.code()), Some(to.code()))
    }
}

fn anomaly_alert(event: &Event, anomaly: Anomaly) -> Alert {
    let trouble = match anomaly {
        Anomaly::DoubleUse => Trouble::UsedTwice,
        Anomaly::LateFact => Trouble::MovedUnapproved,
        Anomaly::HeldTripMoved => Trouble::HeldTripMoved,
        Anomaly::PassMissing => Trouble::PassMissing,
        Anomaly::OutOfPlace => Trouble::OutOfPlace,
    };
    alert(event, &trouble)
}

/// An alert about an event.
#[must_use]
pub fn alert(event: &Event, trouble: &Trouble<'_>) -> Alert {
    Alert {
        trip_no: event.trip_no.map(|trip| trip.to_string()),
        event_id: Some(event.event_id.to_string()),
        occurred_at: Some(event.occurred_at),
        ..Alert::of_gate(&event.gate_id, trouble)
    }
}
