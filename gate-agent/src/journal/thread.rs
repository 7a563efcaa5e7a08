//! The journal's own thread: takes what lanes submit, writes what has gathered in one go, and answers each.
//! Promises: the queue holds [`QUEUE`] submissions, then `Full` goes to the caller at once and is counted; a broken journal answers
//! `Unavailable` at once and is opened again with a back-off of 0.5 s to 5 s; a slow disk shows within 2 s although the
//! thread itself is stuck in it (fault A9).
//! One thread writes (one writer per log); reading for the outbox goes through the same queue, one short read at a time.
//! Source: `faults` section 3, rules 1, 4 and 6.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use protocols::{contract::Hash, ids::GateId, tick::Tick};
use tokio::sync::{oneshot, watch};
use tracing::{error, info};

use super::{
    committed::Committed,
    core::JournalCore,
    draft::Draft,
    error::{JournalError, StoreError},
    health::{JournalHealth, JournalState},
    job::{Answer, Job},
    overlay::Overlay,
    record::Record,
    recover::Recovered,
    store::{Head, JournalStore},
};
use crate::clock::Clock;

/// How many submissions may wait; enough for every lane of a gate many times over.
pub const QUEUE: usize = 1024;
/// How many submissions share one sync at most, so that nobody waits for all others.
const GROUP: usize = 256;
/// A commit that takes longer is shown as "recording slow".
const SLOW: Duration = Duration::from_secs(2);
/// Records removed in one go, so that a lane's commit waits for little.
const CUT: usize = 1000;
/// How often the room for a full disk is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(3);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// 日志: a handle to the journal's thread; clones speak to the same one. When all are dropped the thread ends.
#[derive(Clone)]
pub struct Journal {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    overlay: Arc<Overlay>,
    clock: Arc<dyn Clock>,
    head: watch::Sender<Option<Head>>,
    state: watch::Sender<JournalState>,
    recovered: watch::Sender<Option<Arc<Recovered>>>,
    clock_measured: Mutex<Option<(i64, Tick)>>,
    /// Tick at which the present write began, plus one; 0 when none is under way.
    writing_since: AtomicU64,
    last_commit_us: AtomicU64,
    commits: AtomicU64,
    failures: AtomicU64,
    refused_full: AtomicU64,
    is_on_reserve: watch::Sender<bool>,
}

impl Journal {
    /// Starts the thread. It succeeds whatever the disk says; [`Self::state`] and [`Self::recovered`] tell how that went.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start<S: JournalStore>(
        store: S,
        gate_id: GateId,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared {
            overlay: Arc::new(Overlay::new(gate_id.clone())),
            clock,
            head: watch::Sender::new(None),
            state: watch::Sender::new(JournalState::Opening),
            recovered: watch::Sender::new(None),
            clock_measured: Mutex::new(None),
            writing_since: AtomicU64::new(0),
            last_commit_us: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            refused_full: AtomicU64::new(0),
            is_on_reserve: watch::Sender::new(false),
        });
        let (jobs, inbox) = sync_channel(QUEUE);
        let worker = Worker {
            held: Some(Held::Store(store)),
            inbox,
            put_back: None,
            look_after_at: Tick::default(),
            gate_id,
            retry_at: Tick::default(),
            wait: FIRST_WAIT,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || worker.run())?;
        Ok((Self { jobs, shared }, thread))
    }

    /// Records all drafts or none; the proof comes when they are durable.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, JournalError> {
        self.submit(drafts).await.unwrap_or(Err(JournalError::Stopped))
    }

    /// As [`Self::commit`], without waiting: the answer comes through the channel, refusals too.
    #[must_use]
    pub fn submit(&self, drafts: Vec<Draft>) -> oneshot::Receiver<Result<Committed, JournalError>> {
        let (answer, receiver) = oneshot::channel();
        self.offer(Job::Commit(drafts, answer));
        receiver
    }

    /// What the last run left unfinished; waits until the file could be opened.
    ///
    /// # Errors
    /// [`JournalError::Stopped`].
    pub async fn recovered(&self) -> Result<Arc<Recovered>, JournalError> {
        let mut watch = self.shared.recovered.subscribe();
        let found = watch.wait_for(Option::is_some).await.map_err(|_| JournalError::Stopped)?;
        found.clone().ok_or(JournalError::Stopped)
    }

    /// What the last run left, if the file could be opened by now.
    #[must_use]
    pub fn found(&self) -> Option<Arc<Recovered>> {
        self.shared.recovered.borrow().clone()
    }

    /// The end of the chain and the marks; none before the file could be opened.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<Option<Head>> {
        self.shared.head.subscribe()
    }

    /// Whether the journal records.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<JournalState> {
        self.shared.state.subscribe()
    }

    /// Whether it records in the room that is kept for a full disk, or has no such room.
    #[must_use]
    pub fn reserve(&self) -> watch::Receiver<bool> {
        self.shared.is_on_reserve.subscribe()
    }

    /// This gate's own acts upon trips, for the cache.
    #[must_use]
    pub fn overlay(&self) -> Arc<Overlay> {
        Arc::clone(&self.shared.overlay)
    }

    /// This start's number, which makes visit ids unique; none before the file could be opened.
    #[must_use]
    pub fn boot(&self) -> Option<u64> {
        self.shared.head.borrow().as_ref().map(|head| head.boot)
    }

    /// How recording goes, now.
    #[must_use]
    pub fn health(&self) -> JournalHealth {
        let load = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let since = load(&self.shared.writing_since).checked_sub(1).map(Tick::from_micros);
        let under_way = since.map(|since| self.shared.clock.tick().since(since));
        let last_commit = Duration::from_micros(load(&self.shared.last_commit_us));
        JournalHealth {
            last_commit,
            under_way,
            is_on_reserve: *self.shared.is_on_reserve.borrow(),
            is_slow: last_commit > SLOW || under_way.is_some_and(|time| time > SLOW),
            commits: load(&self.shared.commits),
            failures: load(&self.shared.failures),
            refused_full: load(&self.shared.refused_full),
        }
    }

    /// What events say about the clock from now on: gate minus centre (SG-254), measured now.
    pub fn set_clock_offset(&self, offset_ms: Option<i64>) {
        let measured = offset_ms.map(|offset_ms| (offset_ms, self.shared.clock.tick()));
        *self.shared.clock_measured.lock().unwrap_or_else(PoisonError::into_inner) = measured;
    }

    /// Up to `limit` records after `seq`, in order, as they were sealed; for the outbox.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn unsent(&self, after_seq: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        self.ask(|answer| Job::ReadAfter(after_seq, limit, answer)).await
    }

    /// The hash of record `seq`, also of the anchor and of 0; none when it is not held.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn hash_of(&self, seq: u64) -> Result<Option<Hash>, JournalError> {
        self.ask(|answer| Job::HashOf(seq, answer)).await
    }

    /// The centre has everything up to `acked_seq`, visible from `revision` on; a lower mark than before is taken too.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn acknowledge(&self, acked_seq: u64, revision: u64) -> Result<(), JournalError> {
        self.ask(|answer| Job::Acknowledge(acked_seq, revision, answer)).await
    }

    /// This gate's index has reached `revision`; to be called after the index shows it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn cover(&self, revision: u64) -> Result<(), JournalError> {
        self.ask(|answer| Job::Cover(revision, answer)).await
    }

    /// Takes the epoch that the centre gives to this file.
    ///
    /// # Errors
    /// [`JournalError::EpochConflict`] when records carry another one.
    pub async fn set_epoch(&self, epoch: u32) -> Result<(), JournalError> {
        self.ask(|answer| Job::SetEpoch(epoch, answer)).await
    }

    /// Cuts the oldest records that are acknowledged, covered and older than `keep_days`, at most 1,000; gives how many.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn trim(&self, keep_days: u32) -> Result<usize, JournalError> {
        self.ask(|answer| Job::Trim(keep_days, answer)).await
    }

    /// Ends the thread after what is queued now.
    pub fn stop(&self) {
        // A full queue still ends: the thread drains it and meets this last.
        drop(self.jobs.send(Job::Stop));
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, JournalError> {
        let (answer, receiver) = oneshot::channel();
        self.offer(job(answer));
        receiver.await.unwrap_or(Err(JournalError::Stopped))
    }

    fn offer(&self, job: Job) {
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => {
                self.shared.refused_full.fetch_add(1, Ordering::SeqCst);
                job.refuse(&JournalError::Full);
            }
            Err(TrySendError::Disconnected(job)) => job.refuse(&JournalError::Stopped),
        }
    }
}

enum Held<S> {
    /// Not opened yet.
    Store(S),
    Core(Box<JournalCore<S>>),
}

struct Worker<S> {
    /// Always present; an option only so that opening can take it.
    held: Option<Held<S>>,
    inbox: Receiver<Job>,
    /// A job that came after a group of commits.
    put_back: Option<Job>,
    look_after_at: Tick,
    gate_id: GateId,
    retry_at: Tick,
    wait: Duration,
    shared: Arc<Shared>,
}

impl<S: JournalStore> Worker<S> {
    fn run(mut self) {
        self.open();
        loop {
            let job = self.next_job();
            if !self.is_recording() && self.shared.clock.tick() >= self.retry_at {
                self.open();
            }
            match job {
                Some(Job::Stop) => return,
                Some(job) => self.serve(job),
                None => {}
            }
            self.look_after_reserve();
        }
    }

    /// The next job; none when it is time to look after the journal.
    fn next_job(&mut self) -> Option<Job> {
        if let Some(job) = self.put_back.take() {
            return Some(job);
        }
        let wait = if self.is_recording() { LOOK_AFTER } else { self.wait };
        match self.inbox.recv_timeout(wait) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Job::Stop),
        }
    }

    /// What a full disk has taken is put by again when there is space; and operators hear of it.
    fn look_after_reserve(&mut self) {
        let now = self.shared.clock.tick();
        if now < self.look_after_at {
            return;
        }
        self.look_after_at = now + LOOK_AFTER;
        // On a disk that takes nothing there is no room to keep.
        if let Some(Held::Core(core)) = &mut self.held
            && core.broken().is_none()
        {
            let is_on_reserve = !core.has_reserve();
            let told = &self.shared.is_on_reserve;
            told.send_if_modified(|known| std::mem::replace(known, is_on_reserve) != is_on_reserve);
        }
    }

    fn is_recording(&self) -> bool {
        matches!(&self.held, Some(Held::Core(core)) if core.broken().is_none())
    }

    fn open(&mut self) {
        let outcome = match self.held.take() {
            Some(Held::Store(store)) => self.open_first(store),
            Some(Held::Core(mut core)) => {
                let outcome = core.reopen();
                self.held = Some(Held::Core(core));
                outcome
            }
            None => return,
        };
        match outcome {
            Ok(()) => {
                self.wait = FIRST_WAIT;
                self.publish_head();
                self.publish_state(JournalState::Available);
            }
            Err(error) => {
                self.shared.failures.fetch_add(1, Ordering::SeqCst);
                self.wait = if self.retry_at == Tick::default() { FIRST_WAIT } else { self.wait * 2 };
                self.wait = self.wait.min(LONGEST_WAIT);
                self.retry_at = self.shared.clock.tick() + self.wait;
                self.publish_state(JournalState::Unavailable(error));
            }
        }
    }

    fn open_first(&mut self, store: S) -> Result<(), StoreError> {
        let (clock, overlay) = (Arc::clone(&self.shared.clock), Arc::clone(&self.shared.overlay));
        match JournalCore::open_with(store, self.gate_id.clone(), clock, overlay) {
            Ok((core, recovered)) => {
                self.held = Some(Held::Core(Box::new(core)));
                self.publish_head();
                self.shared.recovered.send_replace(Some(Arc::new(recovered)));
                Ok(())
            }
            Err((store, error)) => {
                self.held = Some(Held::Store(store));
                Err(error)
            }
        }
    }

    fn serve(&mut self, job: Job) {
        if let Job::Commit(drafts, answer) = job {
            self.commit(drafts, answer);
        } else {
            self.run_errand(job);
        }
        self.publish_head();
        if let Some(Held::Core(core)) = &self.held
            && let Some(error) = core.broken().cloned()
            && *self.shared.state.borrow() == JournalState::Available
        {
            // The first try to open again comes at once, with the next job or the shortest wait.
            self.shared.failures.fetch_add(1, Ordering::SeqCst);
            (self.wait, self.retry_at) = (FIRST_WAIT, self.shared.clock.tick());
            self.publish_state(JournalState::Unavailable(error));
        }
    }

    fn commit(&mut self, drafts: Vec<Draft>, answer: Answer<Committed>) {
        let (mut groups, mut answers) = (vec![drafts], vec![answer]);
        while groups.len() < GROUP {
            match self.inbox.try_recv() {
                Ok(Job::Commit(drafts, answer)) => {
                    groups.push(drafts);
                    answers.push(answer);
                }
                Ok(other) => {
                    self.put_back = Some(other);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let began = self.shared.clock.tick();
        self.shared.writing_since.store(began.as_micros().saturating_add(1), Ordering::SeqCst);
        let outcomes = match &mut self.held {
            Some(Held::Core(core)) => {
                core.set_clock_offset(
                    *self.shared.clock_measured.lock().unwrap_or_else(PoisonError::into_inner),
                );
                core.commit_groups(groups)
            }
            Some(Held::Store(_)) | None => {
                groups.iter().map(|_| Err(unavailable(&self.shared.state))).collect()
            }
        };
        let took = self.shared.clock.tick().since(began);
        self.shared.writing_since.store(0, Ordering::SeqCst);
        if outcomes.iter().any(Result::is_ok) {
            self.shared.commits.fetch_add(1, Ordering::SeqCst);
            let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            self.shared.last_commit_us.store(took, Ordering::SeqCst);
        }
        self.publish_head();
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // A lane that has gone away needs no proof; the record stands.
            drop(answer.send(outcome));
        }
    }

    fn run_errand(&mut self, job: Job) {
        let Some(Held::Core(core)) = &mut self.held else {
            return job.refuse(&unavailable(&self.shared.state));
        };
        match job {
            Job::ReadAfter(seq, limit, answer) => drop(answer.send(core.read_after(seq, limit))),
            Job::HashOf(seq, answer) => drop(answer.send(core.hash_of(seq))),
            // Whoever was answered finds the mark, or the epoch, in the head.
            Job::Acknowledge(seq, revision, answer) => {
                let outcome = core.acknowledge(seq, revision);
                self.publish_head();
                drop(answer.send(outcome));
            }
            Job::Cover(revision, answer) => drop(answer.send(core.cover(revision))),
            Job::SetEpoch(epoch, answer) => {
                let outcome = core.set_epoch(epoch);
                self.publish_head();
                drop(answer.send(outcome));
            }
            Job::Trim(keep_days, answer) => drop(answer.send(core.trim(keep_days, CUT))),
            Job::Commit(..) | Job::Stop => {}
        }
    }

    fn publish_head(&self) {
        if let Some(Held::Core(core)) = &self.held {
            self.shared.head.send_if_modified(|known| {
                let is_new = known.as_ref() != Some(core.head());
                if is_new {
                    *known = Some(core.head().clone());
                }
                is_new
            });
        }
    }

    fn publish_state(&self, state: JournalState) {
        self.shared.state.send_if_modified(|known| {
            if *known == state {
                return false;
            }
            match &state {
                JournalState::Unavailable(cause) => error!(error = %cause, "journal is unavailable: {cause}"),
                JournalState::Opening | JournalState::Available => info!("journal is available"),
            }
            *known = state;
            true
        });
    }
}

fn unavailable(state: &watch::Sender<JournalState>) -> JournalError {
    match &*state.borrow() {
        JournalState::Unavailable(error) => JournalError::Unavailable(error.clone()),
        JournalState::Opening | JournalState::Available => JournalError::Stopped,
    }
}
