//! Devices, journal, index, the line to the centre, and PINs.

use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};

use super::super::{
    advice::for_device,
    locks::LockStatus,
    state::{DeviceView, State},
    words::Words,
};
use crate::{
    folder::Obstacle,
    journal::{JournalState, StoreError},
};

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// True while it answers.
    pub online: bool,
    /// Media or input samples told.
    pub reads: u64,
    /// Sound frames.
    pub frames: u64,
    /// Frames whose check failed.
    pub bad_checks: u64,
    /// Bytes of no frame.
    pub noise_bytes: u64,
    /// Requests without a valid answer.
    pub errors: u64,
    /// Times its port was opened again.
    pub reconnects: u64,
    /// Readings dropped.
    pub shed: u64,
    /// What to do about it while it is offline.
    #[serde(default)]
    pub next: Option<Words>,
    /// How its locks stand, if it is a lock board.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<LockStatus>,
}

/// The journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalStatus {
    /// `opening`, `available` or `unavailable`.
    pub state: String,
    /// Why it is unavailable.
    pub error: Option<String>,
    /// What of the data folder stands in the way, if that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// The epoch that the centre gave.
    pub epoch: Option<u32>,
    /// The newest record.
    pub head: u64,
    /// Everything up to here is at the centre.
    pub acked: u64,
    /// What is not.
    pub backlog: u64,
    /// Last write, microseconds.
    pub last_commit_us: u64,
    /// "Recording slow".
    pub slow: bool,
    /// The disk is full and recording goes on in the room kept for that, or there is no such room.
    #[serde(default)]
    pub on_reserve: bool,
}

/// The index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexStatus {
    /// Its revision.
    pub revision: Option<u64>,
    /// Seconds since the centre confirmed it.
    pub age_s: Option<u64>,
    /// Entries in memory, once loaded.
    pub entries: Option<usize>,
    /// What is damaged.
    pub damage: Option<String>,
    /// Older than this, in seconds, it lets nobody pass by itself (SG-209).
    #[serde(default)]
    pub max_age_s: Option<u64>,
    /// When it was last compared with the centre's; none since the start.
    #[serde(default)]
    pub compared_at: Option<UtcMillis>,
    /// Its rows that were put right by that since the start.
    #[serde(default)]
    pub repaired_rows: u64,
}

/// The line to the centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentreStatus {
    /// True while calls succeed.
    pub online: bool,
    /// Gate minus centre.
    pub clock_offset_ms: Option<i64>,
    /// Why the last call failed.
    pub error: Option<String>,
}

/// 口令状态: who may act at the panel, in numbers only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinStatus {
    /// Persons of the configuration.
    pub persons: usize,
    /// Names that must wait after wrong PINs.
    pub locked: usize,
    /// Everybody must wait so long.
    pub all_locked_s: Option<u64>,
    /// No release code is taken, because the file of them or the emergency log cannot be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub codes_unreadable: bool,
}

pub(super) fn device(view: &DeviceView) -> DeviceStatus {
    let counters = &view.metrics;
    let online = counters.online.get() == 1;
    DeviceStatus {
        name: view.name.to_string(),
        kind: view.kind.to_owned(),
        online,
        reads: counters.reads.get(),
        frames: counters.frames.get(),
        bad_checks: counters.bad_checks.get(),
        noise_bytes: counters.noise_bytes.get(),
        errors: counters.errors.get(),
        reconnects: counters.reconnects.get(),
        shed: counters.shed.get(),
        next: (!online).then(|| for_device(view.kind)),
        locks: counters.locks.told(),
    }
}

pub(super) fn journal(state: &State) -> JournalStatus {
    let (name, error, obstacle) = match &*state.journal.state().borrow() {
        JournalState::Opening => ("opening", None, None),
        JournalState::Available => ("available", None, None),
        JournalState::Unavailable(error) => ("unavailable", Some(error.to_string()), obstacle(error)),
    };
    let head = state.journal.head().borrow().clone();
    let health = state.journal.health();
    JournalStatus {
        state: name.to_owned(),
        error,
        obstacle,
        epoch: head.as_ref().and_then(|head| head.epoch),
        head: head.as_ref().map_or(0, |head| head.seq),
        acked: head.as_ref().map_or(0, |head| head.marks.acked_seq),
        backlog: state.backlog(),
        last_commit_us: u64::try_from(health.last_commit.as_micros()).unwrap_or(u64::MAX),
        slow: health.is_slow,
        on_reserve: health.is_on_reserve,
    }
}

fn obstacle(error: &StoreError) -> Option<Obstacle> {
    match error {
        StoreError::Folder { folder, .. } => Some(folder.obstacle),
        StoreError::Failed { .. }
        | StoreError::Newer { .. }
        | StoreError::OtherGate { .. }
        | StoreError::Broken { .. } => None,
    }
}

pub(super) fn index(state: &State) -> IndexStatus {
    let stamp = state.cache.stamp();
    let link = state.link.borrow();
    IndexStatus {
        compared_at: link.compared_at,
        repaired_rows: link.repaired_rows,
        revision: stamp.map(|stamp| stamp.revision),
        age_s: stamp.map(|stamp| stamp.age_s),
        entries: state.cache.counts().map(|(entries, _)| entries),
        damage: state.cache.damage().map(|damage| damage.to_string()),
        max_age_s: state.cache.policy().yard.as_ref().map(|yard| u64::from(yard.max_index_age_h) * 3600),
    }
}

pub(super) fn centre(state: &State) -> CentreStatus {
    let link = state.link.borrow();
    CentreStatus {
        online: link.online,
        clock_offset_ms: link.clock_offset_ms,
        error: link.error.as_ref().map(ToString::to_string),
    }
}

pub(super) fn silent_neighbours(state: &State) -> Vec<String> {
    let silent = state.silent_neighbours.as_ref();
    silent.map_or_else(Vec::new, |silent| silent.borrow().iter().map(ToString::to_string).collect())
}

pub(super) fn pins(state: &State) -> PinStatus {
    let standing = state.persons.standing();
    PinStatus {
        persons: state.persons.len(),
        locked: standing.locked,
        all_locked_s: standing.all_wait.map(|wait| wait.as_secs().max(1)),
        codes_unreadable: state.codes.is_unreadable(),
    }
}
