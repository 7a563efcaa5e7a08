//! 判定: from what was read and what is declared to `Y`, `N` or `M`, with a reason.
//! Promises: pure; the same evidence, view, lane and time give the same answer for ever; never a guess: what does not follow is
//! a person's to decide; an identity on the deny list never opens, whatever else matches (invariant I4).
//! Order: deny list, candidates (`matching`), their statuses (`status`), then what was gathered beside the medium, then age.
//! Absent on purpose: comparing containers, seals, plates and weights (they come with their readers; a lane whose policy
//! demands one of them gets `M` until then), I/O, clocks.
//! Source: spec SG-211..SG-227, SG-209, SG-210; `contract` section 3, "Matching, settled".

mod evidence;
mod matching;
mod status;
#[cfg(test)]
mod tests;
mod view;

pub use evidence::{Evidence, Medium};
pub use matching::decide;
pub use view::View;

use protocols::{
    contract::UtcMillis,
    ids::{GateId, LaneId, MediumKey, TripNo, VisitId},
    rules::{LanePolicy, ReasonCode, Verdict},
};

use crate::journal::TripRef;

/// Where and when the decision is made.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The gate.
    pub gate_id: &'a GateId,
    /// The lane.
    pub lane_id: &'a LaneId,
    /// The visit.
    pub visit_id: &'a VisitId,
    /// The lane's policy.
    pub policy: &'a LanePolicy,
    /// Wall time, for the age of an approval only.
    pub now: UtcMillis,
}

/// What the gate decided about the vehicle in the lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// 判定结果.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// The one trip that matched (SG-222, SG-223).
    pub trip: Option<TripRef>,
    /// The key that it matched by.
    pub key: Option<MediumKey>,
    /// Trips that a person may choose from.
    pub offered: Vec<TripRef>,
    /// Trips that fell out, each with its reason.
    pub dropped: Vec<(TripNo, ReasonCode)>,
}
