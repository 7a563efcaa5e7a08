//! 窗口: the way from the panel to a lane: an act goes in, the lane's answer comes back.
//! Promises: bounded; an act that the lane does not take in time, or whose lane has ended, is refused, never kept for later.
//! Absent on purpose: who the person is (`panel`), what the act does (the lane's states).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use crate::{
    clock::Clock,
    lane::act::{Act, Deed, Person, Refusal, Second},
};

/// Acts that may wait for a lane. Persons are slow; more are a mistake.
const INBOX: usize = 8;
/// Beyond the time box: how long the panel waits for the lane's word.
const ANSWER_SLACK: Duration = Duration::from_secs(2);

/// An act on its way, and where its answer goes.
pub type Submitted = (Act, oneshot::Sender<Result<(), Refusal>>);

/// One lane's counter; clones lead to the same lane.
#[derive(Clone)]
pub struct Counter {
    lane: mpsc::Sender<Submitted>,
    clock: Arc<dyn Clock>,
    numbers: Arc<AtomicU64>,
}

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counter").finish_non_exhaustive()
    }
}

impl Counter {
    /// A counter, and the lane's end of it.
    #[must_use]
    pub fn open(clock: Arc<dyn Clock>) -> (Self, mpsc::Receiver<Submitted>) {
        let (lane, acts) = mpsc::channel(INBOX);
        (Self { lane, clock, numbers: Arc::default() }, acts)
    }

    /// Hands an act in and waits for what the lane says. `valid` is the time box, from now.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was done, and nothing will be.
    pub async fn submit(
        &self,
        person: Person,
        second: Option<Second>,
        what: Deed,
        reason: &str,
        valid: Duration,
    ) -> Result<(), Refusal> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let until = self.clock.tick() + valid;
        let act = Act { number, person, second, what, reason: reason.into(), until };
        let (answer, answered) = oneshot::channel();
        self.lane.try_send((act, answer)).map_err(|_| Refusal::Expired)?;
        match tokio::time::timeout(valid + ANSWER_SLACK, answered).await {
            Ok(Ok(word)) => word,
            Ok(Err(_)) | Err(_) => Err(Refusal::Expired),
        }
    }
}
