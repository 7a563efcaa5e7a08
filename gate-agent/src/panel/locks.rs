//! 锁状态 of a lock board, laid out for the page and for Prometheus.
//! Promises: a state is shown only while its board tells it; otherwise the lock is unknown.
//! Absent: opening locks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
};
use protocols::lock::session::LockState;
use serde::{Deserialize, Serialize};

use super::words::Words;

/// One lock of one device.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LockLabel {
    device: String,
    lock: u8,
}

/// What every lock is shown as: 1 shut, 0 open, -1 not known.
pub(super) type LockFamily = Family<LockLabel, Gauge>;

/// What is known of one device's locks. Clones know the same.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    device: Box<str>,
    states: Arc<Mutex<BTreeMap<u8, LockState>>>,
    shown: LockFamily,
}

/// One lock, as the page has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockStatus {
    /// Its number on the board.
    pub lock: u8,
    /// `shut`, `open` or `unknown`.
    pub state: String,
    /// Both in words.
    pub words: Words,
}

impl Locks {
    pub(super) fn new(device: &str, shown: LockFamily) -> Self {
        Self { device: device.into(), states: Arc::default(), shown }
    }

    /// A lock is in this state from now on.
    pub fn set(&self, lock: u8, state: LockState) {
        if self.states().insert(lock, state) == Some(state) {
            return;
        }
        let value = match state {
            LockState::Shut => 1,
            LockState::Open => 0,
            LockState::Unknown => -1,
        };
        let label = LockLabel { device: self.device.to_string(), lock };
        self.shown.get_or_create(&label).set(value);
    }

    /// Every lock that the board has, by its number.
    #[must_use]
    pub fn told(&self) -> Vec<LockStatus> {
        let told = |(lock, state): (&u8, &LockState)| {
            let (code, zh, en) = match state {
                LockState::Shut => ("shut", "已锁", "shut"),
                LockState::Open => ("open", "打开", "open"),
                LockState::Unknown => ("unknown", "未知", "not known"),
            };
            let words = Words::new(format!("锁 {lock} {zh}"), format!("lock {lock} {en}"));
            LockStatus { lock: *lock, state: code.to_owned(), words }
        };
        self.states().iter().map(told).collect()
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<u8, LockState>> {
        // A map of copies is whole even where a writer died.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
