//! Pulls the index: changes by long poll, a snapshot when there is none to follow.
//! Promises: what the cache says is applied before the journal hears of it; the index counts as confirmed only when the centre
//! says that nothing newer waits. What is not the centre's word (`signed`) is refused: the index stays as it is, a person is told why, and it is asked
//! for again, ever less often.

use std::{sync::Arc, time::Duration};

use protocols::{contract::Hash, tick::Tick};
use tokio::{sync::mpsc, time::sleep};
use tracing::{error, info};

use super::{
    backoff::{Backoff, after_busy},
    compare::Found,
    line::Sync,
    link::{CentreLink, LinkError},
    receipt::Receipts,
    signed::IndexRefused,
};
use crate::{
    apart::{NotDone, beside},
    cache::{Cache, CacheError, Feed, Repaired, SnapshotError},
};

/// An empty answer that comes sooner is no long poll; a centre that does not wait is not asked all the time.
const SOON: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// After something that is not the centre's word. It may be a whole snapshot each time.
const LONGEST_AFTER_REFUSED: Duration = Duration::from_secs(300);
/// Batches of lines between line and disk.
const AHEAD: usize = 8;

/// What kept the index from getting further.
enum Stopped {
    Link(LinkError),
    Cache(CacheError),
    Snapshot(SnapshotError),
    Refused(IndexRefused),
}

impl From<SnapshotError> for Stopped {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}

impl<L: CentreLink> Sync<L> {
    /// Keeps the index up to date for as long as the centre answers.
    pub async fn run_puller(self: Arc<Self>) {
        let mut backoff = Backoff::new(AFTER_FAILURE, LONGEST_AFTER_REFUSED);
        loop {
            self.until_online().await;
            let step = if self.snapshot_need.is_there() || self.cache.needs_snapshot() {
                self.take_snapshot().await
            } else {
                self.take_changes().await
            };
            match step {
                Ok(()) => {
                    backoff.succeeded();
                    self.count();
                }
                Err(Stopped::Refused(why)) => {
                    self.refuse(why);
                    sleep(backoff.next(self.clock.tick(), rand::random_range(0..=1000))).await;
                }
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
        let mut feed =
            self.link.changes(stamp.revision, mark, self.pace.long_poll).await.map_err(Stopped::Link)?;
        if self.snapshot_need.is_there() {
            // They follow a past that is not the index's.
            return Ok(());
        }
        let is_empty = feed.is_empty();
        if !is_empty {
            self.receipts.check_index(&feed.told(), None).map_err(Stopped::Refused)?;
        } else if self.receipts.are_asked_for() {
            feed = feed.without_mark();
        }
        self.apply(feed).await.map_err(Stopped::Cache)?;
        if !is_empty {
            self.refused_no_more();
        }
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
        let nonce = Hash(rand::random());
        let taken = take(self.cache.clone(), arriving, self.receipts.clone(), nonce);
        let (streamed, taken) = tokio::join!(self.link.snapshot(nonce, lines), taken);
        match (streamed, taken) {
            (_, Ok(revision)) => {
                self.refused_no_more();
                self.snapshot_need.still(wishes);
                self.cover().await;
                self.log_snapshot(revision, began);
                let repaired = Repaired { kept: self.cache.newly_kept(), ..Repaired::default() };
                self.tell(Found { repaired, ..Found::default() }, false).await;
                Ok(())
            }
            (Err(error), Err(Stopped::Snapshot(SnapshotError::Incomplete { .. }))) => {
                Err(Stopped::Link(error))
            }
            (_, Err(stopped)) => Err(stopped),
        }
    }

    fn log_snapshot(&self, revision: u64, began: Tick) {
        let took = self.clock.tick().since(began).as_millis();
        info!(revision, "took a snapshot at revision {revision} in {took} ms");
    }

    /// Tells a person; the journal and the events are not concerned.
    fn refuse(&self, why: IndexRefused) {
        self.state.send_if_modified(|state| {
            let is_new = state.index_refused.replace(why) != Some(why);
            if is_new {
                error!(reason = %why, "the index stays as it is: {why}");
            }
            is_new
        });
    }

    fn refused_no_more(&self) {
        self.state.send_if_modified(|state| {
            let was = state.index_refused.take().is_some();
            if was {
                info!("the centre's signature of its index holds again");
            }
            was
        });
    }

    async fn pause(&self, error: String) {
        self.note(&error);
        sleep(AFTER_FAILURE).await;
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Feeds the lines to the builder as they come, each batch off the runtime's threads; what is whole is judged before it becomes the index.
async fn take(
    cache: Cache,
    mut arriving: mpsc::Receiver<Vec<String>>,
    receipts: Receipts,
    nonce: Hash,
) -> Result<u64, Stopped> {
    let broken = |why| SnapshotError::Store(not_done(why));
    let mut snapshot = beside(move || cache.begin_snapshot()).await.map_err(broken)??;
    while let Some(lines) = arriving.recv().await {
        let take = move || lines.iter().try_for_each(|line| snapshot.line(line)).map(|()| snapshot);
        snapshot = beside(take).await.map_err(broken)??;
    }
    let finish = move || {
        let whole = snapshot.whole()?;
        receipts.check_index(&whole.told(), Some(nonce)).map_err(Stopped::Refused)?;
        Ok(whole.take()?)
    };
    beside(finish).await.map_err(broken)?
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
