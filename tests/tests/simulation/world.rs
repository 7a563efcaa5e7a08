//! The world of one seed: what happens when, to whom, and by which chance.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use gate_agent::{
    clock::{Clock as _, SimClock},
    journal::{Committed, Fault, JournalError, MemoryDisk},
    lane::{Arm, Input, Moment},
};
use kakou_tests::chance::Chance;
use protocols::{
    contract::{ActsPage, AskActs, Hash, RaiseOutcome},
    ids::GateId,
};
use sha2::{Digest, Sha256};

use super::{
    ONCE_BROKEN,
    agent::Agent,
    centre::Centre,
    check::Ledger,
    line::{Answer, Asked},
    neighbours::{Broker, Kept},
    plan,
    steel::{Lorry, Move, Steel},
    time::{self, Micros, SECOND},
    trouble::{Coverage, Trouble},
};

/// Lorries come and faults strike until then; afterwards everything works, and what is left comes to its end.
const TROUBLE: Micros = 150 * SECOND;
const END: Micros = 340 * SECOND;
/// Nobody comes any more.
pub(crate) const NIGHT: Micros = 240 * SECOND;
/// How many trips are declared; further numbers are lorries that nobody declared.
const TRIPS: u64 = 8;

/// A bug that is planted, to see whether it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    AckBeforeCommit,
    PulseBeforeIntent,
    DropOnReconnect,
    SequenceReused,
    StaleSnapshot,
    DenyRolledBack,
    /// What the other gate tells is heard and not heeded.
    Deaf,
    /// Revisions without marks: a restored centre that has overtaken a gate goes unnoticed.
    NoMarks,
}

impl Mutation {
    pub(crate) const ALL: [Self; 8] = [
        Self::AckBeforeCommit,
        Self::PulseBeforeIntent,
        Self::DropOnReconnect,
        Self::SequenceReused,
        Self::StaleSnapshot,
        Self::DenyRolledBack,
        Self::Deaf,
        Self::NoMarks,
    ];
}

#[derive(Debug)]
pub(crate) enum Happening {
    Start(usize),
    Comes(usize, usize, Lorry),
    Loses(usize, usize, u64),
    Looks(usize, usize, u64),
    Moves(usize, usize, u64, Move),
    Rises(usize, usize),
    Falls(usize, usize),
    Pulse(usize, u64, usize),
    Raised(usize, u64, usize, RaiseOutcome),
    Wake(usize, u64, usize),
    Commit(usize, u64),
    Answered(usize, u64, usize, Result<Committed, JournalError>),
    Reopen(usize, u64),
    Tend(usize, u64),
    AtCentre(usize, u64, u64, Asked),
    AtGate(usize, u64, u64, u64, Box<Answer>),
    TimeOut(usize, u64, u64),
    Told(usize, Box<ActsPage>),
    AskedFor(usize, AskActs),
    Approve(u64),
    Deny(u64),
    BackUp,
    Strikes(Trouble, usize),
    Ends(Trouble, usize),
    Calm,
}

pub(crate) struct Gate {
    pub(crate) id: GateId,
    pub(crate) disk: MemoryDisk,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) index: PathBuf,
    pub(crate) agent: Option<Agent>,
    pub(crate) starts: u64,
    pub(crate) steel: Vec<Steel>,
    pub(crate) line_is_cut: bool,
    pub(crate) ledger: Ledger,
    /// Up to here the centre's events have been compared with the journal.
    pub(crate) compared: u64,
    /// The centre was restored, and this gate has not heard of it.
    pub(crate) marks_lag: bool,
    pub(crate) kept: Kept,
}

pub(crate) struct Outcome {
    pub(crate) broken: Option<String>,
    pub(crate) steps: u64,
    pub(crate) digest: Hash,
    pub(crate) covered: Coverage,
    /// Acts that gates have told each other, and how often one has asked for some.
    pub(crate) told: (u64, u64),
}

pub(crate) struct World {
    pub(crate) now: Micros,
    pub(crate) chance: Chance,
    pub(crate) due: BTreeMap<(Micros, u64), Happening>,
    number: u64,
    pub(crate) messages: u64,
    pub(crate) centre: Centre,
    pub(crate) gates: Vec<Gate>,
    pub(crate) trips: u64,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) tell: bool,
    pub(crate) broken: Option<String>,
    pub(crate) disk_is_slow: bool,
    pub(crate) is_calm: bool,
    /// For a planted bug: the first snapshot that was ever sent.
    pub(crate) old_snapshot: Option<Vec<String>>,
    pub(crate) covered: Coverage,
    /// Between the gates; none for seeds from before there was one.
    pub(crate) broker: Option<Broker>,
    /// Keeps the indexes' files.
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(seed: u64, mutation: Option<Mutation>, tell: bool) -> Self {
        let mut chance = Chance::from(seed);
        // In memory where there is such a place: the indexes are files, and their disk is not what is simulated.
        let shm = std::path::Path::new("/dev/shm");
        let folder = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
        let late = chance.below(3);
        let centre = Centre::new(TRIPS, |serial| serial > late);
        let gates = (0..plan::GATES.len()).map(|g| Gate {
            id: plan::gate_id(g),
            disk: MemoryDisk::new(&format!("store-{g}")),
            clock: Arc::new(SimClock::at(plan::start())),
            index: folder.path().join(format!("{g}.db")),
            agent: None,
            starts: 0,
            steel: plan::LANES.iter().map(|_| Steel::default()).collect(),
            line_is_cut: false,
            ledger: Ledger::default(),
            compared: 0,
            marks_lag: false,
            kept: Kept::default(),
        });
        let mut world = Self {
            now: 0,
            chance,
            due: BTreeMap::new(),
            number: 0,
            messages: 0,
            centre,
            gates: gates.collect(),
            trips: TRIPS,
            mutation,
            tell,
            broken: None,
            disk_is_slow: false,
            is_calm: false,
            old_snapshot: None,
            covered: Coverage::default(),
            broker: (!ONCE_BROKEN.contains(&seed)).then(|| Broker::of(seed, TROUBLE)),
            _folder: folder,
        };
        world.plan(late);
        world
    }

    fn plan(&mut self, late: u64) {
        for g in 0..self.gates.len() {
            let after = self.chance.below(SECOND);
            self.later(after, Happening::Start(g));
        }
        for serial in 1..=late {
            let after = self.chance.below(TROUBLE);
            self.later(after, Happening::Approve(serial));
        }
        for _ in 0..14 {
            let lorry = Lorry {
                serial: 1 + self.chance.below(TRIPS + 2),
                patience: 15 * SECOND + self.chance.below(60 * SECOND),
                stays: (self.chance.below(4) > 0).then(|| 5 * SECOND + self.chance.below(60 * SECOND)),
            };
            let (g, after) = (self.some_gate(), 5 * SECOND + self.chance.below(TROUBLE));
            if self.chance.below(6) == 0 {
                // Another lorry with the same plate, at the other gate.
                self.later(after, Happening::Comes(1 - g, 0, lorry.clone()));
            }
            self.later(after, Happening::Comes(g, 0, lorry));
        }
        let (denied, after) = (1 + self.chance.below(TRIPS), self.chance.below(TROUBLE));
        self.later(after, Happening::Deny(denied));
        let after = 20 * SECOND + self.chance.below(40 * SECOND);
        self.later(after, Happening::BackUp);
        for _ in 0..12 {
            let trouble = Trouble::ALL[usize::try_from(self.chance.below(8)).unwrap()];
            let (g, after) = (self.some_gate(), self.chance.below(TROUBLE));
            self.later(after, Happening::Strikes(trouble, g));
        }
        self.later(TROUBLE + 30 * SECOND, Happening::Calm);
    }

    pub(crate) fn some_gate(&mut self) -> usize {
        usize::try_from(self.chance.below(plan::GATES.len() as u64)).unwrap()
    }

    pub(crate) fn later(&mut self, after: Micros, happening: Happening) {
        self.number += 1;
        self.due.insert((self.now + after, self.number), happening);
    }

    pub(crate) fn moment(&self, g: usize) -> Moment {
        let clock = &self.gates[g].clock;
        Moment { tick: clock.tick(), wall: clock.wall() }
    }

    /// The number of the gate's running process; 0 when there is none.
    pub(crate) fn start_of(&self, g: usize) -> u64 {
        self.gates[g].agent.as_ref().map_or(0, |agent| agent.start)
    }

    pub(crate) fn run(mut self) -> Outcome {
        let (mut steps, mut digest) = (0, Sha256::new());
        while let Some(((at, _), happening)) = self.due.pop_first() {
            if at > END || self.broken.is_some() {
                break;
            }
            let passed = Duration::from_micros(at - self.now);
            self.now = at;
            self.gates.iter().for_each(|gate| gate.clock.advance(passed));
            let told = format!("{at:>12} {happening:?}");
            digest.update(&told);
            if self.tell {
                println!("{}", told.chars().take(220).collect::<String>());
            }
            steps += 1;
            self.happens(happening);
            self.check_bounds();
        }
        if self.broken.is_none() {
            self.check_end();
        }
        let told = self.broker.as_ref().map_or((0, 0), |broker| (broker.told, broker.asked));
        Outcome {
            broken: self.broken,
            steps,
            digest: Hash(digest.finalize().into()),
            covered: self.covered,
            told,
        }
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Start(g) => self.starts(g),
            Happening::Comes(g, l, lorry) => self.comes(g, l, lorry),
            Happening::Loses(g, l, which) => self.loses_patience(g, l, which),
            Happening::Looks(g, l, which) => self.looks(g, l, which),
            Happening::Moves(g, l, which, step) => self.moves(g, l, which, step),
            Happening::Rises(g, l) => self.is_up(g, l),
            Happening::Falls(g, l) => {
                self.gates[g].steel[l].arm_is_up = false;
                self.tells(g, l, Input::Arm(Arm::Closed));
            }
            Happening::Approve(serial) => self.centre.approve(serial, time::at(self.now)),
            Happening::Deny(serial) => self.centre.deny(plan::plate(serial), time::at(self.now)),
            Happening::BackUp => self.centre.back_up(),
            Happening::Strikes(trouble, g) => self.strikes(trouble, g),
            Happening::Ends(trouble, g) => self.ends(trouble, g),
            Happening::Calm => self.calm(),
            Happening::Told(g, page) => self.hears(g, &page),
            Happening::AskedFor(g, ask) => self.is_asked(g, ask),
            Happening::AtCentre(g, start, id, asked) => self.at_centre(g, start, id, asked),
            // What follows happens to a process, and only to the one that it was meant for.
            Happening::Pulse(g, start, l) if self.runs(g, start) => self.pulse(g, l),
            Happening::Raised(g, start, l, outcome) if self.runs(g, start) => {
                self.step_lane(g, l, Input::Raised(outcome))
            }
            Happening::Wake(g, start, l) if self.runs(g, start) => self.woken(g, l),
            Happening::Commit(g, start) if self.runs(g, start) => self.commit(g),
            Happening::Answered(g, start, l, answer) if self.runs(g, start) => self.answered(g, l, answer),
            Happening::Reopen(g, start) if self.runs(g, start) => self.reopen(g),
            Happening::Tend(g, start) if self.runs(g, start) => {
                self.tend_line(g);
                self.tells_neighbour(g);
                self.later(SECOND, Happening::Tend(g, start));
            }
            Happening::AtGate(g, start, id, life, answer) if self.runs(g, start) => {
                self.at_gate(g, id, life, *answer)
            }
            Happening::TimeOut(g, start, id) if self.runs(g, start) => self.timed_out(g, id),
            Happening::Pulse(..)
            | Happening::Raised(..)
            | Happening::Wake(..)
            | Happening::Commit(..)
            | Happening::Answered(..)
            | Happening::Reopen(..)
            | Happening::Tend(..)
            | Happening::AtGate(..)
            | Happening::TimeOut(..) => {}
        }
    }

    fn runs(&self, g: usize, start: u64) -> bool {
        start != 0 && self.start_of(g) == start
    }

    fn starts(&mut self, g: usize) {
        if self.gates[g].agent.is_some() {
            return;
        }
        let moment = self.moment(g);
        if self.mutation == Some(Mutation::SequenceReused) && self.gates[g].starts > 0 {
            // The newest record is forgotten at a start, and its number given again.
            self.gates[g].disk.fail_call(1, Fault::LostTail);
        }
        self.gates[g].starts += 1;
        let number = self.gates[g].starts;
        let started = Agent::start(&self.gates[g], number, moment);
        match started {
            Ok(agent) => self.gates[g].agent = Some(agent),
            Err(_) => return self.later(SECOND, Happening::Start(g)),
        }
        self.recalls(g);
        self.check_ledger(g);
        self.poll_boards(g);
        self.later(10_000, Happening::Tend(g, number));
    }

    /// For a planted bug: the index is thrown away, and with it the deny list.
    pub(crate) fn forget_index(&mut self, g: usize) {
        let gate = &mut self.gates[g];
        let Some(agent) = gate.agent.as_mut() else { return };
        let fresh = gate.index.with_extension(format!("{}.db", self.messages));
        agent.cache = gate_agent::cache::Cache::open(
            &fresh,
            gate.clock.clone(),
            agent.core.overlay(),
            gate_agent::cache::Residence::File,
        );
        gate.index = fresh;
    }
}
