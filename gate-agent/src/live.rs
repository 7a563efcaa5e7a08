//! 实时状态: puts together how the gate is now, whenever a lane changes, and every few seconds for what changes by itself.
//! Promises: the newest state only; nobody waits for whoever reads it.
//! Absent on purpose: sending it (`sync`).

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use protocols::{
    contract::{Applied, GateHealth, LaneLive, LiveStatus, Recording},
    ids::GateId,
};
use tokio::{sync::watch, time::timeout};

use crate::{
    cache::Cache,
    clock::Clock,
    journal::{Journal, JournalState},
    panel::LaneView,
    sync::SyncState,
};

const MEBIBYTE: u64 = 1024 * 1024;

/// What is looked at, and how often at least.
pub struct Watched {
    /// The gate.
    pub gate_id: GateId,
    /// What it records.
    pub journal: Journal,
    /// What it knows.
    pub cache: Cache,
    /// Its line to the centre.
    pub link: watch::Receiver<SyncState>,
    /// Where its data lies.
    pub data_dir: PathBuf,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Ages and the disk change without a lane.
    pub every: Duration,
}

/// Follows the lanes until all of them have ended.
pub async fn follow(watched: Watched, mut lanes: Vec<LaneView>, live: watch::Sender<Option<LiveStatus>>) {
    loop {
        let head = watched
            .journal
            .head()
            .borrow()
            .as_ref()
            .and_then(|head| head.epoch.map(|epoch| Applied { epoch, seq: head.seq }));
        let index = watched.cache.stamp();
        live.send_replace(Some(LiveStatus {
            gate_id: watched.gate_id.clone(),
            at: watched.clock.wall(),
            head,
            index_revision: index.map(|index| index.revision),
            index_age_s: index.map(|index| index.age_s),
            lanes: lanes.iter_mut().map(lane).collect(),
            health: Some(watched.health()),
        }));
        let mut changes: FuturesUnordered<_> = lanes.iter_mut().map(|lane| lane.live.changed()).collect();
        match timeout(watched.every, changes.next()).await {
            Ok(Some(Ok(()))) | Err(_) => {}
            Ok(Some(Err(_)) | None) => return,
        }
    }
}

impl Watched {
    fn health(&self) -> GateHealth {
        let head = self.journal.head().borrow().clone();
        let journal = match &*self.journal.state().borrow() {
            JournalState::Opening => Recording::Opening,
            JournalState::Available if self.journal.health().is_slow => Recording::Slow,
            JournalState::Available => Recording::Available,
            JournalState::Unavailable(_) => Recording::Unavailable,
        };
        // A disk that does not say how full it is holds nothing up.
        let disk = rustix::fs::statvfs(&self.data_dir).ok();
        let mebibytes = |blocks: u64, size: u64| blocks.saturating_mul(size) / MEBIBYTE;
        GateHealth {
            backlog: head.map_or(0, |head| head.seq.saturating_sub(head.marks.acked_seq)),
            clock_offset_ms: self.link.borrow().clock_offset_ms,
            journal,
            disk_free_mb: disk.as_ref().map(|disk| mebibytes(disk.f_bavail, disk.f_frsize)),
            disk_total_mb: disk.as_ref().map(|disk| mebibytes(disk.f_blocks, disk.f_frsize)),
        }
    }
}

fn lane(view: &mut LaneView) -> LaneLive {
    let now = view.live.borrow_and_update().clone();
    LaneLive {
        lane_id: view.lane_id.clone(),
        state: now.state.to_owned(),
        visit_id: now.visit_id,
        verdict: now.verdict,
        reason_code: now.reason,
        faults: now.faults.iter().map(ToString::to_string).collect(),
    }
}
