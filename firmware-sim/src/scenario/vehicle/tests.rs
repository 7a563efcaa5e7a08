//! Vehicles driven by hand: a lane that is free or not, an arm that is up, down or between.

use super::{Effect, Vehicle, View};
use crate::scenario::plan::{Drives, Showing, VehiclePlan};
use crate::scenario::sign::SignPlan;
use protocols::tick::Tick;

const DOWN: View = View { free: true, up: false, down: true };
const UP: View = View { free: true, up: true, down: false };
const TAKEN: View = View { free: false, up: false, down: true };

/// Plays the vehicle through views, each from its millisecond on, until the last; tells `millisecond effect`.
fn play(plan: VehiclePlan, views: &[(u64, View)], until: u64) -> Vec<String> {
    let mut vehicle = Vehicle::new(plan, Tick::default());
    let mut told = Vec::new();
    for now in 0..=until {
        let view = views.iter().rev().find(|(from, _)| *from <= now).map_or(DOWN, |(_, view)| *view);
        for effect in vehicle.step(view, Tick::from_millis(now)) {
            let what = match effect {
                Effect::Loop(which, true) => format!("{} on", which.name()),
                Effect::Loop(which, false) => format!("{} off", which.name()),
                Effect::Shows(sign, true) => format!("{} {} in", sign.what(), sign.key()),
                Effect::Shows(sign, false) => format!("{} {} out", sign.what(), sign.key()),
                Effect::Stage(stage) => stage.name().to_owned(),
            };
            told.push(format!("{now} {what}"));
        }
    }
    told
}

fn plan(drives: Drives) -> VehiclePlan {
    VehiclePlan { drives, patience_ms: 5000, ..VehiclePlan::default() }
}

fn tag(from_ms: i64, for_ms: Option<u64>) -> Showing {
    Showing { what: SignPlan::Tag { epc: "E280".to_owned() }, from_ms, for_ms, times: 1, every_ms: 0 }
}

#[test]
fn a_vehicle_waits_for_the_arm_and_crosses_the_loops_in_order() {
    let expected = [
        "0 rolling",
        "0 approach on",
        "0 approach",
        "2300 going",
        "2600 safety on",
        "3200 approach off",
        "3300 exit on",
        "3800 safety off",
        "4500 exit off",
        "4500 passed",
    ];
    assert_eq!(play(plan(Drives::Passes), &[(2000, UP)], 9000), expected);
}

#[test]
fn an_arm_that_stays_down_ends_as_the_driver_expected() {
    for (drives, end) in
        [(Drives::Passes, "patience"), (Drives::Leaves, "refused_left"), (Drives::BacksOutAfter, "patience")]
    {
        let expected = ["0 rolling", "0 approach on", "0 approach", "5000 approach off"];
        let told = play(plan(drives), &[], 9000);
        assert_eq!(told[..4], expected);
        assert_eq!(told[4..], [format!("5000 {end}")]);
    }
}

#[test]
fn backing_out_before_ignores_the_arm_and_backing_out_after_waits_for_it() {
    let before = play(plan(Drives::BacksOutBefore), &[], 9000);
    assert_eq!(before[3..], ["1000 approach off", "1000 backed_out"]);
    let after = play(plan(Drives::BacksOutAfter), &[(2000, UP)], 9000);
    assert_eq!(after[3..], ["3000 approach off", "3000 backed_out"]);
}

#[test]
fn the_next_vehicle_waits_until_the_lane_is_free_and_the_arm_is_down() {
    let still_up = View { free: true, up: true, down: false };
    let told = play(plan(Drives::Leaves), &[(0, TAKEN), (700, still_up), (900, DOWN)], 2000);
    assert_eq!(told[0], "900 rolling");
    let follows = play(plan(Drives::Tailgates), &[(0, View { free: false, up: true, down: false })], 3000);
    assert_eq!(follows[0], "0 rolling");
    assert_eq!(follows.last().map(String::as_str), Some("2500 passed"));
}

#[test]
fn an_arm_that_nobody_lowers_holds_a_driver_up_only_as_long_as_the_patience_lasts() {
    let told = play(plan(Drives::Passes), &[(0, UP)], 9000);
    assert_eq!(told[0], "5000 rolling");
    assert!(told.last().is_some_and(|last| last.ends_with("passed")));
}

#[test]
fn tags_are_seen_relative_to_the_approach_loop_and_gone_when_the_vehicle_is() {
    let mut early = plan(Drives::Leaves);
    let beef = SignPlan::Tag { epc: "BEEF".to_owned() };
    early.shows = vec![tag(-500, Some(200)), Showing { what: beef, ..tag(100, None) }];
    let expected = [
        "0 rolling",
        "0 tag E280 in",
        "200 tag E280 out",
        "500 approach on",
        "500 approach",
        "600 tag BEEF in",
        "5500 approach off",
        "5500 tag BEEF out",
        "5500 refused_left",
    ];
    assert_eq!(play(early, &[], 9000), expected);
}

#[test]
fn a_tag_at_the_edge_of_the_field_comes_and_goes() {
    let mut edge = plan(Drives::Leaves);
    edge.shows = vec![Showing { times: 3, every_ms: 100, ..tag(0, Some(40)) }];
    let told = play(edge, &[], 1000);
    let tags: Vec<_> = told.iter().filter(|line| line.contains("tag")).collect();
    let expected =
        ["0 tag E280 in", "40 tag E280 out", "100 tag E280 in", "140 tag E280 out", "200 tag E280 in"];
    assert_eq!(tags[..5], expected);
}

#[test]
fn an_arm_that_falls_again_before_the_vehicle_moves_makes_it_wait_on() {
    let told = play(plan(Drives::Passes), &[(100, UP), (200, DOWN)], 9000);
    assert_eq!(told[3..], ["5000 approach off", "5000 patience"]);
}

#[test]
fn a_queued_driver_whose_patience_is_over_asks_for_no_wake_in_the_past() {
    let mut vehicle = Vehicle::new(plan(Drives::Passes), Tick::default());
    let late = Tick::from_millis(60_000);
    assert!(vehicle.step(TAKEN, late).is_empty());
    assert!(vehicle.wake().is_none_or(|wake| wake > late));
}

/// A simulator that is woken late must not let a lorry cross a loop in no time: no gate could see that, and no lorry does it.
#[test]
fn a_vehicle_that_is_looked_at_late_still_covers_every_loop_as_long_as_planned() {
    let mut vehicle = Vehicle::new(plan(Drives::Passes), Tick::default());
    vehicle.step(UP, Tick::from_millis(0));
    let mut covered: Vec<(u64, bool)> = Vec::new();
    let mut now = 400;
    while vehicle.outcome().is_none() && now < 60_000 {
        for effect in vehicle.step(UP, Tick::from_millis(now)) {
            if let Effect::Loop(super::Loop::Exit, occupied) = effect {
                covered.push((now, occupied));
            }
        }
        // Woken nearly two seconds after it asked to be.
        now = vehicle.wake().map_or(now, |wake| wake.as_micros() / 1000) + 1900;
    }
    let [(on, true), (off, false)] = covered[..] else { panic!("{covered:?}") };
    assert!(off - on >= 1200, "{covered:?}");
}
