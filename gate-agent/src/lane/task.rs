//! The shell of a lane: waits for whatever comes first, steps the machine, and does what it asks for, in order.
//! Promises: the barrier's handle is called only with the journal's proof; records stay in order; a look-up and a decision happen
//! between two inputs, so that nothing can come between evidence and verdict.
//! Absent on purpose: rules. Inputs are bounded by the drivers' channel; the machine itself holds one vehicle's evidence.

mod acts;
mod claims;
mod codes;
mod counter;
mod emergency;
mod judge;
mod records;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use protocols::{
    contract::RaiseOutcome,
    ids::VisitId,
    rules::{LanePolicy, ReasonCode},
    tick::Tick,
};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{info, warn};

pub use claims::Claims;
pub use codes::TakenCodes;
pub use counter::{Counter, Submitted};
use records::{Outcome, Records};

use super::{
    act::{CodeId, Refusal},
    input::{Effect, Input, Level, LoopPlace, Moment, Then},
    recover::close_forgotten,
    site::LaneConfig,
    state::{Lane, Snapshot},
    step::step,
};
use crate::{
    apart::Apart,
    cache::{Cache, Policy},
    clock::Clock,
    drivers::Barrier,
    fail_point::stand_still,
    journal::{ClosedLane, Committed, EmergencyLog, Journal, JournalState, Unsettled},
    panel::Metrics,
    watchdog::{BEAT, Beat},
};

/// How soon a lane tries again: to have its intent recorded, when the journal says that it works, or to get a trip that another lane of
/// this agent was using.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How soon a held lane looks at what another lane of the agent has recorded; several records make one look.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What a lane works with.
#[derive(Clone)]
pub struct Ports {
    /// The gate's journal.
    pub journal: Journal,
    /// The gate's index.
    pub cache: Cache,
    /// This lane's barrier.
    pub barrier: Barrier,
    /// Where a person's release is recorded when the journal cannot be written.
    pub emergency: EmergencyLog,
    /// The thread that writes there: it must be there when nothing else is.
    pub apart: Apart,
    /// The trips that lanes of this agent are using.
    pub claims: Claims,
    /// The release codes that lanes of this agent have used or are using.
    pub codes: TakenCodes,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// One lane's task; `app` spawns `run`.
pub struct LaneTask {
    config: LaneConfig,
    lane: Option<Lane>,
    inputs: mpsc::Receiver<Input>,
    ports: Ports,
    /// What persons hand in, and who waits for which answer.
    persons: mpsc::Receiver<Submitted>,
    answers: HashMap<u64, oneshot::Sender<Result<(), Refusal>>>,
    /// Codes that were taken for acts which the lane has not answered.
    codes: HashMap<u64, CodeId>,
    unsettled: Option<Unsettled>,
    records: Records,
    /// Visits that ended, and whose claims go when their records are durable.
    ended: Vec<VisitId>,
    /// The policy last known; a lane with a vehicle in it works on by it when its row goes.
    policies: Arc<Policy>,
    journal_failed: bool,
    /// When to let the lane try again what another's moment kept from it.
    try_again: Option<Tick>,
    raising: Option<BoxFuture<'static, RaiseOutcome>>,
    /// A release on its way to the emergency log.
    elsewhere: Option<BoxFuture<'static, Option<Committed>>>,
    /// Records that stand in the emergency log and not yet in the journal.
    in_emergency: bool,
    acts: FuturesUnordered<BoxFuture<'static, ()>>,
    live: watch::Sender<Snapshot>,
    /// What shows that it turns, where that is watched.
    beat: Option<Beat>,
}

impl LaneTask {
    /// A lane, how it is now, and where persons hand in their acts.
    #[must_use]
    pub fn new(
        config: LaneConfig,
        inputs: mpsc::Receiver<Input>,
        ports: Ports,
    ) -> (Self, watch::Receiver<Snapshot>, Counter) {
        let lane = Lane::new(config.clone());
        let (live, snapshot) = watch::channel(closed(&lane, ReasonCode::JournalUnavailable));
        let (counter, persons) = Counter::open(Arc::clone(&ports.clock));
        let task = Self {
            config,
            lane: Some(lane),
            inputs,
            ports,
            persons,
            answers: HashMap::new(),
            codes: HashMap::new(),
            unsettled: None,
            records: Records::default(),
            ended: Vec::new(),
            policies: Arc::default(),
            journal_failed: false,
            try_again: None,
            raising: None,
            elsewhere: None,
            in_emergency: false,
            acts: FuturesUnordered::new(),
            live,
            beat: None,
        };
        (task, snapshot, counter)
    }

    /// The same lane, which shows that it turns.
    #[must_use]
    pub fn watched(self, beat: Beat) -> Self {
        Self { beat: Some(beat), ..self }
    }

    /// Runs until `stop` says so, then until what was recorded is durable or the journal has said that it will not be.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        if !self.wait_for_journal(&mut stop).await {
            return;
        }
        let mut journal = self.ports.journal.state();
        let mut index = self.ports.cache.revision();
        let mut head = self.ports.journal.head();
        // The policy may be there already; a vehicle too.
        self.take(Input::IndexMoved);
        loop {
            let beat = self.beat();
            self.records.offer(&self.ports.journal, now(&*self.ports.clock));
            let wait = self.next_wake().map(|wake| wake.since(self.ports.clock.tick()));
            let input = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                outcome = self.records.settled(), if self.records.is_under_way() => self.settled(outcome),
                outcome = answered(&mut self.raising) => { self.raising = None; Some(Input::Raised(outcome)) }
                proof = answered(&mut self.elsewhere) => { self.elsewhere = None; Some(self.stands_elsewhere(proof)) }
                input = self.inputs.recv() => match input { Some(input) => Some(input), None => break },
                Some(()) = self.acts.next() => None,
                Some((act, answer)) = self.persons.recv() => self.hand_in(act, answer),
                Ok(()) = journal.changed() => {
                    let available = matches!(*journal.borrow_and_update(), JournalState::Available);
                    self.journal_failed = !available;
                    Some(Input::Journal { available })
                }
                Ok(()) = head.changed() => { head.mark_unchanged(); self.look_again_soon(); None }
                Ok(()) = index.changed() => { index.mark_unchanged(); Some(Input::IndexMoved) }
                () = sleep(wait) => self.woken(),
                () = sleep(beat) => None,
            };
            if let Some(Input::Loop(LoopPlace::Approach, Level::Occupied)) = &input {
                stand_still(self.config.lane_id.as_str()).await;
            }
            if let Some(input) = input {
                self.take(input);
            }
        }
        self.finish().await;
    }

    /// Some lane of this agent has recorded something: a vehicle that is held here may pass by it, such as at the exit behind an entry
    /// whose record came late.
    fn look_again_soon(&mut self) {
        if self.try_again.is_none() && self.lane.as_ref().is_some_and(Lane::is_held) {
            self.try_again = Some(self.ports.clock.tick() + LOOK_AGAIN);
        }
    }

    /// The lane works from the journal's opening on: that names its visits, and says what the last run left unfinished here.
    async fn wait_for_journal(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        let journal = self.ports.journal.clone();
        let opened = journal.recovered();
        tokio::pin!(opened);
        loop {
            let beat = self.beat();
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return false,
                opened = &mut opened => {
                    let Ok(recovered) = opened else { return false };
                    let here = |visit: &&Unsettled| {
                        visit.lane.as_ref().is_some_and(|lane| lane.lane_id == self.config.lane_id)
                    };
                    let mut visits: Vec<&Unsettled> = recovered.unsettled.iter().filter(here).collect();
                    self.unsettled = visits.pop().cloned();
                    let policies = self.ports.cache.policy();
                    let policy = policies.lane(&self.config.gate_id, &self.config.lane_id);
                    let is_outermost = policy.is_some_and(|policy| policy.outermost);
                    for older in visits {
                        let drafts = close_forgotten(older, is_outermost, now(&*self.ports.clock));
                        self.records.add(drafts, Then::GoOn);
                    }
                    if let Some(lane) = &mut self.lane {
                        let here = |closed: &&ClosedLane| closed.lane_id == self.config.lane_id;
                        lane.started(recovered.head.boot, recovered.closed.iter().find(here).cloned());
                    }
                    return true;
                }
                input = self.inputs.recv() => {
                    let (Some(lane), Some(input)) = (&mut self.lane, input) else { return false };
                    lane.observe_only(&input);
                }
                // Without a name for the visit there is no record of it, in the emergency log neither.
                Some((_, answer)) = self.persons.recv() => {
                    let _ = answer.send(Err(Refusal::NotRecorded));
                }
                () = sleep(beat) => {}
            }
        }
    }

    /// Shows that the lane turns, and says when to show it again if nothing else happens.
    fn beat(&self) -> Option<Duration> {
        self.beat.as_ref().map(|beat| {
            beat.turned();
            BEAT
        })
    }

    fn next_wake(&self) -> Option<Tick> {
        let deadline = self.lane.as_ref().and_then(Lane::deadline);
        [deadline, self.records.retry_at(), self.try_again].into_iter().flatten().min()
    }

    fn woken(&mut self) -> Option<Input> {
        let now = self.ports.clock.tick();
        if self.try_again.is_some_and(|then| now >= then) {
            self.try_again = None;
            return Some(Input::Journal { available: !self.journal_failed });
        }
        Some(Input::Deadline)
    }

    async fn finish(mut self) {
        while !self.records.is_empty() {
            self.records.offer_at_once(&self.ports.journal, now(&*self.ports.clock));
            if let Outcome::Failed { error, .. } = self.records.settled().await {
                warn!(lane = %self.config.lane_id, %error, "stopping with records that the journal does not take");
                return;
            }
        }
    }

    /// Steps the machine, and again for what its own look-ups answer.
    fn take(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(mut lane) = self.lane.take() else { return };
            let policies = self.current_policies(lane.visit().is_some());
            let Some(policy) = policies.lane(&self.config.gate_id, &self.config.lane_id) else {
                lane.observe_only(&input);
                self.show(closed(&lane, ReasonCode::LaneClosed));
                self.lane = Some(lane);
                continue;
            };
            let now = now(&*self.ports.clock);
            if let Some(visit) = self.unsettled.take() {
                let (resumed, effects) = lane.resume(&visit, policy, now);
                info!(passage.id = %visit.visit_id, "took up passage {}", visit.visit_id);
                lane = resumed;
                self.carry_out(effects, policy, lane.visit(), now, &mut inputs);
            }
            let before = lane.visit();
            let (lane, effects) = step(lane, input, policy, now);
            self.carry_out(effects, policy, lane.visit(), now, &mut inputs);
            if before != lane.visit() {
                self.ended.extend(before);
            }
            self.show(lane.snapshot());
            self.lane = Some(lane);
        }
        self.release_ended();
    }

    fn current_policies(&mut self, is_occupied: bool) -> Arc<Policy> {
        let policies = self.ports.cache.policy();
        let here = policies.lane(&self.config.gate_id, &self.config.lane_id).is_some();
        if here || !is_occupied {
            self.policies = policies;
        }
        Arc::clone(&self.policies)
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        policy: &LanePolicy,
        visit: Option<VisitId>,
        now: Moment,
        inputs: &mut VecDeque<Input>,
    ) {
        for effect in effects {
            match effect {
                Effect::Decide(evidence, chosen) => {
                    if let Some(visit_id) = &visit {
                        inputs.push_front(self.judge(*evidence, chosen, policy, visit_id, now));
                    }
                }
                Effect::Answer(number, word) => self.answer(number, word),
                Effect::Record(drafts, then) => {
                    self.spend(&drafts);
                    self.claim(&drafts);
                    if then == Then::Raise && self.journal_failed {
                        inputs.push_back(Input::NotRecorded);
                    } else {
                        self.records.add(drafts, then);
                    }
                }
                Effect::RecordElsewhere(drafts) => self.record_elsewhere(drafts),
                Effect::Raise(proof) => self.raising = Some(self.ports.barrier.raise(proof).boxed()),
                Effect::Lower => self.lower(),
                Effect::ReserveBus => self.ports.barrier.reserve(),
                Effect::Light(light) => self.ports.barrier.light(light),
            }
        }
    }

    /// Lets the order run beside the lane; what fails shows in the limits that the lane watches, and in the log.
    fn lower(&self) {
        let (lowering, lane_id) = (self.ports.barrier.lower(), self.config.lane_id.clone());
        self.acts.push(
            async move {
                if let Err(error) = lowering.await {
                    warn!(lane = %lane_id, %error, "the barrier did not come down");
                }
            }
            .boxed(),
        );
    }

    /// What an ended visit recorded is durable, so the index shows it: its claims are no longer needed. What stood in the emergency log
    /// is in the journal now.
    fn release_ended(&mut self) {
        if self.records.is_empty() {
            self.carried_over();
            self.ended.drain(..).for_each(|visit| self.ports.claims.release(&visit));
        }
    }

    fn settled(&mut self, outcome: Outcome) -> Option<Input> {
        match outcome {
            Outcome::Durable { proof, offered } => {
                self.ports.metrics.committed(self.ports.clock.tick().since(offered));
                self.release_ended();
                proof.map(Input::Recorded)
            }
            Outcome::Failed { raise_waited, error } => {
                warn!(lane = %self.config.lane_id, %error, "the journal did not record");
                let now = now(&*self.ports.clock);
                self.records.back_off(now);
                self.try_again = raise_waited.then(|| now.tick + TRY_AGAIN);
                raise_waited.then_some(Input::NotRecorded)
            }
        }
    }

    fn show(&self, snapshot: Snapshot) {
        self.live.send_if_modified(|shown| {
            let changed = *shown != snapshot;
            *shown = snapshot;
            changed
        });
    }
}

/// A lane that cannot work: no journal yet, or no policy from the centre, and so no direction.
fn closed(lane: &Lane, reason: ReasonCode) -> Snapshot {
    Snapshot { state: "closed", reason: Some(reason), ..lane.snapshot() }
}

fn now(clock: &dyn Clock) -> Moment {
    Moment { tick: clock.tick(), wall: clock.wall() }
}

async fn answered<T>(asked: &mut Option<BoxFuture<'static, T>>) -> T {
    match asked {
        Some(asked) => asked.await,
        None => std::future::pending().await,
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
