//! 锁控板: a lock board's conversation, which lays out how its locks stand.
//! Promises: what is laid out is what the conversation knows after each step; when it ends, with its port, nothing is known.
//! Absent: opening locks: nobody in the agent asks for it.

use protocols::{
    lock::session::{Config, LockState, Session},
    talk::{Counters, Input, Output, Talk},
    tick::Tick,
};

use crate::panel::Locks;

/// The conversation, and where its locks are shown.
pub(super) struct WatchedLocks {
    session: Session,
    locks: Vec<u8>,
    shown: Locks,
}

impl WatchedLocks {
    pub(super) fn new(config: Config, shown: Locks) -> Self {
        let locks = config.locks.clone();
        Self { session: Session::new(config), locks, shown }
    }
}

impl Talk for WatchedLocks {
    fn handle(&mut self, input: Input<'_>, now: Tick) {
        self.session.handle(input, now);
        for lock in &self.locks {
            self.shown.set(*lock, self.session.state(*lock));
        }
    }

    fn poll(&mut self) -> Output {
        self.session.poll()
    }

    fn counters(&self) -> Counters {
        self.session.counters()
    }
}

impl Drop for WatchedLocks {
    fn drop(&mut self) {
        for lock in &self.locks {
            self.shown.set(*lock, LockState::Unknown);
        }
    }
}
