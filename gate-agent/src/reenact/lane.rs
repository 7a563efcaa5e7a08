//! One lane of a re-enactment: the machine itself, stepped by what its drivers and fusion tell, with the journal's knowledge in place of the index.
//! Promises: what the lane asks for is done in order, as its task does it; a decision is made by the agent's own `decide`.
//! The proof that a raise asks for is of a journal in memory, which nobody reads.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use protocols::{
    contract::{EventType, IndexEntry, RaiseOutcome},
    ids::{LaneId, TripNo, VisitId},
    rules::{LanePolicy, ReasonCode},
    tick::Tick,
};
use tokio::sync::{mpsc, watch};

use super::{
    index::look_up,
    ledger::{Decided, Did, Ledger, Recorded},
};
use crate::{
    decision::{Basis, Evidence, Place, decide, with_near},
    drivers::Barrier,
    journal::{ClosedLane, Committed, Draft, JournalCore, MemoryStore},
    lane::{Act, Deed, Effect, Handed, Input, Lane, LaneConfig, Moment, Person, Role, Snapshot, Then, step},
};

/// An arrival here and one of the journal that are no further apart are of one visit.
const SAME: Duration = Duration::from_secs(2);
/// A raise that was given up was given up within this.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// A visit as it came out again.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) at: Tick,
    pub(super) wall_ms: i64,
    pub(super) lane_id: LaneId,
    /// Its place among the journal's visits.
    pub(super) recorded: Option<usize>,
    pub(super) decided: Vec<Decided>,
    /// How many records with a basis it has made.
    pub(super) made: usize,
    /// What was read and no decision of the journal looked at.
    pub(super) unknown: Option<String>,
}

/// What a lane does not have itself.
pub(super) struct World<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) journal: &'a mut JournalCore<MemoryStore>,
}

/// A lane.
pub(super) struct PlayedLane {
    config: LaneConfig,
    lane: Option<Lane>,
    inbox: mpsc::Receiver<Input>,
    live: watch::Sender<Snapshot>,
    barrier: Barrier,
    policy: Option<LanePolicy>,
    raising: Option<BoxFuture<'static, RaiseOutcome>>,
    /// Proofs that the lane gets later, because the journal has that their raise was given up then.
    proofs: Vec<(Tick, Committed)>,
    acts: u64,
    pub(super) visits: Vec<Replayed>,
}

impl PlayedLane {
    pub(super) fn new(
        config: LaneConfig,
        inbox: mpsc::Receiver<Input>,
        live: watch::Sender<Snapshot>,
        barrier: Barrier,
        closed: Option<ClosedLane>,
    ) -> Self {
        let mut lane = Lane::new(config.clone());
        lane.started(0, closed);
        Self {
            config,
            lane: Some(lane),
            inbox,
            live,
            barrier,
            policy: None,
            raising: None,
            proofs: Vec::new(),
            acts: 0,
            visits: Vec::new(),
        }
    }

    pub(super) const fn lane_id(&self) -> &LaneId {
        &self.config.lane_id
    }

    /// By what the lane works from now on.
    pub(super) fn set_policy(&mut self, policy: Option<LanePolicy>) {
        self.policy = policy.or_else(|| self.policy.take());
    }

    /// When it has something to do by itself.
    pub(super) fn wake(&self) -> Option<Tick> {
        let deadline = self.lane.as_ref().and_then(Lane::deadline).filter(|_| self.policy.is_some());
        deadline.into_iter().chain(self.proofs.iter().map(|(due, _)| *due)).min()
    }

    /// Does all that is to be done now; true when there was anything.
    pub(super) fn settle(&mut self, now: Moment, world: &mut World<'_>) -> bool {
        let mut moved = false;
        while let Ok(input) = self.inbox.try_recv() {
            self.take(input, now, world);
            moved = true;
        }
        if let Some(outcome) = self.raising.as_mut().and_then(|raising| Pin::new(raising).now_or_never()) {
            self.raising = None;
            self.take(Input::Raised(outcome), now, world);
            moved = true;
        }
        while let Some(due) = self.proofs.iter().position(|(due, _)| *due <= now.tick) {
            let (_, proof) = self.proofs.remove(due);
            self.take(Input::Recorded(proof), now, world);
            moved = true;
        }
        let deadline = self.lane.as_ref().and_then(Lane::deadline);
        if deadline.is_some_and(|deadline| deadline <= now.tick) {
            self.take(Input::Deadline, now, world);
            moved |= deadline != self.lane.as_ref().and_then(Lane::deadline);
        }
        moved
    }

    /// A person acts, as the journal has it.
    pub(super) fn act(&mut self, did: &Did, now: Moment, world: &mut World<'_>) {
        self.acts += 1;
        let act = Act {
            number: self.acts,
            // That he might is the journal's word.
            person: Person { id: did.by.clone(), role: Role::Officer },
            second: None,
            what: did.what.clone(),
            reason: Box::default(),
            until: now.tick + GIVEN_UP,
        };
        self.take(Input::Act(Box::new(Handed { act, trip: did.trip.clone() })), now, world);
    }

    /// A person closes or opens the lane.
    pub(super) fn set_closed(&mut self, is_closed: bool, by: &str, now: Moment, world: &mut World<'_>) {
        let what = if is_closed { Deed::CloseLane } else { Deed::OpenLane };
        self.act(&Did { at: now.tick, what, trip: None, by: by.into() }, now, world);
    }

    /// Steps the machine, and again for what its own look-ups answer.
    pub(super) fn take(&mut self, input: Input, now: Moment, world: &mut World<'_>) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(mut lane) = self.lane.take() else { return };
            let Some(policy) = self.policy.clone() else {
                lane.observe_only(&input);
                self.lane = Some(lane);
                continue;
            };
            let (lane, effects) = step(lane, input, &policy, now);
            let visit_id = lane.visit();
            for effect in effects {
                self.carry_out(effect, visit_id.as_ref(), now, world, &mut inputs);
            }
            let snapshot = lane.snapshot();
            self.live.send_if_modified(|shown| {
                let changed = *shown != snapshot;
                *shown = snapshot;
                changed
            });
            self.lane = Some(lane);
        }
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        visit_id: Option<&VisitId>,
        now: Moment,
        world: &mut World<'_>,
        inputs: &mut VecDeque<Input>,
    ) {
        match effect {
            Effect::Decide(evidence, chosen) => {
                if let Some(visit_id) = visit_id {
                    inputs.push_front(self.judge(*evidence, chosen, visit_id, now, world));
                }
            }
            Effect::Record(drafts, Then::Raise) => {
                self.note(&drafts, now, world.ledger);
                match world.journal.commit(drafts) {
                    Err(_) => inputs.push_back(Input::NotRecorded),
                    Ok(proof) => match self.given_up(now, world.ledger) {
                        Some(due) => self.proofs.push((due, proof)),
                        None => inputs.push_back(Input::Recorded(proof)),
                    },
                }
            }
            Effect::Record(drafts, Then::GoOn) => self.note(&drafts, now, world.ledger),
            Effect::RecordElsewhere(_) => inputs.push_back(Input::NotRecorded),
            Effect::Raise(proof) => self.raising = Some(self.barrier.raise(proof).boxed()),
            // The order is given at the call; whether the arm came down, its switches tell.
            Effect::Lower => drop(self.barrier.lower()),
            Effect::ReserveBus => self.barrier.reserve(),
            Effect::Light(light) => self.barrier.light(light),
            Effect::Answer(..) => {}
        }
    }

    /// When the journal has that the present visit's raise was given up before its pulse: what was read or learnt until then is news.
    fn given_up(&self, now: Moment, ledger: &Ledger) -> Option<Tick> {
        let visit = self.recorded(ledger)?;
        let mut withdrawn = visit.withdrawn.iter().copied();
        withdrawn.find(|at| *at >= now.tick && at.since(now.tick) < GIVEN_UP)
    }

    fn recorded<'a>(&self, ledger: &'a Ledger) -> Option<&'a Recorded> {
        ledger.visits.get(self.visits.last()?.recorded?)
    }

    fn judge(
        &mut self,
        evidence: Evidence,
        chosen: Option<TripNo>,
        visit_id: &VisitId,
        now: Moment,
        world: &World<'_>,
    ) -> Input {
        let visit = self.recorded(world.ledger);
        let at = (now.tick, now.wall.as_millis());
        let made = self.visits.last().map_or(0, |visit| visit.made);
        let asked = visit.map(|visit| (visit, made));
        let Some(answer) = look_up(world.ledger, self.lane_id(), asked, at, &evidence) else {
            self.is_unknown(
                "no record of this lane says what the yard asked and what the index had".to_owned(),
            );
            return Input::Decided { decision: Err(ReasonCode::IndexCorrupt), basis: None };
        };
        let mut view = answer.view;
        // By the journal's name of the visit: a trip that it had locked is its own.
        let visit_id = visit.map_or(visit_id, |visit| &visit.visit_id);
        let place = Place {
            gate_id: &self.config.gate_id,
            lane_id: &self.config.lane_id,
            visit_id,
            policy: &answer.policy,
            chosen,
            now: now.wall,
        };
        let decision = decide(&evidence, &view, &place);
        let near = answer.near;
        let decision = with_near(decision, &evidence, &mut view, &place, |keys| {
            let is_near = |entry: &IndexEntry| keys.contains(&(entry.medium_type, entry.medium_key.clone()));
            near.into_iter().filter(is_near).collect()
        });
        if let Some((medium_type, key)) = answer.unknown.first() {
            self.is_unknown(format!(
                "no record says what the index had of {medium_type} {key}, which was read"
            ));
        }
        let basis = Basis { evidence, view, policy: answer.policy, chosen, at: now.wall };
        Input::Decided { decision: Ok(decision), basis: Some(Box::new(basis)) }
    }

    fn is_unknown(&mut self, why: String) {
        if let Some(visit) = self.visits.last_mut() {
            visit.unknown.get_or_insert(why);
        }
    }

    /// Writes down what the drafts say of visits.
    fn note(&mut self, drafts: &[Draft], now: Moment, ledger: &Ledger) {
        for draft in drafts.iter().filter(|draft| draft.visit_id.is_some()) {
            if draft.event_type == EventType::Arrival {
                self.visits.push(Replayed {
                    at: now.tick,
                    wall_ms: now.wall.as_millis(),
                    lane_id: self.config.lane_id.clone(),
                    recorded: self.same(now, ledger),
                    decided: Vec::new(),
                    made: 0,
                    unknown: None,
                });
            }
            if let Some(visit) = self.visits.last_mut() {
                visit.decided.extend(Decided::by(draft));
                visit.made += usize::from(draft.basis.is_some());
            }
        }
    }

    /// The journal's visit that began here now.
    fn same(&self, now: Moment, ledger: &Ledger) -> Option<usize> {
        let apart = |visit: &Recorded| visit.arrived.since(now.tick).max(now.tick.since(visit.arrived));
        let is_free = |place: &usize| self.visits.iter().all(|other| other.recorded != Some(*place));
        let here = ledger.visits.iter().enumerate().filter(|(_, visit)| {
            // A machine that was started anew counts from zero again.
            let days_apart = visit.wall_ms.abs_diff(now.wall.as_millis()) > 3_600_000;
            visit.lane_id == self.config.lane_id && apart(visit) <= SAME && !days_apart
        });
        here.filter(|(place, _)| is_free(place)).min_by_key(|(_, visit)| apart(visit)).map(|(place, _)| place)
    }
}
