//! What persons do to the vehicle in a lane.

use protocols::rules::{
    LaneDirection::{In, Out},
    Mode,
};
use serde_json::json;

use super::{check, input, moment, policy, ready, run};
use crate::lane::{CodeId, Effect, Input, Person, Role, Second, step};

/// SG-239; design promise 1: a person's release is recorded before the barrier rises, once, and its passing is noted, not judged.
#[test]
fn a_release_is_recorded_before_the_barrier_rises() {
    check(
        In,
        "
        0.00 approach occupied     -> red, ARRIVAL | collecting
        0.12 read E2801160         -> decide 1 | deciding
        0.12 decided N no_binding  -> | collecting
        3.00 tick                  -> decide 1 | deciding
        3.00 decided N no_binding  -> REFUSE no_binding | held
        60.0 act release           -> reserve, MANUAL_RELEASE manual_release + RAISE_INTENT manual_release then raise | deciding
        60.0 recorded              -> done, raise, green | opening
        61.0 raised                -> RAISE_OUTCOME | passing
        61.1 arm open              -> | passing
        63.0 exit occupied         -> | passing
        63.5 approach free         -> | passing
        65.0 exit free             -> LANE_STATE manual_release, red, lower | passing
        66.0 arm closed            -> | idle
    ",
    );
}

/// SG-239, SG-242: for the trip that the person names; at the outermost exit it has left the port.
#[test]
fn a_release_for_a_trip_at_the_outermost_exit_leaves_the_port() {
    check(
        Out,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        0.12 read E2801160              -> decide 1 | deciding
        0.12 decided M weight_missing 1 -> | collecting
        3.00 tick                       -> decide 1 | deciding
        3.00 decided M weight_missing 1 -> MATCH #1 weight_missing + LANE_STATE #1 weight_missing | held
        9.00 act release                -> reserve, MANUAL_RELEASE #1 manual_release + RAISE_INTENT #1 manual_release then raise | deciding
        9.00 recorded                   -> done, raise, green | opening
        10.0 raised                     -> RAISE_OUTCOME #1 | passing
        10.1 arm open                   -> | passing
        12.0 exit occupied              -> | passing
        12.5 approach free              -> | passing
        14.0 exit free                  -> LANE_STATE #1 manual_release, red, lower | passing
        15.0 arm closed                 -> LEFT_PORT #1 | idle
    ",
    );
}

/// SG-239: another trip than the one that was matched: that is free again, the named one is locked first.
#[test]
fn a_release_for_another_trip_frees_the_matched_one() {
    check(
        In,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        0.12 read E2801160              -> decide 1 | deciding
        0.12 decided M media_conflict 1 -> | collecting
        3.00 tick                       -> decide 1 | deciding
        3.00 decided M media_conflict 1 -> MATCH #1 media_conflict + LANE_STATE #1 media_conflict | held
        9.00 act release 2              -> reserve, REFUSE #1 manual_release + MATCH #2 manual_release + MANUAL_RELEASE #2 manual_release + RAISE_INTENT #2 manual_release then raise | deciding
        9.00 recorded                   -> done, raise, green | opening
    ",
    );
}

/// fault E6: a release whose time box is over moves nothing, neither when it comes nor when its record comes late.
#[test]
fn a_release_past_its_time_box_moves_nothing() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        5.00 act late release  -> denied expired | collecting
        6.00 act release       -> reserve, MANUAL_RELEASE manual_release + RAISE_INTENT manual_release then raise | deciding
        37.0 recorded          -> RAISE_OUTCOME barrier_refused, denied expired | held
    ",
    );
}

/// Contract section 7: what could not be recorded does not move, and the person hears it.
#[test]
fn a_release_that_is_not_recorded_moves_nothing() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        5.00 act release       -> reserve, MANUAL_RELEASE manual_release + RAISE_INTENT manual_release then raise | deciding
        5.10 not recorded      -> elsewhere MANUAL_RELEASE manual_release + RAISE_INTENT manual_release | deciding
        5.20 not recorded      -> denied not_recorded, RAISE_OUTCOME barrier_refused | held
    ",
    );
}

/// Contract section 7: with the journal down a person's release stands in the emergency log first, and then moves.
#[test]
fn a_release_that_stands_in_the_emergency_log_moves() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        5.00 act release       -> reserve, MANUAL_RELEASE manual_release + RAISE_INTENT manual_release then raise | deciding
        5.10 not recorded      -> elsewhere MANUAL_RELEASE manual_release + RAISE_INTENT manual_release | deciding
        5.20 recorded          -> done, raise, green | opening
    ",
    );
}

/// invariant I3: while the lane records or moves, nobody interferes; a raise is one raise.
#[test]
fn nobody_interferes_while_the_barrier_moves() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.13 act release       -> denied moving | deciding
        0.14 act send_back     -> denied moving | deciding
        0.15 recorded          -> raise, green | opening
        0.20 act release       -> denied moving | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 act send_back     -> denied moving | passing
    ",
    );
}

/// SG-239: a barrier that did not rise may be opened by a person, once more and on his word.
#[test]
fn a_person_may_raise_again_what_did_not_rise() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        7.00 raise timed out   -> RAISE_OUTCOME #1 barrier_timed_out, red, LANE_STATE #1 barrier_timed_out | held
        9.00 act correct E281  -> denied out_of_place | held
        20.0 act release       -> reserve, MANUAL_RELEASE #1 manual_release + RAISE_INTENT #1 manual_release then raise | deciding
        20.1 recorded          -> done, raise, green | opening
    ",
    );
}

/// SG-237: sent back by a person: the trip is free, and the lane does not judge the vehicle again.
#[test]
fn a_vehicle_that_is_sent_back_is_not_judged_again() {
    check(
        In,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        0.12 read E2801160              -> decide 1 | deciding
        0.12 decided M weight_missing 1 -> | collecting
        3.00 tick                       -> decide 1 | deciding
        3.00 decided M weight_missing 1 -> MATCH #1 weight_missing + LANE_STATE #1 weight_missing | held
        9.00 act send_back              -> REFUSE #1 sent_back, done | held
        9.50 read E2801161              -> | held
        10.0 index moved                -> | held
        20.0 approach free              -> | held
        22.0 tick                       -> | idle
    ",
    );
}

/// SG-240: the gate judges anew with what the person typed, and the pass carries mode `M` and the person.
#[test]
fn a_corrected_reading_is_judged_and_passes_in_mode_m() {
    check(
        In,
        "
        0.00 approach occupied    -> red, ARRIVAL | collecting
        3.00 tick                 -> decide 0 | deciding
        3.00 decided N no_read    -> REFUSE no_read | held
        9.00 act correct E2801160 -> LANE_STATE read_corrected, done, decide 1 | deciding
        9.00 decided Y 1          -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        9.01 recorded             -> raise, green | opening
    ",
    );
    let (mut lane, now) = (ready(In), moment(0.0));
    let mut drafts = Vec::new();
    for text in ["approach occupied", "act correct E2801160", "decided Y 1"] {
        let (next, effects) = step(lane, input(text, now), &policy(In), now);
        lane = next;
        drafts.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Record(drafts, _) => Some(drafts),
            _ => None,
        }));
    }
    let drafts = drafts.concat();
    let last = drafts.last().unwrap();
    assert_eq!((last.mode, last.officer_id.as_deref()), (Some(Mode::ByHand), Some("8950000004821")));
    assert_eq!(last.reads.e_plate.as_ref().unwrap().device.as_deref(), Some("person 8950000004821"));
}

/// SG-239; fault E6: whose code stood for the second person, and which, is in what opens and in its intent.
#[test]
fn a_release_by_a_code_names_its_issuer_and_its_id() {
    let now = moment(0.0);
    let (lane, _) = step(ready(In), input("approach occupied", now), &policy(In), now);
    let Input::Act(mut handed) = input("act release", now) else { panic!("no act") };
    let wang = Person { id: "wang".into(), role: Role::Officer };
    handed.act.second = Some(Second { person: wang, code: Some(CodeId::new("K7M")) });
    let (_, effects) = step(lane, Input::Act(handed), &policy(In), now);
    let recorded = effects.into_iter().find_map(|effect| match effect {
        Effect::Record(drafts, _) => Some(drafts),
        _ => None,
    });
    let told: Vec<_> = recorded.unwrap().into_iter().map(|draft| draft.detail.unwrap()).collect();
    let expected = json!({ "do": "release", "reason": "test", "second": "wang", "code": "K7M" });
    assert_eq!(told, [expected.clone(), expected]);
}

/// SG-223: of several trips with different objects the officer names one; only one that was offered.
#[test]
fn an_officer_chooses_among_what_was_offered() {
    check(
        In,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        0.12 read E2801160              -> decide 1 | deciding
        0.12 decided M ambiguous of 1 2 -> | collecting
        3.00 tick                       -> decide 1 | deciding
        3.00 decided M ambiguous of 1 2 -> LANE_STATE ambiguous | held
        9.00 act choose 3               -> denied unknown_trip | held
        9.50 act choose 2               -> done, decide 1 | deciding
        9.50 decided Y 2                -> reserve, MATCH #2 + RAISE_INTENT #2 then raise | deciding
    ",
    );
}

/// SG-241: only at an exit, only for a trip; it does not leave the port by it.
#[test]
fn an_empty_exit_frees_the_trip_and_does_not_leave_the_port() {
    check(
        Out,
        "
        0.00 approach occupied                   -> red, ARRIVAL | collecting
        1.00 act empty_exit                      -> denied unknown_trip | collecting
        1.12 read E2801160                       -> decide 1 | deciding
        1.12 decided M weight_out_of_tolerance 1 -> | collecting
        4.00 tick                                -> decide 1 | deciding
        4.00 decided M weight_out_of_tolerance 1 -> MATCH #1 weight_out_of_tolerance + LANE_STATE #1 weight_out_of_tolerance | held
        9.00 act empty_exit                      -> reserve, EMPTY_EXIT #1 empty_exit + RAISE_INTENT #1 empty_exit then raise | deciding
        9.00 recorded                            -> done, raise, green | opening
        10.0 raised                              -> RAISE_OUTCOME #1 | passing
        10.1 arm open                            -> | passing
        12.0 exit occupied                       -> | passing
        12.5 approach free                       -> | passing
        14.0 exit free                           -> LANE_STATE #1 manual_release, red, lower | passing
        15.0 arm closed                          -> | idle
    ",
    );
    check(
        In,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        1.12 read E2801160              -> decide 1 | deciding
        1.12 decided M weight_missing 1 -> | collecting
        9.00 act empty_exit             -> denied out_of_place | collecting
    ",
    );
}

/// A closed lane lets nobody through by itself; a person still may; opened again, who waits is judged again.
#[test]
fn a_closed_lane_holds_whoever_might_pass() {
    check(
        In,
        "
        0.00 act close_lane    -> LANE_STATE lane_closed, done | idle
        1.00 approach occupied -> red, ARRIVAL | collecting
        1.12 read E2801160     -> decide 1 | deciding
        1.12 decided Y 1       -> LANE_STATE lane_closed | held
        9.00 act open_lane     -> LANE_STATE, done, decide 1 | deciding
        9.00 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
    ",
    );
}

/// A person sees a vehicle that the loop does not: he may open, and nothing else.
#[test]
fn a_release_needs_no_loop() {
    check(
        In,
        "
        0.00 act send_back -> denied no_vehicle | idle
        1.00 act release   -> red, ARRIVAL, reserve, MANUAL_RELEASE manual_release + RAISE_INTENT manual_release then raise | deciding
        1.00 recorded      -> done, raise, green | opening
    ",
    );
}

/// SG-228: a weight that comes to rest while the lane holds is judged.
#[test]
fn a_weight_that_settles_late_is_judged() {
    run(
        ready(Out),
        Out,
        "
        0.00 approach occupied          -> red, ARRIVAL | collecting
        0.12 read E2801160              -> decide 1 | deciding
        0.12 decided M weight_missing 1 -> | collecting
        3.00 tick                       -> decide 1 | deciding
        3.00 decided M weight_missing 1 -> MATCH #1 weight_missing + LANE_STATE #1 weight_missing | held
        8.00 weighs 47500               -> decide 1 | deciding
        8.00 decided Y 1                -> reserve, RAISE_INTENT #1 then raise | deciding
    ",
    );
}
