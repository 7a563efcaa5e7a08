//! A gate's process: the shells of its lanes around the real lanes, journal and index, on one thread with a seed. What `lane::task` and
//! `journal::thread` do with tasks and channels is done here with happenings, step by step the same.

use std::collections::{HashMap, VecDeque};

use gate_agent::{
    cache::{Cache, Residence},
    decision::{Basis, Decision, Evidence, Place, decide, near_keys},
    journal::{Committed, Draft, JournalCore, JournalError, MemoryStore, StoreError, Unsettled},
    lane::{
        Arm, Effect, Input, Lane, LaneConfig, Level, LoopPlace, Moment, Then, Timing, close_forgotten, step,
    },
    neighbours::Past,
};
use protocols::{
    contract::Stub,
    ids::{LaneId, TripNo, VisitId},
    rules::{LanePolicy, ReasonCode, TripStatus, Verdict},
};

use super::{
    line::Link,
    plan,
    time::{Micros, SECOND},
    world::{Gate, Happening, Mutation, World},
};

const RETRY: Micros = 250_000;
const TRY_AGAIN: Micros = SECOND;

pub(crate) struct Agent {
    pub(crate) start: u64,
    pub(crate) core: JournalCore<MemoryStore>,
    pub(crate) cache: Cache,
    pub(crate) shells: Vec<Shell>,
    claims: HashMap<TripNo, VisitId>,
    queue: VecDeque<(usize, Vec<Draft>)>,
    pub(crate) journal_failed: bool,
    pub(crate) link: Link,
    /// Up to here neighbours were told; none before the first time, which begins at the journal's end.
    pub(crate) told_to: Option<u64>,
    /// How often the index was in doubt when neighbours were last heard.
    pub(crate) doubts: u64,
    pub(crate) past: Past,
}

/// A lane and the records that it has asked for.
pub(crate) struct Shell {
    pub(crate) lane: Option<Lane>,
    unsettled: Option<Unsettled>,
    policy: Option<LanePolicy>,
    pub(crate) waiting: VecDeque<Draft>,
    raise: Option<Vec<Draft>>,
    under_way: Option<(Vec<Draft>, bool)>,
    not_before: Option<Micros>,
    ended: Vec<VisitId>,
    try_again: Option<Micros>,
    wake_at: Micros,
}

impl Shell {
    pub(crate) fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.raise.is_none() && self.under_way.is_none()
    }
}

impl Agent {
    /// Starts over what lies on the gate's disk.
    pub(crate) fn start(gate: &Gate, number: u64, moment: Moment) -> Result<Self, StoreError> {
        let (core, recovered) = JournalCore::open(gate.disk.store(), gate.id.clone(), gate.clock.clone())?;
        let cache = Cache::open(&gate.index, gate.clock.clone(), core.overlay(), Residence::File);
        let policies = cache.policy();
        let mut shells = Vec::new();
        for (name, _) in plan::LANES {
            let lane_id = LaneId::parse(name).unwrap();
            let config = LaneConfig {
                gate_id: gate.id.clone(),
                lane_id: lane_id.clone(),
                boot: 0,
                has_safety_loop: true,
                timing: Timing::default(),
            };
            let mut lane = Lane::new(config);
            lane.started(recovered.head.boot, None);
            let here = |visit: &&Unsettled| visit.lane.as_ref().is_some_and(|lane| lane.lane_id == lane_id);
            let mut visits: Vec<&Unsettled> = recovered.unsettled.iter().filter(here).collect();
            let unsettled = visits.pop().cloned();
            let is_outermost = policies.lane(&gate.id, &lane_id).is_some_and(|policy| policy.outermost);
            let waiting =
                visits.into_iter().flat_map(|older| close_forgotten(older, is_outermost, moment)).collect();
            shells.push(Shell {
                lane: Some(lane),
                unsettled,
                policy: None,
                waiting,
                raise: None,
                under_way: None,
                not_before: None,
                ended: Vec::new(),
                try_again: None,
                wake_at: 0,
            });
        }
        let link = Link::default();
        let (claims, queue) = (HashMap::new(), VecDeque::new());
        Ok(Self {
            start: number,
            core,
            cache,
            shells,
            claims,
            queue,
            journal_failed: false,
            link,
            told_to: None,
            doubts: 0,
            past: Past::default(),
        })
    }

    fn judge(
        &mut self,
        evidence: Evidence,
        place: &Place<'_>,
    ) -> (Result<Decision, ReasonCode>, Option<Box<Basis>>, bool) {
        let keys: Vec<_> = evidence.keys().collect();
        let Ok(mut view) = self.cache.look_up(&keys) else {
            return (Err(ReasonCode::IndexCorrupt), None, false);
        };
        let mut decision = decide(&evidence, &view, place);
        let mut waits = false;
        while let Some(trip) = &decision.trip {
            if self.claims.entry(trip.trip_no).or_insert_with(|| place.visit_id.clone()) == place.visit_id {
                break;
            }
            let taken = trip.trip_no;
            let Some(at) = view.candidates.iter().position(|entry| entry.trip_no == taken) else { break };
            let entry = view.candidates.swap_remove(at);
            view.stubs.push(Stub {
                medium_type: entry.medium_type,
                medium_key: entry.medium_key,
                trip_no: taken,
                status: TripStatus::Locked,
                since: place.now,
                reason_code: Some(ReasonCode::Locked),
            });
            waits = true;
            decision = decide(&evidence, &view, place);
        }
        if decision.verdict == Verdict::Refuse
            && decision.reason == ReasonCode::NoBinding
            && let Ok(found) = self.cache.look_up(&near_keys(&evidence))
            && !found.candidates.is_empty()
        {
            view.near = found.candidates;
            decision = decide(&evidence, &view, place);
        }
        let (policy, chosen, at) = (place.policy.clone(), place.chosen, place.now);
        (Ok(decision), Some(Box::new(Basis { evidence, view, policy, chosen, at })), waits)
    }
}

impl World {
    /// Steps a lane of a gate that runs, and again for what its own look-ups answer.
    pub(crate) fn step_lane(&mut self, g: usize, l: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let moment = self.moment(g);
            let gate_id = self.gates[g].id.clone();
            let lane_id = LaneId::parse(plan::LANES[l].0).unwrap();
            let Some(agent) = self.gates[g].agent.as_mut() else { return };
            let policies = agent.cache.policy();
            let shell = &mut agent.shells[l];
            let Some(mut lane) = shell.lane.take() else { return };
            if let Some(policy) = policies.lane(&gate_id, &lane_id).cloned() {
                shell.policy = Some(policy);
            } else if lane.visit().is_none() {
                shell.policy = None;
            }
            let Some(policy) = shell.policy.clone() else {
                lane.observe_only(&input);
                shell.lane = Some(lane);
                continue;
            };
            if let Some(visit) = shell.unsettled.take() {
                let (resumed, effects) = lane.resume(&visit, &policy, moment);
                lane = resumed;
                let standing = lane.visit();
                self.carry_out((g, l), effects, &policy, standing.as_ref(), moment, &mut inputs);
            }
            let before = lane.visit();
            let (lane, effects) = step(lane, input, &policy, moment);
            let standing = lane.visit();
            self.carry_out((g, l), effects, &policy, standing.as_ref(), moment, &mut inputs);
            let Some(agent) = self.gates[g].agent.as_mut() else { return };
            if before != standing {
                agent.shells[l].ended.extend(before);
            }
            agent.shells[l].lane = Some(lane);
        }
        self.after_step(g, l);
    }

    fn carry_out(
        &mut self,
        (g, l): (usize, usize),
        effects: Vec<Effect>,
        policy: &LanePolicy,
        visit: Option<&VisitId>,
        moment: Moment,
        inputs: &mut VecDeque<Input>,
    ) {
        for effect in effects {
            let start = self.start_of(g);
            let now = self.now;
            match effect {
                Effect::Decide(evidence, chosen) => {
                    let (Some(visit_id), Some(agent)) = (visit, self.gates[g].agent.as_mut()) else {
                        continue;
                    };
                    let gate_id = policy.gate_id.clone();
                    let place = Place {
                        gate_id: &gate_id,
                        lane_id: &policy.lane_id,
                        visit_id,
                        policy,
                        chosen,
                        now: moment.wall,
                    };
                    let (decision, basis, waits) = agent.judge(*evidence, &place);
                    if waits {
                        agent.shells[l].try_again = Some(now + TRY_AGAIN);
                    }
                    inputs.push_front(Input::Decided { decision, basis });
                }
                Effect::Record(drafts, then) => {
                    if then == Then::Raise && self.mutation == Some(Mutation::PulseBeforeIntent) {
                        self.later(1_000, Happening::Pulse(g, start, l));
                    }
                    let Some(agent) = self.gates[g].agent.as_mut() else { continue };
                    match then {
                        Then::Raise if agent.journal_failed => inputs.push_back(Input::NotRecorded),
                        Then::Raise => agent.shells[l].raise = Some(drafts),
                        Then::GoOn => agent.shells[l].waiting.extend(drafts),
                    }
                }
                Effect::RecordElsewhere(_) => inputs.push_back(Input::NotRecorded),
                Effect::Raise(_) => {
                    let after = self.chance.below(50_000);
                    self.later(after, Happening::Pulse(g, start, l));
                }
                Effect::Lower => self.lower(g, l),
                Effect::Answer(..) | Effect::ReserveBus | Effect::Light(_) => {}
            }
        }
    }

    /// What a step leaves to do: claims of ended visits, records to offer, the next deadline.
    fn after_step(&mut self, g: usize, l: usize) {
        let (start, now) = (self.start_of(g), self.now);
        let slow = if self.disk_is_slow { 2 * SECOND } else { 20_000 };
        let latency = 2_000 + self.chance.below(slow);
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let shell = &mut agent.shells[l];
        if shell.is_quiet() {
            for visit in std::mem::take(&mut shell.ended) {
                agent.claims.retain(|_, holder| *holder != visit);
            }
        }
        let shell = &mut agent.shells[l];
        let nothing = shell.waiting.is_empty() && shell.raise.is_none();
        let early = shell.not_before.is_some_and(|then| now < then);
        if !nothing && shell.under_way.is_none() && !early {
            shell.not_before = None;
            let kept: Vec<Draft> = shell.waiting.drain(..).collect();
            let raise = shell.raise.take();
            let mut all = kept.clone();
            shell.under_way = Some((kept, raise.is_some()));
            all.extend(raise.into_iter().flatten());
            agent.queue.push_back((l, all));
            if agent.queue.len() == 1 {
                self.later(latency, Happening::Commit(g, start));
            }
        }
        self.wake_lane(g, l);
    }

    fn wake_lane(&mut self, g: usize, l: usize) {
        let (start, now) = (self.start_of(g), self.now);
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let shell = &mut agent.shells[l];
        let deadline = shell.lane.as_ref().and_then(Lane::deadline).map(protocols::tick::Tick::as_micros);
        let retry = shell.not_before.filter(|_| shell.under_way.is_none() && !shell.is_quiet());
        let Some(wake) = [deadline, retry, shell.try_again].into_iter().flatten().min() else { return };
        let wake = wake.max(now + 1);
        if shell.wake_at != wake {
            shell.wake_at = wake;
            self.later(wake - now, Happening::Wake(g, start, l));
        }
    }

    pub(crate) fn woken(&mut self, g: usize, l: usize) {
        let now = self.now;
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let shell = &mut agent.shells[l];
        if shell.wake_at != now {
            return;
        }
        shell.wake_at = 0;
        let available = !agent.journal_failed;
        let input = if shell.try_again.is_some_and(|then| now >= then) {
            shell.try_again = None;
            Input::Journal { available }
        } else {
            Input::Deadline
        };
        self.step_lane(g, l, input);
    }

    /// The journal's thread writes what has been handed in, in one go.
    pub(crate) fn commit(&mut self, g: usize) {
        let start = self.start_of(g);
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let (lanes, groups): (Vec<_>, Vec<_>) = agent.queue.drain(..).unzip();
        let was_broken = agent.core.broken().is_some();
        let before = agent.core.head().seq;
        let answers = agent.core.commit_groups(groups);
        let after = agent.core.head().seq;
        if agent.core.broken().is_some() && !was_broken {
            self.journal_fails(g);
        }
        self.remember(g, before, after);
        self.tells_neighbour(g);
        for (l, answer) in lanes.into_iter().zip(answers) {
            let after = self.chance.below(5_000);
            self.later(after, Happening::Answered(g, start, l, answer));
        }
    }

    pub(crate) fn journal_fails(&mut self, g: usize) {
        let start = self.start_of(g);
        self.later(RETRY, Happening::Reopen(g, start));
        if let Some(agent) = self.gates[g].agent.as_mut() {
            agent.journal_failed = true;
        }
        for l in 0..plan::LANES.len() {
            self.step_lane(g, l, Input::Journal { available: false });
        }
    }

    pub(crate) fn reopen(&mut self, g: usize) {
        let start = self.start_of(g);
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        if agent.core.reopen().is_err() {
            self.later(RETRY, Happening::Reopen(g, start));
            return;
        }
        agent.journal_failed = false;
        self.check_ledger(g);
        for l in 0..plan::LANES.len() {
            self.step_lane(g, l, Input::Journal { available: true });
        }
    }

    /// The lane hears what became of its records.
    pub(crate) fn answered(&mut self, g: usize, l: usize, answer: Result<Committed, JournalError>) {
        let now = self.now;
        let Some(agent) = self.gates[g].agent.as_mut() else { return };
        let shell = &mut agent.shells[l];
        let Some((kept, raises)) = shell.under_way.take() else { return };
        match answer {
            Ok(proof) if raises => self.step_lane(g, l, Input::Recorded(proof)),
            Ok(_) => self.after_step(g, l),
            Err(_) => {
                for draft in kept.into_iter().rev() {
                    shell.waiting.push_front(draft);
                }
                shell.not_before = Some(now + RETRY);
                if raises {
                    shell.try_again = Some(now + TRY_AGAIN);
                    self.step_lane(g, l, Input::NotRecorded);
                } else {
                    self.after_step(g, l);
                }
            }
        }
    }

    /// The index moved on; a held lorry may be admitted.
    pub(crate) fn index_moved(&mut self, g: usize) {
        for l in 0..plan::LANES.len() {
            self.step_lane(g, l, Input::IndexMoved);
        }
    }

    /// A process that has just started asks its boards how things stand.
    pub(crate) fn poll_boards(&mut self, g: usize) {
        for l in 0..plan::LANES.len() {
            let steel = &self.gates[g].steel[l];
            let level = |occupied| if occupied { Level::Occupied } else { Level::Free };
            let (approach, safety, exit) = (level(steel.approach), level(steel.safety), level(steel.exit));
            let arm = if steel.arm_is_up { Arm::Open } else { Arm::Closed };
            self.step_lane(g, l, Input::IndexMoved);
            self.step_lane(g, l, Input::Barrier { online: true });
            self.step_lane(g, l, Input::Arm(arm));
            self.step_lane(g, l, Input::Loop(LoopPlace::Safety, safety));
            self.step_lane(g, l, Input::Loop(LoopPlace::Exit, exit));
            self.step_lane(g, l, Input::Loop(LoopPlace::Approach, approach));
        }
    }
}
