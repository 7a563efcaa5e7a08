//! 判定: from what was read and what is declared to `Y`, `N` or `M`, with a reason.
//! Promises: pure; the same evidence, view, lane and time give the same answer for ever; never a guess: what does not follow is
//! a person's to decide; an identity on the deny list never opens, whatever else matches (invariant I4).
//! Order: deny list, candidates (`matching`), their statuses (`status`), then what was read beside the medium (`compare`, with
//! `weight` and `plates`), then age.
//! What a decision took is its `basis`, by which it can be made again (decision 0085).
//! Absent on purpose: I/O, clocks; which reading belongs to which lane (`fusion`).
//! Source: spec SG-211..SG-232, SG-209, SG-210; `contract` section 3, "Matching, settled".

mod basis;
mod compare;
mod evidence;
mod matching;
mod plates;
mod reading;
mod status;
#[cfg(test)]
mod tests;
mod view;
mod weight;

pub use basis::{Basis, BasisError, RULES};
pub use evidence::{Evidence, Heard, Kind};
pub use matching::decide;
pub use plates::{near_keys, with_near};
pub use reading::{Container, Gross, Medium, Reading, Seal, Standing, Weighed};
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
    /// The trip that a person named among those offered (SG-223).
    pub chosen: Option<TripNo>,
    /// Wall time, for the age of an approval only.
    pub now: UtcMillis,
}

/// 差异: one thing that was compared and does not agree, or that could not be compared. For a person to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The reason code that it alone would give.
    pub reason: ReasonCode,
    /// What was compared.
    pub what: Compared,
    /// What the record says, as text; empty where it says nothing.
    pub expected: Box<str>,
    /// What was read, as text; empty where nothing was.
    pub read: Box<str>,
}

/// 比对项: what of a vehicle was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// 绑定介质.
    Medium,
    /// 车牌.
    Plate,
    /// 箱号.
    Container,
    /// 关锁号.
    Seal,
    /// 毛重.
    Weight,
    /// 车次单.
    Slip,
    /// 凭条编号 whose check character is wrong: misread, or another's.
    SlipCheck,
    /// 卡号 that the card made up for once.
    MadeUpCard,
    /// 审批与索引的时效.
    Age,
}

impl Compared {
    /// Its name in records and on the panel's wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::Plate => "plate",
            Self::Container => "container",
            Self::Seal => "seal",
            Self::Weight => "weight",
            Self::Slip => "slip",
            Self::SlipCheck => "slip_check",
            Self::MadeUpCard => "made_up_card",
            Self::Age => "age",
        }
    }
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
    /// What disagreed, was missing or too old, the weightiest first; its reason is the decision's.
    pub findings: Vec<Finding>,
    /// Trips that fell out, each with its reason.
    pub dropped: Vec<(TripNo, ReasonCode)>,
}
