//! Wakes the long polls of a yard when its feed has moved.
//! Promises: a poll that looked at revision R and then waits for more than R never sleeps through a commit of this process. Other
//! processes on the same database do not reach it, so a poll also looks again by itself (`gate_feed`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocols::ids::YardId;
use tokio::sync::watch;

/// One watched revision a yard.
#[derive(Clone, Debug, Default)]
pub struct YardSignals(Arc<Mutex<HashMap<YardId, watch::Sender<u64>>>>);

/// Wakes whoever watches gates, passages and alerts when a commit of this process has moved one.
#[derive(Clone, Debug)]
pub struct LiveSignal(watch::Sender<()>);

impl Default for LiveSignal {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl LiveSignal {
    /// Changes at each such commit.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }

    pub(super) fn wake(&self) {
        self.0.send_replace(());
    }
}

impl YardSignals {
    /// A receiver of this yard's newest committed revision; 0 before the first commit of this process.
    #[must_use]
    pub fn subscribe(&self, yard: YardId) -> watch::Receiver<u64> {
        self.of(yard, watch::Sender::subscribe)
    }

    pub(super) fn wake(&self, yard: YardId, revision: u64) {
        self.of(yard, |sender| {
            sender.send_if_modified(|known| {
                let newer = revision > *known;
                *known = revision.max(*known);
                newer
            })
        });
    }

    fn of<T>(&self, yard: YardId, act: impl FnOnce(&watch::Sender<u64>) -> T) -> T {
        let mut yards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(yards.entry(yard).or_insert_with(|| watch::Sender::new(0)))
    }
}
