//! When a lane may use a weight.

use crate::contract::Kg;
use crate::scale::weighing::{Hindrance, Input, Rule, Verdict, Weighing};
use crate::talk::{NoWeight, WeightReading};
use crate::tick::Tick;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

fn weight(value: Result<i64, NoWeight>, stable: bool, net: Option<bool>) -> WeightReading {
    WeightReading { value: value.map(Kg::from_kilograms), stable, net, raw: Box::default() }
}

/// Lines `MS WHAT`, and behind `->` what is then held. `0`, `15600` are at rest, `~15600` in motion, `net 100` is net,
/// `over` is overload, `off` and `on` are the platform sensors, `next` the next vehicle.
fn check(script: &str) {
    let mut weighing = Weighing::new(Rule { maximum: Some(Kg::from_kilograms(80_000)), ..Rule::default() });
    for line in script.lines().map(str::trim) {
        let (done, want) = line.split_once(" -> ").map_or((line, None), |(done, want)| (done, Some(want)));
        let (ms, what) = done.split_once(' ').unwrap();
        let (net, digits) = what.strip_prefix("net ").map_or((None, what), |digits| (Some(true), digits));
        let (stable, digits) = digits.strip_prefix('~').map_or((true, digits), |digits| (false, digits));
        let told = match digits {
            "over" => weight(Err(NoWeight::Overload), false, net),
            digits => weight(Ok(digits.parse().unwrap_or_default()), stable, net),
        };
        let input = match what {
            "silent" => Input::Silent,
            "off" => Input::Placed(false),
            "on" => Input::Placed(true),
            "next" => Input::NextVehicle,
            "wait" => Input::Deadline,
            _ => Input::Reading(&told),
        };
        let verdict = words(weighing.handle(input, Tick::from_millis(ms.parse().unwrap())));
        assert!(want.is_none_or(|want| want == verdict), "{line}: {verdict}");
    }
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::NotYet(why) => format!("not yet: {why}"),
        Verdict::Usable(kg) => format!("usable {kg}"),
        Verdict::Withdrawn(why) => format!("withdrawn: {why}"),
    }
}

/// SG-231: the gross weight that is reported was at rest, fresh, in range, and that of this vehicle alone.
#[test]
fn a_weight_is_usable_at_rest_behind_a_zero_and_stays_so() {
    check(
        "0 wait -> not yet: no fresh reading
         10 0 -> not yet: below the least load
         500 ~9000 -> not yet: in motion
         900 15600 -> usable 15600
         1400 15620 -> usable 15600
         1900 ~15600 -> usable 15600
         2400 15600
         2900 15600
         3400 15600
         3900 15600
         4400 15600
         4900 15600
         5400 15600
         5900 15600 -> usable 15600
         6400 ~9000 -> usable 15600
         6900 0 -> usable 15600
         60000 wait -> usable 15600
         60010 next -> not yet: no fresh reading",
    );
}

#[test]
fn each_condition_is_told_by_its_name() {
    check(
        "0 15600 -> not yet: zero not seen since the vehicle before
         100 over -> not yet: overload
         200 net 15600 -> not yet: display shows net
         300 ~10 -> not yet: below the least load
         400 off
         500 15600 -> not yet: vehicle not wholly on the platform
         600 on -> usable 15600",
    );
    check(
        "0 -10
         100 399 -> not yet: below the least load
         200 -15600 -> not yet: below the least load
         300 80001 -> not yet: beyond the scale's capacity
         400 400 -> usable 400",
    );
    check(
        "0 11
         100 15600 -> not yet: zero not seen since the vehicle before",
    );
}

/// Freshness: a reading of a second ago is none.
#[test]
fn a_stale_reading_is_none() {
    check(
        "0 0
         100 ~15600
         1099 wait -> not yet: in motion
         1100 wait -> not yet: no fresh reading",
    );
    check(
        "0 0
         100 ~15600
         200 silent -> not yet: no fresh reading",
    );
}

/// For five seconds a usable weight is watched: leaving one division, losing the stream, moving off the sensors or an
/// overload withdraws it; another may follow.
#[test]
fn within_the_watch_a_weight_can_be_withdrawn() {
    let usable = "0 0\n 100 15600 -> usable 15600\n";
    for (then, why) in [
        ("600 15621", "weight has changed"),
        ("600 ~15579", "weight has changed"),
        ("600 over", "overload"),
        ("600 off", "vehicle not wholly on the platform"),
        ("600 silent", "no fresh reading"),
        ("1100 wait", "no fresh reading"),
        ("600 net 15600", "display shows net"),
        ("600 0", "below the least load"),
    ] {
        check(&format!("{usable}{then} -> withdrawn: {why}"));
    }
    check(
        "0 0
         100 15600 -> usable 15600
         600 16000 -> withdrawn: weight has changed
         1000 16000 -> usable 16000
         1500 next -> not yet: zero not seen since the vehicle before",
    );
}

/// Long waits see what ended in between in its order: a stream that broke off within the watch is no weight.
#[test]
fn a_late_deadline_changes_nothing() {
    check("0 0\n 100 15600 -> usable 15600\n 60000 wait -> withdrawn: no fresh reading");
    let watched: String = (0..12).map(|at| format!("{} 15600\n", 100 + at * 450)).collect();
    check(&format!("0 0\n {watched} 60000 wait -> usable 15600"));
}

/// Behind an empty platform another load is somebody else's: the weight is withdrawn and no other takes its place.
#[test]
fn another_vehicle_never_takes_the_place_of_the_one_before() {
    let kept: String = (0..12).map(|at| format!("{} 15600\n", 100 + at * 450)).collect();
    check(&format!(
        "0 0
         {kept} 5200 15600 -> usable 15600
         6000 0 -> usable 15600
         7000 22000 -> withdrawn: weight has changed
         7400 22000 -> withdrawn: weight has changed
         8000 next -> not yet: zero not seen since the vehicle before
         9000 0
         9500 22000 -> usable 22000"
    ));
    // Told in time, the zero of an empty platform counts for the next one.
    check("0 0\n 100 15600 -> usable 15600\n 600 0\n 700 next\n 1200 22000 -> usable 22000");
}

#[derive(Clone, Debug)]
enum Step {
    Reading(Result<i64, NoWeight>, bool, Option<bool>),
    Placed(bool),
    Silent,
    Next,
    Deadline,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let value = prop_oneof![
        4 => prop::sample::select(&[0_i64, 5, 15_600, 15_620, 15_640, 22_000]).prop_map(Ok),
        1 => Just(Err(NoWeight::Overload)),
    ];
    let net = prop_oneof![8 => Just(None), 1 => Just(Some(true))];
    let step = prop_oneof![
        20 => (value, prop::bool::weighted(0.8), net).prop_map(|(value, stable, net)| Step::Reading(value, stable, net)),
        1 => any::<bool>().prop_map(Step::Placed),
        1 => Just(Step::Silent),
        1 => Just(Step::Next),
        2 => Just(Step::Deadline),
    ];
    let wait = prop_oneof![8 => 50_u64..600, 1 => 600_u64..7_000];
    prop::collection::vec((wait, step), 1..80)
}

proptest! {
    /// A weight becomes usable only with a reading that is fresh, at rest, gross and above the minimum, behind an empty
    /// platform of this vehicle; and it never turns into another without being withdrawn in between.
    #[test]
    fn a_usable_weight_has_all_its_reasons(steps in steps()) {
        let mut weighing = Weighing::new(Rule::default());
        let (mut now, mut zero, mut placed) = (0, false, true);
        let mut newest: Option<(u64, WeightReading)> = None;
        let mut before: Option<Kg> = None;
        for (wait, step) in steps {
            now += wait;
            let told = match &step {
                Step::Reading(value, stable, net) => weight(*value, *stable, *net),
                _ => weight(Err(NoWeight::Fault), false, None),
            };
            let empty = |told: &WeightReading| told.net != Some(true) && told.value.is_ok_and(|kg| kg <= Kg::from_kilograms(10));
            newest = newest.filter(|(at, _)| now < at + 1_000);
            let input = match step {
                Step::Reading(..) => {
                    zero |= empty(&told);
                    newest = Some((now, told.clone()));
                    Input::Reading(&told)
                }
                Step::Placed(on) => {
                    placed = on;
                    Input::Placed(on)
                }
                Step::Silent => {
                    newest = None;
                    Input::Silent
                }
                Step::Next => {
                    zero = newest.as_ref().is_some_and(|(_, told)| empty(told));
                    before = None;
                    Input::NextVehicle
                }
                Step::Deadline => Input::Deadline,
            };
            match weighing.handle(input, Tick::from_millis(now)) {
                Verdict::Usable(kg) if before.is_none() => {
                    let (_, reading) = newest.as_ref().expect("usable without a fresh reading");
                    prop_assert_eq!(reading.value, Ok(kg));
                    prop_assert!(reading.stable && reading.net != Some(true) && kg >= Kg::from_kilograms(400));
                    prop_assert!(zero && placed);
                    before = Some(kg);
                }
                Verdict::Usable(kg) => prop_assert_eq!(Some(kg), before, "another weight without a word"),
                Verdict::NotYet(why) => {
                    prop_assert!(before.is_none(), "a usable weight is gone without a word");
                    prop_assert_eq!(why == Hindrance::NoData, newest.is_none());
                }
                Verdict::Withdrawn(_) => before = None,
            }
            let past = weighing.wake().is_some_and(|wake| wake <= Tick::from_millis(now));
            prop_assert!(!past || weighing.wake().is_none(), "wakes in the past");
        }
    }

    /// Coming exactly when `wake` says, or only at the end, gives the same verdict.
    #[test]
    fn deadlines_can_be_late(steps in steps(), late in 0_u64..8_000) {
        let mut punctual = Weighing::new(Rule::default());
        let mut now = Tick::default();
        for (wait, step) in steps {
            now = now + Duration::from_millis(wait);
            if let Step::Reading(value, stable, net) = step {
                punctual.handle(Input::Reading(&weight(value, stable, net)), now);
            }
        }
        let mut lazy = punctual.clone();
        let end = now + Duration::from_millis(late);
        while let Some(wake) = punctual.wake().filter(|wake| *wake <= end) {
            punctual.handle(Input::Deadline, wake);
        }
        prop_assert_eq!(punctual.handle(Input::Deadline, end), lazy.handle(Input::Deadline, end));
    }
}
