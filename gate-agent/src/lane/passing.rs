//! Opening and passing: from the raise to the closed barrier behind the vehicle.
//! Promises: one raise a decision, never repeated by itself; `PASS` when the exit loop was occupied and is free again; the arm is
//! told to come down only while nothing stands under or behind it; `LEFT_PORT` only behind a closed outermost barrier.
//! Source: spec SG-236, SG-242; `contract` section 3 (`PASS`, backed out).
#![warn(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use protocols::{
    contract::{EventType, RaiseOutcome},
    rules::{LanePolicy, ReasonCode},
    tick::Tick,
};

use super::{
    drafts,
    held::Held,
    input::{Arm, Effect, Input, Level, Light, LoopPlace, Moment, Then},
    passage::Passage,
    site::Site,
    state::{State, idle_or_next},
};

/// Beyond twice the arm's travel and this, a driver that has not answered never will.
const ANSWER_SLACK: Duration = Duration::from_secs(5);

/// The barrier was told to rise.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) passage: Passage,
    answer_by: Tick,
    exit_seen: bool,
}

impl Opening {
    pub(super) fn new(passage: Passage, site: &Site, now: Moment) -> Self {
        let answer_by = now.tick + site.config.timing.arm_travel * 2 + ANSWER_SLACK;
        Self { passage, answer_by, exit_seen: false }
    }

    pub(super) fn deadline(&self) -> Tick {
        self.answer_by
    }

    pub(super) fn step(
        mut self,
        site: &mut Site,
        input: Input,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        self.passage.watch_open(site, now.tick);
        match input {
            Input::Raised(outcome) => return self.raised(outcome, None, site, policy, now, effects),
            Input::Deadline => {
                if now.tick >= self.answer_by {
                    let why = Some("the barrier's driver did not answer");
                    return self.raised(RaiseOutcome::TimedOut, why, site, policy, now, effects);
                }
            }
            Input::Loop(LoopPlace::Exit, Level::Occupied) => self.exit_seen = true,
            Input::Read(_)
            | Input::Loop(..)
            | Input::Arm(_)
            | Input::Barrier { .. }
            | Input::Device { .. }
            | Input::Shed { .. }
            | Input::Decided { .. }
            | Input::Recorded(_)
            | Input::NotRecorded
            | Input::Journal { .. }
            | Input::Act(_)
            | Input::IndexMoved => {}
        }
        State::Opening(self)
    }

    fn raised(
        self,
        outcome: RaiseOutcome,
        why: Option<&str>,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let draft = self.passage.outcome(outcome, why, site, policy, now);
        effects.push(Effect::Record(vec![draft], Then::GoOn));
        let reason = match outcome {
            RaiseOutcome::Raised => {
                // The driver saw the open limit.
                site.arm = Arm::Open;
                return Passing::begin(self.passage, self.exit_seen, site, policy, now, effects);
            }
            RaiseOutcome::Refused => ReasonCode::BarrierRefused,
            RaiseOutcome::TimedOut | RaiseOutcome::Unknown => ReasonCode::BarrierTimedOut,
        };
        effects.push(Effect::Light(Light::Red));
        Held::because(self.passage, reason, site, policy, now, effects)
    }
}

/// The barrier is up, or coming down.
#[derive(Debug)]
pub(super) struct Passing {
    pub(super) passage: Passage,
    phase: Phase,
    /// When this phase takes too long.
    patience: Tick,
    /// The phase took too long once already.
    alarmed: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// The vehicle has not reached the exit loop.
    Before {
        /// Since when nothing stands on approach or safety loop.
        empty_since: Option<Tick>,
    },
    /// It stands on the exit loop.
    Through,
    /// It is gone, forward or backward; the arm comes down. `leaves`: then it has left the port. `seen_off`: the exit loop was seen free
    /// behind it, so whoever stands there now is another.
    Closing { leaves: bool, seen_off: bool, told: bool, followed: bool },
}

impl Passing {
    /// The arm is up.
    pub(super) fn begin(
        passage: Passage,
        exit_seen: bool,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let patience = now.tick + Duration::from_secs(u64::from(policy.pass_timeout_s));
        let phase = if (exit_seen || site.exit == Level::Occupied) && passage.moved(site) {
            Phase::Through
        } else {
            Phase::Before { empty_since: None }
        };
        let passing = Self { passage, phase, patience, alarmed: false };
        // What happened while the arm rose counts: the loops are looked at again at once.
        passing.look(site, policy, now, effects)
    }

    /// The vehicle has passed and its record says that it leaves the port, but the arm was not seen down behind it.
    pub(super) fn behind(passage: Passage, site: &Site, now: Moment) -> State {
        let patience = now.tick + site.config.timing.arm_travel * 2 + ANSWER_SLACK;
        let phase = Phase::Closing { leaves: true, seen_off: false, told: false, followed: false };
        State::Passing(Self { passage, phase, patience, alarmed: false })
    }

    /// The vehicle is gone, forward or backward.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. })
    }

    pub(super) fn deadline(&self, site: &Site) -> Tick {
        match self.phase {
            Phase::Before { empty_since: Some(since) } => {
                self.patience.min(since + site.config.timing.back_out)
            }
            Phase::Before { empty_since: None } | Phase::Through | Phase::Closing { .. } => self.patience,
        }
    }

    pub(super) fn step(
        self,
        site: &mut Site,
        input: Input,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        match input {
            Input::Loop(..) | Input::Arm(_) | Input::Deadline => self.look(site, policy, now, effects),
            // The vehicle's own tag is still in the field: it must not become the next vehicle's.
            Input::Read(read) => {
                site.has_just_passed(&read);
                State::Passing(self)
            }
            Input::Barrier { .. }
            | Input::Device { .. }
            | Input::Shed { .. }
            | Input::Decided { .. }
            | Input::Recorded(_)
            | Input::NotRecorded
            | Input::Journal { .. }
            | Input::Raised(_)
            | Input::Act(_)
            | Input::IndexMoved => State::Passing(self),
        }
    }

    fn look(mut self, site: &mut Site, policy: &LanePolicy, now: Moment, effects: &mut Vec<Effect>) -> State {
        self.passage.watch_open(site, now.tick);
        let late = now.tick >= self.patience;
        match &mut self.phase {
            Phase::Before { empty_since } => {
                if site.exit == Level::Occupied && self.passage.moved(site) {
                    self.phase = Phase::Through;
                    return State::Passing(self);
                }
                if site.arm == Arm::Closed {
                    // It came down again before the vehicle moved: nothing passes here, and it is not told to rise again by itself.
                    let draft = self.passage.holds(ReasonCode::BarrierTimedOut, site, policy, now);
                    effects.push(Effect::Light(Light::Red));
                    effects.push(Effect::Record(vec![draft], Then::GoOn));
                    return State::Held(Held::resumed(
                        self.passage,
                        ReasonCode::BarrierTimedOut,
                        true,
                        policy,
                        now,
                    ));
                }
                let empty =
                    site.approach == Level::Free && site.safety == Level::Free && site.exit == Level::Free;
                *empty_since = if empty { empty_since.or(Some(now.tick)) } else { None };
                if empty_since.is_some_and(|since| now.tick >= since + site.config.timing.back_out) {
                    if self.passage.may_have_passed() {
                        return self.pass(ReasonCode::PassageUnconfirmed, site, policy, now, effects);
                    }
                    effects.push(self.passage.refuse(ReasonCode::BackedOut, site, policy, now));
                    return self.close(false, site, policy, now, effects);
                }
            }
            Phase::Through => {
                if site.exit == Level::Free {
                    return self.pass(ReasonCode::Ok, site, policy, now, effects);
                }
            }
            Phase::Closing { .. } => return self.closing(late, site, policy, now, effects),
        }
        if late { self.too_long(site, policy, now, effects) } else { State::Passing(self) }
    }

    /// The vehicle stands still, or the loops do not tell. Once it is only told; the second time it is taken as passed.
    fn too_long(
        mut self,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let stands = matches!(self.phase, Phase::Through) || site.approach == Level::Occupied;
        if stands && !self.alarmed {
            let draft = self.passage.holds(ReasonCode::PassageUnconfirmed, site, policy, now);
            effects.push(Effect::Record(vec![draft], Then::GoOn));
            self.alarmed = true;
            self.patience = now.tick + Duration::from_secs(u64::from(policy.lane_timeout_s));
            return State::Passing(self);
        }
        self.pass(ReasonCode::PassageUnconfirmed, site, policy, now, effects)
    }

    fn pass(
        self,
        reason: ReasonCode,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let draft = self.passage.passed(reason, site, policy, now);
        effects.push(Effect::Record(vec![draft], Then::GoOn));
        site.remember_passed(&self.passage, now.tick);
        let leaves = self.passage.leaves(policy);
        self.close(leaves, site, policy, now, effects)
    }

    fn close(
        mut self,
        leaves: bool,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        effects.push(Effect::Light(Light::Red));
        self.phase =
            Phase::Closing { leaves, seen_off: site.exit == Level::Free, told: false, followed: false };
        self.alarmed = false;
        self.patience = now.tick + site.config.timing.arm_travel * 2 + ANSWER_SLACK;
        self.closing(false, site, policy, now, effects)
    }

    fn closing(
        mut self,
        late: bool,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        if late {
            if !self.alarmed {
                let draft = drafts::device("barrier", false, "the arm did not come down", site, policy, now);
                effects.push(Effect::Record(vec![draft], Then::GoOn));
                self.alarmed = true;
            }
            self.patience = now.tick + site.config.timing.arm_travel * 2 + ANSWER_SLACK;
        }
        let Phase::Closing { leaves, seen_off, told, followed } = &mut self.phase else {
            return State::Passing(self);
        };
        if site.exit == Level::Occupied && (*told || *seen_off) && !*followed {
            // Somebody drove on behind it, or under the arm as it came down.
            let mut draft = self.passage.draft(EventType::Tailgating, site, policy, now);
            draft.reason = Some(ReasonCode::Tailgating);
            effects.push(Effect::Record(vec![draft], Then::GoOn));
            (*told, *followed) = (false, true);
        }
        // What was told may have been taken back before it reached the arm.
        *told &= site.may_lower();
        // Coming down, other than rising, is told again: an open lane is worse than a second order.
        if (!*told || late) && site.arm != Arm::Closed && site.may_lower() {
            *told = true;
            effects.push(Effect::Lower);
        } else if site.arm == Arm::Closed && site.may_lower() {
            let (leaves, followed) = (*leaves, *followed);
            return self.closed(leaves, followed, site, policy, now, effects);
        }
        State::Passing(self)
    }

    fn closed(
        self,
        leaves: bool,
        followed: bool,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        if leaves {
            effects.push(Effect::Record(vec![self.passage.left_port(site, policy, now)], Then::GoOn));
        }
        if followed {
            return State::Held(Held::ended(self.passage, ReasonCode::Tailgating, policy, now));
        }
        idle_or_next(site, policy, now, effects)
    }
}
