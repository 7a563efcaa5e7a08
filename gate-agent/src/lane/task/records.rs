//! The records that a lane has asked for and the journal has not yet confirmed, in order.
//! Promises: one batch under way at a time, so that a failure cannot turn their order around; what need not be waited for is kept and
//! offered again until it is durable; the intent of a raise is offered once, since a later proof would open for nobody.
//! Bounded: beyond [`MOST_WAITING`] records the journal has long been down and the lane holds; what then still comes (vehicles that are sent away, devices
//! failing) is counted, and the count is recorded as `SHED` (invariant I8). What was done by persons' releases is never among that: the emergency
//! log, which ends them when it is full, bounds it.

use std::{collections::VecDeque, time::Duration};

use protocols::{contract::EventType, tick::Tick};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    journal::{Committed, Draft, Journal, JournalError},
    lane::input::{Moment, Then},
};

/// Enough for the hold of a lane whose journal is down for days; a lane that holds records next to nothing.
const MOST_WAITING: usize = 512;

/// How long a journal that has just refused is left alone.
const RETRY: Duration = Duration::from_millis(250);

type Answer = oneshot::Receiver<Result<Committed, JournalError>>;

/// The queue and the batch under way.
#[derive(Debug, Default)]
pub(super) struct Records {
    waiting: VecDeque<Draft>,
    raise: Option<Vec<Draft>>,
    under_way: Option<Batch>,
    /// After a failure: when to offer again.
    not_before: Option<Tick>,
    shed: u64,
}

#[derive(Debug)]
struct Batch {
    /// Kept to be offered again.
    kept: Vec<Draft>,
    raises: bool,
    offered: Tick,
    answer: Answer,
}

/// What came of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Durable; the proof when a raise waits for it, and when the journal was handed the batch.
    Durable { proof: Option<Committed>, offered: Tick },
    /// Not durable; true when a raise waited for it.
    Failed { raise_waited: bool, error: JournalError },
}

impl Records {
    /// Takes records in.
    pub(super) fn add(&mut self, drafts: Vec<Draft>, then: Then) {
        match then {
            Then::Raise => self.raise = Some(drafts),
            Then::GoOn => {
                for draft in drafts {
                    if self.waiting.len() < MOST_WAITING || must_be_kept(&draft) {
                        self.waiting.push_back(draft);
                    } else {
                        self.shed += 1;
                    }
                }
            }
        }
    }

    /// Hands the next batch to the journal, if none is under way: everything that waits, and behind it the intent.
    pub(super) fn offer(&mut self, journal: &Journal, now: Moment) {
        let nothing = self.waiting.is_empty() && self.raise.is_none();
        if nothing || self.under_way.is_some() || self.not_before.is_some_and(|then| now.tick < then) {
            return;
        }
        self.not_before = None;
        if self.shed > 0 && self.waiting.len() < MOST_WAITING {
            let mut draft = Draft::new(EventType::Shed, now.tick, now.wall);
            draft.detail =
                Some(json!({ "what": "lane records while the journal was down", "count": self.shed }));
            self.waiting.push_back(draft);
            self.shed = 0;
        }
        let kept: Vec<Draft> = self.waiting.drain(..).collect();
        let mut all = kept.clone();
        let raise = self.raise.take();
        let raises = raise.is_some();
        all.extend(raise.into_iter().flatten());
        self.under_way = Some(Batch { kept, raises, offered: now.tick, answer: journal.submit(all) });
    }

    /// The same without leaving a journal alone that has just failed: for the program's end.
    pub(super) fn offer_at_once(&mut self, journal: &Journal, now: Moment) {
        self.not_before = None;
        self.offer(journal, now);
    }

    /// True while the journal has a batch.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// True when nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.raise.is_none() && self.under_way.is_none()
    }

    /// When what waits is offered again after a failure.
    pub(super) fn retry_at(&self) -> Option<Tick> {
        self.not_before.filter(|_| self.under_way.is_none() && !self.is_empty())
    }

    /// The journal failed just now: leaves it alone for a moment.
    pub(super) fn back_off(&mut self, now: Moment) {
        self.not_before = Some(now.tick + RETRY);
    }

    /// Waits for the batch under way; pending for ever when there is none. Safe to drop while it waits.
    pub(super) async fn settled(&mut self) -> Outcome {
        let Some(batch) = &mut self.under_way else { return std::future::pending().await };
        let answer = (&mut batch.answer).await.unwrap_or(Err(JournalError::Stopped));
        let Some(batch) = self.under_way.take() else { return std::future::pending().await };
        match answer {
            Ok(proof) => Outcome::Durable { proof: batch.raises.then_some(proof), offered: batch.offered },
            Err(error) => {
                for draft in batch.kept.into_iter().rev() {
                    self.waiting.push_front(draft);
                }
                Outcome::Failed { raise_waited: batch.raises, error }
            }
        }
    }
}

/// What the barrier did and what became of a trip: without the journal that is a person's release and what followed.
const fn must_be_kept(draft: &Draft) -> bool {
    matches!(
        draft.event_type,
        EventType::ManualRelease
            | EventType::RaiseIntent
            | EventType::RaiseOutcome
            | EventType::Pass
            | EventType::LeftPort
            | EventType::EmptyExit
    )
}

#[cfg(test)]
mod tests {
    use protocols::contract::UtcMillis;

    use super::*;

    fn draft(event_type: EventType) -> Draft {
        Draft::new(event_type, Tick::default(), UtcMillis::from_millis(0))
    }

    /// Invariants I1 and I8: however much waits, nothing of a release is shed; what is shed is counted.
    #[test]
    fn what_was_done_is_never_shed() {
        let mut records = Records::default();
        records.add(vec![draft(EventType::Arrival); MOST_WAITING + 3], Then::GoOn);
        assert_eq!((records.waiting.len(), records.shed), (MOST_WAITING, 3));
        let done =
            [EventType::ManualRelease, EventType::RaiseIntent, EventType::RaiseOutcome, EventType::Pass];
        records.add(done.map(draft).into(), Then::GoOn);
        records.add(vec![draft(EventType::Refuse)], Then::GoOn);
        assert_eq!((records.waiting.len(), records.shed), (MOST_WAITING + 4, 4));
    }
}
