//! 车次: what an event of a gate does to a trip. The centre applies it to its records, a gate lays it over its index.
//! Promises: pure; every (status, event) pair has an answer; a fact from a gate is never refused, at worst it is an anomaly;
//! an event older than what the state already holds must not be offered (the callers compare epoch and sequence).
//! Absent on purpose: customs' receipts and the enterprise's acts (the centre's lifecycle), usability (the gate's decision).
//! Source: spec SG-182..SG-189, SG-233..SG-244, SG-250..SG-252; `contract` section 3 (refusal and lock, late manual release).

use alloc::vec::Vec;

use super::{
    codes::LaneDirection,
    status::{CloseReason, LockSource, TripStatus},
};
use crate::ids::{GateId, LaneId, VisitId};

/// 锁定: who holds the trip (SG-199).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// A vehicle is in a lane of this gate, or on site behind it.
    Gate {
        /// The gate that matched.
        gate_id: GateId,
        /// The lane that matched.
        lane_id: LaneId,
        /// The visit that matched; a retry within it is allowed (SG-214).
        visit_id: VisitId,
    },
    /// 海关布控.
    Customs,
}

impl Lock {
    /// Who set it.
    #[must_use]
    pub const fn source(&self) -> LockSource {
        match self {
            Self::Gate { .. } => LockSource::Gate,
            Self::Customs => LockSource::Customs,
        }
    }
}

/// What of a trip a gate's event can read and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TripState {
    /// Status of the newest version.
    pub status: TripStatus,
    /// Set exactly while the status is `LOCKED`.
    pub lock: Option<Lock>,
    /// True while customs' last word about the trip is an approval.
    pub effective: bool,
    /// Why it was closed, when not by its closing pass.
    pub close_reason: Option<CloseReason>,
    /// The vehicle has passed an entry lane and has not left.
    pub entry_passed: bool,
    /// The closing passage (SG-233) has taken place.
    pub closing_passed: bool,
}

/// The events that can move a trip (SG-235..SG-242).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TripAct {
    /// 匹配.
    Match,
    /// 放行.
    Pass,
    /// 拒绝.
    Refuse,
    /// 人工放行.
    ManualRelease,
    /// 空车离场.
    EmptyExit,
    /// 已口岸离场.
    LeftPort,
}

/// One event of a gate about one trip.
#[derive(Clone, Copy, Debug)]
pub struct TripEvent<'a> {
    /// What happened.
    pub act: TripAct,
    /// The way the lane leads.
    pub direction: LaneDirection,
    /// Where.
    pub gate_id: &'a GateId,
    /// Where.
    pub lane_id: &'a LaneId,
    /// In which visit.
    pub visit_id: &'a VisitId,
}

/// What does not fit and must be looked at by a person; the fact itself is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// Two lanes or gates used one trip (SG-252).
    DoubleUse,
    /// The record was changed, withdrawn or deleted meanwhile; the trip follows the gate (SG-250).
    LateFact,
    /// Customs holds the trip, yet it moved.
    HeldTripMoved,
    /// The vehicle left but the closing pass never arrived (SG-251).
    PassMissing,
    /// The event makes no sense in this status; nothing changed (SG-190).
    OutOfPlace,
}

/// What the event did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TripMove {
    /// The trip afterwards.
    pub state: TripState,
    /// The statuses it went through, the last being the present one; empty when the status stayed.
    pub path: Vec<TripStatus>,
    /// What a person must look at.
    pub anomaly: Option<Anomaly>,
}

/// Applies one event. `closing` is the trip's closing passage by SG-233.
#[must_use]
pub fn apply(before: &TripState, closing: LaneDirection, event: &TripEvent<'_>) -> TripMove {
    if before.status == TripStatus::LeftPort {
        // SG-189: final; a later use is a second use, a later report of leaving is only logged.
        let anomaly = (event.act != TripAct::LeftPort).then_some(Anomaly::DoubleUse);
        return TripMove { state: before.clone(), path: Vec::new(), anomaly };
    }
    let mut step = Step { state: before.clone(), path: Vec::new(), anomaly: None };
    match event.act {
        TripAct::Match => step.matched(event),
        TripAct::Pass => step.passed(closing, event),
        TripAct::Refuse => step.refused(event),
        TripAct::ManualRelease => step.released(closing, event),
        TripAct::EmptyExit => step.left_empty(),
        TripAct::LeftPort => step.left_port(),
    }
    TripMove { state: step.state, path: step.path, anomaly: step.anomaly }
}

struct Step {
    state: TripState,
    path: Vec<TripStatus>,
    anomaly: Option<Anomaly>,
}

impl Step {
    fn matched(&mut self, event: &TripEvent<'_>) {
        use TripStatus::{
            Closed, CustomsApproved, Declared, LeftPort, Locked, ManuallyClosed, Rejected, Saved, SendFailed,
            Sent, Unlocked,
        };
        match (self.state.status, event.direction) {
            (CustomsApproved | Unlocked, _) => self.lock(event),
            (Saved | Declared | Sent | SendFailed | Rejected, _) => {
                if !self.state.effective {
                    self.anomaly = Some(Anomaly::LateFact);
                }
                self.lock(event);
            }
            (Locked, _) if matches!(self.state.lock, Some(Lock::Customs)) => {
                self.anomaly = Some(Anomaly::HeldTripMoved);
            }
            (Locked, LaneDirection::In) if !self.is_held_by(event) => self.anomaly = Some(Anomaly::DoubleUse),
            (Locked, LaneDirection::In | LaneDirection::Out) => {}
            (Closed, _) if self.is_deleted() => {
                self.anomaly = Some(Anomaly::LateFact);
                self.state.close_reason = None;
                self.lock(event);
            }
            (Closed | ManuallyClosed, LaneDirection::In) => self.anomaly = Some(Anomaly::DoubleUse),
            (Closed | ManuallyClosed, LaneDirection::Out) | (LeftPort, _) => {}
        }
    }

    fn passed(&mut self, closing: LaneDirection, event: &TripEvent<'_>) {
        self.judge_passage(event);
        if event.direction == LaneDirection::In {
            self.state.entry_passed = true;
        }
        if event.direction == closing {
            self.state.closing_passed = true;
            // A hold outlasts the entry: the vehicle is inside, and only customs lets it out again (SG-185, SG-215).
            let held_inside = self.is_held_by_customs() && event.direction == LaneDirection::In;
            if !self.is_closed() && !held_inside {
                self.go(TripStatus::Closed);
            }
        } else if !self.is_closed() && self.state.status != TripStatus::Locked {
            self.lock(event);
        }
    }

    fn released(&mut self, closing: LaneDirection, event: &TripEvent<'_>) {
        if self.is_closed() && !self.is_deleted() {
            // The contract: logged, and changes nothing.
            return;
        }
        self.judge_passage(event);
        if event.direction == LaneDirection::In {
            self.state.entry_passed = true;
        }
        if event.direction == closing {
            self.state.closing_passed = true;
            if !(self.is_held_by_customs() && event.direction == LaneDirection::In) {
                self.go(TripStatus::ManuallyClosed);
            }
        } else if self.state.status != TripStatus::Locked {
            self.lock(event);
        }
    }

    /// SG-237: at an entry the trip is free again, if it was this very visit that locked it. SG-238: at an exit it stays.
    fn refused(&mut self, event: &TripEvent<'_>) {
        if event.direction == LaneDirection::In && self.is_held_by(event) && !self.state.entry_passed {
            self.go(TripStatus::Unlocked);
        }
    }

    fn left_empty(&mut self) {
        match (self.state.status, &self.state.lock) {
            (TripStatus::Locked, Some(Lock::Customs)) => {
                self.state.entry_passed = false;
                self.anomaly = Some(Anomaly::HeldTripMoved);
            }
            (TripStatus::Locked, _) => {
                self.state.entry_passed = false;
                self.go(TripStatus::Unlocked);
            }
            _ => self.anomaly = Some(Anomaly::OutOfPlace),
        }
    }

    fn left_port(&mut self) {
        match self.state.status {
            TripStatus::Closed if self.is_deleted() => {}
            TripStatus::Closed | TripStatus::ManuallyClosed => self.go(TripStatus::LeftPort),
            TripStatus::Locked => {
                self.anomaly = Some(Anomaly::PassMissing);
                self.state.close_reason = Some(CloseReason::PassMissing);
                self.go(TripStatus::ManuallyClosed);
                self.go(TripStatus::LeftPort);
            }
            TripStatus::Saved
            | TripStatus::Declared
            | TripStatus::Sent
            | TripStatus::SendFailed
            | TripStatus::CustomsApproved
            | TripStatus::Rejected
            | TripStatus::Unlocked
            | TripStatus::LeftPort => self.anomaly = Some(Anomaly::OutOfPlace),
        }
    }

    /// A pass is a fact; this only says what was strange about it.
    fn judge_passage(&mut self, event: &TripEvent<'_>) {
        self.anomaly = match (self.state.status, &self.state.lock) {
            (TripStatus::Locked, Some(Lock::Customs)) => Some(Anomaly::HeldTripMoved),
            (TripStatus::Locked, _) if event.direction == LaneDirection::In && !self.is_held_by(event) => {
                Some(Anomaly::DoubleUse)
            }
            (TripStatus::Locked, _) => None,
            (TripStatus::Closed, _) if self.is_deleted() => {
                self.state.close_reason = None;
                // The delete order is overtaken by the truck: the trip is taken up again before it is judged.
                self.state.status = TripStatus::CustomsApproved;
                Some(Anomaly::LateFact)
            }
            (TripStatus::Closed | TripStatus::ManuallyClosed, _) if event.direction == LaneDirection::In => {
                Some(Anomaly::DoubleUse)
            }
            (TripStatus::Closed | TripStatus::ManuallyClosed | TripStatus::LeftPort, _) => None,
            (
                TripStatus::Saved
                | TripStatus::Declared
                | TripStatus::Sent
                | TripStatus::SendFailed
                | TripStatus::CustomsApproved
                | TripStatus::Rejected
                | TripStatus::Unlocked,
                _,
            ) => Some(Anomaly::LateFact),
        };
    }

    fn lock(&mut self, event: &TripEvent<'_>) {
        self.go(TripStatus::Locked);
        self.state.lock = Some(Lock::Gate {
            gate_id: event.gate_id.clone(),
            lane_id: event.lane_id.clone(),
            visit_id: event.visit_id.clone(),
        });
    }

    fn go(&mut self, to: TripStatus) {
        self.state.status = to;
        self.state.lock = None;
        self.path.push(to);
    }

    fn is_closed(&self) -> bool {
        matches!(self.state.status, TripStatus::Closed | TripStatus::ManuallyClosed)
    }

    fn is_held_by_customs(&self) -> bool {
        matches!(self.state.lock, Some(Lock::Customs))
    }

    fn is_deleted(&self) -> bool {
        self.state.close_reason == Some(CloseReason::DeleteOrder)
    }

    fn is_held_by(&self, event: &TripEvent<'_>) -> bool {
        matches!(&self.state.lock, Some(Lock::Gate { gate_id, visit_id, .. })
            if gate_id == event.gate_id && visit_id == event.visit_id)
    }
}

#[cfg(test)]
mod tests;
