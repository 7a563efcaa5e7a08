//! Two gates' words about one trip, in whatever order they arrive.

use protocols::{
    contract::{Event, EventType, Kg, UtcMillis},
    rules::{LaneDirection, TripStatus},
};

use super::{approved, now};
use crate::{
    binding::{Hold, Record},
    gate_feed::{
        alert::AlertCode,
        intake::fold::{Effect, fold},
    },
    test_app::TestGate,
};

/// What gates say of one trip, in each order in which their words may reach the centre.
fn in_every_order(of_gates: &[&[&Event]]) -> Vec<Vec<Event>> {
    if of_gates.iter().all(|events| events.is_empty()) {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for (place, events) in of_gates.iter().enumerate() {
        let Some((first, rest)) = events.split_first() else { continue };
        let mut others = of_gates.to_vec();
        others[place] = rest;
        let then = in_every_order(&others);
        orders.extend(then.into_iter().map(|then| [vec![(*first).clone()], then].concat()));
    }
    orders
}

/// An event of a gate about trip 1, so many seconds after the hour.
fn said(
    gate: &mut TestGate,
    at_s: i64,
    event_type: EventType,
    direction: LaneDirection,
    visit: &str,
) -> Event {
    let mut event = gate.event(event_type, direction, visit, Some(approved(1).trip_no));
    event.occurred_at = UtcMillis::from_millis(now().as_millis() + at_s * 1000);
    event
}

fn folded(events: &[Event]) -> (Record, Vec<AlertCode>) {
    let mut raised = Vec::new();
    let mut record = approved(1);
    for event in events {
        let effects;
        (record, effects) = fold(record, event, now());
        raised.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Alert(alert) => Some(alert.code),
            Effect::Receipt(_) => None,
        }));
    }
    (record, raised)
}

/// SG-184, SG-237, SG-252: a gate that was first by its clock and has sent its vehicle away gives the trip to the one that stands at another gate, and not to
/// nobody, whichever word came first; and when both are gone the trip is free.
#[test]
fn a_refusal_gives_the_trip_to_who_waits_for_it() {
    use EventType::{Match, Pass, Refuse};
    use LaneDirection::In;
    let (mut one, mut two) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
    let first = [said(&mut one, 1, Match, In, "v1"), said(&mut one, 5, Refuse, In, "v1")];
    let second = said(&mut two, 3, Match, In, "w1");
    let orders = in_every_order(&[&[&first[0], &first[1]], &[&second]]);
    assert_eq!(orders.len(), 3);
    let goes = said(&mut two, 9, Refuse, In, "w1");
    let mut through = two.clone();
    let enters = said(&mut through, 9, Pass, In, "w1");
    for order in orders {
        let (record, _) = folded(&order);
        assert_eq!(record.status, TripStatus::Locked);
        assert!(matches!(&record.hold, Some(Hold::Gate { visit_id, .. }) if visit_id.as_str() == "w1"));
        let (gone, _) = fold(record.clone(), &goes, now());
        assert_eq!((gone.status, gone.hold, gone.claims), (TripStatus::Unlocked, None, Vec::new()));
        let (inside, effects) = fold(record, &enters, now());
        assert!(inside.entry_passed && effects.is_empty());
    }
}

/// SG-185, SG-237, SG-252: under a hold of customs the same; what waits is nobody's when the vehicle that has come in has closed the trip.
#[test]
fn customs_hold_lies_over_whoever_waits() {
    use EventType::{Match, Pass, Refuse};
    use LaneDirection::{In, Out};
    let (mut one, mut two) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
    let first = [said(&mut one, 1, Match, In, "v1"), said(&mut one, 5, Refuse, In, "v1")];
    let second = said(&mut two, 3, Match, In, "w1");
    for order in in_every_order(&[&[&first[0], &first[1]], &[&second]]) {
        let over = None;
        let hold = Hold::Customs { officer: "1".into(), reason: "查验".into(), since: now(), over };
        let mut record = Record { status: TripStatus::Locked, hold: Some(hold), ..approved(1) };
        for event in &order {
            record = fold(record, event, now()).0;
        }
        let Some(Hold::Customs { over: Some(over), .. }) = &record.hold else { panic!("{:?}", record.hold) };
        assert!(matches!(&**over, Hold::Gate { visit_id, .. } if visit_id.as_str() == "w1"));
        assert_eq!(record.claims, []);
    }
    let through = [
        said(&mut two, 6, Pass, In, "w1"),
        said(&mut two, 20, Match, Out, "w2"),
        said(&mut two, 21, Pass, Out, "w2"),
    ];
    let (record, _) = folded(&[&[first[0].clone(), second][..], &through].concat());
    assert_eq!((record.status, record.hold, record.claims), (TripStatus::Closed, None, Vec::new()));
}

/// SG-241: a vehicle that left empty at a gate that was offline does not free the trip of the one that has come in since; a person hears of it. One that left
/// after that does, and so does one that the same gate tells in its order, whatever its clock.
#[test]
fn who_left_before_the_last_entry_frees_nothing() {
    use EventType::{EmptyExit, Match, Pass};
    use LaneDirection::{In, Out};
    for (gate, left_at, status) in [
        ("0708-G03", 50, TripStatus::Locked),
        ("0708-G03", 70, TripStatus::Unlocked),
        ("0708-G02", 50, TripStatus::Unlocked),
    ] {
        let (mut entry, mut exit) = (TestGate::new("0708-G02"), TestGate::new(gate));
        let came = [
            said(&mut entry, 1, Match, In, "v1"),
            said(&mut entry, 5, Pass, In, "v1"),
            said(&mut entry, 60, Match, In, "v2"),
            said(&mut entry, 65, Pass, In, "v2"),
        ];
        if gate == "0708-G02" {
            exit = entry.clone();
        }
        let left = said(&mut exit, left_at, EmptyExit, Out, "w1");
        let (record, _) = folded(&came);
        let (record, effects) = fold(record, &left, now());
        assert_eq!(
            (record.status, record.entry_passed),
            (status, status == TripStatus::Locked),
            "{gate} {left_at}"
        );
        let raised =
            matches!(effects.as_slice(), [Effect::Alert(alert)] if alert.code == AlertCode::OutOfPlace);
        assert_eq!(raised, status == TripStatus::Locked);
        assert!(record.applied.contains_key(&left.gate_id));
    }
}

fn weighing(mut event: Event, kg: i64) -> Event {
    event.reads.gross_kg = Some(Kg::from_kilograms(kg));
    event
}

/// SG-231, SG-241: a lorry went in at a gate whose line was down and out at one whose line was not. In whatever order their words arrive nobody is inside
/// afterwards, the trip is free or closed as its exit says, and what was weighed counts; where the way in is told last it is no second use.
#[test]
fn a_way_in_that_is_told_after_the_way_out_leaves_nobody_inside() {
    use EventType::{EmptyExit, Match, Pass};
    use LaneDirection::{In, Out};
    for (goes, status) in [(EmptyExit, TripStatus::Unlocked), (Pass, TripStatus::Closed)] {
        let (mut entry, mut exit) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
        let way_in =
            [said(&mut entry, 1, Match, In, "v1"), weighing(said(&mut entry, 5, Pass, In, "v1"), 12_000)];
        let way_out =
            [said(&mut exit, 60, Match, Out, "w1"), weighing(said(&mut exit, 120, goes, Out, "w1"), 30_000)];
        let orders = in_every_order(&[&[&way_in[0], &way_in[1]], &[&way_out[0], &way_out[1]]]);
        assert_eq!(orders.len(), 6);
        for order in orders {
            let (record, raised) = folded(&order);
            assert_eq!((record.status, &record.hold), (status, &None), "{order:?}");
            assert!(record.claims.is_empty());
            let net = (goes == Pass).then(|| Kg::from_kilograms(18_000));
            assert_eq!(record.net_kg(), net);
            if order[1] == way_out[1] {
                let told = if goes == Pass { vec![] } else { vec![AlertCode::OutOfPlace] };
                assert_eq!(raised, told);
            }
        }
    }
}

/// SG-231, SG-252: of several that claimed the trip the one that is inside is weighed, also when the vehicle before it is known only later to have left empty.
#[test]
fn who_is_inside_is_weighed() {
    use EventType::{EmptyExit, Match, Pass};
    use LaneDirection::{In, Out};
    let (mut one, mut two) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
    let (record, _) = folded(&[
        said(&mut one, 1, Match, In, "v1"),
        said(&mut two, 2, Match, In, "w1"),
        weighing(said(&mut two, 9, Pass, In, "w1"), 20_000),
    ]);
    assert_eq!(record.gross_in_kg, Some(Kg::from_kilograms(20_000)));
    assert!(matches!(&record.hold, Some(Hold::Gate { visit_id, .. }) if visit_id.as_str() == "w1"));

    let (mut entry, mut exit) = (TestGate::new("0708-G02"), TestGate::new("0708-G03"));
    let (record, _) = folded(&[
        said(&mut entry, 1, Match, In, "v1"),
        weighing(said(&mut entry, 5, Pass, In, "v1"), 10_000),
        said(&mut entry, 60, Match, In, "v2"),
        weighing(said(&mut entry, 65, Pass, In, "v2"), 18_000),
        said(&mut exit, 50, EmptyExit, Out, "w1"),
        weighing(said(&mut exit, 90, Pass, Out, "w2"), 30_000),
    ]);
    assert_eq!((record.status, record.net_kg()), (TripStatus::Closed, Some(Kg::from_kilograms(12_000))));
}
