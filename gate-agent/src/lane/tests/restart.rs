//! Visits that a crash cut off, taken up again.

use std::sync::Arc;

use protocols::{
    contract::{EventType, RaiseOutcome, ReadValue},
    ids::{GateId, LaneId},
    rules::{
        LaneDirection::{self, In, Out},
        ReasonCode,
    },
};

use super::{draft_text, effect_text, input, moment, policy, ready, ready_config, run, trip};
use crate::{
    clock::SimClock,
    journal::{Draft, JournalCore, LaneRef, MemoryDisk, Unsettled, then_leaves},
    lane::{Lane, input::Effect, recover::close_forgotten, step::step},
};

/// A visit that a crash cut off after these records.
fn cut_off(direction: LaneDirection, events: &[&str]) -> Unsettled {
    let clock = Arc::new(SimClock::at(moment(0.0).wall));
    let disk = MemoryDisk::new("test");
    let gate_id = GateId::parse("0708-G02").unwrap();
    let (mut core, _) = JournalCore::open(disk.store(), gate_id.clone(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    for name in events {
        let (event_type, outcome) = match *name {
            "raised" => (EventType::RaiseOutcome, Some(RaiseOutcome::Raised)),
            "refused" => (EventType::RaiseOutcome, Some(RaiseOutcome::Refused)),
            other => (*EventType::ALL.iter().find(|known| known.code() == other).unwrap(), None),
        };
        let mut draft = Draft::new(event_type, moment(0.0).tick, moment(0.0).wall);
        draft.lane = Some(LaneRef { lane_id: LaneId::parse("L1").unwrap(), direction });
        draft.visit_id = Some(protocols::ids::VisitId::parse("cut-off").unwrap());
        draft.trip = Some(trip("1"));
        draft.reason = Some(ReasonCode::IndexStale);
        draft.outcome = outcome;
        draft.detail = (direction == Out && *name == "PASS").then(then_leaves);
        draft.reads.e_plate = Some(ReadValue { value: "E2801160".into(), ..ReadValue::default() });
        core.commit(vec![draft]).unwrap();
    }
    let (_, recovered) = JournalCore::open(disk.store(), gate_id.clone(), clock).unwrap();
    recovered.unsettled.into_iter().next().expect("the journal finds the visit")
}

/// The same, taken up by a lane that knows nothing of its sensors yet.
fn resumed(events: &[&str]) -> (Lane, String) {
    resumed_in(In, events)
}

fn resumed_in(direction: LaneDirection, events: &[&str]) -> (Lane, String) {
    let visit = cut_off(direction, events);
    let lane = Lane::new(ready_config());
    let (lane, effects) = lane.resume(&visit, &policy(direction), moment(0.0));
    (lane, effects.iter().map(effect_text).collect::<Vec<_>>().join(", "))
}

/// Fault A1; the contract: an intent without outcome becomes `unknown` and is never pulsed again by itself. The vehicle that is still there
/// waits for a person; when it drives off nobody can tell whether that was it or the next one, so the trip is not free (SG-249).
#[test]
fn an_intent_cut_off_by_a_crash_is_never_pulsed_again() {
    let (lane, effects) = resumed(&["MATCH", "RAISE_INTENT"]);
    assert_eq!(effects, "RAISE_OUTCOME #1 barrier_timed_out");
    run(
        lane,
        In,
        "
        0.10 approach occupied -> | held
        0.10 safety free       -> | held
        0.10 exit free         -> | held
        0.20 barrier online    -> | held
        0.30 read E2801161     -> | held
        5.00 index moved       -> | held
        9.00 approach free     -> | held
        11.0 tick              -> | passing
        16.0 tick              -> PASS #1 passage_unconfirmed, red, lower | passing
        18.0 arm closed        -> | idle
    ",
    );
}

/// The same crash, but the vehicle is gone when the agent comes back: nobody knows whether it passed, so it is taken as passed and told.
#[test]
fn a_vehicle_gone_during_the_outage_is_an_unconfirmed_passage() {
    for (records, first) in
        [(&["MATCH", "RAISE_INTENT"][..], "held"), (&["MATCH", "RAISE_INTENT", "raised"][..], "passing")]
    {
        let (lane, _) = resumed(records);
        run(
            lane,
            In,
            &format!(
                "
            0.10 safety free       -> | {first}
            0.10 exit free         -> | {first}
            0.10 approach free     -> | {first}
            2.20 tick              -> | passing
            7.50 tick              -> PASS #1 passage_unconfirmed, red, lower | passing
            9.00 arm closed        -> | idle
        "
            ),
        );
    }
}

/// A crash while the vehicle drove through: the loops go on telling.
#[test]
fn a_raised_barrier_is_followed_after_a_restart() {
    let (lane, effects) = resumed(&["MATCH", "RAISE_INTENT", "raised"]);
    assert_eq!(effects, "");
    run(
        lane,
        In,
        "
        0.10 safety free       -> | passing
        0.10 approach free     -> | passing
        0.10 exit occupied     -> | passing
        2.00 exit free         -> PASS #1, red, lower | passing
        4.00 arm closed        -> | idle
    ",
    );
}

/// An intent that ended as refused has moved nothing: its vehicle that drives off frees its trip, and so does a visit that is older than the one taken up.
#[test]
fn a_raise_that_was_refused_before_the_crash_passes_nobody() {
    let records = ["MATCH", "RAISE_INTENT", "refused", "LANE_STATE"];
    let (lane, effects) = resumed(&records);
    assert_eq!(effects, "");
    run(
        lane,
        In,
        "
        0.10 approach occupied -> | held
        0.10 safety free       -> | held
        0.10 exit free         -> | held
        3.00 approach free     -> | held
        5.00 tick              -> REFUSE #1 backed_out | idle
    ",
    );
    let drafts = close_forgotten(&cut_off(Out, &records), true, moment(0.0));
    assert_eq!(drafts.iter().map(draft_text).collect::<Vec<_>>(), ["REFUSE #1 lane_closed"]);
}

/// A match that waited for a person goes on waiting in the same visit, and is freed when the vehicle leaves.
#[test]
fn a_held_match_is_taken_up_after_a_restart() {
    let (lane, effects) = resumed(&["MATCH", "LANE_STATE"]);
    assert_eq!(effects, "");
    run(
        lane,
        In,
        "
        0.10 approach occupied -> | held
        1.00 index moved       -> | held
        1.10 read E2801160     -> decide 1 | deciding
        1.10 decided M index_stale 1 -> LANE_STATE #1 index_stale | held
        3.00 approach free     -> | held
        5.00 tick              -> REFUSE #1 backed_out | idle
    ",
    );
}

/// Domain page on identifiers, section 14: what a telephone made up before a crash is no key after it either.
#[test]
fn a_made_up_number_stays_made_up_over_a_restart() {
    for (value, raw, made_up) in
        [("08123456", None, 1), ("0135410774", Some("08123456"), 1), ("4A7F21C3", None, 0)]
    {
        let mut visit = cut_off(In, &["MATCH", "LANE_STATE"]);
        let raw = raw.map(ToOwned::to_owned);
        visit.reads.ic_card = Some(ReadValue { value: value.into(), raw, ..ReadValue::default() });
        let (lane, _) = Lane::new(ready_config()).resume(&visit, &policy(In), moment(0.0));
        // Somebody stands there, and is known by the tag.
        let (lane, _) = step(lane, input("approach occupied", moment(0.5)), &policy(In), moment(0.5));
        let (_, effects) = step(lane, input("read E2801160", moment(1.0)), &policy(In), moment(1.0));
        let judged = effects.iter().find_map(|effect| match effect {
            Effect::Decide(evidence, _) => Some(evidence),
            _ => None,
        });
        assert_eq!(judged.unwrap().made_up().count(), made_up, "{value}");
    }
}

/// Design section 3: while the journal still opens a lane only watches; then it looks who stands there.
#[test]
fn a_vehicle_that_stood_there_before_the_lane_worked_is_a_visit() {
    let mut lane = ready(In);
    lane.observe_only(&input("approach occupied", moment(0.0)));
    run(lane, In, "0.00 index moved -> red, ARRIVAL | collecting");
}

/// Fault A1: what a person closed stays closed over a kill, with who did it, when and why; what he opened again is open.
#[test]
fn a_closed_lane_is_closed_after_a_restart() {
    let clock = Arc::new(SimClock::at(moment(0.0).wall));
    let gate_id = GateId::parse("0708-G02").unwrap();
    let disk = MemoryDisk::new("test");
    let mut lane = ready(In);
    for (act, at, is_closed) in
        [("act close_lane", 1.0, true), ("act open_lane", 2.0, false), ("act close_lane", 3.0, true)]
    {
        let (mut core, _) = JournalCore::open(disk.store(), gate_id.clone(), clock.clone()).unwrap();
        core.set_epoch(1).unwrap();
        let (_, effects) = step(lane, input(act, moment(at)), &policy(In), moment(at));
        for effect in effects {
            if let Effect::Record(drafts, _) = effect {
                core.commit(drafts).unwrap();
            }
        }
        // Killed here; another lane with the same steel comes up.
        drop(core);
        let (core, recovered) = JournalCore::open(disk.store(), gate_id.clone(), clock.clone()).unwrap();
        drop(core);
        lane = ready(In);
        lane.started(recovered.head.boot, recovered.closed.first().cloned());
        let told = lane.snapshot().closed.map(|closed| (closed.by, closed.at, closed.why));
        let expected = is_closed.then(|| ("8950000004821".into(), moment(at).wall, "test".into()));
        assert_eq!(told, expected, "after {act}");
    }
    run(
        lane,
        In,
        "
        4.00 approach occupied -> red, ARRIVAL | collecting
        4.12 read E2801160     -> decide 1 | deciding
        4.12 decided Y 1       -> LANE_STATE lane_closed | held
        9.00 act open_lane     -> LANE_STATE, done, decide 1 | deciding
        9.00 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
    ",
    );
}

/// Of several visits that were left unfinished only the newest can still stand there; the older ones get their end.
#[test]
fn a_visit_forgotten_behind_a_newer_one_gets_its_end() {
    let (unconfirmed, left) = ("PASS #1 passage_unconfirmed", "LEFT_PORT #1");
    for (direction, records, expected) in [
        (In, &["MATCH", "LANE_STATE"][..], &["REFUSE #1 lane_closed"][..]),
        (In, &["MATCH", "RAISE_INTENT"], &["RAISE_OUTCOME #1 barrier_timed_out", unconfirmed]),
        (In, &["MATCH", "RAISE_INTENT", "raised"], &[unconfirmed]),
        (Out, &["MATCH", "RAISE_INTENT", "raised"], &[unconfirmed, left]),
        (Out, &["MATCH", "RAISE_INTENT", "raised", "PASS"], &[left]),
    ] {
        let drafts = close_forgotten(&cut_off(direction, records), direction == Out, moment(0.0));
        assert_eq!(drafts.iter().map(draft_text).collect::<Vec<_>>(), expected, "{records:?}");
    }
}

/// SG-242; fault A1: killed between `PASS` and the closed barrier of an outermost exit, the gate still tells that the vehicle left.
#[test]
fn a_vehicle_that_passed_the_outermost_exit_before_a_crash_has_left_the_port() {
    let (lane, effects) = resumed_in(Out, &["MATCH", "RAISE_INTENT", "raised", "PASS"]);
    assert_eq!(effects, "");
    run(
        lane,
        Out,
        "
        0.10 approach free     -> | passing
        0.10 arm open          -> | passing
        0.10 safety free       -> | passing
        0.20 exit free         -> lower | passing
        2.00 arm closed        -> LEFT_PORT #1 | idle
    ",
    );
}

/// The same when nobody saw it drive through, and the arm is down already.
#[test]
fn a_vehicle_gone_from_the_outermost_exit_during_the_outage_has_left_the_port() {
    let (lane, _) = resumed_in(Out, &["MATCH", "RAISE_INTENT"]);
    run(
        lane,
        Out,
        "
        0.10 arm closed        -> | held
        0.10 safety free       -> | held
        0.10 exit free         -> | held
        0.10 approach free     -> | held
        2.10 tick              -> PASS #1 passage_unconfirmed + LEFT_PORT #1 | idle
    ",
    );
}

/// With the arm found down over nobody there is nothing to wait for: the next vehicle is not kept.
#[test]
fn an_arm_found_down_ends_the_cut_off_visit_at_once() {
    let (lane, _) = resumed(&["MATCH", "RAISE_INTENT"]);
    run(
        lane,
        In,
        "
        0.10 arm closed        -> | held
        0.10 safety free       -> | held
        0.10 exit free         -> | held
        0.10 approach free     -> | held
        2.10 tick              -> PASS #1 passage_unconfirmed | idle
        2.50 approach occupied -> red, ARRIVAL | collecting
    ",
    );
}
