//! Hello, and what follows from it: the epoch, the clock's offset, where to go on pushing; and coming back after a cut.
//! While the line holds, a hello every 10 minutes measures the clock again and notices a centre that was restored.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocols::{
    contract::{EventType, EventsReceipt, HelloAnswer, HelloRequest},
    ids::GateId,
};
use serde_json::json;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use super::{
    backoff::Backoff,
    link::{CentreLink, LinkError},
    need::SnapshotNeed,
    past::{self, Past},
    puller::blocking,
    receipt::{Place, Receipts},
    state::{Alarm, Line, SyncState},
};
use crate::{
    cache::Cache,
    clock::Clock,
    journal::{Draft, Head, Journal, JournalError},
};

const HELLO_AGAIN: Duration = Duration::from_secs(600);
/// The contract's limit for one call of events.
const MOST: usize = 500;
/// A slower answer says too little about the clock; the next hello measures again.
const EXACT: Duration = Duration::from_secs(2);
/// SG-254: a clock further off than this raises an alert.
const CLOCK_LIMIT_MS: u64 = 5_000;

/// 节奏: how often the line is used, and how long it waits; the gate's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long the centre may hold a request for changes; with the HTTP grace below 15 s, so that a dead line shows (fault C2).
    pub long_poll: Duration,
    /// Live status goes out at least this often, so that the centre sees that the gate is alive.
    pub status_every: Duration,
    /// How often the whole index is compared, by a chance of its own around it.
    pub compare_every: Duration,
    /// First wait before reconnecting.
    pub retry_first: Duration,
    /// Longest wait before reconnecting.
    pub retry_longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            long_poll: Duration::from_secs(8),
            status_every: Duration::from_secs(10),
            compare_every: Duration::from_secs(24 * 3600),
            retry_first: Duration::from_secs(1),
            retry_longest: Duration::from_secs(30),
        }
    }
}

/// 同步: everything that the tasks of the line share. `app` spawns one future for each `run_*`; all end when the journal stops.
pub struct Sync<L> {
    pub(super) link: L,
    pub(super) journal: Journal,
    pub(super) cache: Cache,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gate_id: GateId,
    pub(super) pace: Pace,
    pub(super) receipts: Receipts,
    pub(super) state: watch::Sender<SyncState>,
    /// Wished when the centre knows less than it did: it was restored, and only a snapshot tells what it knows.
    pub(super) snapshot_need: SnapshotNeed,
    /// There was a doubt about the index: it is compared once a snapshot has ended it.
    pub(super) was_doubted: Notify,
    is_clock_off: AtomicBool,
    /// Events in one call at most.
    pub(super) most: usize,
}

impl<L: CentreLink> Sync<L> {
    /// A line that has not been tried yet.
    #[must_use]
    pub fn new(
        link: L,
        journal: Journal,
        cache: Cache,
        clock: Arc<dyn Clock>,
        gate_id: GateId,
        pace: Pace,
        receipts: Receipts,
    ) -> Arc<Self> {
        let state = watch::Sender::new(SyncState::new(clock.tick()));
        let (snapshot_need, is_clock_off) = (SnapshotNeed::default(), AtomicBool::new(false));
        Arc::new(Self {
            link,
            journal,
            cache,
            clock,
            gate_id,
            pace,
            receipts,
            state,
            snapshot_need,
            was_doubted: Notify::new(),
            is_clock_off,
            most: MOST,
        })
    }

    /// How the line is.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<SyncState> {
        self.state.subscribe()
    }

    /// Says hello, again after each cut, and every 10 minutes while the line holds.
    pub async fn run_line(self: Arc<Self>) {
        if self.journal.recovered().await.is_err() {
            return;
        }
        let mut backoff = Backoff::new(self.pace.retry_first, self.pace.retry_longest);
        loop {
            match self.greet().await {
                Ok(()) => backoff.succeeded(),
                Err(error) => self.failed(&error),
            }
            let mut state = self.state();
            // Ends early when the line is cut.
            drop(timeout(HELLO_AGAIN, state.wait_for(|state| !state.is_online())).await);
            if !self.state.borrow().is_online() {
                sleep(backoff.next(self.clock.tick(), rand::random_range(0..=1000))).await;
            }
        }
    }

    /// One hello and what follows from it.
    pub(super) async fn greet(&self) -> Result<(), LinkError> {
        let Some(head) = self.head() else { return Ok(()) };
        let request = HelloRequest {
            gate_id: self.gate_id.clone(),
            store_id: head.store_id.as_ref().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            epoch: head.epoch.filter(|_| head.seq > 0),
            index: self.cache.index_mark(),
        };
        let revision_before = self.cache.stamp().map(|stamp| stamp.revision);
        let (sent, sent_wall) = (self.clock.tick(), self.clock.wall().as_millis());
        let answer = self.link.hello(&request).await?;
        let round_trip = self.clock.tick().since(sent);
        let halfway = i64::try_from(round_trip.as_millis() / 2).unwrap_or(0);
        let measured = sent_wall.saturating_add(halfway).saturating_sub(answer.time.as_millis());
        let offset_ms = (round_trip <= EXACT).then_some(measured);
        if offset_ms.is_some() {
            self.journal.set_clock_offset(offset_ms);
        }
        if past::is_index_foreign(revision_before, &answer) {
            warn!(
                centre = answer.revision,
                "the centre's index is not the one that ours follows, taking a snapshot"
            );
            self.doubt_index().await;
        }
        let alarm = match self.agree(&answer, head.marks.acked_seq).await {
            Ok(alarm) => alarm,
            // A gate whose disk takes nothing is worked by hand: what is denied meanwhile, and how it is, need no journal.
            Err(error) => {
                self.note(&error);
                Some(Alarm::Journal)
            }
        };
        self.online(alarm, offset_ms);
        if let Some(offset_ms) = offset_ms {
            self.note_clock(offset_ms).await;
        }
        Ok(())
    }

    /// Takes the epoch and the place to go on from; an alarm when both sides disagree about the past.
    async fn agree(&self, answer: &HelloAnswer, acked_before: u64) -> Result<Option<Alarm>, JournalError> {
        match self.journal.set_epoch(answer.epoch).await {
            Ok(()) => self.resume(answer, acked_before).await,
            Err(JournalError::EpochConflict { have, offered }) => Ok(Some(Alarm::Epoch { have, offered })),
            Err(error) => Err(error),
        }
    }

    /// Goes on from the event that the centre expects, if its past is ours and it stands to what it says. `acked_before` is what it had
    /// acknowledged when it was asked: less than that in its answer means that it was restored, and its revisions may since have overtaken
    /// ours with other content. A receipt that came while it answered is newer than the answer.
    pub(super) async fn resume(
        &self,
        answer: &HelloAnswer,
        acked_before: u64,
    ) -> Result<Option<Alarm>, JournalError> {
        let acked_seq = answer.expected_seq.saturating_sub(1);
        let place = Place { epoch: answer.epoch, seq: acked_seq, hash: answer.expected_hash };
        if let Err(why) = self.receipts.check(&self.gate_id, place, answer.receipt.as_ref()) {
            return Ok(Some(Alarm::Receipt(why)));
        }
        let signed = self.receipts.newest(&self.gate_id, answer.epoch);
        let held_signed = match signed {
            Some(signed) => self.journal.hash_of(signed.seq).await?,
            None => None,
        };
        let held = self.journal.hash_of(acked_seq).await?;
        // Read after the hashes were: a receipt may have come meanwhile.
        let Some(head) = self.head() else { return Ok(None) };
        if let Some(alarm) = signed.and_then(|signed| past::against_receipt(signed, &head, held_signed)) {
            return Ok(Some(alarm));
        }
        let past = past::compare(answer, &head, held, acked_before);
        if let Past::Differs(alarm) = past {
            return Ok(Some(alarm));
        }
        self.keep(answer.receipt.as_ref()).await;
        match past {
            Past::Lower => {
                warn!(acked_seq, "the centre knows less than it did, sending again after {acked_seq}");
                if let Some(signed) = signed.filter(|signed| signed.seq > acked_seq) {
                    self.note(&format!(
                        "the centre has signed for event {} and knows {acked_seq} now",
                        signed.seq
                    ));
                }
                // Before the mark goes back: whoever stops in between finds it out again.
                self.doubt_index().await;
                self.journal.acknowledge(acked_seq, answer.revision).await?;
            }
            Past::Further => self.journal.acknowledge(acked_seq, answer.revision).await?,
            Past::Agreed | Past::Differs(_) => {}
        }
        Ok(None)
    }

    /// Keeps a receipt that was checked. One that the disk does not take holds nothing back: the next one takes its place.
    pub(super) async fn keep(&self, receipt: Option<&EventsReceipt>) {
        if let Err(error) = self.receipts.keep(receipt).await {
            self.note(&format!("the centre's receipt cannot be kept: {error}"));
        }
    }

    /// The centre was restored: the index is taken as a whole, also by a program that starts after this one.
    async fn doubt_index(&self) {
        self.snapshot_need.wish();
        let cache = self.cache.clone();
        if let Err(error) = blocking(move || cache.doubt()).await {
            self.note(&error);
        }
        // Only now: whoever compares waits for the snapshot that the cache says it needs.
        self.was_doubted.notify_one();
    }

    pub(super) fn head(&self) -> Option<Head> {
        self.journal.head().borrow().clone()
    }

    /// The line is cut, as far as this call can tell; the line's task comes back by itself.
    pub(super) fn failed(&self, error: &LinkError) {
        let now = self.clock.tick();
        self.state.send_modify(|state| {
            state.last_error = Some(error.to_string().into());
            if state.is_online() {
                warn!(error = %error, "line to the centre is down: {error}");
                state.line = Line::Offline(now);
            }
        });
    }

    /// Something went wrong though the line holds.
    pub(super) fn note(&self, error: &dyn std::fmt::Display) {
        warn!(error = %error, "synchronising: {error}");
        self.state.send_modify(|state| state.last_error = Some(error.to_string().into()));
    }

    pub(super) fn raise(&self, alarm: Alarm) {
        error!(alarm = %alarm, "events are held back: {alarm}");
        self.state.send_modify(|state| state.alarm = Some(alarm));
    }

    /// Brings the counters up to date.
    pub(super) fn count(&self) {
        let (head, revision) = (self.head(), self.cache.stamp().map(|stamp| stamp.revision));
        self.state.send_if_modified(|state| {
            let before = (state.acked_seq, state.backlog, state.revision);
            state.revision = revision;
            if let Some(head) = head {
                state.acked_seq = head.marks.acked_seq;
                state.backlog = head.seq.saturating_sub(head.marks.acked_seq);
            }
            before != (state.acked_seq, state.backlog, state.revision)
        });
    }

    /// Waits until the centre answers.
    pub(super) async fn until_online(&self) {
        // The sender lives in `self`, so this cannot end otherwise.
        drop(self.state().wait_for(SyncState::is_online).await);
    }

    fn online(&self, alarm: Option<Alarm>, offset_ms: Option<i64>) {
        let now = self.clock.tick();
        if let Some(alarm) = &alarm {
            error!(alarm = %alarm, "events are held back: {alarm}");
        }
        self.state.send_modify(|state| {
            if !state.is_online() {
                info!("line to the centre is up");
                state.line = Line::Online(now);
            }
            state.alarm = alarm;
            state.clock_offset_ms = offset_ms.or(state.clock_offset_ms);
        });
        self.count();
    }

    /// SG-254: one event when the clock is found wrong, one when it is right again.
    async fn note_clock(&self, offset_ms: i64) {
        let is_off = offset_ms.unsigned_abs() > CLOCK_LIMIT_MS;
        if is_off == self.is_clock_off.load(Ordering::SeqCst) {
            return;
        }
        let mut draft = Draft::new(EventType::Clock, self.clock.tick(), self.clock.wall());
        draft.detail = Some(json!({"offset_ms": offset_ms, "limit_ms": CLOCK_LIMIT_MS, "is_off": is_off}));
        match self.journal.commit(vec![draft]).await {
            Ok(_) => self.is_clock_off.store(is_off, Ordering::SeqCst),
            // The next hello measures again.
            Err(error) => self.note(&error),
        }
    }
}
