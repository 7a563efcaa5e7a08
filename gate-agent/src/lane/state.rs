//! The states of a lane, each with its data and its deadline.

use protocols::{
    contract::{Reads, UtcMillis},
    ids::VisitId,
    rules::{LanePolicy, ReasonCode, Verdict},
    tick::Tick,
};

use super::{
    deciding::{Collecting, Deciding},
    held::Held,
    input::{Arm, Input, Level, Moment},
    passage::Passage,
    passing::{Opening, Passing},
    site::{LaneConfig, Site},
};
use crate::{
    decision::{Evidence, Finding},
    journal::{ClosedLane, TripRef},
};

/// One lane.
#[derive(Debug)]
pub struct Lane {
    pub(super) site: Site,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nobody is there; what readers hear meanwhile is remembered for a moment.
    Idle(Evidence),
    /// A vehicle stands there; reads are collected.
    Collecting(Collecting),
    /// The evidence is being judged, or the judgement is being recorded.
    Deciding(Deciding),
    /// The barrier was told to rise.
    Opening(Opening),
    /// It rose; the vehicle drives through, and the barrier comes down behind it.
    Passing(Passing),
    /// The barrier stays down, for a reason.
    Held(Held),
}

/// How a lane is now, for screens and for the centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The state's name in lower case.
    pub state: &'static str,
    /// The visit in it.
    pub visit_id: Option<VisitId>,
    /// The last verdict of that visit.
    pub verdict: Option<Verdict>,
    /// Why, or why the lane holds.
    pub reason: Option<ReasonCode>,
    /// Devices that do not work.
    pub faults: Vec<Box<str>>,
    /// When its visit began, on the wall clock.
    pub since: Option<UtcMillis>,
    /// What was read of the vehicle.
    pub reads: Reads,
    /// The trip that the last decision matched.
    pub trip: Option<TripRef>,
    /// Trips that a person may choose from.
    pub offered: Vec<TripRef>,
    /// What disagreed, was missing or too old.
    pub findings: Vec<Finding>,
    /// Where the arm is.
    pub arm: Arm,
    /// A person has closed the lane: who, when and why.
    pub closed: Option<ClosedLane>,
    /// The vehicle of that visit is gone, and the arm comes down behind it.
    pub is_over: bool,
}

impl Lane {
    /// A lane that knows nothing of its sensors yet.
    #[must_use]
    pub fn new(config: LaneConfig) -> Self {
        Self { site: Site::new(config), state: State::Idle(Evidence::default()) }
    }

    /// When the state wants `Input::Deadline`.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        match &self.state {
            State::Idle(_) => None,
            State::Collecting(collecting) => Some(collecting.deadline(&self.site)),
            State::Deciding(deciding) => Some(deciding.deadline()),
            State::Opening(opening) => Some(opening.deadline()),
            State::Passing(passing) => Some(passing.deadline(&self.site)),
            State::Held(held) => Some(held.deadline(&self.site)),
        }
    }

    /// The journal was opened for the so-manieth time: from now on visits have names. It knows whether a person had closed the lane.
    pub fn started(&mut self, boot: u64, closed: Option<ClosedLane>) {
        self.site.config.boot = boot;
        self.site.closed = closed;
    }

    /// Takes in what an input says about the site while the lane has no policy yet and so cannot work.
    pub fn observe_only(&mut self, input: &Input) {
        self.site.observe(input);
    }

    /// A vehicle stands before the closed barrier, for a reason.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.state, State::Held(_))
    }

    /// The visit of the vehicle in the lane.
    #[must_use]
    pub fn visit(&self) -> Option<VisitId> {
        self.snapshot().visit_id
    }

    /// How the lane is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (state, passage, reason) = match &self.state {
            State::Idle(_) => ("idle", None, None),
            State::Collecting(collecting) => ("collecting", Some(&collecting.passage), None),
            State::Deciding(deciding) => ("deciding", Some(&deciding.passage), None),
            State::Opening(opening) => ("opening", Some(&opening.passage), None),
            State::Passing(passing) => ("passing", Some(&passing.passage), None),
            State::Held(held) => ("held", Some(&held.passage), Some(held.reason)),
        };
        let last = passage.and_then(|passage| passage.last.as_ref());
        Snapshot {
            state,
            visit_id: passage.map(|passage| passage.visit_id.clone()),
            verdict: last.map(|last| last.verdict),
            reason: reason.or(last.map(|last| last.reason)),
            faults: self.site.faults.iter().cloned().collect(),
            since: passage.map(|passage| passage.began),
            reads: passage
                .map(|passage| passage.evidence.as_reads(passage.matched_key()))
                .unwrap_or_default(),
            trip: last.and_then(|last| last.trip.clone()),
            offered: last.map(|last| last.offered.clone()).unwrap_or_default(),
            findings: last.map(|last| last.findings.clone()).unwrap_or_default(),
            arm: self.site.arm,
            closed: self.site.closed.clone(),
            is_over: matches!(&self.state, State::Passing(passing) if passing.is_over()),
        }
    }
}

/// Nobody there any more; a vehicle that already stands on the approach loop opens the next passage at once.
pub(super) fn idle_or_next(
    site: &mut Site,
    policy: &LanePolicy,
    now: Moment,
    effects: &mut Vec<super::Effect>,
) -> State {
    if site.approach == Level::Occupied {
        Passage::open(site, Evidence::default(), policy, now, effects)
    } else {
        State::Idle(Evidence::default())
    }
}
