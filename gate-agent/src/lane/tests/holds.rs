//! What holds a vehicle, and what lets it go on.

use protocols::rules::LaneDirection::{In, Out};

use super::check;

/// SG-237: a refusal waits for the collection window, is recorded at once then, and not again when the vehicle leaves.
#[test]
fn an_unknown_vehicle_is_refused_after_the_window() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided N no_binding -> | collecting
        1.00 tick               -> | collecting
        3.00 tick               -> decide 1 | deciding
        3.00 decided N no_binding -> REFUSE no_binding | held
        60.0 approach free      -> | held
        61.0 tick               -> | held
        62.0 tick               -> | idle
    ",
    );
}

/// Better evidence leads out of a hold: the second tag is the bound one. The record said no first, and says yes then.
#[test]
fn a_second_tag_explains_the_first() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided N no_binding -> | collecting
        0.90 read E2801161      -> decide 2 | deciding
        0.90 decided Y 2        -> reserve, MATCH #2 + RAISE_INTENT #2 then raise | deciding
        0.95 recorded           -> raise, green | opening
    ",
    );
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        3.00 tick               -> decide 0 | deciding
        3.00 decided N no_read  -> REFUSE no_read | held
        5.00 read E2801161      -> decide 1 | deciding
        5.00 decided Y 2        -> reserve, MATCH #2 + RAISE_INTENT #2 then raise | deciding
    ",
    );
}

/// SG-007: a record approved while the vehicle stands there opens for it; a newer index that changes nothing is no news.
#[test]
fn an_approval_reaches_the_waiting_vehicle() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided N not_approved -> | collecting
        3.00 tick               -> decide 1 | deciding
        3.00 decided N not_approved -> REFUSE not_approved | held
        9.00 index moved        -> decide 1 | deciding
        9.00 decided N not_approved -> | held
        20.0 index moved        -> decide 1 | deciding
        20.0 decided Y 1        -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
    ",
    );
}

/// SG-235, SG-237: a match that a person must look at locks its trip; leaving without a pass frees it.
#[test]
fn a_match_that_waits_for_a_person_is_freed_when_the_vehicle_leaves() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        3.00 tick               -> decide 0 | deciding
        3.00 decided M index_stale 1 -> MATCH #1 index_stale + LANE_STATE #1 index_stale | held
        5.00 approach free      -> | held
        7.00 tick               -> REFUSE #1 backed_out | idle
    ",
    );
}

/// SG-237: after `lane_timeout` the trip is free even if the vehicle still stands there; it is told once.
#[test]
fn patience_ends_once() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        3.00 tick               -> decide 0 | deciding
        3.00 decided M index_stale 1 -> MATCH #1 index_stale + LANE_STATE #1 index_stale | held
        602.9 tick              -> | held
        603.0 tick              -> REFUSE #1 index_stale | held
        1203.1 tick             -> | held
        1300.0 approach free    -> | held
        1302.0 tick             -> | idle
    ",
    );
}

/// A trip that was locked for this visit is freed when better evidence points to another.
#[test]
fn a_changed_match_frees_the_first_trip() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        3.00 tick               -> decide 0 | deciding
        3.00 decided M index_stale 1 -> MATCH #1 index_stale + LANE_STATE #1 index_stale | held
        4.00 read E2801161      -> decide 1 | deciding
        4.00 decided Y 2        -> reserve, REFUSE #1 + MATCH #2 + RAISE_INTENT #2 then raise | deciding
    ",
    );
}

/// With the barrier's board away nothing is promised that cannot be done; its return is judged anew.
#[test]
fn a_barrier_that_is_away_holds_the_lane() {
    check(
        In,
        "
        0.00 barrier offline   -> | idle
        0.01 device board offline -> DEVICE_FAULT device_fault | idle
        0.10 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> LANE_STATE device_fault | held
        0.32 journal back      -> decide 1 | deciding
        0.32 decided Y 1       -> | held
        5.00 barrier online    -> decide 1 | deciding
        5.00 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
    ",
    );
}

/// Invariant I6: a hold for a reason of the lane's own is recorded once, however often its vehicle is judged again (each record of a lane makes all look
/// again), and its patience ends.
#[test]
fn a_hold_of_the_lanes_own_is_recorded_once() {
    check(
        In,
        "
        0.00 barrier offline   -> | idle
        0.10 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> LANE_STATE device_fault | held
        0.32 journal back      -> decide 1 | deciding
        0.32 decided Y 2       -> | held
        99.0 index moved       -> decide 1 | deciding
        99.0 decided N not_approved -> REFUSE not_approved | held
        99.2 journal back      -> decide 1 | deciding
        99.2 decided Y 1       -> LANE_STATE device_fault | held
        600.5 journal back     -> decide 1 | deciding
        600.5 decided Y 1      -> | held
        699.3 tick             -> REFUSE device_fault | held
    ",
    );
}

/// A corrupt index is a hold with its own reason, healed by the next revision.
#[test]
fn an_index_that_cannot_be_asked_holds_the_lane() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 cannot decide     -> LANE_STATE index_corrupt | held
        0.32 journal back      -> decide 1 | deciding
        0.32 cannot decide     -> | held
        5.00 index moved       -> decide 1 | deciding
        5.00 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
    ",
    );
}

/// A tag heard in an empty lane is no vehicle; it counts when one arrives within `max_read_age`, and not later.
#[test]
fn a_read_without_a_vehicle_opens_no_passage() {
    check(
        In,
        "
        0.00 read E2801160     -> | idle
        4.90 approach occupied -> red, ARRIVAL, decide 1 | deciding
    ",
    );
    check(
        In,
        "
        0.00 read E2801160     -> | idle
        5.10 approach occupied -> red, ARRIVAL | collecting
    ",
    );
}

/// Fault D5: the tag of the vehicle that has just passed, still in the field, is not the next vehicle's.
#[test]
fn the_next_vehicle_is_not_judged_by_the_tag_before() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        2.50 safety occupied   -> | passing
        3.00 exit occupied     -> | passing
        3.90 safety free       -> | passing
        4.00 exit free         -> PASS #1, red, lower | passing
        6.00 arm closed        -> red, ARRIVAL | collecting
        6.50 read E2801160     -> | collecting
        8.90 tick              -> | collecting
        9.00 tick              -> decide 0 | deciding
        9.00 decided N no_read -> REFUSE no_read | held
        10.0 read E2801160     -> | held
        16.0 read E2801160     -> decide 1 | deciding
    ",
    );
}

/// Somebody who follows under the closing arm is recorded, and the lane holds until it is empty.
#[test]
fn a_tailgater_is_recorded_and_holds_the_lane() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        2.50 safety occupied   -> | passing
        3.00 exit occupied     -> | passing
        3.90 safety free       -> | passing
        4.00 exit free         -> PASS #1, red, lower | passing
        4.50 exit occupied     -> TAILGATING tailgating | passing
        6.00 exit free         -> lower | passing
        8.00 arm closed        -> | held
        8.50 read E2801199     -> | held
        9.00 approach free     -> | held
        11.0 tick              -> | idle
    ",
    );
}

/// Fault D6: the arm is told to come down only while exit and safety loop are free, and an arm that does not arrive is a fault.
#[test]
fn the_arm_comes_down_on_nobody() {
    check(
        Out,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        1.20 arm open          -> | passing
        3.00 exit occupied     -> | passing
        3.40 approach free     -> | passing
        3.50 safety occupied   -> | passing
        4.00 exit free         -> PASS #1, red | passing
        5.00 safety free       -> lower | passing
        21.0 tick              -> DEVICE_FAULT device_fault, lower | passing
        22.0 tick              -> | passing
        38.0 tick              -> lower | passing
        40.0 arm closed        -> LEFT_PORT #1 | idle
    ",
    );
}

/// Invariant I4; fault A9: what is read or learnt while the record is on its way to the disk is judged before the barrier is told; the intent
/// then ends without a pulse, and the trip that it locked is free.
#[test]
fn news_while_recording_is_judged_before_the_raise() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        5.00 read E2801161     -> | deciding
        6.00 recorded          -> decide 2 | deciding
        6.00 decided N deny_listed -> RAISE_OUTCOME #1 barrier_refused, REFUSE #1 deny_listed | held
    ",
    );
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        5.00 index moved       -> | deciding
        6.00 recorded          -> decide 1 | deciding
        6.00 decided Y 1       -> raise, green | opening
    ",
    );
}

/// A record that failed may be on the disk all the same: when the vehicle leaves, intent and trip get their end.
#[test]
fn an_unconfirmed_record_is_ended_when_the_vehicle_leaves() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.30 not recorded      -> | held
        5.00 approach free     -> | held
        7.00 tick              -> RAISE_OUTCOME #1 barrier_refused + REFUSE #1 backed_out | idle
    ",
    );
}

/// The lorry before may still stand on the exit loop when the arm rises: that is not this vehicle's passage.
#[test]
fn another_vehicle_on_the_exit_loop_is_no_passage() {
    check(
        In,
        "
        0.00 exit occupied     -> | idle
        0.10 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.15 recorded          -> raise, green | opening
        1.10 raised            -> RAISE_OUTCOME #1 | passing
        2.00 exit free         -> | passing
        3.00 safety occupied   -> | passing
        4.00 exit occupied     -> | passing
        5.00 approach free     -> | passing
        5.50 safety free       -> | passing
        6.00 exit free         -> PASS #1, red, lower | passing
        8.00 arm closed        -> | idle
    ",
    );
}

/// The tag of the vehicle behind, heard too early, stays that vehicle's own.
#[test]
fn only_the_matched_tag_is_taken_as_passed() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.12 read E2801160     -> decide 1 | deciding
        0.12 decided N not_approved -> | collecting
        0.90 read E2801161     -> decide 2 | deciding
        0.90 decided N not_approved -> | collecting
        3.00 tick              -> decide 2 | deciding
        3.00 decided N not_approved -> REFUSE not_approved | held
        9.00 index moved       -> decide 2 | deciding
        9.00 decided Y 1 by E2801160 -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        9.10 recorded          -> raise, green | opening
        10.0 raised            -> RAISE_OUTCOME #1 | passing
        11.5 safety occupied   -> | passing
        12.0 exit occupied     -> | passing
        12.9 safety free       -> | passing
        13.0 exit free         -> PASS #1, red, lower | passing
        14.0 arm closed        -> red, ARRIVAL | collecting
        14.1 read E2801160     -> | collecting
        14.2 read E2801161     -> decide 1 | deciding
    ",
    );
}

/// SG-249, fault D5: after a verdict somebody who comes back onto the loop may be the next vehicle. A newer index opens for nobody who was not read since, and
/// what was read of the one before counts no more once something else is read first.
#[test]
fn the_next_vehicle_is_not_taken_for_the_one_before() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided N not_approved -> | collecting
        3.00 tick               -> decide 1 | deciding
        3.00 decided N not_approved -> REFUSE not_approved | held
        9.00 approach free      -> | held
        9.60 approach occupied  -> | held
        9.70 index moved        -> | held
        9.90 read E2801161      -> decide 1 | deciding
        9.90 decided N already_used -> REFUSE already_used | held
        12.0 index moved        -> decide 1 | deciding
        12.0 decided N no_binding -> REFUSE no_binding | held
    ",
    );
}

/// SG-007: a vehicle that sways off the loop after its verdict is the same once it is read again, and what was learnt meanwhile counts for it.
#[test]
fn a_vehicle_that_sways_is_read_again() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided N not_approved -> | collecting
        3.00 tick               -> decide 1 | deciding
        3.00 decided N not_approved -> REFUSE not_approved | held
        9.00 approach free      -> | held
        9.60 approach occupied  -> | held
        9.70 index moved        -> | held
        9.90 read E2801160      -> decide 1 | deciding
        9.90 decided Y 1        -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        9.95 recorded           -> raise, green | opening
    ",
    );
}

/// SG-249: somebody else may stand there before the intent is durable; then the barrier stays down until that one is read.
#[test]
fn nobody_is_let_in_on_the_intent_for_another() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided Y 1        -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.20 approach free      -> | deciding
        0.50 approach occupied  -> | deciding
        0.60 recorded           -> RAISE_OUTCOME #1 barrier_refused, LANE_STATE #1 missing_read | held
        1.00 read E2801160      -> decide 1 | deciding
        1.00 decided Y 1        -> reserve, RAISE_INTENT #1 then raise | deciding
        1.05 recorded           -> raise, green | opening
    ",
    );
}

/// Invariant I3: an intent that the journal did not confirm may be on the disk all the same. It ends when the vehicle is refused, and its trip is free.
#[test]
fn a_refusal_ends_what_was_perhaps_recorded() {
    check(
        In,
        "
        0.00 approach occupied  -> red, ARRIVAL | collecting
        0.10 read E2801160      -> decide 1 | deciding
        0.10 decided Y 1        -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.20 not recorded       -> | held
        4.00 journal back       -> decide 1 | deciding
        4.00 decided N locked   -> RAISE_OUTCOME #1 barrier_refused + REFUSE #1 locked | held
    ",
    );
}
