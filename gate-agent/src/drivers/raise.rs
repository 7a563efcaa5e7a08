//! 抬杆: one raise, from the order to its outcome.
//! Promises: `Raised` only by a sample of the open limit taken after the pulse was written; one outcome, told once.
//! Absent: the bus.
//! Source: rules of the bus: an echo proves that the board received the command, not that the barrier moved.

use std::time::Duration;

use protocols::{
    contract::RaiseOutcome,
    relay::command::{CommandId, Failure},
    tick::Tick,
};
use tokio::sync::oneshot;

use crate::{fail_point::fail_point, journal::Committed, lane::Arm};

/// A raise under way.
#[derive(Debug)]
pub(super) struct Raise {
    pub(super) id: CommandId,
    /// Held as long as the pulse may go out; nothing else can make one.
    proof: Committed,
    answer: oneshot::Sender<RaiseOutcome>,
    /// When the pulse was written.
    written: Option<Tick>,
    pub(super) deadline: Tick,
    travel: Duration,
}

impl Raise {
    pub(super) fn new(
        id: CommandId,
        proof: Committed,
        answer: oneshot::Sender<RaiseOutcome>,
        now: Tick,
        travel: Duration,
    ) -> Self {
        Self { id, proof, answer, written: None, deadline: now + travel, travel }
    }

    /// True until the pulse was written.
    pub(super) const fn waits(&self) -> bool {
        self.written.is_none()
    }

    /// The pulse goes out now. From here on it is never sent again.
    pub(super) fn write(&mut self, now: Tick) {
        self.written = Some(now);
        self.deadline = now + self.travel;
    }

    /// The number of the record that allowed it, for the trace.
    pub(super) const fn record(&self) -> u64 {
        self.proof.last_seq()
    }

    /// The outcome that a sample of the arm, asked for at `at`, means.
    pub(super) fn seen(&self, arm: Arm, at: Tick) -> Option<RaiseOutcome> {
        (arm == Arm::Open && self.written.is_some_and(|written| at >= written))
            .then_some(RaiseOutcome::Raised)
    }

    /// The outcome that a failed command means; none while the arm may still rise.
    pub(super) const fn failed(&self, why: Failure) -> Option<RaiseOutcome> {
        match why {
            Failure::Refused(_) | Failure::NotPossible => Some(RaiseOutcome::Refused),
            Failure::Unknown => None,
            Failure::Unanswered | Failure::Offline | Failure::Withdrawn | Failure::QueueFull
                if self.waits() =>
            {
                Some(RaiseOutcome::TimedOut)
            }
            Failure::Unanswered | Failure::Offline | Failure::Withdrawn | Failure::QueueFull => None,
        }
    }

    /// Answers; a lane that has ended needs no answer.
    pub(super) fn finish(self, outcome: RaiseOutcome) {
        fail_point("barrier.before_outcome");
        let _ = self.answer.send(outcome);
    }
}
