//! Held: the barrier stays down, for a reason, until something changes.
//! Ways out: a reading that says something new, a newer index, a mended device or journal, a person's act (`acting`), the vehicle's
//! leaving.
//! Source: spec SG-007, SG-214, SG-237; `design` section 3.
#![warn(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use protocols::{
    rules::{LanePolicy, ReasonCode, Verdict},
    tick::Tick,
};

use super::{
    deciding::Deciding,
    input::{Arm, Effect, Input, Level, LoopPlace, Moment, Then},
    passage::Passage,
    passing::Passing,
    site::Site,
    state::{State, idle_or_next},
};
use crate::decision::Decision;

/// A vehicle stands before the closed barrier.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) passage: Passage,
    pub(super) reason: ReasonCode,
    terms: Terms,
}

/// What the hold still owes, apart from the passage.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// `REFUSE` is written, or must not be.
    settled: bool,
    /// When the yard's patience ends next.
    patience: Tick,
    /// The barrier was told to rise in this hold's passage; the vehicle may yet drive through.
    raised: bool,
}

/// A hold without its passage, while the judge has that.
#[derive(Debug)]
pub(super) struct Lent {
    reason: ReasonCode,
    terms: Terms,
}

impl Held {
    /// Holds without a record, because none can be made or none is due.
    pub(super) fn new(passage: Passage, reason: ReasonCode, policy: &LanePolicy, now: Moment) -> Self {
        let terms = Terms { settled: false, patience: patience(policy, now), raised: false };
        Self { passage, reason, terms }
    }

    /// Holds what a decision refused or left to a person; its records are made.
    pub(super) fn decided(passage: Passage, decision: &Decision, policy: &LanePolicy, now: Moment) -> Self {
        let held = Self::new(passage, decision.reason, policy, now);
        Self { terms: Terms { settled: decision.verdict == Verdict::Refuse, ..held.terms }, ..held }
    }

    /// Holds for a reason of the lane's own, and records it.
    pub(super) fn because(
        passage: Passage,
        reason: ReasonCode,
        site: &Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        effects.push(Effect::Record(vec![passage.holds(reason, site, policy, now)], Then::GoOn));
        let held = Self::new(passage, reason, policy, now);
        let raised = matches!(reason, ReasonCode::BarrierRefused | ReasonCode::BarrierTimedOut);
        State::Held(Self { terms: Terms { raised, ..held.terms }, ..held })
    }

    /// Holds what the last run of the agent left, as [`super::recover`] found it.
    pub(super) fn resumed(
        passage: Passage,
        reason: ReasonCode,
        raised: bool,
        policy: &LanePolicy,
        now: Moment,
    ) -> Self {
        let held = Self::new(passage, reason, policy, now);
        Self { terms: Terms { raised, ..held.terms }, ..held }
    }

    /// Holds after a passage that has ended.
    pub(super) fn ended(passage: Passage, reason: ReasonCode, policy: &LanePolicy, now: Moment) -> Self {
        let held = Self::new(passage, reason, policy, now);
        Self { terms: Terms { settled: true, ..held.terms }, ..held }
    }

    /// True when the barrier was told to rise for this vehicle already.
    pub(super) fn is_raised(&self) -> bool {
        self.terms.raised
    }

    /// Something that kept the vehicle is over: it is judged again, if a judgement can help.
    pub(super) fn look_again(self, now: Moment, effects: &mut Vec<Effect>) -> State {
        if self.may_be_judged_again() && !self.passage.evidence.is_empty() {
            Deciding::ask_again(self, now, effects)
        } else {
            State::Held(self)
        }
    }

    /// Parts with the passage while it is judged again.
    pub(super) fn lend(self) -> (Passage, Lent) {
        (self.passage, Lent { reason: self.reason, terms: self.terms })
    }

    pub(super) fn deadline(&self, site: &Site) -> Tick {
        let gone_at = self.passage.gone_at(site).filter(|_| !self.waits_for_space(site));
        gone_at.map_or(self.terms.patience, |gone| gone.min(self.terms.patience))
    }

    /// The arm is down, and under or behind it is somebody, or nobody can tell: whether the vehicle has passed is not known before that is clear. Who stands on
    /// the exit loop tells by leaving it.
    fn waits_for_space(&self, site: &Site) -> bool {
        self.terms.raised && site.arm == Arm::Closed && !site.may_lower() && site.exit != Level::Occupied
    }

    pub(super) fn step(
        mut self,
        site: &mut Site,
        input: Input,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        if self.terms.raised {
            self.passage.watch_open(site, now.tick);
        } else {
            self.passage.watch_place(site, true, now.tick);
        }
        match input {
            Input::Loop(LoopPlace::Exit, Level::Occupied) if self.terms.raised => {
                return Passing::begin(self.passage, true, site, policy, now, effects);
            }
            Input::Read(read) => {
                if self.passage.hear(site, read) && self.may_be_judged_again() {
                    return Deciding::ask_again(self, now, effects);
                }
            }
            Input::IndexMoved | Input::Journal { available: true } | Input::Barrier { online: true } => {
                return self.look_again(now, effects);
            }
            Input::Deadline
            | Input::Loop(..)
            | Input::Arm(_)
            | Input::Barrier { online: false }
            | Input::Device { .. }
            | Input::Shed { .. }
            | Input::Decided { .. }
            | Input::Recorded(_)
            | Input::NotRecorded
            | Input::Journal { available: false }
            | Input::Act(_)
            | Input::Raised(_) => {}
        }
        if self.passage.is_gone(site, now.tick) && !self.waits_for_space(site) {
            return self.gone(site, policy, now, effects);
        }
        if now.tick >= self.terms.patience {
            // A person may yet open for a vehicle whose barrier failed: its trip stays its own.
            if !self.terms.settled && !self.terms.raised {
                effects.push(self.passage.refuse(self.reason, site, policy, now));
                self.terms.settled = true;
                self.passage.matched = None;
            }
            self.terms.patience = patience(policy, now);
        }
        State::Held(self)
    }

    /// The vehicle has left the approach loop. Where its barrier was told to rise, an arm that is down over nobody says that it went back,
    /// unless nobody was watching; with the arm up the loops go on telling, and the arm comes down.
    fn gone(self, site: &mut Site, policy: &LanePolicy, now: Moment, effects: &mut Vec<Effect>) -> State {
        if self.terms.raised && !(site.arm == Arm::Closed && site.may_lower()) {
            return Passing::begin(self.passage, false, site, policy, now, effects);
        }
        if self.terms.raised && self.passage.may_have_passed() {
            let mut drafts = vec![self.passage.passed(ReasonCode::PassageUnconfirmed, site, policy, now)];
            if self.passage.leaves(policy) {
                drafts.push(self.passage.left_port(site, policy, now));
            }
            effects.push(Effect::Record(drafts, Then::GoOn));
        } else if !self.terms.settled {
            effects.push(self.passage.refuse(ReasonCode::BackedOut, site, policy, now));
        }
        idle_or_next(site, policy, now, effects)
    }

    /// A barrier that was told to rise once, or has refused to, is not told again by itself; a tailgater is a person's to look at; and who may be somebody else
    /// is read first.
    fn may_be_judged_again(&self) -> bool {
        !self.terms.raised
            && self.passage.doubted.is_none()
            && !self.passage.unseen
            && !matches!(
                self.reason,
                ReasonCode::Tailgating | ReasonCode::SentBack | ReasonCode::BarrierRefused
            )
    }
}

impl Lent {
    /// True when this is the very hold's reason, so that the same word again is no news.
    pub(super) fn repeats(&self, reason: ReasonCode) -> bool {
        self.reason == reason
    }

    /// The hold goes on.
    pub(super) fn resume(self, passage: Passage) -> Held {
        Held { passage, reason: self.reason, terms: self.terms }
    }
}

fn patience(policy: &LanePolicy, now: Moment) -> Tick {
    now.tick + Duration::from_secs(u64::from(policy.lane_timeout_s))
}
