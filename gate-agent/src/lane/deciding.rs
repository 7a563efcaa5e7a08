//! Collecting and deciding: from the vehicle's arrival to a recorded verdict.
//! Promises: a pass is taken as soon as the evidence carries it; a refusal waits for the collection window, since the next read may
//! explain; the barrier is asked to rise only with the proof that the intent is durable.
#![warn(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use protocols::{
    contract::RaiseOutcome,
    rules::{LanePolicy, ReasonCode, Verdict},
    tick::Tick,
};

use super::{
    act::Refusal,
    held::{Held, Lent},
    input::{Effect, Input, Light, Moment, Then},
    passage::Passage,
    passing::Opening,
    site::Site,
    state::{State, idle_or_next},
};
use crate::{
    decision::{Basis, Decision},
    journal::{Committed, Draft},
};

/// A vehicle stands there; more may be read until the window ends.
#[derive(Debug)]
pub(super) struct Collecting {
    pub(super) passage: Passage,
    pub(super) window_ends: Tick,
}

impl Collecting {
    /// A new window for the vehicle in the lane.
    pub(super) fn anew(passage: Passage, policy: &LanePolicy, now: Moment) -> Self {
        Self { passage, window_ends: Self::window_from(policy, now) }
    }

    pub(super) fn window_from(policy: &LanePolicy, now: Moment) -> Tick {
        now.tick + Duration::from_millis(u64::from(policy.collect_window_ms))
    }

    pub(super) fn deadline(&self, site: &Site) -> Tick {
        self.passage.gone_at(site).map_or(self.window_ends, |gone| gone.min(self.window_ends))
    }

    pub(super) fn step(
        mut self,
        site: &mut Site,
        input: Input,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        self.passage.watch_place(site, false, now.tick);
        if self.passage.is_gone(site, now.tick) {
            effects.push(self.passage.refuse(ReasonCode::BackedOut, site, policy, now));
            return idle_or_next(site, policy, now, effects);
        }
        match input {
            Input::Read(read) => {
                if self.passage.hear(site, read) {
                    return Deciding::ask(self.passage, self.window_ends, effects);
                }
            }
            Input::Deadline => {
                if now.tick >= self.window_ends {
                    return Deciding::ask(self.passage, self.window_ends, effects);
                }
            }
            Input::Loop(..)
            | Input::Arm(_)
            | Input::Barrier { .. }
            | Input::Device { .. }
            | Input::Shed { .. }
            | Input::Decided { .. }
            | Input::Recorded(_)
            | Input::NotRecorded
            | Input::Journal { .. }
            | Input::Raised(_)
            | Input::Act(_)
            | Input::IndexMoved => {}
        }
        State::Collecting(self)
    }
}

/// The evidence is with the judge, or his word is with the journal.
#[derive(Debug)]
pub(super) struct Deciding {
    pub(super) passage: Passage,
    window_ends: Tick,
    stage: Stage,
    /// The lane held before this: what it said then, to be repeated in silence.
    held_before: Option<Lent>,
}

#[derive(Debug)]
enum Stage {
    /// The judge has it; true when more was read meanwhile.
    Judging { heard_more: bool },
    /// The intent to raise is being made durable; true when more was read or learnt meanwhile.
    Recording { news: bool },
    /// It is durable, but there was news: the judge says whether it still holds. Nothing has been pulsed.
    Rechecking { proof: Committed },
}

impl Deciding {
    /// Gives the evidence to the judge.
    pub(super) fn ask(passage: Passage, window_ends: Tick, effects: &mut Vec<Effect>) -> State {
        effects.push(passage.to_judge());
        let stage = Stage::Judging { heard_more: false };
        State::Deciding(Self { passage, window_ends, stage, held_before: None })
    }

    /// The same from a hold, which goes on when the answer is what it was.
    pub(super) fn ask_again(held: Held, now: Moment, effects: &mut Vec<Effect>) -> State {
        let (passage, held) = held.lend();
        effects.push(passage.to_judge());
        let stage = Stage::Judging { heard_more: false };
        State::Deciding(Self { passage, window_ends: now.tick, stage, held_before: Some(held) })
    }

    /// A person opens: the records of that are made durable, and nothing that is read meanwhile changes it.
    pub(super) fn record_release(
        passage: Passage,
        drafts: Vec<Draft>,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        effects.push(Effect::ReserveBus);
        effects.push(Effect::Record(drafts, Then::Raise));
        let window_ends = Collecting::window_from(policy, now);
        let stage = Stage::Recording { news: false };
        State::Deciding(Self { passage, window_ends, stage, held_before: None })
    }

    /// True while a raise is being recorded, or checked once more: then no person interferes.
    pub(super) fn is_recording(&self) -> bool {
        match self.stage {
            Stage::Judging { .. } => false,
            Stage::Recording { .. } | Stage::Rechecking { .. } => true,
        }
    }

    pub(super) fn deadline(&self) -> Tick {
        self.passage.patience
    }

    pub(super) fn step(
        mut self,
        site: &mut Site,
        input: Input,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        self.passage.watch_place(site, self.held_before.is_some(), now.tick);
        match input {
            Input::Read(read) => {
                if self.passage.hear(site, read) {
                    self.note_news(true);
                }
            }
            Input::IndexMoved => self.note_news(false),
            Input::Decided { decision, basis } => {
                return self.answered(decision, basis, site, policy, now, effects);
            }
            Input::Recorded(proof) => {
                if let Stage::Recording { news } = self.stage {
                    return self.recorded(proof, news, site, policy, now, effects);
                }
            }
            Input::NotRecorded => {
                if let Stage::Recording { .. } = self.stage {
                    if let Some(drafts) =
                        self.passage.released.as_mut().and_then(|release| release.drafts.take())
                    {
                        effects.push(Effect::RecordElsewhere(drafts));
                        return State::Deciding(self);
                    }
                    if let Some(release) = self.passage.released.take() {
                        effects.push(Effect::Answer(release.number, Err(Refusal::NotRecorded)));
                        // Both paths failed; the journal gets the records later, and behind them that nothing was pulsed.
                        self.passage.matched = release.trip;
                        let why = Some(
                            "neither journal nor emergency log could be written, and nothing was pulsed",
                        );
                        let outcome = self.passage.outcome(RaiseOutcome::Refused, why, site, policy, now);
                        effects.push(Effect::Record(vec![outcome], Then::GoOn));
                        let reason = ReasonCode::JournalUnavailable;
                        return State::Held(Held::new(self.passage, reason, policy, now));
                    }
                    self.passage.perhaps_matched =
                        self.passage.last.as_ref().and_then(|last| last.trip.clone());
                    return State::Held(Held::new(self.passage, ReasonCode::JournalUnavailable, policy, now));
                }
            }
            // The journal always answers in the end, and until then nobody knows whether the intent is durable: a stuck disk is
            // told by the journal's own alarm, and the barrier stays down.
            Input::Deadline if matches!(self.stage, Stage::Recording { .. }) => {
                self.passage.patience = now.tick + Duration::from_secs(u64::from(policy.lane_timeout_s));
            }
            Input::Deadline => {
                if now.tick >= self.passage.patience {
                    return Held::because(self.passage, ReasonCode::IndexCorrupt, site, policy, now, effects);
                }
            }
            Input::Loop(..)
            | Input::Arm(_)
            | Input::Barrier { .. }
            | Input::Device { .. }
            | Input::Shed { .. }
            | Input::Journal { .. }
            | Input::Act(_)
            | Input::Raised(_) => {}
        }
        State::Deciding(self)
    }

    /// Something was read, or the index moved, while the evidence was with the judge or his word with the journal.
    fn note_news(&mut self, read: bool) {
        match &mut self.stage {
            Stage::Judging { heard_more } => *heard_more |= read,
            // What a person opens is that person's to answer for.
            Stage::Recording { news } => *news = self.passage.released.is_none(),
            Stage::Rechecking { .. } => {}
        }
    }

    fn answered(
        mut self,
        decision: Result<Decision, ReasonCode>,
        basis: Option<Box<Basis>>,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        match (std::mem::replace(&mut self.stage, Stage::Judging { heard_more: false }), decision) {
            (Stage::Judging { heard_more: true }, Ok(_)) => self.judge_again(effects),
            (Stage::Judging { .. }, Ok(decision)) => {
                self.passage.basis = basis;
                self.decided(decision, site, policy, now, effects)
            }
            (Stage::Judging { .. }, Err(reason)) => match self.held_before.take() {
                Some(held) if held.repeats(reason) => State::Held(held.resume(self.passage)),
                Some(_) | None => Held::because(self.passage, reason, site, policy, now, effects),
            },
            (Stage::Rechecking { proof }, Ok(decision))
                if decision.verdict == Verdict::Pass && decision.trip == self.passage.matched =>
            {
                (self.passage.basis, self.passage.rechecked) = (basis, true);
                self.raise_for_the_same(proof, site, policy, now, effects)
            }
            (Stage::Rechecking { .. }, decision) => {
                let why = Some("what was read or learnt meanwhile does not carry the decision any more");
                let outcome = self.passage.outcome(RaiseOutcome::Refused, why, site, policy, now);
                effects.push(Effect::Record(vec![outcome], Then::GoOn));
                self.window_ends = now.tick;
                match decision {
                    Ok(decision) => {
                        self.passage.basis = basis;
                        self.decided(decision, site, policy, now, effects)
                    }
                    Err(reason) => Held::because(self.passage, reason, site, policy, now, effects),
                }
            }
            (stage @ Stage::Recording { .. }, _) => {
                self.stage = stage;
                State::Deciding(self)
            }
        }
    }

    fn judge_again(mut self, effects: &mut Vec<Effect>) -> State {
        effects.push(self.passage.to_judge());
        self.stage = Stage::Judging { heard_more: false };
        State::Deciding(self)
    }

    fn decided(
        mut self,
        decision: Decision,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let is_news = self.passage.last.as_ref() != Some(&decision);
        // While the lane itself stands in the way, no word of the judge is news: a hold that wrote each of them would be woken by its own record.
        let own = if decision.verdict == Verdict::Pass { site.keeps() } else { None };
        if own == Some(ReasonCode::LaneClosed) {
            self.passage.last = Some(decision.clone());
        }
        match (self.held_before.take(), decision.verdict) {
            (Some(held), _)
                if (own.is_some() || !is_news) && held.repeats(own.unwrap_or(decision.reason)) =>
            {
                return State::Held(held.resume(self.passage));
            }
            (None, Verdict::Refuse | Verdict::Person) if now.tick < self.window_ends => {
                let Self { passage, window_ends, .. } = self;
                return State::Collecting(Collecting { passage, window_ends });
            }
            (Some(_) | None, Verdict::Pass | Verdict::Refuse | Verdict::Person) => {}
        }
        match own {
            Some(ReasonCode::JournalUnavailable) => {
                return State::Held(Held::new(self.passage, ReasonCode::JournalUnavailable, policy, now));
            }
            Some(reason) => return Held::because(self.passage, reason, site, policy, now, effects),
            None => {}
        }
        // The reads of the records name the matched medium first, so the decision must be known to the passage before.
        self.passage.last = Some(decision.clone());
        let mut drafts = Vec::new();
        if decision.verdict != Verdict::Pass
            && let Some(end) = self.passage.end_of_perhaps(site, policy, now)
        {
            // And its trip is what a refusal frees.
            drafts.push(end);
            self.passage.matched = self.passage.matched.take().or(self.passage.perhaps_matched.take());
        }
        drafts.extend(self.passage.decided(&decision, site, policy, now));
        if decision.verdict == Verdict::Pass {
            effects.push(Effect::ReserveBus);
            effects.push(Effect::Record(drafts, Then::Raise));
            self.stage = Stage::Recording { news: false };
            return State::Deciding(self);
        }
        self.passage.matched.clone_from(&decision.trip);
        effects.push(Effect::Record(drafts, Then::GoOn));
        State::Held(Held::decided(self.passage, &decision, policy, now))
    }

    /// The intent is durable. A vehicle that has left meanwhile is not opened for: the intent then ends as refused.
    fn recorded(
        mut self,
        proof: Committed,
        news: bool,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        self.passage.perhaps_matched = None;
        if let Some((number, until, trip)) = self
            .passage
            .released
            .as_ref()
            .map(|release| (release.number, release.until, release.trip.clone()))
        {
            self.passage.matched = trip;
            return self.released(number, until, proof, site, policy, now, effects);
        }
        self.passage.matched = self.passage.last.as_ref().and_then(|last| last.trip.clone());
        if self.passage.is_gone(site, now.tick) {
            let why = Some("the vehicle left before the barrier was told to rise");
            let outcome = self.passage.outcome(RaiseOutcome::Refused, why, site, policy, now);
            effects.push(Effect::Record(vec![outcome], Then::GoOn));
            effects.push(self.passage.refuse(ReasonCode::BackedOut, site, policy, now));
            return idle_or_next(site, policy, now, effects);
        }
        if news {
            effects.push(self.passage.to_judge());
            self.stage = Stage::Rechecking { proof };
            return State::Deciding(self);
        }
        self.raise_for_the_same(proof, site, policy, now, effects)
    }

    /// Unless somebody else, or nobody, may stand there since the verdict, or a person has closed the lane.
    fn raise_for_the_same(
        self,
        proof: Committed,
        site: &mut Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        let (why, reason) = if site.closed.is_some() {
            ("the lane was closed before the barrier was told to rise", ReasonCode::LaneClosed)
        } else if self.passage.stands_there(site) {
            return self.raise(proof, site, now, effects);
        } else {
            (
                "the vehicle left its place before the barrier was told to rise, and was not read since somebody stands there again",
                ReasonCode::MissingRead,
            )
        };
        let outcome = self.passage.outcome(RaiseOutcome::Refused, Some(why), site, policy, now);
        effects.push(Effect::Record(vec![outcome], Then::GoOn));
        Held::because(self.passage, reason, site, policy, now, effects)
    }

    /// A person's release is durable. Past its time box it ends as refused: a late pulse would open for whoever stands there then.
    #[expect(clippy::too_many_arguments, reason = "the release's two facts, and what every state gets")]
    fn released(
        mut self,
        number: u64,
        until: Tick,
        proof: Committed,
        site: &Site,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        if now.tick <= until {
            effects.push(Effect::Answer(number, Ok(())));
            return self.raise(proof, site, now, effects);
        }
        let why = Some("the time box of the release was over before it was recorded");
        let outcome = self.passage.outcome(RaiseOutcome::Refused, why, site, policy, now);
        effects.push(Effect::Record(vec![outcome], Then::GoOn));
        effects.push(Effect::Answer(number, Err(Refusal::Expired)));
        self.passage.released = None;
        State::Held(Held::new(self.passage, ReasonCode::ManualRelease, policy, now))
    }

    fn raise(mut self, proof: Committed, site: &Site, now: Moment, effects: &mut Vec<Effect>) -> State {
        // From here on the next vehicle may stand on the loop, and takes nothing from this one.
        self.passage.doubted = None;
        effects.push(Effect::Raise(proof));
        effects.push(Effect::Light(Light::Green));
        State::Opening(Opening::new(self.passage, site, now))
    }
}
