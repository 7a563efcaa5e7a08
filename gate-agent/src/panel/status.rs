//! `/status`: the whole state as one JSON object. Members are only ever added.

use serde::{Deserialize, Serialize};

use super::state::State;
use crate::journal::JournalState;

/// 状态: what `/status` answers and `gate-agent status` reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The gate.
    pub gate_id: String,
    /// The program's version.
    pub version: String,
    /// What keeps it from passing vehicles by itself; empty when ready.
    pub not_ready: Vec<String>,
    /// Its lanes.
    pub lanes: Vec<LaneStatus>,
    /// Its devices.
    pub devices: Vec<DeviceStatus>,
    /// Its journal.
    pub journal: JournalStatus,
    /// Its index.
    pub index: IndexStatus,
    /// The line to the centre.
    pub centre: CentreStatus,
}

/// One lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneStatus {
    /// The lane.
    pub lane_id: String,
    /// False when its task has ended.
    pub running: bool,
    /// The state's name.
    pub state: String,
    /// The visit in it.
    pub visit_id: Option<String>,
    /// The last verdict of that visit.
    pub verdict: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Devices of the lane that do not work.
    pub faults: Vec<String>,
}

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
}

/// The journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalStatus {
    /// `opening`, `available` or `unavailable`.
    pub state: String,
    /// Why it is unavailable.
    pub error: Option<String>,
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

/// The state now.
#[must_use]
pub fn status(state: &State) -> Status {
    Status {
        gate_id: state.gate_id.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        not_ready: state.not_ready(),
        lanes: state.lanes.iter().map(lane).collect(),
        devices: state.devices.iter().map(device).collect(),
        journal: journal(state),
        index: index(state),
        centre: centre(state),
    }
}

fn lane(view: &super::LaneView) -> LaneStatus {
    let live = view.live.borrow();
    LaneStatus {
        lane_id: view.lane_id.to_string(),
        running: view.live.has_changed().is_ok(),
        state: live.state.to_owned(),
        visit_id: live.visit_id.as_ref().map(ToString::to_string),
        verdict: live.verdict.as_ref().map(ToString::to_string),
        reason: live.reason.as_ref().map(ToString::to_string),
        faults: live.faults.iter().map(ToString::to_string).collect(),
    }
}

fn device(view: &super::DeviceView) -> DeviceStatus {
    let counters = &view.metrics;
    DeviceStatus {
        name: view.name.to_string(),
        kind: view.kind.to_owned(),
        online: counters.online.get() == 1,
        reads: counters.reads.get(),
        frames: counters.frames.get(),
        bad_checks: counters.bad_checks.get(),
        noise_bytes: counters.noise_bytes.get(),
        errors: counters.errors.get(),
        reconnects: counters.reconnects.get(),
        shed: counters.shed.get(),
    }
}

fn journal(state: &State) -> JournalStatus {
    let (name, error) = match &*state.journal.state().borrow() {
        JournalState::Opening => ("opening", None),
        JournalState::Available => ("available", None),
        JournalState::Unavailable(error) => ("unavailable", Some(error.to_string())),
    };
    let head = state.journal.head().borrow().clone();
    let health = state.journal.health();
    JournalStatus {
        state: name.to_owned(),
        error,
        epoch: head.as_ref().and_then(|head| head.epoch),
        head: head.as_ref().map_or(0, |head| head.seq),
        acked: head.as_ref().map_or(0, |head| head.marks.acked_seq),
        backlog: state.backlog(),
        last_commit_us: u64::try_from(health.last_commit.as_micros()).unwrap_or(u64::MAX),
        slow: health.is_slow,
    }
}

fn index(state: &State) -> IndexStatus {
    let stamp = state.cache.stamp();
    IndexStatus {
        revision: stamp.map(|stamp| stamp.revision),
        age_s: stamp.map(|stamp| stamp.age_s),
        entries: state.cache.counts().map(|(entries, _)| entries),
        damage: state.cache.damage().map(|damage| damage.to_string()),
    }
}

fn centre(state: &State) -> CentreStatus {
    let link = state.link.borrow();
    CentreStatus {
        online: link.online,
        clock_offset_ms: link.clock_offset_ms,
        error: link.error.as_ref().map(ToString::to_string),
    }
}
