//! A gate of a re-enactment: the drivers, fusion and lanes that the configuration makes, moved by a capture's words in simulated time.
//! Promises: no port is opened, no broker called, nothing spawned; between two words everything that waits for a time does what it waits for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use protocols::{contract::UtcMillis, tick::Tick};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::{
    ReenactError,
    lane::{PlayedLane, Replayed, World},
    ledger::{Did, Ledger},
};
use crate::{
    app::{broker, capture::BROKER, wiring},
    cache::Policy,
    capture::{Header, Piece, Word},
    clock::{Clock, SimClock},
    config::Config,
    drivers::{BusDriver, LaneLink, MqttDriver, ReaderDriver},
    fusion::FieldTask,
    journal::{JournalCore, MemoryDisk, MemoryStore},
    lane::{Input, Moment, Snapshot},
    panel::Metrics,
};

/// As large as a lane's own.
const LANE_INBOX: usize = 1024;
/// Rounds in which all that happens at one moment must have happened; two or three do.
const ROUNDS: usize = 64;
/// Both clocks of a machine go apart by less than this while it runs; more is another run, or a clock that was set.
const APART_MS: u64 = 600_000;

#[derive(Clone, Copy)]
enum Source {
    Bus(usize),
    Reader(usize),
    Broker,
    /// Tells nothing that a driver would hear.
    Nobody,
}

/// What no device said, at its time.
enum Due {
    Act(Did),
    Set {
        is_closed: bool,
        by: Box<str>,
    },
    /// The journal decided anew: the index may have moved, or another lane let go of a trip.
    News,
}

/// 卡口, played.
pub(super) struct Yard<'a> {
    ledger: &'a Ledger,
    clock: Arc<SimClock>,
    /// A moment on both clocks, as the newest file has it.
    known: (Tick, i64),
    sources: HashMap<u16, Source>,
    buses: Vec<BusDriver>,
    readers: Vec<ReaderDriver>,
    broker: Option<MqttDriver>,
    field: FieldTask,
    field_wake: Option<Tick>,
    lanes: Vec<PlayedLane>,
    policy: Arc<Mutex<Arc<Policy>>>,
    journal: JournalCore<MemoryStore>,
    due: VecDeque<(Tick, usize, Due)>,
    config: &'a Config,
}

impl<'a> Yard<'a> {
    /// A gate that has heard nothing yet, at the moment of this file's beginning or before.
    pub(super) fn new(config: &'a Config, ledger: &'a Ledger, header: &Header) -> Result<Self, ReenactError> {
        let clock = Arc::new(SimClock::at(header.started));
        let shared: Arc<dyn Clock> = clock.clone();
        let metrics = Metrics::new();
        let store = MemoryDisk::new("reenact").store();
        let opened = JournalCore::open(store, config.gate.gate_id.clone(), Arc::clone(&shared));
        let (mut journal, _) = opened.map_err(|_| ReenactError::Memory)?;
        journal.set_epoch(1).map_err(|_| ReenactError::Memory)?;

        let mut links = std::collections::BTreeMap::new();
        let mut inboxes = HashMap::new();
        for lane in &config.lanes {
            let (sender, inbox) = mpsc::channel::<Input>(LANE_INBOX);
            links.insert(lane.lane_id.clone(), LaneLink::new(sender));
            inboxes.insert(lane.lane_id.clone(), inbox);
        }
        let (buses, mut barriers) = wiring::buses(config, &links, &shared, &metrics);
        let arms = broker::arms(config, &links, &mut barriers);
        let known = (header.tick, header.started.as_millis());
        let (mut lanes, mut hearing) = (Vec::new(), Vec::new());
        for lane in &config.lanes {
            let barrier = barriers.remove(&lane.lane_id);
            let wired = barrier.zip(inboxes.remove(&lane.lane_id)).zip(links.get(&lane.lane_id));
            let Some((((barrier, has_safety_loop), inbox), link)) = wired else { continue };
            let (live, follow) = watch::channel(Snapshot::default());
            let closed = ledger.closed(&lane.lane_id, known.1);
            let lane_config = wiring::lane_config(config, lane, has_safety_loop);
            lanes.push(PlayedLane::new(lane_config, inbox, live, barrier, closed));
            hearing.push(wiring::Hearing { lane, link: link.clone(), live: follow });
        }
        let policy = Arc::new(Mutex::new(Arc::new(Policy::default())));
        let asked = Arc::clone(&policy);
        let policies = move || Arc::clone(&asked.lock().unwrap_or_else(PoisonError::into_inner));
        let read = wiring::readers(config, &hearing, Box::new(policies), &shared, &metrics);
        let broker = broker::driver(config, &links, &read.routes, arms, read.field, &shared, &metrics);
        let mut yard = Self {
            ledger,
            clock,
            known,
            sources: HashMap::new(),
            buses,
            readers: read.drivers,
            broker: broker.map(|(driver, _)| driver),
            field: read.task,
            field_wake: None,
            lanes,
            policy,
            journal,
            due: VecDeque::new(),
            config,
        };
        yard.due = yard.of_the_journal();
        Ok(yard)
    }

    /// A further file tells both clocks anew: the machine's may have been set meanwhile.
    pub(super) fn knows(&mut self, header: &Header) {
        self.known = (header.tick, header.started.as_millis());
    }

    /// What the journal has of this run that no device said, in the order of its times.
    fn of_the_journal(&self) -> VecDeque<(Tick, usize, Due)> {
        let lane = |lane_id| self.lanes.iter().position(|lane| lane.lane_id() == lane_id);
        let is_now = |at: Tick, wall_ms: i64| self.wall_ms(at).abs_diff(wall_ms) <= APART_MS;
        let mut due = Vec::new();
        for visit in self.ledger.visits.iter().filter(|visit| is_now(visit.arrived, visit.wall_ms)) {
            let Some(place) = lane(&visit.lane_id) else { continue };
            due.extend(visit.did.iter().map(|did| (did.at, place, Due::Act(did.clone()))));
            due.extend(visit.known.iter().skip(1).map(|known| (known.at, place, Due::News)));
        }
        for set in self.ledger.set.iter().filter(|set| is_now(set.at, set.wall_ms)) {
            let Some(place) = lane(&set.lane_id) else { continue };
            let set_to = Due::Set { is_closed: set.closed.is_some(), by: set.by.clone() };
            due.push((set.at, place, set_to));
        }
        // What came before was another run's, or is over.
        due.retain(|(at, ..)| *at >= self.known.0);
        due.sort_by_key(|(at, ..)| *at);
        due.into()
    }

    /// Lets time pass up to this word, and then the word happen.
    pub(super) fn play(&mut self, piece: &Piece) -> Result<(), ReenactError> {
        self.pass_until(piece.at);
        let source = self.sources.get(&piece.of).copied().unwrap_or(Source::Nobody);
        match &piece.word {
            Word::Named(name) => {
                let source = self.source(name)?;
                self.sources.insert(piece.of, source);
                return Ok(());
            }
            Word::Policy(json) => self.set_policy(json),
            Word::Gap { .. } => return Ok(()),
            word => match source {
                Source::Bus(place) => {
                    if let Some(bus) = self.buses.get_mut(place) {
                        bus.play(word);
                    }
                }
                Source::Reader(place) => {
                    if let Some(reader) = self.readers.get_mut(place) {
                        reader.play(word);
                    }
                }
                Source::Broker => {
                    if let Some(broker) = &mut self.broker {
                        broker.play(word);
                    }
                }
                Source::Nobody => return Ok(()),
            },
        }
        self.settle();
        Ok(())
    }

    /// What the lanes came to.
    pub(super) fn into_visits(self) -> Vec<Replayed> {
        self.lanes.into_iter().flat_map(|lane| lane.visits).collect()
    }

    fn source(&self, name: &str) -> Result<Source, ReenactError> {
        if name == BROKER && self.broker.is_some() {
            return Ok(Source::Broker);
        }
        // The capture's own sources, such as of the policy.
        if name.starts_with('[') {
            return Ok(Source::Nobody);
        }
        let bus = self.buses.iter().position(|bus| bus.name() == name).map(Source::Bus);
        let reader = || self.readers.iter().position(|reader| reader.name() == name).map(Source::Reader);
        bus.or_else(reader).ok_or_else(|| ReenactError::Device(name.into()))
    }

    fn set_policy(&mut self, json: &str) {
        let Ok(told) = serde_json::from_str::<Value>(json) else { return };
        let part = |name: &str| told.get(name).cloned().unwrap_or_default();
        let (Ok(yard), Ok(lanes)) =
            (serde_json::from_value(part("yard")), serde_json::from_value(part("lanes")))
        else {
            return;
        };
        let policy = Arc::new(Policy { yard, lanes });
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&policy);
        let now = self.now();
        let mut world = World { ledger: self.ledger, journal: &mut self.journal };
        for lane in &mut self.lanes {
            let own = policy.lane(&self.config.gate.gate_id, lane.lane_id()).cloned();
            lane.set_policy(own);
            lane.take(Input::IndexMoved, now, &mut world);
        }
    }

    fn pass_until(&mut self, at: Tick) {
        while let Some(next) = self.wake().filter(|next| *next < at) {
            // What is due and does nothing must not keep time from passing.
            self.set_clock(next.max(self.clock.tick() + Duration::from_micros(1)).min(at));
            self.settle();
            if self.wake().is_some_and(|again| again <= self.clock.tick()) {
                self.set_clock((self.clock.tick() + Duration::from_millis(1)).min(at));
            }
        }
        self.set_clock(at);
    }

    fn wake(&self) -> Option<Tick> {
        let lanes = self.lanes.iter().filter_map(PlayedLane::wake);
        let due = self.due.front().map(|(at, ..)| *at);
        lanes.chain(self.field_wake).chain(due).min()
    }

    fn wall_ms(&self, at: Tick) -> i64 {
        let (tick, wall_ms) = self.known;
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        wall_ms.saturating_add(millis(at.since(tick))).saturating_sub(millis(tick.since(at)))
    }

    fn set_clock(&self, at: Tick) {
        self.clock.advance(at.since(self.clock.tick()));
        self.clock.set_wall(UtcMillis::from_millis(self.wall_ms(self.clock.tick())));
    }

    fn now(&self) -> Moment {
        Moment { tick: self.clock.tick(), wall: self.clock.wall() }
    }

    /// Does all that is to be done at this moment.
    fn settle(&mut self) {
        let now = self.now();
        for _ in 0..ROUNDS {
            self.field_wake = self.field.settle();
            let mut world = World { ledger: self.ledger, journal: &mut self.journal };
            let mut moved = false;
            for lane in &mut self.lanes {
                moved |= lane.settle(now, &mut world);
            }
            while self.due.front().is_some_and(|(at, ..)| *at <= now.tick) {
                let Some((_, place, due)) = self.due.pop_front() else { break };
                moved = true;
                let Some(lane) = self.lanes.get_mut(place) else { continue };
                match due {
                    Due::Act(did) => lane.act(&did, now, &mut world),
                    Due::Set { is_closed, by } => lane.set_closed(is_closed, &by, now, &mut world),
                    Due::News => lane.take(Input::IndexMoved, now, &mut world),
                }
            }
            if !moved {
                return;
            }
        }
    }
}
