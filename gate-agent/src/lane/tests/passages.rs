//! The ways through: clean, unconfirmed, backed out, refused by the barrier.

use protocols::rules::{
    LaneDirection::{In, Out},
    LanePolicy,
};

use super::{check, policy, ready, ready_config, run, run_under};

/// SG-234, SG-235, SG-236; design promise 1: no barrier opens without a durable record, and `PASS` is written when the exit loop is
/// free again.
#[test]
fn a_clean_entry() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        3.00 safety occupied   -> | passing
        3.40 approach free     -> | passing
        3.50 exit occupied     -> | passing
        4.00 safety free       -> | passing
        6.00 exit free         -> PASS #1, red, lower | passing
        8.00 arm closed        -> | idle
    ",
    );
}

/// SG-242: `LEFT_PORT` only when the exit loop is free and the barrier of the outermost exit is closed.
#[test]
fn an_outermost_exit_reports_leaving_behind_the_closed_barrier() {
    check(
        Out,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        3.00 approach free     -> | passing
        3.10 exit occupied     -> | passing
        5.00 exit free         -> PASS #1, red, lower | passing
        5.50 arm between       -> | passing
        8.00 arm closed        -> LEFT_PORT #1 | idle
    ",
    );
}

/// SG-243: an inner exit, of the yard to the quay, passes vehicles and never says that one has left the port.
#[test]
fn an_inner_exit_never_says_that_a_vehicle_left() {
    let inner = LanePolicy { outermost: false, ..policy(Out) };
    run_under(
        &inner,
        ready(Out),
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        3.00 approach free     -> | passing
        3.10 exit occupied     -> | passing
        5.00 exit free         -> PASS #1, red, lower | passing
        5.50 arm between       -> | passing
        8.00 arm closed        -> | idle
    ",
    );
}

/// Invariant I3: without the proof nothing rises; the journal that cannot be written holds the lane, and its return lets it go on.
#[test]
fn an_unwritten_intent_opens_nothing() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.30 not recorded      -> | held
        0.31 journal gone      -> | held
        0.40 index moved       -> decide 1 | deciding
        0.40 decided Y 1       -> | held
        9.00 journal back      -> decide 1 | deciding
        9.00 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        9.01 recorded          -> raise, green | opening
    ",
    );
}

/// A slow disk: nothing moves before the record is durable, and the lane keeps listening (fault A9); a vehicle that gave up meanwhile is
/// not opened for.
#[test]
fn a_record_that_comes_after_the_vehicle_left_opens_nothing() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        20.0 read E2801161     -> | deciding
        25.0 approach free     -> | deciding
        30.0 recorded          -> RAISE_OUTCOME #1 barrier_refused, REFUSE #1 backed_out | idle
    ",
    );
}

/// The contract: backed out after the barrier rose is `REFUSE` with `backed_out`, and the arm comes down; a short gap is no leaving.
#[test]
fn backing_out_after_the_barrier_rose() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        3.00 approach free     -> | passing
        4.00 approach occupied -> | passing
        5.00 approach free     -> | passing
        9.90 tick              -> | passing
        10.0 tick              -> REFUSE #1 backed_out, red, lower | passing
        12.0 arm closed        -> | idle
    ",
    );
}

/// The contract: without loop evidence by the deadline `PASS` is written as `passage_unconfirmed`; a vehicle that still stands there is
/// told first, and an unknown loop never brings the arm down.
#[test]
fn a_passage_that_no_loop_confirms() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.00 raised            -> RAISE_OUTCOME #1 | passing
        61.0 tick              -> LANE_STATE #1 passage_unconfirmed | passing
        100. approach unknown  -> | passing
        100. exit unknown      -> | passing
        661. tick              -> PASS #1 passage_unconfirmed, red | passing
        662. exit free         -> lower | passing
        664. arm closed        -> | idle
    ",
    );
}

/// Invariant I3; fault D6: a raise that was refused or timed out is not repeated, whatever is read or learnt; a vehicle that drives
/// through all the same is followed.
#[test]
fn a_failed_raise_is_never_repeated_by_itself() {
    for (outcome, reason) in [("raise refused", "barrier_refused"), ("raise timed out", "barrier_timed_out")]
    {
        check(
            In,
            &format!(
                "
            0.00 approach occupied -> red, ARRIVAL | collecting
            0.12 read E2801160     -> decide 1 | deciding
            0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
            0.15 recorded          -> raise, green | opening
            2.00 {outcome}         -> RAISE_OUTCOME #1 {reason}, red, LANE_STATE #1 {reason} | held
            3.00 read E2801161     -> | held
            4.00 index moved       -> | held
            5.00 barrier online    -> | held
            5.50 arm open          -> | held
            6.00 exit occupied     -> | passing
            6.50 approach free     -> | passing
            8.00 exit free         -> PASS #1, red, lower | passing
            9.00 arm closed        -> | idle
        "
            ),
        );
    }
}

/// A driver that never answers is a time-out.
#[test]
fn a_silent_barrier_times_out() {
    check(In, "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        17.1 tick              -> | opening
        17.2 tick              -> RAISE_OUTCOME #1 barrier_timed_out, red, LANE_STATE #1 barrier_timed_out | held
        700. tick              -> | held
        730. approach free     -> | held
        732. tick              -> REFUSE #1 backed_out | idle
    ");
}

/// A line to the board that is down while the vehicle may be driving through: nobody saw it, so it is taken as passed, and its trip is not
/// free again.
#[test]
fn a_blind_moment_under_the_open_barrier_is_an_unconfirmed_passage() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        2.00 approach unknown  -> | passing
        2.00 exit unknown      -> | passing
        9.00 approach free     -> | passing
        9.00 exit free         -> | passing
        14.0 tick              -> PASS #1 passage_unconfirmed, red, lower | passing
    ",
    );
}

/// An arm left open by the last run comes down once, over nobody; later an open arm in an idle lane is a person's.
#[test]
fn an_arm_found_open_at_the_start_comes_down_once() {
    let lane = crate::lane::Lane::new(ready_config());
    run(
        lane,
        In,
        "
        0.00 arm open          -> | idle
        0.00 safety free       -> | idle
        0.00 exit free         -> | idle
        0.10 approach free     -> lower | idle
        2.00 arm closed        -> | idle
        9.00 arm open          -> | idle
    ",
    );
}

/// A barrier that comes down again before the vehicle has moved: the lane holds, and is free for the next when this one has gone back.
#[test]
fn an_arm_that_comes_down_too_early_holds_the_lane() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        20.0 arm closed        -> red, LANE_STATE #1 barrier_timed_out | held
        25.0 read E2801160     -> | held
        30.0 approach free     -> | held
        32.0 tick              -> REFUSE #1 backed_out | idle
    ",
    );
}

/// Invariants I6 and I8: with the arm down and something under it, or an exit loop that nobody can see, a vehicle that has left says nothing: the lane waits for
/// that, records nothing meanwhile and is not asked for a deadline that is over.
#[test]
fn a_space_that_is_not_clear_is_waited_for() {
    for (lost, clear) in [("safety occupied", "safety free"), ("exit unknown", "exit free")] {
        check(
            In,
            &format!(
                "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        20.0 arm closed        -> red, LANE_STATE #1 barrier_timed_out | held
        25.0 {lost}            -> | held
        30.0 approach free     -> | held
        32.0 tick              -> | held
        32.0 tick              -> | held
        40.0 {clear}           -> {} | idle
    ",
                if lost.starts_with("exit") { "PASS #1 passage_unconfirmed" } else { "REFUSE #1 backed_out" }
            ),
        );
    }
}

/// Fault D6: a lowering may have been taken back because something came under the arm: it is told again once that is clear, and not only after twice the arm's
/// travel.
#[test]
fn a_lowering_that_was_taken_back_is_told_again() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        2.00 approach free     -> | passing
        2.00 exit occupied     -> | passing
        4.00 exit free         -> PASS #1, red, lower | passing
        4.10 safety occupied   -> | passing
        5.00 safety free       -> lower | passing
        7.00 arm closed        -> | idle
    ",
    );
}
