//! One lane: what it does, what it saw, what it is about, and what a person may do now.

use protocols::rules::{LaneDirection, LanePolicy};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        advice::for_lane,
        state::{LaneView, State},
        words::Words,
    },
    compare::{Compare, compare},
    trip::{TripStatus, trip},
};
use crate::{
    journal::ClosedLane,
    lane::{Arm, Snapshot},
};

/// One lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneStatus {
    /// The lane.
    pub lane_id: String,
    /// False when its task has ended.
    pub running: bool,
    /// The state's name.
    pub state: String,
    /// The visit in it.
    pub visit_id: Option<String>,
    /// The last verdict of that visit.
    pub verdict: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Devices of the lane that do not work.
    pub faults: Vec<String>,
    /// `IN` or `OUT`; none before the centre has sent the lane's policy.
    #[serde(default)]
    pub direction: Option<String>,
    /// When its visit began.
    #[serde(default)]
    pub since: Option<String>,
    /// `closed`, `between`, `open` or `unknown`.
    #[serde(default)]
    pub arm: String,
    /// A person has closed it.
    #[serde(default)]
    pub is_closed: bool,
    /// Who, when and why.
    #[serde(default)]
    pub closed: Option<Closing>,
    /// The reason in words.
    #[serde(default)]
    pub reason_words: Option<Words>,
    /// The next action.
    #[serde(default)]
    pub next: Option<Words>,
    /// What to tell the driver.
    #[serde(default)]
    pub driver: Option<Words>,
    /// What was read beside what is bound.
    #[serde(default)]
    pub compare: Vec<Compare>,
    /// The trip that matched.
    #[serde(default)]
    pub trip: Option<TripStatus>,
    /// Trips to choose from.
    #[serde(default)]
    pub offered: Vec<TripStatus>,
    /// What a person may ask of the lane now; the lane has the last word.
    #[serde(default)]
    pub acts: Vec<String>,
    /// A release needs two persons.
    #[serde(default)]
    pub two_persons: bool,
}

/// How a person closed a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The person's number.
    pub by: String,
    /// When.
    pub at: String,
    /// In the person's words.
    pub reason: String,
}

impl Closing {
    fn of(closed: &ClosedLane) -> Self {
        Self { by: closed.by.to_string(), at: closed.at.to_string(), reason: closed.why.to_string() }
    }
}

pub(super) fn lane(view: &LaneView, state: &State) -> LaneStatus {
    let running = view.live.has_changed().is_ok() && !view.beat.stands_still();
    let live = view.live.borrow().clone();
    let policies = state.cache.policy();
    let policy = policies.lane(&state.gate_id, &view.lane_id);
    let advice = for_lane(&live);
    let matched = live.trip.as_ref().map(|matched| trip(matched, state));
    let bound = matched.as_ref().and_then(|matched| matched.bound.as_ref());
    LaneStatus {
        lane_id: view.lane_id.to_string(),
        running,
        state: live.state.to_owned(),
        visit_id: live.visit_id.as_ref().map(ToString::to_string),
        verdict: live.verdict.as_ref().map(ToString::to_string),
        reason: live.reason.as_ref().map(ToString::to_string),
        faults: live.faults.iter().map(ToString::to_string).collect(),
        direction: policy.map(|policy| policy.lane_direction.code().to_owned()),
        since: live.since.map(|since| since.to_string()),
        arm: arm(live.arm).to_owned(),
        is_closed: live.closed.is_some(),
        closed: live.closed.as_ref().map(Closing::of),
        reason_words: live.reason.map(Words::of_reason),
        next: Some(advice.next),
        driver: advice.driver,
        compare: compare(&live.reads, bound, &live.findings),
        offered: live.offered.iter().map(|offered| trip(offered, state)).collect(),
        acts: if running { acts(&live, policy) } else { Vec::new() },
        two_persons: policy.is_some_and(|policy| policy.two_person_release),
        trip: matched,
    }
}

const fn arm(arm: Arm) -> &'static str {
    match arm {
        Arm::Unknown => "unknown",
        Arm::Closed => "closed",
        Arm::Between => "between",
        Arm::Open => "open",
    }
}

/// What has a meaning now, in the order of the buttons. Names are those of `Deed::name`.
fn acts(now: &Snapshot, policy: Option<&LanePolicy>) -> Vec<String> {
    let Some(policy) = policy else { return Vec::new() };
    let mut acts = Vec::new();
    if matches!(now.state, "held" | "collecting" | "deciding") {
        acts.push("release");
        acts.push("send_back");
        acts.push("correct");
        if !now.offered.is_empty() {
            acts.push("choose");
        }
        if policy.lane_direction == LaneDirection::Out {
            acts.push("empty_exit");
        }
    }
    acts.push(if now.closed.is_some() { "open_lane" } else { "close_lane" });
    acts.into_iter().map(ToOwned::to_owned).collect()
}
