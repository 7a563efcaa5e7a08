//! 过卡: one vehicle's visit to one lane, from the loop's first sign to its end.

use std::time::Duration;

use protocols::{
    contract::{EventType, RaiseOutcome, UtcMillis},
    ids::{MediumKey, TripNo, VisitId},
    rules::{LanePolicy, Mode, ReasonCode},
    tick::Tick,
};

use super::{
    acting::Release,
    deciding::{Collecting, Deciding},
    input::{Effect, Level, Moment, Then},
    site::Site,
    state::State,
};
use crate::{
    decision::{Basis, Decision, Evidence, Heard, Reading, Standing},
    journal::{Draft, TripRef},
};

/// What a lane knows of the vehicle that stands in it.
#[derive(Debug)]
pub(super) struct Passage {
    pub(super) visit_id: VisitId,
    pub(super) evidence: Evidence,
    /// The last decision about it.
    pub(super) last: Option<Decision>,
    /// The trip that a `MATCH` of this visit locked.
    pub(super) matched: Option<TripRef>,
    /// A trip whose `MATCH` was not confirmed as durable, and may yet be on the disk.
    pub(super) perhaps_matched: Option<TripRef>,
    /// All that the last decision rests on.
    pub(super) basis: Option<Box<Basis>>,
    /// That decision was made again before the pulse, upon news, and stood: the raise's outcome records what it took then.
    pub(super) rechecked: bool,
    /// The loops could not be seen for a while, and the vehicle was not seen since: it may have passed unseen.
    pub(super) unwatched: bool,
    /// The agent was not there for a while: the vehicle may have passed meanwhile, and who stands on the approach loop since may be the next one.
    pub(super) interrupted: bool,
    /// Something was under the arm since it rose.
    pub(super) under_arm: bool,
    /// Since when the approach loop is free.
    pub(super) gone_since: Option<Tick>,
    /// Since when somebody stands in the lane again, after a verdict and an approach loop that was free, or one that could not be seen: the same vehicle or
    /// the next one. Whatever is read first tells.
    pub(super) doubted: Option<Tick>,
    /// Nobody knows who stands before the barrier: the approach loop cannot be seen, and nobody was seen on it since.
    pub(super) unseen: bool,
    /// When the yard's patience ends (SG-237).
    pub(super) patience: Tick,
    /// When the visit began, on the wall clock.
    pub(super) began: UtcMillis,
    /// How the readings came together: by hand once a person has completed, chosen or released.
    pub(super) mode: Mode,
    /// That person.
    pub(super) by: Option<Box<str>>,
    /// The trip that a person chose of those offered.
    pub(super) chosen: Option<TripNo>,
    /// A person opens, or has opened, the barrier.
    pub(super) released: Option<Release>,
}

impl Passage {
    /// A vehicle stands in the lane: a visit, its `ARRIVAL`, and what the readers heard of it a moment before.
    pub(super) fn open(
        site: &mut Site,
        heard: Evidence,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> State {
        match Self::begin(site, heard, policy, now, effects) {
            Err(heard) => State::Idle(heard),
            Ok(passage) if passage.evidence.is_empty() => {
                State::Collecting(Collecting::anew(passage, policy, now))
            }
            Ok(passage) => {
                let window_ends = Collecting::window_from(policy, now);
                Deciding::ask(passage, window_ends, effects)
            }
        }
    }

    /// The visit itself; gives back what was heard when it cannot be named.
    pub(super) fn begin(
        site: &mut Site,
        mut heard: Evidence,
        policy: &LanePolicy,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<Self, Evidence> {
        let Some(visit_id) = site.next_visit(now) else {
            // Gate and lane names are bounded so that this cannot be; without a name nothing may be recorded or opened.
            return Err(heard);
        };
        let oldest = now.tick.as_micros().saturating_sub(u64::from(policy.max_read_age_ms) * 1000);
        heard.forget_before(Tick::from_micros(oldest));
        let passage = Self::of(visit_id, heard, policy, now);
        let arrival = passage.draft(EventType::Arrival, site, policy, now);
        effects.push(Effect::Light(super::Light::Red));
        effects.push(Effect::Record(vec![arrival], Then::GoOn));
        Ok(passage)
    }

    /// A passage about which nothing but its evidence is known.
    pub(super) fn of(visit_id: VisitId, evidence: Evidence, policy: &LanePolicy, now: Moment) -> Self {
        Self {
            visit_id,
            evidence,
            last: None,
            matched: None,
            perhaps_matched: None,
            basis: None,
            rechecked: false,
            unwatched: false,
            interrupted: false,
            under_arm: false,
            gone_since: None,
            doubted: None,
            unseen: false,
            patience: now.tick + Duration::from_secs(u64::from(policy.lane_timeout_s)),
            began: now.wall,
            mode: Mode::Automatic,
            by: None,
            chosen: None,
            released: None,
        }
    }

    /// The trip of this vehicle, as far as the lane knows it.
    pub(super) fn known_trip(&self) -> Option<&TripRef> {
        self.matched.as_ref().or_else(|| self.last.as_ref().and_then(|last| last.trip.as_ref()))
    }

    /// Asks the judge about what was read so far.
    pub(super) fn to_judge(&self) -> Effect {
        Effect::Decide(Box::new(self.evidence.clone()), self.chosen)
    }

    /// Takes a reading in, unless it is of the vehicle before. True when it says something new; that the vehicle is still the same is new where that was
    /// in doubt. What is not known, read first, is another vehicle's: nothing that was read before counts for that one.
    pub(super) fn hear(&mut self, site: &mut Site, read: Reading) -> bool {
        if site.has_just_passed(&read) {
            return false;
        }
        let Some((since, known)) = self.doubted.and_then(|since| self.tells(&read, since)) else {
            return self.evidence.add(read);
        };
        self.doubted = None;
        if !known {
            self.evidence.forget_before(since);
            self.chosen = None;
        }
        self.evidence.add(read);
        true
    }

    /// Whether a reading since then is of something that is known of this vehicle; none when it tells nothing of who stands there.
    fn tells(&self, read: &Reading, since: Tick) -> Option<(Tick, bool)> {
        let Reading::Medium(medium) = read else { return None };
        if medium.at < since || medium.standing != Standing::Counts {
            return None;
        }
        let is_it =
            |heard: &Heard| heard.medium.medium_type == medium.medium_type && heard.medium.key == medium.key;
        Some((since, self.evidence.media().iter().any(is_it)))
    }

    /// As [`Self::watch`], while nobody was let through: after a verdict or in a hold somebody who comes back onto the loop may be somebody else, and so may
    /// whoever stands on it after it could not be seen.
    pub(super) fn watch_place(&mut self, site: &Site, is_judged: bool, now: Tick) {
        let came_back = self.gone_since.is_some() && (is_judged || self.last.is_some());
        if site.approach == Level::Occupied && (came_back || self.unseen) {
            self.doubted = Some(now);
        }
        self.unseen = site.approach == Level::Unknown;
        self.watch(site, now);
    }

    /// Whether it is this vehicle that stands before the barrier, as far as the approach loop and what was read since can tell.
    pub(super) fn stands_there(&self, site: &Site) -> bool {
        self.doubted.is_none() && site.approach == Level::Occupied
    }

    /// Follows the approach loop; call on every input.
    pub(super) fn watch(&mut self, site: &Site, now: Tick) {
        self.unwatched &= site.approach != Level::Occupied;
        self.gone_since = match site.approach {
            Level::Free => self.gone_since.or(Some(now)),
            Level::Occupied | Level::Unknown => None,
        };
    }

    /// The same while the barrier is or may be open: whoever drives through while a loop cannot be seen is not seen.
    pub(super) fn watch_open(&mut self, site: &Site, now: Tick) {
        self.watch(site, now);
        self.unwatched |= [site.approach, site.safety, site.exit].contains(&Level::Unknown);
        self.under_arm |= site.safety != Level::Free;
    }

    /// Whether the vehicle has left its place before the barrier, as far as loops can tell: somebody else may stand on the exit loop.
    pub(super) fn moved(&self, site: &Site) -> bool {
        self.under_arm || site.approach != Level::Occupied || !site.config.has_safety_loop
    }

    /// Whether nobody can say that the vehicle did not pass, now that it is gone.
    pub(super) const fn may_have_passed(&self) -> bool {
        self.unwatched || self.interrupted
    }

    /// When the vehicle counts as gone, if it looks gone now.
    pub(super) fn gone_at(&self, site: &Site) -> Option<Tick> {
        self.gone_since.map(|since| since + site.config.timing.withdraw)
    }

    /// True when the vehicle has left the approach loop for good.
    pub(super) fn is_gone(&self, site: &Site, now: Tick) -> bool {
        self.gone_at(site).is_some_and(|gone| now >= gone)
    }

    /// The key that the last decision matched, for the order of the reads in events.
    pub(super) fn matched_key(&self) -> Option<&MediumKey> {
        self.last.as_ref().and_then(|last| last.key.as_ref())
    }

    /// The vehicle leaves without a pass: `REFUSE` frees the trip (SG-237).
    pub(super) fn refuse(&self, reason: ReasonCode, site: &Site, policy: &LanePolicy, now: Moment) -> Effect {
        let mut draft = self.draft(EventType::Refuse, site, policy, now);
        draft.verdict = Some(protocols::rules::Verdict::Refuse);
        draft.trip = self.matched.clone();
        draft.reason = Some(reason);
        draft.trip = draft.trip.or_else(|| self.perhaps_matched.clone());
        let mut drafts: Vec<_> = self.end_of_perhaps(site, policy, now).into_iter().collect();
        drafts.push(draft);
        Effect::Record(drafts, Then::GoOn)
    }

    /// Should the intent that the journal did not confirm be on the disk after all, this is its end; should it not be, nothing refers to it.
    pub(super) fn end_of_perhaps(&self, site: &Site, policy: &LanePolicy, now: Moment) -> Option<Draft> {
        let perhaps = self.perhaps_matched.clone()?;
        let why = Some("the journal did not confirm the intent, and nothing was pulsed");
        let mut outcome = self.outcome(RaiseOutcome::Refused, why, site, policy, now);
        outcome.trip = Some(perhaps);
        Some(outcome)
    }
}
