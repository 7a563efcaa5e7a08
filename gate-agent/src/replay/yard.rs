//! A yard without I/O: fusion, lanes, judge and trip rules, stepped from moment to moment.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    clock::SimClock,
    decision::{
        Container, Evidence, Gross, Medium, Place, Reading, Seal, Standing, View, Weighed, decide, near_keys,
    },
    fusion::{Field, IcKeyForm, Seen, seen},
    journal::{Committed, Draft, IndexStamp, JournalCore, MemoryDisk, MemoryStore, TripRef},
    lane::{
        Act, Arm, Correction, Deed, Effect, Handed, Input, Lane, LaneConfig, Level, LoopPlace, Moment,
        Person, Role, Then, Timing, step,
    },
};
use protocols::{
    contract::{EventType, IndexEntry, RaiseOutcome, UtcMillis},
    ids::{ContainerNo, MediumKey, MediumType, TripNo, VisitId},
    rules::{ReasonCode, TripEvent, Verdict, apply},
    talk::{Identity, SealState},
    tick::Tick,
};

use super::scenario::{Scenario, cdbm, gate, kilograms, serial, start, trip_no};

/// How long the played arm takes from limit to limit.
const ARM: u64 = 800_000;
/// After the last step the lanes get this long to finish.
const LINGER: u64 = 15_000_000;

struct Yard<'a> {
    scenario: &'a Scenario,
    field: Field,
    lanes: Vec<PlayedLane>,
    entries: Vec<IndexEntry>,
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

/// Plays a scenario and tells what each lane did.
pub(crate) fn play(scenario: &Scenario) -> Vec<String> {
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
    let said = yard.lanes.iter().enumerate().map(|(place, lane)| {
        let name = &scenario.lanes[place].lane_id;
        if lane.words.is_empty() {
            format!("{name} nothing")
        } else {
            format!("{name} {}", lane.words.join(", "))
        }
    });
    said.collect()
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

    fn acts(&mut self, lane: usize, words: &[&str], now: u64) {
        let number = |text: &str| trip_no(text.parse().unwrap());
        let mut trip = None;
        let what = match *words {
            ["release"] => Deed::Release { trip: None },
            ["release", text] => {
                trip = Some(TripRef { trip_no: number(text), version_no: 1 });
                Deed::Release { trip: Some(number(text)) }
            }
            ["send_back"] => Deed::SendBack,
            ["empty_exit"] => Deed::EmptyExit,
            ["choose", text] => Deed::Choose(number(text)),
            ["close_lane"] => Deed::CloseLane,
            ["open_lane"] => Deed::OpenLane,
            ["correct", "weight", kg] => Deed::Correct(Correction::Weight(kilograms(kg).unwrap())),
            ["correct", "plate", plate] => {
                let key = MediumKey::read(MediumType::Plate, plate).unwrap();
                Deed::Correct(Correction::Medium(MediumType::Plate, key))
            }
            ["correct", "box", ref numbers @ ..] => {
                let numbers = numbers.iter().map(|text| ContainerNo::parse(text).unwrap());
                Deed::Correct(Correction::Containers(numbers.collect()))
            }
            ref other => panic!("no act {other:?}"),
        };
        self.numbers += 1;
        let person = Person { id: "8950000004821".into(), role: Role::Officer };
        let until = moment(now).tick + Duration::from_secs(30);
        let act = Act { number: self.numbers, person, second: None, what, reason: "replay".into(), until };
        self.step(lane, Input::Act(Box::new(Handed { act, trip })), now);
    }

    fn reads(&mut self, lane: usize, words: &[&str], age_ms: Option<u64>, now: u64) {
        let at = moment(now).tick;
        let device =
            |kind: &str| -> Box<str> { format!("{kind}-{}", self.scenario.lanes[lane].lane_id).into() };
        match *words {
            ["tag", epc, ref rest @ ..] => {
                let (signal, tid) = match *rest {
                    [] => (None, None),
                    [dbm] => (cdbm(dbm), None),
                    ["tid", tid] => (None, Some(tid)),
                    [dbm, "tid", tid] => (cdbm(dbm), Some(tid)),
                    ref other => panic!("no tag facts {other:?}"),
                };
                let standing =
                    if age_ms.is_some_and(|age| age > 5000) { Standing::Late } else { Standing::Counts };
                let medium = Medium {
                    medium_type: MediumType::ElectronicPlate,
                    key: MediumKey::read(MediumType::ElectronicPlate, epc).unwrap(),
                    raw: None,
                    device: device("uhf"),
                    tid: tid.map(Into::into),
                    confidence: None,
                    signal,
                    looks: 1,
                    standing,
                    at,
                };
                let mut told = Vec::new();
                self.field.hear(&[lane], medium, at, &mut told);
                for (lane, medium) in told {
                    self.step(lane, Input::Read(Reading::Medium(medium)), now);
                }
            }
            ["weight", ref rest @ ..] => {
                let state = match *rest {
                    ["none"] => Gross::None,
                    [kg] => Gross::Stable(kilograms(kg).unwrap()),
                    [_, "moving"] => Gross::Unstable,
                    ref other => panic!("no weight {other:?}"),
                };
                let weighed = Weighed { state, device: device("scale"), by_hand: false, at };
                self.step(lane, Input::Read(Reading::Weight(weighed)), now);
            }
            ["seal", number, state] => {
                let state = match state {
                    "sealed" => SealState::Sealed,
                    "open" => SealState::Open,
                    "tampered" => SealState::Tampered,
                    _ => SealState::Unknown,
                };
                self.identity(
                    lane,
                    &Identity::Seal { number: number.into(), state },
                    None,
                    device("seal"),
                    now,
                );
            }
            ["plate", plate] => {
                self.identity(lane, &Identity::Plate(plate.into()), None, device("camera"), now)
            }
            ["plate", plate, confidence] => {
                let per_mille = cdbm(confidence).and_then(|it| u16::try_from(it * 10).ok());
                self.identity(lane, &Identity::Plate(plate.into()), per_mille, device("camera"), now);
            }
            ["box", number] => {
                self.identity(lane, &Identity::Container(number.into()), None, device("camera"), now);
            }
            ["card", uid] => {
                let uid = protocols::ids::CardUid::parse(uid).unwrap();
                self.identity(lane, &Identity::Uid(uid), None, device("card"), now);
            }
            ["code", text] => {
                // A small number is the trip number of a slip of that trip.
                let text = text.parse().map_or(text.to_owned(), |number| trip_no(number).to_string());
                let code = Identity::Code { raw: text.clone(), text };
                self.identity(lane, &code, None, device("scanner"), now);
            }
            ref other => panic!("nothing is called {other:?}"),
        }
    }

    fn identity(
        &mut self,
        lane: usize,
        identity: &Identity,
        confidence: Option<u16>,
        device: Box<str>,
        now: u64,
    ) {
        let at = moment(now).tick;
        let reading = match seen(identity, IcKeyForm::UidHex).unwrap() {
            Seen::Container(number) => {
                Reading::Container(Container { number, device, confidence, by_hand: false, at })
            }
            Seen::Seal(number, state) => Reading::Seal(Seal { number, state, device, by_hand: false, at }),
            Seen::Medium(medium_type, key, raw) => Reading::Medium(Medium {
                medium_type,
                key,
                raw,
                device,
                tid: None,
                confidence,
                signal: None,
                looks: 1,
                standing: Standing::Counts,
                at,
            }),
        };
        self.step(lane, Input::Read(reading), now);
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
                let decision = self.judge(place, &evidence, chosen, visit?, now);
                return Some(Input::Decided { decision: Ok(decision), index: Some(STAMP) });
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
            Effect::RecordElsewhere(_) | Effect::Answer(..) | Effect::ReserveBus | Effect::Light(_) => {}
        }
        None
    }

    fn judge(
        &self,
        place: usize,
        evidence: &Evidence,
        chosen: Option<TripNo>,
        visit_id: &VisitId,
        now: u64,
    ) -> crate::decision::Decision {
        let policy = &self.scenario.lanes[place];
        let read: Vec<(MediumType, MediumKey)> = evidence
            .media()
            .iter()
            .map(|heard| (heard.medium.medium_type, heard.medium.key.clone()))
            .collect();
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
            denied: self.scenario.denied.clone(),
            by_slip: self.entries.iter().filter(|entry| slips.contains(&entry.trip_no)).cloned().collect(),
            near: Vec::new(),
        };
        view.stubs.retain(|stub| holds(&read, stub.medium_type, &stub.medium_key));
        view.denied.retain(|denied| holds(&read, denied.medium_type, &denied.medium_key));
        let gate_id = gate();
        let now = moment(now).wall;
        let place = Place { gate_id: &gate_id, lane_id: &policy.lane_id, visit_id, policy, chosen, now };
        let decision = decide(evidence, &view, &place);
        if decision.verdict == Verdict::Refuse && decision.reason == ReasonCode::NoBinding {
            view.near = find(&near_keys(evidence));
            return decide(evidence, &view, &place);
        }
        decision
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
            EventType::Refuse if !word.starts_with("opens") => *word = format!("refuses {reason}"),
            EventType::LaneState if !word.starts_with("opens") => *word = format!("holds {reason}"),
            _ => {}
        }
    }
}

const STAMP: IndexStamp = IndexStamp { revision: 7, age_s: 60 };

fn level_of(word: &str) -> Level {
    match word {
        "on" => Level::Occupied,
        "off" => Level::Free,
        _ => Level::Unknown,
    }
}
