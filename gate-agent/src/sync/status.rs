//! Live status, and the small duties of the clock: keeping the index's age, trimming the journal.
//! How the gate is, is said without a disk: a gate whose journal was never opened can say no hello, and says that all the same (fault A10).

use std::{sync::Arc, time::Duration};

use protocols::contract::LiveStatus;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{line::Sync, link::CentreLink, puller::blocking};

/// Status goes out at most this often.
const AT_MOST: Duration = Duration::from_millis(500);
/// How often a gate tries to tell that its journal does not open.
const UNOPENED: Duration = Duration::from_secs(3);
const UPKEEP: Duration = Duration::from_secs(60);

impl<L: CentreLink> Sync<L> {
    /// Posts the newest status whenever it changes; one that was overtaken is never sent. Ends when `live` does.
    pub async fn run_status(self: Arc<Self>, mut live: watch::Receiver<Option<LiveStatus>>) {
        loop {
            self.until_it_may_tell().await;
            let newest = live.borrow_and_update().clone();
            if let Some(status) = newest
                && let Err(error) = self.link.status(&status).await
            {
                self.failed(&error);
                continue;
            }
            sleep(AT_MOST).await;
            if let Ok(Err(_)) = timeout(self.pace.status_every, live.changed()).await {
                return;
            }
        }
    }

    /// Waits until the centre answers; or for a moment, as long as nobody can ask it anything else.
    async fn until_it_may_tell(&self) {
        tokio::select! {
            () = self.until_online() => {}
            () = sleep(UNOPENED), if self.head().is_none() => {}
        }
    }

    /// Once a minute: keeps the index's age, and cuts what the journal need not keep any longer.
    pub async fn run_upkeep(self: Arc<Self>) {
        loop {
            sleep(UPKEEP).await;
            let cache = self.cache.clone();
            if let Err(error) = blocking(move || cache.keep_age()).await {
                self.note(&error);
            }
            let policy = self.cache.policy();
            let Some(yard) = &policy.yard else { continue };
            match self.journal.trim(yard.journal_keep_days).await {
                Ok(_) => {}
                Err(crate::journal::JournalError::Stopped) => return,
                Err(error) => self.note(&error),
            }
        }
    }
}
