//! A gate's process: lanes, decisions and index as they are, the journal's core over its real file in memory, and around them the least
//! shell that there can be: what a lane asks for is done at once.

use std::{collections::VecDeque, path::Path, sync::Arc};

use futures::executor::block_on;
use gate_agent::{
    cache::{Cache, Residence},
    clock::Clock as _,
    decision::{Basis, Evidence, Place, decide, near_keys},
    journal::{Draft, JournalCore, SqliteStore},
    lane::{Arm, Effect, Input, Lane, LaneConfig, Level, LoopPlace, Moment, Then, Timing, step},
};
use protocols::{
    ids::{GateId, LaneId, TripNo},
    rules::{LanePolicy, ReasonCode, Verdict},
    tick::Tick,
};

use super::{clock::DriftingClock, plan};

pub(crate) struct Gate {
    pub(crate) id: GateId,
    pub(crate) clock: Arc<DriftingClock>,
    pub(crate) core: JournalCore<SqliteStore>,
    pub(crate) cache: Cache,
    lanes: Vec<Option<Lane>>,
}

/// What a lane asks of its arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Raise,
    Lower,
}

impl Gate {
    /// With a new journal and without an index.
    pub(crate) fn new(folder: &Path, clock: Arc<DriftingClock>) -> Self {
        let id = plan::gate_id(0);
        let store = SqliteStore::at(folder.join("journal.db"), id.clone());
        let (core, recovered) = JournalCore::open(store, id.clone(), clock.clone()).unwrap();
        let cache = Cache::open(&folder.join("index.db"), clock.clone(), core.overlay(), Residence::Memory);
        let lane = |(name, _): &(&str, _)| {
            let mut lane = Lane::new(LaneConfig {
                gate_id: id.clone(),
                lane_id: LaneId::parse(name).unwrap(),
                boot: 0,
                has_safety_loop: true,
                timing: Timing::default(),
            });
            lane.started(recovered.head.boot, None);
            Some(lane)
        };
        let lanes = plan::LANES.iter().map(lane).collect();
        Self { id, clock, core, cache, lanes }
    }

    /// Waits until look-ups are answered from memory, and hears from all boards how things stand.
    pub(crate) fn begins(&mut self) {
        block_on(self.cache.is_loaded().wait_for(|is_loaded| *is_loaded)).unwrap();
        for l in 0..plan::LANES.len() {
            let places = [LoopPlace::Safety, LoopPlace::Exit, LoopPlace::Approach];
            let loops = places.map(|place| Input::Loop(place, Level::Free));
            for input in [Input::Barrier { online: true }, Input::Arm(Arm::Closed)].into_iter().chain(loops) {
                assert!(self.step(l, input).is_empty(), "lane {l} moves its arm for nobody");
            }
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { tick: self.clock.tick(), wall: self.clock.wall() }
    }

    pub(crate) fn is_idle(&self, l: usize) -> bool {
        self.lanes[l].as_ref().unwrap().snapshot().state == "idle"
    }

    pub(crate) fn deadline(&self, l: usize) -> Option<Tick> {
        self.lanes[l].as_ref().unwrap().deadline()
    }

    /// Steps a lane, and again for what its own questions are answered.
    pub(crate) fn step(&mut self, l: usize, input: Input) -> Vec<Order> {
        let lane_id = LaneId::parse(plan::LANES[l].0).unwrap();
        let policy = self.cache.policy().lane(&self.id, &lane_id).cloned().unwrap();
        let (mut inputs, mut orders) = (VecDeque::from([input]), Vec::new());
        while let Some(input) = inputs.pop_front() {
            let moment = self.moment();
            let (lane, effects) = step(self.lanes[l].take().unwrap(), input, &policy, moment);
            for effect in effects {
                match effect {
                    Effect::Decide(evidence, chosen) => {
                        inputs.push_front(self.judge(*evidence, chosen, &lane, &policy, moment));
                    }
                    Effect::Record(drafts, Then::Raise) => {
                        inputs.push_back(Input::Recorded(self.core.commit(drafts).unwrap()));
                    }
                    Effect::Record(drafts, Then::GoOn) => self.record(drafts),
                    Effect::RecordElsewhere(_) => panic!("the journal works"),
                    Effect::Raise(_) => orders.push(Order::Raise),
                    Effect::Lower => orders.push(Order::Lower),
                    Effect::Answer(..) | Effect::ReserveBus | Effect::Light(_) => {}
                }
            }
            self.lanes[l] = Some(lane);
        }
        orders
    }

    fn record(&mut self, drafts: Vec<Draft>) {
        if !drafts.is_empty() {
            self.core.commit(drafts).unwrap();
        }
    }

    fn judge(
        &self,
        evidence: Evidence,
        chosen: Option<TripNo>,
        lane: &Lane,
        policy: &LanePolicy,
        moment: Moment,
    ) -> Input {
        let visit_id = lane.visit().unwrap();
        let (gate_id, lane_id) = (&self.id, &policy.lane_id);
        let place = Place { gate_id, lane_id, visit_id: &visit_id, policy, chosen, now: moment.wall };
        let keys: Vec<_> = evidence.keys().collect();
        let mut view = self.cache.look_up(&keys).unwrap();
        let mut decision = decide(&evidence, &view, &place);
        if decision.verdict == Verdict::Refuse && decision.reason == ReasonCode::NoBinding {
            let found = self.cache.look_up(&near_keys(&evidence)).unwrap();
            if !found.candidates.is_empty() {
                view.near = found.candidates;
                decision = decide(&evidence, &view, &place);
            }
        }
        let basis = Basis { evidence, view, policy: policy.clone(), chosen, at: moment.wall };
        Input::Decided { decision: Ok(decision), basis: Some(Box::new(basis)) }
    }
}
