//! 争用: lanes that matched one trip while another one had it, and entries and exits that are told in another order than they happened.
//! Promises: pure; a claim that was passed over stands in line by its own time until its visit ends, so a holder that sends its vehicle away gives the trip to
//! the next vehicle that stands in a lane and not to nobody, in whatever order the gates' words arrive; what is inside is not freed by what left before it,
//! and what has left is not inside because its entry is told last.
//! Source: spec SG-184, SG-231, SG-237, SG-241, SG-252; docs/decisions 0099.

use protocols::{
    contract::{Event, UtcMillis},
    ids::GateId,
    rules::{LaneDirection, Lock, TripAct, TripEvent, TripState, TripStatus},
};

use crate::binding::{Entered, Hold, Left, Record};

/// Lanes that may stand in line for one trip: a yard has few gates, and each has it once.
const MOST: usize = 16;

/// When it happened, by the centre's clock: two gates' clocks compare only there (SG-252, SG-254).
pub(super) fn by_the_centre(event: &Event) -> UtcMillis {
    let offset = event.clock_offset_ms.unwrap_or_default();
    UtcMillis::from_millis(event.occurred_at.as_millis().saturating_sub(offset))
}

/// The lane's lock.
pub(super) fn held_by(event: &Event, trip_event: &TripEvent<'_>) -> Hold {
    Hold::Gate {
        gate_id: trip_event.gate_id.clone(),
        lane_id: trip_event.lane_id.clone(),
        visit_id: trip_event.visit_id.clone(),
        since: by_the_centre(event),
    }
}

/// Whether it is this visit's.
pub(super) fn is_of(hold: &Hold, trip_event: &TripEvent<'_>) -> bool {
    matches!(hold, Hold::Gate { gate_id, visit_id, .. }
        if gate_id == trip_event.gate_id && visit_id == trip_event.visit_id)
}

/// Whether the event claims, for a vehicle outside, a trip that another gate has claimed later (SG-252: the first by its own clock holds).
pub(super) fn is_earlier(record: &Record, event: &Event, trip_event: &TripEvent<'_>) -> bool {
    let (TripAct::Match, LaneDirection::In, TripStatus::Locked, false) =
        (trip_event.act, trip_event.direction, record.status, record.entry_passed)
    else {
        return false;
    };
    record.hold.as_ref().is_some_and(|hold| precedes(&held_by(event, trip_event), hold))
}

/// One gate's claims come in their order; of two gates' the earlier is first. Customs' own lane tells no time of a match, and only customs frees it.
fn precedes(claim: &Hold, other: &Hold) -> bool {
    match (claim, other) {
        (Hold::Gate { gate_id, since, .. }, Hold::Gate { gate_id: its, since: then, .. }) => {
            gate_id != its && since < then && !other.is_of_customs_lane()
        }
        _ => false,
    }
}

fn is_of_one_gate(claim: &Hold, other: &Hold) -> bool {
    matches!((claim, other), (Hold::Gate { gate_id, .. }, Hold::Gate { gate_id: its, .. }) if gate_id == its)
}

/// Puts it in line; one that the line has already, or that is one too many, is not.
pub(super) fn wait(record: &mut Record, claim: Hold) {
    let is_in_line = record.claims.iter().any(|known| known.lock() == claim.lock());
    if is_in_line || record.claims.len() >= MOST || !matches!(claim, Hold::Gate { .. }) {
        return;
    }
    let own = record.claims.iter().rposition(|known| is_of_one_gate(known, &claim));
    let behind_own = own.map_or(0, |own| own + 1);
    let place = record.claims.iter().skip(behind_own).position(|known| precedes(&claim, known));
    record.claims.insert(place.map_or(record.claims.len(), |place| behind_own + place), claim);
}

/// What the event says of the line: a vehicle at an entry is in it from its match to its passage or refusal, and one at an exit that an earlier claim has put
/// there, until it has left. `before` is the trip that it found.
pub(super) fn follow(record: &mut Record, event: &Event, trip_event: &TripEvent<'_>, before: &TripState) {
    match trip_event.act {
        TripAct::Match
            if before.status == TripStatus::Locked && trip_event.direction == LaneDirection::In =>
        {
            let has_it = holder(record).is_none_or(|hold| is_of(hold, trip_event));
            if !has_it {
                wait(record, held_by(event, trip_event));
            }
        }
        TripAct::Pass | TripAct::Refuse | TripAct::ManualRelease | TripAct::EmptyExit => {
            record.claims.retain(|claim| !is_of(claim, trip_event));
        }
        TripAct::Match | TripAct::LeftPort => {}
    }
}

/// The gate's lock, also under a hold of customs.
pub(super) fn holder(record: &Record) -> Option<&Hold> {
    match record.hold.as_ref()? {
        Hold::Customs { over, .. } => over.as_deref(),
        gate @ Hold::Gate { .. } => Some(gate),
    }
}

/// Who has the trip after a match or a passage at an entry that leaves it locked. One vehicle that has come in comes before all that stand in lanes. `before` is
/// who had it; `was_on_site`, whether a vehicle was inside already.
pub(super) fn settle(
    record: &mut Record,
    before: Hold,
    event: &Event,
    trip_event: &TripEvent<'_>,
    was_on_site: bool,
) -> Hold {
    let stays = was_on_site || before.is_of_customs_lane() || is_of(&before, trip_event);
    if stays || trip_event.direction != LaneDirection::In {
        return before;
    }
    let claim = held_by(event, trip_event);
    let takes_it = match trip_event.act {
        TripAct::Match => precedes(&claim, &before),
        TripAct::Pass | TripAct::ManualRelease => true,
        TripAct::Refuse | TripAct::EmptyExit | TripAct::LeftPort => false,
    };
    if !takes_it {
        return before;
    }
    record.claims.retain(|known| !is_of(known, trip_event));
    wait(record, before);
    claim
}

/// Whose the trip is, where the event would set it free.
pub(super) fn next_after(record: &mut Record, before: &TripState, after: &TripState) -> Option<Hold> {
    let is_freed = matches!(before.lock, Some(Lock::Gate { .. })) && after.status == TripStatus::Unlocked;
    is_freed.then(|| next(record)).flatten()
}

/// The first in line, out of it.
pub(super) fn next(record: &mut Record) -> Option<Hold> {
    if record.claims.is_empty() { None } else { Some(record.claims.remove(0)) }
}

/// Keeps when a vehicle came in last, and when one went out.
pub(super) fn note_way(record: &mut Record, event: &Event, trip_event: &TripEvent<'_>) {
    let at = by_the_centre(event);
    let is_newer = |last: (&GateId, UtcMillis)| last.1 <= at || last.0 == trip_event.gate_id;
    let gate_id = trip_event.gate_id.clone();
    match (trip_event.act, trip_event.direction) {
        (TripAct::Pass | TripAct::ManualRelease, LaneDirection::In) => {
            if record.entered.as_ref().is_none_or(|last| is_newer((&last.gate_id, last.at))) {
                record.entered = Some(Entered { gate_id, at, gross_kg: event.reads.gross_kg });
            }
        }
        (TripAct::Pass | TripAct::ManualRelease, LaneDirection::Out) | (TripAct::EmptyExit, _) => {
            if record.left.as_ref().is_none_or(|last| is_newer((&last.gate_id, last.at))) {
                record.left = Some(Left { gate_id, at, empty: trip_event.act == TripAct::EmptyExit });
            }
        }
        (TripAct::Match | TripAct::Refuse | TripAct::LeftPort, _) => {}
    }
}

/// Whether a vehicle left empty before the one came in that is inside now; one gate's events are in their order.
pub(super) fn left_before_entry(record: &Record, event: &Event, trip_event: &TripEvent<'_>) -> bool {
    trip_event.act == TripAct::EmptyExit
        && record.entry_passed
        && record
            .entered
            .as_ref()
            .is_some_and(|last| last.gate_id != *trip_event.gate_id && by_the_centre(event) < last.at)
}

/// The exit of the vehicle, if the event tells of its way in only now: at another gate, and after which nobody has come in.
pub(super) fn left_since<'a>(
    record: &'a Record,
    event: &Event,
    trip_event: &TripEvent<'_>,
) -> Option<&'a Left> {
    let at = by_the_centre(event);
    let is_late = |left: &&Left| {
        left.gate_id != *trip_event.gate_id
            && at < left.at
            && record.entered.as_ref().is_none_or(|entered| entered.at < left.at)
    };
    record.left.as_ref().filter(|_| trip_event.direction == LaneDirection::In).filter(is_late)
}
