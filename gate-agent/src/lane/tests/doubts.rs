//! Who stands there may be another than was judged: what is read, seen or closed in between.

use protocols::rules::LaneDirection::In;

use super::check;

/// Design section 3 ("unknown counts as occupied"): who stands there after the approach loop could not be seen may be another. Nothing that was read before is
/// judged or opens for him, whether the board, the journal or the index comes back first; the same tag read again does.
#[test]
fn who_stands_there_after_the_loop_was_unseen_is_read_first() {
    let waits = "
        0.00 approach occupied    -> red, ARRIVAL | collecting
        0.10 read E2801160        -> decide 1 | deciding
        0.10 decided N not_approved -> | collecting
        3.00 tick                 -> decide 1 | deciding
        3.00 decided N not_approved -> REFUSE not_approved | held
        9.00 barrier offline      -> | held
        9.00 approach unknown     -> | held
        60.0 barrier online       -> | held
        60.0 index moved          -> | held
        60.1 approach occupied    -> | held
        60.1 index moved          -> | held
        60.1 journal back         -> | held
    ";
    for then in [
        "60.2 read E2801160        -> decide 1 | deciding
         60.2 decided Y 1          -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
         60.3 recorded             -> raise, green | opening",
        // Another one: of the first nothing is judged with it.
        "60.2 read E2801161        -> decide 1 | deciding",
    ] {
        check(In, &format!("{waits}\n{then}"));
    }
    // The intent was under way when the loop was lost, and while it could not be seen it was durable.
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.10 read E2801160     -> decide 1 | deciding
        0.10 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.20 approach unknown  -> | deciding
        0.90 recorded          -> RAISE_OUTCOME #1 barrier_refused, LANE_STATE #1 missing_read | held
        1.00 approach occupied -> | held
        1.10 read E2801160     -> decide 1 | deciding
    ",
    );
}

/// A hold of the lane's own knows no verdict, and still who comes back onto the loop within a moment may be the next vehicle.
#[test]
fn who_comes_back_while_the_journal_is_down_is_read_first() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.05 journal gone      -> | collecting
        0.10 read E2801160     -> decide 1 | deciding
        0.10 decided Y 1       -> | held
        5.00 approach free     -> | held
        6.00 approach occupied -> | held
        7.00 journal back      -> | held
        7.10 read E2801161     -> decide 1 | deciding
    ",
    );
}

/// A lane that a person closes while the intent is being made durable does not open any more.
#[test]
fn a_lane_closed_before_the_pulse_stays_shut() {
    check(
        In,
        "
        0.00 approach occupied -> red, ARRIVAL | collecting
        0.10 read E2801160     -> decide 1 | deciding
        0.10 decided Y 1       -> reserve, MATCH #1 + RAISE_INTENT #1 then raise | deciding
        0.20 act close_lane    -> LANE_STATE lane_closed, done | deciding
        0.90 recorded          -> RAISE_OUTCOME #1 barrier_refused, LANE_STATE #1 lane_closed | held
    ",
    );
}
