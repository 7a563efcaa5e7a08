//! A yard without I/O: fusion, lanes, judge and trip rules, stepped from moment to moment.

mod told;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    clock::SimClock,
    decision::{Basis, Decision, Evidence, Place, Reading, View, decide, with_near},
    fusion::Field,
    journal::{Committed, Draft, IndexStamp, JournalCore, MemoryDisk, MemoryStore},
    lane::{Arm, Effect, Input, Lane, LaneConfig, Level, LoopPlace, Moment, Refusal, Then, Timing, step},
};
use protocols::{
    contract::{Denied, Event, EventType, Hash, IndexEntry, RaiseOutcome, UtcMillis},
    ids::{MediumKey, MediumType, TripNo, VisitId},
    rules::{ReasonCode, TripEvent, TripStatus, apply},
    tick::Tick,
};

use super::scenario::{Scenario, gate, serial, start, trip_no};

/// How long the played arm takes from limit to limit.
const ARM: u64 = 800_000;
/// After the last step the lanes get this long to finish.
const LINGER: u64 = 15_000_000;

struct Yard<'a> {
    scenario: &'a Scenario,
    field: Field,
    lanes: Vec<PlayedLane>,
    entries: Vec<IndexEntry>,
    denied: Vec<Denied>,
    /// What the persons were answered, by the numbers of their acts.
    answers: BTreeMap<u64, &'static str>,
    journal: JournalCore<MemoryStore>,
    /// (when, running number, lane, what).
    due: BTreeMap<(u64, u64), (usize, Due)>,
    numbers: u64,
}

struct PlayedLane {
    lane: Option<Lane>,
    arm: Arm,
    wants_to_drive: bool,
    /// What happened there, visit by visit.
    words: Vec<String>,
    visit: Option<VisitId>,
}

enum Due {
    Input(Input),
    Words(Vec<String>),
}

/// What came of a scenario.
pub(crate) struct Played {
    /// What each lane did.
    pub(crate) said: Vec<String>,
    /// What was recorded of it.
    pub(crate) events: Vec<Event>,
}

/// Plays a scenario.
pub(crate) fn play(scenario: &Scenario) -> Played {
    let mut yard = Yard::new(scenario);
    for (at, lane, words) in &scenario.steps {
        yard.schedule(*at, *lane, Due::Words(words.clone()));
    }
    let end = scenario.steps.last().map_or(0, |(at, ..)| *at) + LINGER;
    let mut now = 0;
    while let Some(next) = yard.next_moment(now).filter(|next| *next <= end) {
        now = next;
        yard.run(now);
    }
    let mut said = yard.asked_for();
    said.extend(yard.lanes.iter().enumerate().map(|(place, lane)| {
        let name = &scenario.lanes[place].lane_id;
        if lane.words.is_empty() {
            format!("{name} nothing")
        } else {
            format!("{name} {}", lane.words.join(", "))
        }
    }));
    let records = yard.journal.read_after(0, usize::MAX).unwrap();
    let events = records.iter().map(|record| serde_json::from_str(&record.json).unwrap()).collect();
    Played { said, events }
}

fn moment(micros: u64) -> Moment {
    let wall = start().as_millis() + i64::try_from(micros / 1000).unwrap();
    // Ticks of a machine that has run for a while.
    Moment { tick: Tick::from_micros(1_000_000_000 + micros), wall: UtcMillis::from_millis(wall) }
}

impl<'a> Yard<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let clock = Arc::new(SimClock::at(start()));
        let store = MemoryDisk::new("replay").store();
        let (mut journal, _) = JournalCore::open(store, gate(), clock).unwrap();
        journal.set_epoch(1).unwrap();
        let mut yard = Self {
            scenario,
            field: Field::new(scenario.overlaps.clone()),
            lanes: Vec::new(),
            entries: scenario.entries.clone(),
            denied: scenario.denied.clone(),
            answers: BTreeMap::new(),
            journal,
            due: BTreeMap::new(),
            numbers: 0,
        };
        for (place, policy) in scenario.lanes.iter().enumerate() {
            let config = LaneConfig {
                gate_id: gate(),
                lane_id: policy.lane_id.clone(),
                boot: 1,
                has_safety_loop: true,
                timing: Timing::default(),
            };
            yard.lanes.push(PlayedLane {
                lane: Some(Lane::new(config)),
                arm: Arm::Closed,
                wants_to_drive: false,
                words: Vec::new(),
                visit: None,
            });
            for loop_place in [LoopPlace::Approach, LoopPlace::Safety, LoopPlace::Exit] {
                yard.step(place, Input::Loop(loop_place, Level::Free), 0);
            }
            yard.step(place, Input::Arm(Arm::Closed), 0);
            yard.step(place, Input::Barrier { online: true }, 0);
        }
        yard
    }

    /// The end of the trips, and the answers to persons, where the scenario says something about them.
    fn asked_for(&self) -> Vec<String> {
        let tell = |line: &String| match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["trip", number, ..] => {
                let trip_no = trip_no(number.parse().unwrap());
                let entry = self.entries.iter().find(|entry| entry.trip_no == trip_no).unwrap();
                let is_inside = entry.entry_passed && entry.status != TripStatus::LeftPort;
                let inside = if is_inside { " inside" } else { "" };
                Some(format!("trip {number} {}{inside}", entry.status.code()))
            }
            ["answers", ..] => {
                Some(format!("answers {}", self.answers.values().copied().collect::<Vec<_>>().join(", ")))
            }
            _ => None,
        };
        self.scenario.expected.iter().filter_map(tell).collect()
    }

    fn schedule(&mut self, at: u64, lane: usize, due: Due) {
        self.numbers += 1;
        self.due.insert((at, self.numbers), (lane, due));
    }

    fn next_moment(&self, now: u64) -> Option<u64> {
        let of_tick = |tick: Tick| (tick.as_micros() - 1_000_000_000).max(now + 1);
        let lanes = self.lanes.iter().filter_map(|lane| lane.lane.as_ref()?.deadline()).map(of_tick);
        let field = self.field.wake().map(of_tick);
        let due = self.due.keys().next().map(|(at, _)| (*at).max(now));
        lanes.chain(field).chain(due).min()
    }

    fn run(&mut self, now: u64) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let (lane, due) = entry.remove();
            match due {
                Due::Input(input) => self.step(lane, input, now),
                Due::Words(words) => self.happens(lane, &words, now),
            }
        }
        let mut told = Vec::new();
        self.field.due(moment(now).tick, &mut told);
        for (lane, medium) in told {
            self.step(lane, Input::Read(Reading::Medium(medium)), now);
        }
        for lane in 0..self.lanes.len() {
            let deadline = self.lanes[lane].lane.as_ref().and_then(Lane::deadline);
            if deadline.is_some_and(|deadline| deadline <= moment(now).tick) {
                self.step(lane, Input::Deadline, now);
            }
        }
    }

    fn happens(&mut self, lane: usize, words: &[String], now: u64) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let occupied = |place| Input::Loop(place, Level::Occupied);
        let free = |place| Input::Loop(place, Level::Free);
        match words[..] {
            ["arrives"] => self.step(lane, occupied(LoopPlace::Approach), now),
            ["backs"] => self.step(lane, free(LoopPlace::Approach), now),
            ["drives"] => {
                self.lanes[lane].wants_to_drive = true;
                self.drive(lane, now);
            }
            ["approach", level] => self.step(lane, Input::Loop(LoopPlace::Approach, level_of(level)), now),
            ["safety", level] => self.step(lane, Input::Loop(LoopPlace::Safety, level_of(level)), now),
            ["exit", level] => self.step(lane, Input::Loop(LoopPlace::Exit, level_of(level)), now),
            ["barrier", level] => self.step(lane, Input::Barrier { online: level == "on" }, now),
            ["centre", ref what @ ..] => self.centre_says(what, now),
            ["act", ref deed @ ..] => self.acts(lane, deed, now),
            ["old", age, ref rest @ ..] => self.reads(lane, rest, Some(age.parse().unwrap()), now),
            ref rest => self.reads(lane, rest, None, now),
        }
    }

    /// Through the lane in two seconds, once the arm is up.
    fn drive(&mut self, lane: usize, now: u64) {
        if !self.lanes[lane].wants_to_drive || self.lanes[lane].arm != Arm::Open {
            return;
        }
        self.lanes[lane].wants_to_drive = false;
        for (after, place, level) in [
            (400_000, LoopPlace::Safety, Level::Occupied),
            (900_000, LoopPlace::Approach, Level::Free),
            (1_100_000, LoopPlace::Exit, Level::Occupied),
            (1_600_000, LoopPlace::Safety, Level::Free),
            (2_000_000, LoopPlace::Exit, Level::Free),
        ] {
            self.schedule(now + after, lane, Due::Input(Input::Loop(place, level)));
        }
    }

    fn step(&mut self, place: usize, input: Input, now: u64) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let Some(lane) = self.lanes[place].lane.take() else { return };
            let before = lane.snapshot();
            let (lane, effects) = step(lane, input, &self.scenario.lanes[place], moment(now));
            let after = lane.snapshot();
            if before.visit_id != after.visit_id {
                self.field.occupied(place, after.visit_id.is_some());
                if before.visit_id.is_some() {
                    let its = before.reads.e_plate.as_ref().filter(|_| before.trip.is_some());
                    let key = its.and_then(|read| MediumKey::parse(&read.value).ok());
                    self.field.passed(place, key.as_ref(), moment(now).tick);
                }
            }
            self.lanes[place].lane = Some(lane);
            for effect in effects {
                inputs.extend(self.carry_out(place, effect, after.visit_id.as_ref(), now));
            }
        }
    }

    fn carry_out(
        &mut self,
        place: usize,
        effect: Effect,
        visit: Option<&VisitId>,
        now: u64,
    ) -> Option<Input> {
        match effect {
            Effect::Decide(evidence, chosen) => {
                let (decision, basis) = self.judge(place, *evidence, chosen, visit?, now);
                return Some(Input::Decided { decision: Ok(decision), basis: Some(Box::new(basis)) });
            }
            Effect::Record(drafts, then) => {
                for draft in &drafts {
                    self.note(place, draft);
                }
                let proof: Committed = self.journal.commit(drafts).unwrap();
                if then == Then::Raise {
                    return Some(Input::Recorded(proof));
                }
            }
            Effect::Raise(_) => {
                self.schedule(now + ARM, place, Due::Input(Input::Arm(Arm::Open)));
                self.schedule(now + ARM, place, Due::Input(Input::Raised(RaiseOutcome::Raised)));
                self.lanes[place].arm = Arm::Open;
                self.drive(place, now + ARM);
            }
            Effect::Lower => {
                self.lanes[place].arm = Arm::Closed;
                self.schedule(now + ARM, place, Due::Input(Input::Arm(Arm::Closed)));
            }
            Effect::Answer(number, answer) => {
                self.answers.insert(number, answer.map_or_else(Refusal::code, |()| "ok"));
            }
            Effect::RecordElsewhere(_) | Effect::ReserveBus | Effect::Light(_) => {}
        }
        None
    }

    fn judge(
        &self,
        place: usize,
        evidence: Evidence,
        chosen: Option<TripNo>,
        visit_id: &VisitId,
        now: u64,
    ) -> (Decision, Basis) {
        let policy = &self.scenario.lanes[place];
        let read: Vec<(MediumType, MediumKey)> = evidence.keys().collect();
        let holds = |keys: &[(MediumType, MediumKey)], medium_type: MediumType, key: &MediumKey| {
            keys.iter().any(|(read_type, read)| *read_type == medium_type && read == key)
        };
        let find = |keys: &[(MediumType, MediumKey)]| -> Vec<IndexEntry> {
            let its = |entry: &&IndexEntry| holds(keys, entry.medium_type, &entry.medium_key);
            self.entries.iter().filter(its).cloned().collect()
        };
        let slips: Vec<TripNo> = evidence.slips().collect();
        let mut view = View {
            index: Some(STAMP),
            yard: Some(self.scenario.yard.clone()),
            yard_has_entry_lane: self
                .scenario
                .lanes
                .iter()
                .any(|lane| lane.lane_direction == protocols::rules::LaneDirection::In),
            candidates: find(&read),
            stubs: self.scenario.stubs.clone(),
            denied: self.denied.clone(),
            by_slip: self.entries.iter().filter(|entry| slips.contains(&entry.trip_no)).cloned().collect(),
            near: Vec::new(),
        };
        view.stubs.retain(|stub| holds(&read, stub.medium_type, &stub.medium_key));
        view.denied.retain(|denied| holds(&read, denied.medium_type, &denied.medium_key));
        let gate_id = gate();
        let at = moment(now).wall;
        let place = Place { gate_id: &gate_id, lane_id: &policy.lane_id, visit_id, policy, chosen, now: at };
        let decision = decide(&evidence, &view, &place);
        let decision = with_near(decision, &evidence, &mut view, &place, find);
        (decision, Basis { evidence, view, policy: policy.clone(), chosen, at })
    }

    /// Lays the act over the index, and writes down what it says about the visit.
    fn note(&mut self, place: usize, draft: &Draft) {
        let policy = &self.scenario.lanes[place];
        let gate_id = gate();
        if let (Some(trip), Some(act), Some(visit_id)) =
            (&draft.trip, draft.event_type.trip_act(), &draft.visit_id)
            && let Some(entry) = self.entries.iter_mut().find(|entry| entry.trip_no == trip.trip_no)
        {
            let event = TripEvent {
                act,
                direction: policy.lane_direction,
                gate_id: &gate_id,
                lane_id: &policy.lane_id,
                visit_id,
            };
            let moved = apply(&entry.trip_state(), entry.closing_passage(), &event);
            entry.set_trip_state(&moved.state);
        }
        let lane = &mut self.lanes[place];
        if draft.visit_id.is_none() {
            return;
        }
        if lane.visit != draft.visit_id {
            lane.visit.clone_from(&draft.visit_id);
            lane.words.push("waits".to_owned());
        }
        let Some(word) = lane.words.last_mut() else { return };
        let reason = draft.reason.map_or("", ReasonCode::code);
        match draft.event_type {
            EventType::RaiseIntent => {
                let trip =
                    draft.trip.as_ref().map_or("-".to_owned(), |trip| serial(trip.trip_no).to_string());
                *word = format!("opens {trip}");
            }
            EventType::Tailgating => word.push_str(" tailgating"),
            EventType::Refuse if !word.starts_with("opens") => *word = format!("refuses {reason}"),
            EventType::LaneState if !word.starts_with("opens") => *word = format!("holds {reason}"),
            _ => {}
        }
    }
}

const STAMP: IndexStamp = IndexStamp { revision: 7, age_s: 60, mark: Some(Hash([7; 32])) };

fn level_of(word: &str) -> Level {
    match word {
        "on" => Level::Occupied,
        "off" => Level::Free,
        _ => Level::Unknown,
    }
}
