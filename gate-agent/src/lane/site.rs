//! What is true of a lane whatever its state: its wiring, what its sensors say, and who has just driven through.
//! Promises: an unknown loop counts as occupied; a tag still in the field after its vehicle passed is not the next vehicle's.

use std::{collections::BTreeSet, time::Duration};

use protocols::{
    ids::{ContainerNo, GateId, LaneId, MediumKey, MediumType, SealNo, VisitId},
    rules::{LaneDirection, ReasonCode},
    tick::Tick,
};

use super::{
    input::{Arm, Input, Level, LoopPlace, Moment},
    passage::Passage,
};
use crate::{
    decision::Reading,
    journal::{ClosedLane, LaneRef},
};

/// Which lane this is, and the mechanics that its steel has.
#[derive(Clone, Debug)]
pub struct LaneConfig {
    /// The gate.
    pub gate_id: GateId,
    /// The lane.
    pub lane_id: LaneId,
    /// How often the journal was opened: keeps visit numbers apart across restarts.
    pub boot: u64,
    /// True when a safety loop is wired.
    pub has_safety_loop: bool,
    /// Times of the mechanics.
    pub timing: Timing,
}

/// 时限 of the steel and the drivers; the yard's own time limits are policy.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The approach loop must be free this long before the vehicle counts as gone.
    pub withdraw: Duration,
    /// After the barrier rose, approach and safety loop must be free this long, with no sign at the exit loop, before the vehicle
    /// counts as backed out.
    pub back_out: Duration,
    /// How long the arm may take from limit to limit.
    pub arm_travel: Duration,
    /// A medium that has just passed counts again after it was not seen for so long.
    pub key_absence: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            withdraw: Duration::from_secs(2),
            back_out: Duration::from_secs(5),
            arm_travel: Duration::from_secs(6),
            key_absence: Duration::from_secs(5),
        }
    }
}

/// By what a vehicle that has passed is known again while it is still in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Medium(MediumType, MediumKey),
    Container(ContainerNo),
    Seal(SealNo),
}

impl Mark {
    /// A weight belongs to whoever stands on the scale.
    fn of(read: &Reading) -> Option<(Self, Tick)> {
        match read {
            Reading::Medium(read) => Some((Self::Medium(read.medium_type, read.key.clone()), read.at)),
            Reading::Container(read) => Some((Self::Container(read.number), read.at)),
            Reading::Seal(read) => Some((Self::Seal(read.number.clone()), read.at)),
            Reading::Weight(_) => None,
        }
    }
}

/// The lane around its state.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) config: LaneConfig,
    pub(super) approach: Level,
    pub(super) safety: Level,
    pub(super) exit: Level,
    pub(super) arm: Arm,
    /// The arm was seen down, or told to come down, since the start.
    arm_settled: bool,
    pub(super) barrier_online: bool,
    pub(super) journal_available: bool,
    /// A person has closed the lane: nobody passes by himself.
    pub(super) closed: Option<ClosedLane>,
    /// Devices that do not work.
    pub(super) faults: BTreeSet<Box<str>>,
    /// What was read of the vehicle that passed last, each with when it was last seen.
    passed: Vec<(Mark, Tick)>,
    visits: u64,
}

impl Site {
    pub(super) fn new(config: LaneConfig) -> Self {
        let safety = if config.has_safety_loop { Level::Unknown } else { Level::Free };
        Self {
            config,
            approach: Level::Unknown,
            safety,
            exit: Level::Unknown,
            arm: Arm::Unknown,
            arm_settled: false,
            barrier_online: false,
            journal_available: true,
            closed: None,
            faults: BTreeSet::new(),
            passed: Vec::new(),
            visits: 0,
        }
    }

    /// What keeps even a vehicle that may pass.
    pub(super) fn keeps(&self) -> Option<ReasonCode> {
        if self.closed.is_some() {
            Some(ReasonCode::LaneClosed)
        } else if !self.journal_available {
            Some(ReasonCode::JournalUnavailable)
        } else {
            (!self.barrier_online).then_some(ReasonCode::DeviceFault)
        }
    }

    /// Takes in what an input says about the lane as such.
    pub(super) fn observe(&mut self, input: &Input) {
        match input {
            Input::Loop(LoopPlace::Approach, level) => self.approach = *level,
            Input::Loop(LoopPlace::Exit, level) => self.exit = *level,
            Input::Loop(LoopPlace::Safety, level) if self.config.has_safety_loop => self.safety = *level,
            Input::Arm(arm) => self.arm = *arm,
            Input::Barrier { online } => self.barrier_online = *online,
            Input::Journal { available } => self.journal_available = *available,
            Input::Device { name, online: true, .. } => {
                self.faults.remove(name);
            }
            Input::Device { name, online: false, .. } => {
                self.faults.insert(name.clone());
            }
            Input::Loop(..)
            | Input::Read(_)
            | Input::Shed { .. }
            | Input::Decided { .. }
            | Input::Recorded(_)
            | Input::NotRecorded
            | Input::Raised(_)
            | Input::Act(_)
            | Input::IndexMoved
            | Input::Deadline => {}
        }
    }

    /// True when nothing stands under or behind the arm, so that it may come down.
    pub(super) fn may_lower(&self) -> bool {
        self.exit == Level::Free && self.safety == Level::Free
    }

    /// True for something of the vehicle that has just passed, as long as it keeps being seen.
    pub(super) fn has_just_passed(&mut self, read: &Reading) -> bool {
        let absence = self.config.timing.key_absence;
        let Some((mark, at)) = Mark::of(read) else { return false };
        self.passed.retain(|(_, seen)| at.since(*seen) < absence);
        match self.passed.iter_mut().find(|(passed, _)| *passed == mark) {
            Some((_, seen)) => {
                *seen = (*seen).max(at);
                true
            }
            None => false,
        }
    }

    /// Remembers the medium that a vehicle passed by, its boxes and seals; what else was heard may belong to the vehicle behind it.
    /// Without a match (a visit taken up after a restart) all its media.
    pub(super) fn remember_passed(&mut self, passage: &Passage, now: Tick) {
        let matched = passage.matched_key();
        let media = passage.evidence.media().iter().map(|heard| &heard.medium);
        let its = media.filter(|medium| matched.is_none_or(|key| *key == medium.key));
        let media = its.map(|medium| Mark::Medium(medium.medium_type, medium.key.clone()));
        let boxes = passage.evidence.containers().iter().map(|seen| Mark::Container(seen.number));
        let seals = passage.evidence.seals().iter().map(|seen| Mark::Seal(seen.number.clone()));
        self.passed = media.chain(boxes).chain(seals).map(|mark| (mark, now)).collect();
    }

    /// Right after the start an arm that stands open over nobody comes down once; later an open arm in an idle lane is a person's.
    pub(super) fn should_lower_at_start(&mut self) -> bool {
        let forgotten =
            !self.arm_settled && self.arm == Arm::Open && self.approach == Level::Free && self.may_lower();
        self.arm_settled |= forgotten || self.arm == Arm::Closed;
        forgotten
    }

    /// 通道会话号: gate, lane, day in China, start of the agent, running number; unique for ever.
    pub(super) fn next_visit(&mut self, now: Moment) -> Option<VisitId> {
        self.visits += 1;
        let config = &self.config;
        let day = china_day(now);
        let text = format!("{}-{}-{day}-{}-{:04}", config.gate_id, config.lane_id, config.boot, self.visits);
        VisitId::parse(&text).ok()
    }

    pub(super) fn lane_ref(&self, direction: LaneDirection) -> LaneRef {
        LaneRef { lane_id: self.config.lane_id.clone(), direction }
    }
}

/// `yyyymmdd` in UTC+8, the zone of the yard's calendar.
fn china_day(now: Moment) -> String {
    let shifted =
        protocols::contract::UtcMillis::from_millis(now.wall.as_millis() + 8 * 3_600_000).to_string();
    shifted.chars().take(10).filter(char::is_ascii_digit).collect()
}
