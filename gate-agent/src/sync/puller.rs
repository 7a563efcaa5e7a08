//! Pulls the index: changes by long poll, a snapshot when there is none to follow.
//! Promises: what the cache says is applied before the journal hears of it; the index counts as confirmed only when the centre
//! says that nothing newer waits.

use std::{sync::Arc, time::Duration};

use protocols::tick::Tick;
use tokio::{sync::mpsc, time::sleep};
use tracing::info;

use super::{
    backoff::after_busy,
    line::Sync,
    link::{CentreLink, LinkError},
};
use crate::{
    apart::{NotDone, beside},
    cache::{Cache, CacheError, Feed, SnapshotError},
};

/// An empty answer that comes sooner is no long poll; a centre that does not wait is not asked all the time.
const SOON: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Batches of lines between line and disk.
const AHEAD: usize = 8;

/// What kept the index from getting further.
enum Stopped {
    Link(LinkError),
    Cache(CacheError),
    Snapshot(SnapshotError),
}

impl<L: CentreLink> Sync<L> {
    /// Keeps the index up to date for as long as the centre answers.
    pub async fn run_puller(self: Arc<Self>) {
        loop {
            self.until_online().await;
            let step = if self.snapshot_need.is_there() || self.cache.needs_snapshot() {
                self.take_snapshot().await
            } else {
                self.take_changes().await
            };
            match step {
                Ok(()) => self.count(),
                Err(
                    Stopped::Link(LinkError::TooOld)
                    | Stopped::Cache(CacheError::Gap { .. })
                    | Stopped::Snapshot(SnapshotError::Older { .. }),
                ) => {
                    self.snapshot_need.wish();
                    // A centre that was restored meanwhile shows it here, before its index is taken for the one that was followed.
                    if let Err(error) = self.greet().await {
                        self.failed(&error);
                    }
                }
                Err(Stopped::Link(LinkError::Busy { retry_after })) => {
                    sleep(after_busy(retry_after, rand::random_range(0..=1000))).await;
                }
                Err(Stopped::Link(error)) => self.failed(&error),
                Err(Stopped::Cache(error)) => self.pause(with_cause(&error)).await,
                Err(Stopped::Snapshot(error)) => self.pause(with_cause(&error)).await,
            }
        }
    }

    async fn take_changes(&self) -> Result<(), Stopped> {
        let Some(stamp) = self.cache.stamp() else { return Ok(()) };
        let mark = self.cache.index_mark().filter(|index| index.revision == stamp.revision);
        let asked = self.clock.tick();
        let mark = mark.map(|index| index.mark);
        let feed =
            self.link.changes(stamp.revision, mark, self.pace.long_poll).await.map_err(Stopped::Link)?;
        if self.snapshot_need.is_there() {
            // They follow a past that is not the index's.
            return Ok(());
        }
        let is_empty = feed.is_empty();
        self.apply(feed).await.map_err(Stopped::Cache)?;
        if is_empty && self.clock.tick().since(asked) < SOON {
            sleep(SOON).await;
        }
        Ok(())
    }

    async fn apply(&self, feed: Feed) -> Result<(), CacheError> {
        let (cache, is_newest) = (self.cache.clone(), !feed.has_more());
        blocking(move || {
            cache.apply_changes(&feed)?;
            if is_newest { cache.confirm() } else { Ok(()) }
        })
        .await?;
        self.cover().await;
        Ok(())
    }

    async fn take_snapshot(&self) -> Result<(), Stopped> {
        let (began, wishes) = (self.clock.tick(), self.snapshot_need.wishes());
        let (lines, arriving) = mpsc::channel::<Vec<String>>(AHEAD);
        // However the stream ends, the lines' sender is gone then, and the builder sees whether it was whole.
        let (streamed, built) = tokio::join!(self.link.snapshot(lines), build(self.cache.clone(), arriving));
        match (streamed, built) {
            (_, Ok(revision)) => {
                self.snapshot_need.still(wishes);
                self.cover().await;
                self.log_snapshot(revision, began);
                Ok(())
            }
            (Err(error), Err(SnapshotError::Incomplete { .. })) => Err(Stopped::Link(error)),
            (_, Err(error)) => Err(Stopped::Snapshot(error)),
        }
    }

    fn log_snapshot(&self, revision: u64, began: Tick) {
        let took = self.clock.tick().since(began).as_millis();
        info!(revision, "took a snapshot at revision {revision} in {took} ms");
    }

    async fn pause(&self, error: String) {
        self.note(&error);
        sleep(AFTER_FAILURE).await;
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Feeds the lines to the builder as they come, each batch off the runtime's threads.
async fn build(cache: Cache, mut arriving: mpsc::Receiver<Vec<String>>) -> Result<u64, SnapshotError> {
    let broken = |why| SnapshotError::Store(not_done(why));
    let mut snapshot = beside(move || cache.begin_snapshot()).await.map_err(broken)??;
    while let Some(lines) = arriving.recv().await {
        let take = move || lines.iter().try_for_each(|line| snapshot.line(line)).map(|()| snapshot);
        snapshot = beside(take).await.map_err(broken)??;
    }
    beside(move || snapshot.finish()).await.map_err(broken)?
}

/// Runs what blocks on the disk beside the other tasks.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, CacheError> {
    beside(work).await.unwrap_or_else(|why| Err(not_done(why)))
}

/// There is no thread for it (fault A8), the work panicked, or the program is stopping.
fn not_done(why: NotDone) -> CacheError {
    CacheError::Failed { doing: "change", cause: why.to_string().into() }
}
