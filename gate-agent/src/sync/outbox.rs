//! 发件箱: pushes what the centre does not have yet, in order, one batch at a time.
//! Promises: contiguous from the acknowledged mark on; only a receipt of the centre moves that mark; a refusal moves it only where
//! both sides' hashes agree. With an identity a receipt counts in the centre's own hand only, for the very event (decision 0083). A batch
//! that a slow line cannot carry in time is halved (fault C3).
//! A journal that gives nothing holds back events and no more: the line stays, for the index and for how the gate is (faults A5, A10).
//! Absent on purpose: a queue of its own; the journal is the queue.

use std::{sync::Arc, time::Duration};

use protocols::contract::{EventsAck, EventsRefusal, Hash};
use tokio::time::{sleep, timeout};

use super::{
    backoff::after_busy,
    line::Sync,
    link::{CentreLink, LinkError},
    past::{self, AfterRefusal},
    receipt::Place,
    state::Alarm,
};
use crate::{
    fail_point::fail_point,
    journal::{JournalError, JournalState, Record},
};

/// How long to leave an alarm or a contradiction before asking again.
const CALM: Duration = Duration::from_secs(60);
/// How long a journal that gave nothing is left alone, also when it is back at once.
const JOURNAL_AGAIN: Duration = Duration::from_secs(1);
/// Bytes of one batch, unless one event alone has more: the centre takes twice as much at once.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What came of one batch.
enum Pushed {
    /// The centre has more than before.
    Further,
    /// There is nothing to send.
    Nothing,
    /// Both sides must agree again first, after a pause.
    Stuck,
}

impl<L: CentreLink> Sync<L> {
    /// Pushes for as long as there is something and the centre answers.
    pub async fn run_outbox(self: Arc<Self>) {
        let mut head = self.journal.head();
        let mut most = self.most;
        loop {
            self.until_online().await;
            if self.state().borrow().alarm.is_some() {
                self.ask_again_later().await;
                continue;
            }
            match self.push(most).await {
                Ok(Pushed::Further) => most = (most * 2).min(self.most),
                Ok(Pushed::Nothing) => {
                    // Whatever comes is sent at once; the pause only makes sure of lost wake-ups.
                    if let Ok(Err(_)) = timeout(CALM, head.changed()).await {
                        return;
                    }
                }
                Ok(Pushed::Stuck) => self.ask_again_later().await,
                Err(LinkError::Busy { retry_after }) => {
                    self.note(&LinkError::Busy { retry_after });
                    sleep(after_busy(retry_after, rand::random_range(0..=1000))).await;
                }
                Err(error @ LinkError::Unreachable(_)) => {
                    most = (most / 2).max(1);
                    self.failed(&error);
                }
                Err(error) => {
                    self.failed(&error);
                }
            }
            self.count();
        }
    }

    /// One batch.
    async fn push(&self, most: usize) -> Result<Pushed, LinkError> {
        let Some(head) = self.head() else { return Ok(Pushed::Nothing) };
        let (Some(epoch), acked_seq) = (head.epoch, head.marks.acked_seq) else { return Ok(Pushed::Nothing) };
        let mut batch = match self.journal.unsent(acked_seq, most).await {
            Ok(batch) => batch,
            Err(error) => return Ok(self.without_journal(&error)),
        };
        batch.truncate(fitting(&batch));
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Pushed::Nothing) };
        let (first, last) = (first.seq, last.seq);
        if first != acked_seq + 1 {
            self.raise(Alarm::Trimmed { wanted: acked_seq + 1, anchor: first - 1 });
            return Ok(Pushed::Stuck);
        }
        let (events, hashes): (Vec<String>, Vec<Hash>) =
            batch.into_iter().map(|record| (record.json, record.hash)).unzip();
        fail_point("outbox.before_send");
        let answer = self.link.events(&self.gate_id, epoch, &events).await;
        fail_point("outbox.after_send_before_ack");
        match answer {
            Ok(ack) => self.acknowledged(epoch, (first, last), &hashes, &ack).await,
            Err(LinkError::Refused(refusal)) => self.refused(first, &refusal).await,
            Err(error) => Err(error),
        }
    }

    async fn acknowledged(
        &self,
        epoch: u32,
        (first, last): (u64, u64),
        hashes: &[Hash],
        ack: &EventsAck,
    ) -> Result<Pushed, LinkError> {
        if !past::is_receipt_of(ack, epoch, first, last) {
            // A receipt for something else than what was sent: only a hello can tell where we are.
            self.note(&format!(
                "the receipt names ({}, {}), sent was ({epoch}, {last})",
                ack.epoch, ack.acked_seq
            ));
            return Ok(Pushed::Stuck);
        }
        let hash = usize::try_from(ack.acked_seq - first).ok().and_then(|place| hashes.get(place));
        let place = Place { epoch, seq: ack.acked_seq, hash: hash.copied().unwrap_or(Hash::ZERO) };
        if let Err(why) = self.receipts.check(&self.gate_id, place, ack.receipt.as_ref()) {
            self.raise(Alarm::Receipt(why));
            return Ok(Pushed::Stuck);
        }
        self.keep(ack.receipt.as_ref()).await;
        if let Err(error) = self.journal.acknowledge(ack.acked_seq, ack.revision).await {
            return Ok(self.without_journal(&error));
        }
        fail_point("outbox.after_ack");
        self.cover().await;
        Ok(Pushed::Further)
    }

    /// A hello settles where to go on: it names the centre's place with its hash and revision, and raises the alarm if the pasts
    /// differ. A centre that then still wants what it refused holds that our event does not follow from our own past.
    async fn refused(&self, sent_from: u64, refusal: &EventsRefusal) -> Result<Pushed, LinkError> {
        self.note(&LinkError::Refused(refusal.clone()));
        self.greet().await?;
        let acked_seq = self.head().map_or(0, |head| head.marks.acked_seq);
        if self.state.borrow().alarm.is_some() {
            return Ok(Pushed::Stuck);
        }
        match past::after_refusal(refusal.code, sent_from, acked_seq) {
            AfterRefusal::GoOn => Ok(Pushed::Further),
            AfterRefusal::Stuck(alarm) => {
                if let Some(alarm) = alarm {
                    self.raise(alarm);
                }
                Ok(Pushed::Stuck)
            }
        }
    }

    /// Tells the journal how far the index has come, so that covered acts leave the overlay. An index that is to be replaced says
    /// nothing: its revisions are not those of the centre's acknowledgements, and the snapshot may not show the acts yet.
    pub(super) async fn cover(&self) {
        if self.snapshot_need.is_there() || self.cache.needs_snapshot() {
            return;
        }
        if let Some(stamp) = self.cache.stamp()
            && let Err(error) = self.journal.cover(stamp.revision).await
        {
            self.note(&error);
        }
    }

    /// The line is there, and the journal is not: events wait for it, and nothing else does.
    fn without_journal(&self, error: &JournalError) -> Pushed {
        self.note(error);
        self.raise(Alarm::Journal);
        Pushed::Stuck
    }

    async fn ask_again_later(&self) {
        let mut journal = self.journal.state();
        let waits_for_journal = self.state().borrow().alarm == Some(Alarm::Journal);
        tokio::select! {
            () = sleep(CALM) => {}
            () = async {
                sleep(JOURNAL_AGAIN).await;
                drop(journal.wait_for(|state| *state == JournalState::Available).await);
            }, if waits_for_journal => {}
        }
        if let Err(error) = self.greet().await {
            self.failed(&error);
        }
    }
}

/// How many of these records go at once.
fn fitting(batch: &[Record]) -> usize {
    let mut bytes = 0;
    let fits = |record: &&Record| {
        bytes += record.json.len();
        bytes <= MOST_BYTES
    };
    batch.iter().take_while(fits).count().max(1)
}
