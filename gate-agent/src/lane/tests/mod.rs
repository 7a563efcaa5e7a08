//! A lane, line by line: `time input -> what it asks for | the state it is in then`.

mod acts;
mod doubts;
mod holds;
mod notices;
mod passages;
mod restart;

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::{EventType, Kg, RaiseOutcome, UtcMillis},
    ids::{GateId, LaneId, MediumKey, MediumType, TripNo},
    rules::{
        LaneDirection::{self, In, Out},
        LanePolicy, ReasonCode, Verdict,
    },
    tick::Tick,
};

use super::{
    Act, Arm, Correction, Deed, Effect, Handed, Input, Lane, LaneConfig, Level, Light, LoopPlace, Moment,
    Person, Role, Then, Timing, step,
};
use crate::{
    clock::SimClock,
    decision::{Decision, Gross, Medium, Reading, Standing, Weighed},
    journal::{Committed, Draft, JournalCore, MemoryDisk, TripRef},
};

/// One line of a script, taken apart.
struct Line<'a> {
    at: f64,
    input: &'a str,
    effects: &'a str,
    state: &'a str,
}

fn parse(line: &str) -> Line<'_> {
    let (left, right) = line.split_once("->").unwrap_or_else(|| panic!("no arrow in {line:?}"));
    let (effects, state) = right.split_once('|').unwrap_or_else(|| panic!("no state in {line:?}"));
    let (at, input) = left.trim().split_once(' ').unwrap_or_else(|| panic!("no time in {line:?}"));
    Line { at: at.parse().unwrap(), input: input.trim(), effects: effects.trim(), state: state.trim() }
}

fn moment(seconds: f64) -> Moment {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times of scripts are small and positive"
    )]
    let micros = (seconds * 1e6) as u64;
    let base = UtcMillis::parse("2026-11-20T16:30:00Z").unwrap().as_millis();
    Moment {
        tick: Tick::from_micros(1_000_000_000 + micros),
        wall: UtcMillis::from_millis(base + i64::try_from(micros / 1000).unwrap()),
    }
}

fn level(word: &str) -> Level {
    match word {
        "free" => Level::Free,
        "occupied" => Level::Occupied,
        "unknown" => Level::Unknown,
        other => panic!("no level {other:?}"),
    }
}

fn trip(serial: &str) -> TripRef {
    TripRef { trip_no: TripNo::parse(&format!("2025108950000004821{serial:0>13}")).unwrap(), version_no: 1 }
}

/// `decided Y 1`, `decided Y 1 by E2801160`, `decided N no_binding`, `decided M index_stale 1`, `decided M ambiguous`.
fn decision(words: &[&str]) -> Decision {
    let (verdict, reason, serial) = match words {
        ["Y", serial] | ["Y", serial, "by", _] => (Verdict::Pass, "ok", Some(*serial)),
        ["N", reason] => (Verdict::Refuse, *reason, None),
        ["M", reason] => (Verdict::Person, *reason, None),
        ["M", reason, "of", ..] => (Verdict::Person, *reason, None),
        ["M", reason, serial] => (Verdict::Person, *reason, Some(*serial)),
        other => panic!("no decision {other:?}"),
    };
    let reason = ReasonCode::parse(reason).unwrap();
    let key = words
        .get(3)
        .filter(|_| words[0] == "Y")
        .map(|key| MediumKey::read(MediumType::ElectronicPlate, key).unwrap());
    let trip = serial.map(trip);
    // `decided M ambiguous of 1 2`
    let offered = match words {
        ["M", _, "of", serials @ ..] => serials.iter().map(|serial| self::trip(serial)).collect(),
        _ => Vec::new(),
    };
    Decision { verdict, reason, trip, key, offered, findings: Vec::new(), dropped: Vec::new() }
}

fn input(text: &str, now: Moment) -> Input {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["approach", word] => Input::Loop(LoopPlace::Approach, level(word)),
        ["safety", word] => Input::Loop(LoopPlace::Safety, level(word)),
        ["exit", word] => Input::Loop(LoopPlace::Exit, level(word)),
        ["arm", "closed"] => Input::Arm(Arm::Closed),
        ["arm", "open"] => Input::Arm(Arm::Open),
        ["arm", "between"] => Input::Arm(Arm::Between),
        ["barrier", word] => Input::Barrier { online: *word == "online" },
        ["journal", word] => Input::Journal { available: *word == "back" },
        ["device", name, word] => {
            Input::Device { name: (*name).into(), online: *word == "online", why: "test".into() }
        }
        ["read", key] => Input::Read(Reading::Medium(Medium {
            medium_type: MediumType::ElectronicPlate,
            key: MediumKey::read(MediumType::ElectronicPlate, key).unwrap(),
            raw: None,
            device: "uhf".into(),
            tid: None,
            confidence: None,
            signal: None,
            looks: 1,
            standing: Standing::Counts,
            at: now.tick,
        })),
        ["decided", rest @ ..] => Input::Decided { decision: Ok(decision(rest)), basis: None },
        ["cannot", "decide"] => Input::Decided { decision: Err(ReasonCode::IndexCorrupt), basis: None },
        ["weighs", kg] => Input::Read(Reading::Weight(Weighed {
            state: Gross::Stable(Kg::from_kilograms(kg.parse().unwrap())),
            device: "scale".into(),
            by_hand: false,
            at: now.tick,
        })),
        ["act", rest @ ..] => Input::Act(Box::new(act(rest, now))),
        ["recorded"] => Input::Recorded(proof()),
        ["not", "recorded"] => Input::NotRecorded,
        ["raised"] => Input::Raised(RaiseOutcome::Raised),
        ["raise", "refused"] => Input::Raised(RaiseOutcome::Refused),
        ["raise", "timed", "out"] => Input::Raised(RaiseOutcome::TimedOut),
        ["index", "moved"] => Input::IndexMoved,
        ["tick"] => Input::Deadline,
        other => panic!("no input {other:?}"),
    }
}

/// `act release`, `act release 1`, `act send_back`, `act choose 1`, `act empty_exit`, `act correct E2801160`, `act close_lane`; `late` before
/// the deed: its time box is over.
fn act(words: &[&str], now: Moment) -> Handed {
    let (words, until) = match words {
        ["late", rest @ ..] => (rest, Tick::from_micros(now.tick.as_micros() - 1)),
        rest => (rest, now.tick + Duration::from_secs(30)),
    };
    let (what, named) = match *words {
        ["release"] => (Deed::Release { trip: None }, None),
        ["release", serial] => {
            let trip = trip(serial);
            (Deed::Release { trip: Some(trip.trip_no) }, Some(trip))
        }
        ["send_back"] => (Deed::SendBack, None),
        ["choose", serial] => (Deed::Choose(trip(serial).trip_no), None),
        ["empty_exit"] => (Deed::EmptyExit, None),
        ["correct", key] => {
            let key = MediumKey::read(MediumType::ElectronicPlate, key).unwrap();
            (Deed::Correct(Correction::Medium(MediumType::ElectronicPlate, key)), None)
        }
        ["close_lane"] => (Deed::CloseLane, None),
        ["open_lane"] => (Deed::OpenLane, None),
        ref other => panic!("no deed {other:?}"),
    };
    let person = Person { id: "8950000004821".into(), role: Role::Officer };
    let act = Act { number: 1, person, second: None, what, reason: "test".into(), until };
    Handed { act, trip: named }
}

/// Only a journal makes a proof, in tests too.
fn proof() -> Committed {
    let clock = Arc::new(SimClock::at(moment(0.0).wall));
    let (mut core, _) =
        JournalCore::open(MemoryDisk::new("test").store(), GateId::parse("0708-G02").unwrap(), clock)
            .unwrap();
    core.set_epoch(1).unwrap();
    core.commit(vec![Draft::new(EventType::RaiseIntent, moment(0.0).tick, moment(0.0).wall)]).unwrap()
}

fn draft_text(draft: &Draft) -> String {
    let mut text = draft.event_type.code().to_owned();
    if let Some(trip) = &draft.trip {
        text += &format!(
            " #{}",
            trip.trip_no.as_str().trim_start_matches("2025108950000004821").trim_start_matches('0')
        );
    }
    if let Some(reason) = draft.reason.filter(|reason| *reason != ReasonCode::Ok) {
        text += &format!(" {}", reason.code());
    }
    text
}

fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::Decide(evidence, _) => format!("decide {}", evidence.media().len()),
        Effect::Answer(_, Ok(())) => "done".into(),
        Effect::Answer(_, Err(refusal)) => format!("denied {}", refusal.code()),
        Effect::Record(drafts, then) => {
            let all: Vec<String> = drafts.iter().map(draft_text).collect();
            all.join(" + ") + if *then == Then::Raise { " then raise" } else { "" }
        }
        Effect::RecordElsewhere(drafts) => {
            let all: Vec<String> = drafts.iter().map(draft_text).collect();
            format!("elsewhere {}", all.join(" + "))
        }
        Effect::Raise(_) => "raise".into(),
        Effect::Lower => "lower".into(),
        Effect::ReserveBus => "reserve".into(),
        Effect::Light(Light::Red) => "red".into(),
        Effect::Light(Light::Green) => "green".into(),
    }
}

fn policy(direction: LaneDirection) -> LanePolicy {
    let mut policy =
        LanePolicy::new(GateId::parse("0708-G02").unwrap(), LaneId::parse("L1").unwrap(), direction);
    policy.outermost = direction == LaneDirection::Out;
    policy
}

fn ready_config() -> LaneConfig {
    LaneConfig {
        gate_id: GateId::parse("0708-G02").unwrap(),
        lane_id: LaneId::parse("L1").unwrap(),
        boot: 3,
        has_safety_loop: true,
        timing: Timing::default(),
    }
}

/// A lane whose sensors have spoken: nobody there, arm down, barrier online.
fn ready(direction: LaneDirection) -> Lane {
    let mut lane = Lane::new(ready_config());
    for text in ["approach free", "safety free", "exit free", "arm closed", "barrier online"] {
        let now = moment(0.0);
        let (next, effects) = step(lane, input(text, now), &policy(direction), now);
        assert!(effects.is_empty(), "{text}: {effects:?}");
        lane = next;
    }
    lane
}

fn check(direction: LaneDirection, script: &str) {
    run(ready(direction), direction, script);
}

fn run(lane: Lane, direction: LaneDirection, script: &str) {
    run_under(&policy(direction), lane, script);
}

fn run_under(policy: &LanePolicy, mut lane: Lane, script: &str) {
    for text in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let line = parse(text);
        let now = moment(line.at);
        let (next, effects) = step(lane, input(line.input, now), policy, now);
        let asked: Vec<String> = effects.iter().map(effect_text).collect();
        assert_eq!(asked.join(", "), line.effects, "effects of: {text}");
        assert_eq!(next.snapshot().state, line.state, "state after: {text}");
        lane = next;
    }
}

/// Visit numbers carry gate, lane, the day in China and the agent's start, so that none comes twice.
#[test]
fn visits_are_named_by_the_day_in_china() {
    let now = moment(0.0);
    let (lane, _) = step(ready(In), input("approach occupied", now), &policy(In), now);
    assert_eq!(lane.snapshot().visit_id.unwrap().as_str(), "0708-G02-L1-20261121-3-0001");
    assert_eq!(lane.deadline(), Some(now.tick + Duration::from_secs(3)));
}

proptest::proptest! {
    /// Invariant I3 and design section 3: whatever happens in whatever order, each raise follows a proof of its own, every state but
    /// idle has a deadline, and the arm never comes down on an occupied or unknown loop.
    #[test]
    fn any_order_of_inputs_keeps_the_laws(choices in proptest::collection::vec((0..INPUTS.len(), 0..4_000_u32), 1..120)) {
        let mut lane = ready(Out);
        let mut clock = 0.0;
        let mut proofs = 0_i32;
        let mut durable = false;
        let mut levels = [Level::Free; 2];
        for (choice, wait_ms) in choices {
            clock += f64::from(wait_ms) / 1000.0;
            let text = INPUTS[choice];
            // The journal answers only what the lane asked.
            if text.ends_with("recorded") && proofs == 0 {
                continue;
            }
            let now = moment(clock);
            match text.split_once(' ') {
                Some(("exit", word)) => levels[0] = level(word),
                Some(("safety", word)) => levels[1] = level(word),
                _ => {}
            }
            if text == "recorded" || text == "not recorded" {
                proofs = (proofs - 1).max(0);
                durable = text == "recorded";
            }
            let (next, effects) = step(lane, input(text, now), &policy(Out), now);
            for effect in &effects {
                match effect {
                    Effect::Record(_, Then::Raise) | Effect::RecordElsewhere(_) => (proofs, durable) = (1, false),
                    Effect::Raise(_) => {
                        proptest::prop_assert!(durable);
                        durable = false;
                    }
                    Effect::Lower => proptest::prop_assert_eq!(levels, [Level::Free; 2]),
                    Effect::Decide(..)
                    | Effect::Answer(..)
                    | Effect::Record(_, Then::GoOn)
                    | Effect::ReserveBus
                    | Effect::Light(_) => {}
                }
            }
            proptest::prop_assert!(next.snapshot().state == "idle" || next.deadline().is_some());
            lane = next;
        }
    }
}

const INPUTS: &[&str] = &[
    "approach occupied",
    "approach free",
    "approach unknown",
    "safety occupied",
    "safety free",
    "safety unknown",
    "exit occupied",
    "exit free",
    "exit unknown",
    "arm open",
    "arm closed",
    "arm between",
    "barrier online",
    "barrier offline",
    "journal gone",
    "journal back",
    "read E2801160",
    "read E2801161",
    "decided Y 1",
    "decided Y 2",
    "decided N no_binding",
    "decided M index_stale 1",
    "cannot decide",
    "recorded",
    "not recorded",
    "raised",
    "raise refused",
    "raise timed out",
    "act release",
    "act release 2",
    "act send_back",
    "act choose 1",
    "act empty_exit",
    "act correct E2801162",
    "act close_lane",
    "act open_lane",
    "index moved",
    "tick",
    "tick",
    "tick",
];
