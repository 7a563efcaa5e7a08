//! 索引比对: once a day, and after a doubt, the index is held against the centre's and put right where it differs.
//! Promises: nothing waits for it: the file is read in small pieces beside all else, changes are applied meanwhile, and rows are asked for and put right
//! at one revision or not at all; where nothing is taken that the centre has not signed, a snapshot takes the place of rows. What was found is recorded as an event, and so known at the centre, for it is always a fault: of a disk, or of ours.
//! Gates of a yard do not come together: each has a time of its own, by chance.
//! Absent on purpose: what differs (`protocols::contract::digest`), how rows are put right (`cache::repair`).
//! Source: design section 4 ("Anti-entropy"); faults A6, C7, C8; docs/decisions 0088.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocols::contract::{DigestsAnswer, DigestsRequest, EventType, LookAt, RowKind};
use serde_json::json;
use tokio::time::sleep;
use tracing::{info, warn};

use super::{
    backoff::after_busy,
    line::Sync,
    link::{CentreLink, LinkError},
    puller::blocking,
    receipt::Receipts,
};
use crate::{
    cache::{CacheError, IndexDigest, Mending, Repaired},
    journal::Draft,
};

/// After a doubt has ended.
const AFTER_DOUBT: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Between two slices of the file, so that this takes no more than a part of a disk and a core.
const BREATH: Duration = Duration::from_millis(2);
/// For the centre's next revision to come, or its read of the index to end.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a question is asked again because the index has moved on or the centre is busy, and how often the whole is read again.
const TRIES: u32 = 10;
const SCANS: u32 = 3;
/// More parts than these that differ are not put right row by row: a snapshot is less work.
const MOST_PARTS: usize = 256;

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Put right.
    pub(super) repaired: Repaired,
    /// Parts that moved on faster than they could be compared.
    pub(super) unsettled: u64,
    /// So much differs, or the file is damaged: the whole is fetched again.
    pub(super) takes_snapshot: bool,
}

/// Why there was none.
#[derive(Debug)]
pub(super) enum NotCompared {
    /// The centre did not answer as hoped.
    Link(LinkError),
    /// The index could not be read or written.
    Cache(CacheError),
    /// There is no index to speak of, or it was replaced meanwhile.
    NoIndex,
}

impl<L: CentreLink> Sync<L> {
    /// Compares once a day by a chance of its own, soon after a start, and after each doubt.
    pub async fn run_comparison(self: Arc<Self>) {
        let every = self.pace.compare_every;
        // After a start and after a failure; of a day an hour at most.
        let soon = || by_chance(every / 24);
        let after_doubt = || by_chance(AFTER_DOUBT.min(every));
        let mut wait = soon();
        let mut is_doubtful = false;
        loop {
            tokio::select! {
                () = sleep(wait) => {}
                () = self.was_doubted.notified() => {
                    is_doubtful = true;
                    while self.cache.needs_snapshot() {
                        sleep(LOOK_AGAIN).await;
                    }
                    sleep(after_doubt()).await;
                }
            }
            self.until_online().await;
            let mut found = Found::default();
            let ended = self.compare(&mut found).await;
            // What was put right before it broke off is told, too.
            self.tell(found, ended.is_ok()).await;
            is_doubtful &= ended.is_err();
            wait = match ended {
                Ok(()) => every / 2 + by_chance(every),
                // Nothing is wrong with an older centre, and nothing to be said.
                Err(NotCompared::Link(LinkError::Unknown)) => every,
                Err(NotCompared::Link(error)) => {
                    self.note(&error);
                    soon()
                }
                Err(NotCompared::Cache(error)) => {
                    self.note(&error);
                    soon()
                }
                Err(NotCompared::NoIndex) => soon(),
            };
            // A doubt is not forgotten because the index moved on while it was compared, or the line was cut.
            if is_doubtful {
                wait = wait.min(after_doubt());
            }
        }
    }

    /// One comparison; what it finds counts also when it does not come to its end.
    pub(super) async fn compare(&self, found: &mut Found) -> Result<(), NotCompared> {
        let ended = self.compare_all(found).await;
        if let Err(NotCompared::Cache(CacheError::Corrupt(what))) = &ended {
            // Look-ups may not have met the damage, so lanes need not hold for it.
            warn!(error = %what, "comparing the index: {what}; taking a snapshot");
            self.snapshot_need.wish();
            found.takes_snapshot = true;
        }
        ended
    }

    async fn compare_all(&self, found: &mut Found) -> Result<(), NotCompared> {
        let (digest, answer) = self.ask_for_sums().await?;
        if answer.look_at.len() > MOST_PARTS {
            warn!(
                parts = answer.look_at.len(),
                "the index differs from the centre's all over, taking a snapshot"
            );
            self.snapshot_need.wish();
            found.takes_snapshot = true;
            return Ok(());
        }
        let mending =
            if matches!(self.receipts, Receipts::Unsigned) { Mending::Rows } else { Mending::Signed };
        // Denials first: what is kept of them outlasts the snapshot that the rest may lead to.
        let (denials, others): (Vec<_>, Vec<_>) =
            answer.look_at.into_iter().partition(|what| what.kind == RowKind::Deny);
        for what in denials.into_iter().chain(others) {
            self.settle(what, mending, found).await?;
            // Rows of a comparison carry no signature of the centre, so where only its word is taken the whole is fetched, which does.
            if found.repaired.left > 0 {
                warn!("the index differs from the centre's, taking a signed snapshot");
                self.snapshot_need.wish();
                found.takes_snapshot = true;
                return Ok(());
            }
        }
        let rows = digest.sums.trips.iter().map(|range| range.rows).sum::<u64>();
        info!(rows, revision = digest.revision, "compared {rows} trips of the index with the centre's");
        Ok(())
    }

    /// Sums of the whole index, and what the centre says to them.
    async fn ask_for_sums(&self) -> Result<(IndexDigest, DigestsAnswer), NotCompared> {
        for _ in 0..SCANS {
            if self.cache.needs_snapshot() {
                break;
            }
            let (cache, given_up) = (self.cache.clone(), GivenUp::default());
            let is_over = Arc::clone(&given_up.0);
            let go_on = move || {
                std::thread::sleep(BREATH);
                !is_over.load(Ordering::SeqCst)
            };
            let digest = blocking(move || cache.digest(go_on)).await.map_err(NotCompared::Cache)?;
            let Some(digest) = digest else { break };
            let answer = self.ask(&digest.request()).await?;
            if !answer.stale {
                return Ok((digest, answer));
            }
            sleep(PAUSE).await;
        }
        Err(NotCompared::NoIndex)
    }

    /// Asks, and again while the centre is busy: what was read for a question is not read again.
    async fn ask(&self, request: &DigestsRequest) -> Result<DigestsAnswer, NotCompared> {
        let mut tries = 0;
        loop {
            match self.link.digests(request).await {
                Err(LinkError::Busy { retry_after }) if tries < TRIES => {
                    tries += 1;
                    sleep(after_busy(retry_after, rand::random_range(0..=1000))).await;
                }
                answer => return answer.map_err(NotCompared::Link),
            }
        }
    }

    /// Compares what is to be looked at row by row, a piece at a time.
    async fn settle(&self, mut what: LookAt, mending: Mending, found: &mut Found) -> Result<(), NotCompared> {
        let mut tries = 0;
        while tries < TRIES {
            let (cache, asked) = (self.cache.clone(), what.clone());
            let held = blocking(move || cache.part(&asked)).await.map_err(NotCompared::Cache)?;
            let held = held.ok_or(NotCompared::NoIndex)?;
            let end = held.part.to.clone();
            let answer = self.ask(&held.request()).await?;
            let up_to = answer.to.clone().or(end);
            let cache = self.cache.clone();
            let repaired =
                blocking(move || cache.repair(&held, &answer, mending)).await.map_err(NotCompared::Cache)?;
            let Some(repaired) = repaired else {
                tries += 1;
                sleep(PAUSE).await;
                continue;
            };
            found.repaired.join(repaired);
            // A centre that says that it went nowhere would be asked for ever.
            if up_to == what.to || up_to <= what.after {
                return Ok(());
            }
            (what.after, tries) = (up_to, 0);
        }
        found.unsettled += 1;
        Ok(())
    }

    /// Tells what was found: to whoever asks the gate, and to the centre if anything differed.
    pub(super) async fn tell(&self, found: Found, is_whole: bool) {
        let Found { repaired, unsettled, takes_snapshot } = found;
        let now = self.clock.wall();
        self.state.send_modify(|state| {
            if is_whole {
                state.compared_at = Some(now);
            }
            state.repaired.join(repaired);
        });
        if repaired.is_nothing() && !takes_snapshot {
            return;
        }
        let Repaired { replaced, removed, kept, left: _ } = repaired;
        warn!(
            replaced,
            removed,
            kept,
            "the index differed from the centre's: {replaced} rows replaced, {removed} removed, {kept} denials kept"
        );
        let mut draft = Draft::new(EventType::IndexRepaired, self.clock.tick(), now);
        draft.detail = Some(json!({
            "replaced": replaced, "removed": removed, "denials_kept": kept, "unsettled": unsettled, "snapshot": takes_snapshot
        }));
        if let Err(error) = self.journal.commit(vec![draft]).await {
            self.note(&error);
        }
    }
}

/// Set when nobody waits for a scan any more: the program stops, and does not wait for it either.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// From a tenth of it to the whole.
fn by_chance(longest: Duration) -> Duration {
    longest * rand::random_range(100..=1000) / 1000
}
