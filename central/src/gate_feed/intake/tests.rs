//! The fold and the batch logic over the store in memory: whatever the line does, the outcome is that of one clean pass.

mod claims;

use std::{collections::BTreeMap, sync::OnceLock};

use futures::executor::block_on;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, proptest};
use protocols::{
    contract::{Applied, EventType, RaiseOutcome, UtcMillis},
    ids::{CardNo, GateId, TripNo, UnifiedNo, Uscc, YardId},
    rules::{LaneDirection, ReasonCode, TripStatus},
};
use serde_json::Value;

use super::{
    Head, Taken,
    fold::{Effect, fold},
    memory::MemoryCentre,
};
use crate::{
    binding::{CustomsAreas, Draft, Hold, Record},
    gate_feed::alert::AlertCode,
    test_app::{TestGate, coal},
};
use protocols::contract::Hash;

/// The centre's time in these tests.
fn now() -> UtcMillis {
    UtcMillis::from_millis(1_760_400_000_000)
}

fn at_yard(gate: &TestGate) -> (&GateId, &'static YardId) {
    static YARD: OnceLock<YardId> = OnceLock::new();
    (&gate.gate_id, YARD.get_or_init(|| crate::test_app::YARD.parse().unwrap()))
}

/// A record that customs has approved.
fn approved(serial: u64) -> Record {
    let body =
        Draft::parse(coal("蒙LK8216")).unwrap().check(&CustomsAreas::embedded(), None).unwrap().declaration;
    let (at, card) =
        (UtcMillis::parse("2025-10-13T00:30:00Z").unwrap(), CardNo::parse("8950000004821").unwrap());
    let numbers =
        (UnifiedNo::from_parts(2025, serial).unwrap(), TripNo::from_parts(2025, 10, card, serial).unwrap());
    let owner = (Uscc::parse("91150781MA0N5XWB9P").unwrap(), card);
    Record {
        version: 4,
        effective_version_no: Some(1),
        status: TripStatus::CustomsApproved,
        effective: Some(body.clone()),
        approved_at: Some(at),
        answered: true,
        ..Record::new(numbers, owner, body, at)
    }
}

fn centre(gates: &[&TestGate], trips: u64) -> MemoryCentre {
    let mut centre = MemoryCentre::default();
    for gate in gates {
        centre.heads.insert(gate.gate_id.clone(), Head { epoch: 1, seq: 0, hash: Hash::ZERO });
    }
    for record in (1..=trips).map(approved) {
        centre.trips.insert(record.trip_no, record);
    }
    centre
}

const TYPES: [EventType; 8] = [
    EventType::Arrival,
    EventType::Match,
    EventType::Pass,
    EventType::Refuse,
    EventType::ManualRelease,
    EventType::EmptyExit,
    EventType::LeftPort,
    EventType::RaiseIntent,
];

/// A gate's journal of random events over three trips and few visits.
fn journal() -> impl Strategy<Value = Vec<Value>> {
    let event = (0..TYPES.len(), any::<bool>(), 0..3_u8, 0..4_u64);
    prop::collection::vec(event, 1..40).prop_map(|events| {
        let mut gate = TestGate::new("0708-G02");
        let write = |(kind, into, visit, trip): (usize, bool, u8, u64)| {
            let direction = if into { LaneDirection::In } else { LaneDirection::Out };
            let trip = (trip > 0).then(|| approved(trip).trip_no);
            gate.write(TYPES[kind], direction, &format!("v{visit}"), trip)
        };
        events.into_iter().map(write).collect()
    })
}

proptest! {
    // Each case hashes some hundred events; the debug build takes its time.
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Fault C5; SG-246, SG-247; invariant I2: any way of cutting, repeating, reordering and resending a gate's journal gives the records,
    /// receipts, alerts and events of one clean pass.
    #[test]
    fn whatever_the_line_does_the_outcome_is_that_of_one_clean_pass(
        events in journal(),
        cuts in prop::collection::vec((0..45_usize, 0..12_usize), 0..16),
    ) {
        let gate = TestGate::new("0708-G02");
        let mut clean = centre(&[&gate], 3);
        let taken = block_on(clean.take(at_yard(&gate), 1, events.clone())).unwrap();
        let all_of_it = matches!(&taken, Taken::Acked(head) if head.seq == events.len() as u64);
        proptest::prop_assert!(all_of_it);
        let mut line = centre(&[&gate], 3);
        for (from, count) in cuts {
            let from = from.min(events.len());
            let batch = events[from..(from + count).min(events.len())].to_vec();
            block_on(line.take(at_yard(&gate), 1, batch)).unwrap();
        }
        block_on(line.take(at_yard(&gate), 1, events)).unwrap();
        prop_assert_eq!(line, clean);
    }

    /// The fold never goes back: an event applied twice, or after a later one of the same gate, does nothing.
    #[test]
    fn an_event_is_applied_once(events in journal()) {
        let mut record = approved(1);
        let read = |value: &Value| serde_json::from_value(value.clone()).unwrap();
        for value in &events {
            record = fold(record, &read(value), now()).0;
        }
        for value in &events {
            let (again, effects) = fold(record.clone(), &read(value), now());
            prop_assert_eq!((&again, effects.len()), (&record, 0));
        }
    }
}

/// SG-252: of two gates that matched one trip offline the earlier by its own clock holds, whichever reached the centre first.
#[test]
fn the_first_by_its_own_clock_holds() {
    let trip = Some(approved(1).trip_no);
    for earlier_first in [true, false] {
        let (mut early, mut late) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
        let first = early.event(EventType::Match, LaneDirection::In, "v1", trip);
        let mut second = late.event(EventType::Match, LaneDirection::In, "w1", trip);
        second.occurred_at = UtcMillis::from_millis(first.occurred_at.as_millis() + 1);
        let order = if earlier_first { [&first, &second] } else { [&second, &first] };
        let mut raised = Vec::new();
        let mut record = approved(1);
        for event in order {
            let effects;
            (record, effects) = fold(record, event, now());
            raised.extend(effects.into_iter().filter_map(|effect| match effect {
                Effect::Alert(alert) => Some(alert.code),
                Effect::Receipt(_) => None,
            }));
        }
        assert_eq!(raised, [AlertCode::DoubleUse]);
        assert!(matches!(&record.hold, Some(Hold::Gate { gate_id, .. }) if *gate_id == first.gate_id));
        assert_eq!(record.applied.len(), 2);
    }
}

/// SG-251, SG-253: the vehicle is gone without its closing pass: two receipts, a reason, an alert.
#[test]
fn a_lost_closing_pass_is_made_good() {
    let mut gate = TestGate::new("0708-G02");
    let trip = Some(approved(1).trip_no);
    let (record, _) = fold(approved(1), &gate.event(EventType::Match, LaneDirection::In, "v1", trip), now());
    let (record, effects) =
        fold(record, &gate.event(EventType::LeftPort, LaneDirection::Out, "v2", trip), now());
    assert_eq!(
        (record.status, record.applied[&gate.gate_id]),
        (TripStatus::LeftPort, Applied { epoch: 1, seq: 2 })
    );
    let told: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Receipt(receipt) => format!("{} {}", receipt.cause, receipt.to.as_deref().unwrap()),
            Effect::Alert(alert) => format!("{:?}", alert.code),
        })
        .collect();
    assert_eq!(told, ["LEFT_PORT MANUALLY_CLOSED", "LEFT_PORT LEFT_PORT", "PassMissing"]);
}

/// SG-246: an `event_id` that another event already has is kept, raised, and has no second effect.
#[test]
fn a_repeated_event_id_has_no_second_effect() {
    let mut gate = TestGate::new("0708-G02");
    let mut centre = centre(&[&gate], 1);
    let trip = Some(approved(1).trip_no);
    let first = gate.event(EventType::Match, LaneDirection::In, "v1", trip);
    let id = first.event_id.clone();
    let first = gate.sealed(first);
    let mut second = gate.event(EventType::Refuse, LaneDirection::In, "v1", trip);
    second.event_id = id;
    let second = gate.sealed(second);
    block_on(centre.take(at_yard(&gate), 1, vec![first, second])).unwrap();
    assert_eq!(centre.trips.values().next().unwrap().status, TripStatus::Locked);
    assert_eq!(centre.events.len(), 2);
    assert_eq!(
        centre.alerts.iter().map(|alert| alert.code).collect::<Vec<_>>(),
        [AlertCode::DuplicateEventId]
    );
}

/// The contract: an unconfirmed passage and a raise without its outcome are a person's to look at; an ordinary passage is not.
#[test]
fn what_a_gate_could_not_see_or_do_is_raised() {
    let trip = Some(approved(1).trip_no);
    let mut gate = TestGate::new("0708-G02");
    let mut events = Vec::new();
    for (event_type, reason, outcome) in [
        (EventType::Match, ReasonCode::Ok, None),
        (EventType::RaiseOutcome, ReasonCode::Ok, Some(RaiseOutcome::Raised)),
        (EventType::RaiseOutcome, ReasonCode::BarrierTimedOut, Some(RaiseOutcome::Unknown)),
        (EventType::Pass, ReasonCode::PassageUnconfirmed, None),
        (EventType::Tailgating, ReasonCode::Tailgating, None),
    ] {
        let mut event = gate.event(event_type, LaneDirection::In, "v1", trip);
        (event.reason_code, event.outcome) = (Some(reason), outcome);
        events.push(gate.sealed(event));
    }
    let mut centre = centre(&[&gate], 1);
    block_on(centre.take(at_yard(&gate), 1, events)).unwrap();
    let codes: Vec<_> = centre.alerts.iter().map(|alert| alert.code).collect();
    assert_eq!(codes, [AlertCode::RaiseFailed, AlertCode::PassageUnconfirmed, AlertCode::Tailgating]);
}

/// A trip in some state, after these events of one gate (`visit direction act`); and what was raised.
fn after(mut record: Record, events: &[(EventType, LaneDirection, &str)]) -> (Record, Vec<AlertCode>) {
    let mut gate = TestGate::new("0708-G02");
    let mut raised = Vec::new();
    for (event_type, direction, visit) in events {
        let event = gate.event(*event_type, *direction, visit, Some(record.trip_no));
        let effects;
        (record, effects) = fold(record, &event, now());
        raised.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Alert(alert) => Some(alert.code),
            Effect::Receipt(_) => None,
        }));
    }
    (record, raised)
}

/// SG-252, SG-254: whose clock is wrong does not win by it: claims compare by the centre's clock.
#[test]
fn a_wrong_clock_does_not_win_a_trip() {
    let trip = Some(approved(1).trip_no);
    let (mut slow, mut right) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
    let mut first = right.event(EventType::Match, LaneDirection::In, "w1", trip);
    first.clock_offset_ms = None;
    let mut second = slow.event(EventType::Match, LaneDirection::In, "v1", trip);
    second.occurred_at = UtcMillis::from_millis(first.occurred_at.as_millis() - 60_000);
    second.clock_offset_ms = Some(-61_000);
    let (record, _) = fold(approved(1), &first, now());
    let (record, _) = fold(record, &second, now());
    assert!(matches!(&record.hold, Some(Hold::Gate { gate_id, .. }) if *gate_id == first.gate_id));
    assert_eq!(record.status_since, now(), "the centre's clock, not a gate's");
}

/// SG-190, SG-250: what was approved once moves late; what never was approved does not move at all.
#[test]
fn a_trip_that_never_was_approved_does_not_move() {
    for (approved_at, raised, status) in [
        (Some(now()), AlertCode::LateFact, TripStatus::Locked),
        (None, AlertCode::OutOfPlace, TripStatus::Sent),
    ] {
        let record = Record { approved_at, effective: None, status: TripStatus::Sent, ..approved(1) };
        let (record, codes) = after(record, &[(EventType::Pass, LaneDirection::In, "v1")]);
        assert_eq!((record.status, codes), (status, vec![raised]));
    }
}

/// SG-231: only a passage that is a part of the trip is weighed, and a vehicle that left empty has brought nothing in.
#[test]
fn only_a_passage_of_the_trip_is_weighed() {
    use EventType::{EmptyExit, LeftPort, ManualRelease, Match, Pass};
    use LaneDirection::{In, Out};
    let closed = [(Match, In, "v1"), (Pass, In, "v1"), (Pass, Out, "v2")];
    for (more, weights) in [
        (&[] as &[_], (true, true)),
        (&[(ManualRelease, In, "v3")], (true, true)),
        (&[(Pass, In, "v3")], (true, true)),
        (&[(LeftPort, Out, "v2"), (Pass, Out, "v3")], (true, true)),
    ] {
        let (mut record, _) = after(approved(1), &closed);
        assert!(record.net_kg().is_some());
        (record.gross_in_kg, record.gross_out_kg, record.applied) = (None, None, BTreeMap::new());
        let (record, _) = after(record, more);
        assert_eq!((record.gross_in_kg.is_none(), record.gross_out_kg.is_none()), weights, "{more:?}");
    }
    let empty = [(Match, In, "v1"), (Pass, In, "v1"), (EmptyExit, Out, "v2")];
    let (record, _) = after(approved(1), &empty);
    assert_eq!((record.status, record.gross_in_kg), (TripStatus::Unlocked, None));
    let (record, codes) = after(approved(1), &[(EmptyExit, Out, "v2")]);
    assert_eq!((record.status, codes), (TripStatus::CustomsApproved, vec![AlertCode::OutOfPlace]));
}

/// SG-173, SG-237: a trip that comes free and has no approval any more goes back to its enterprise.
#[test]
fn a_trip_without_an_approval_is_rejected_when_it_comes_free() {
    use EventType::{EmptyExit, Match, Pass, Refuse};
    use LaneDirection::{In, Out};
    for events in [
        [(Match, In, "v1"), (Refuse, In, "v1")].as_slice(),
        &[(Match, In, "v1"), (Pass, In, "v1"), (EmptyExit, Out, "v2")],
    ] {
        let withdrawn = Record { effective: None, status: TripStatus::Rejected, ..approved(1) };
        let (record, codes) = after(withdrawn, events);
        assert_eq!((record.status, &record.hold), (TripStatus::Rejected, &None));
        assert_eq!(codes, [AlertCode::LateFact]);
    }
}
