//! 实时状态: puts together how the gate is now, whenever a lane changes or the journal does, and every few seconds for what changes by itself.
//! Promises: the newest state only; nobody waits for whoever reads it.
//! Absent on purpose: sending it (`sync`).

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use protocols::{
    contract::{Applied, GateHealth, LaneLive, LiveStatus, Recording},
    ids::GateId,
};
use tokio::{sync::watch, time::sleep};

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
    let (mut journal, mut reserve) = (watched.journal.state(), watched.journal.reserve());
    loop {
        journal.mark_unchanged();
        reserve.mark_unchanged();
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
        tokio::select! {
            changed = changes.next() => if !matches!(changed, Some(Ok(()))) { return },
            // A journal that has ended says nothing more, and its lanes end too.
            Ok(()) = journal.changed() => {}
            Ok(()) = reserve.changed() => {}
            () = sleep(watched.every) => {}
        }
    }
}

impl Watched {
    fn health(&self) -> GateHealth {
        let head = self.journal.head().borrow().clone();
        let health = self.journal.health();
        let (journal, journal_error) = match &*self.journal.state().borrow() {
            JournalState::Opening => (Recording::Opening, None),
            JournalState::Available if health.is_on_reserve => (Recording::OnReserve, None),
            JournalState::Available if health.is_slow => (Recording::Slow, None),
            JournalState::Available => (Recording::Available, None),
            JournalState::Unavailable(error) => (Recording::Unavailable, Some(error.to_string().into())),
        };
        // A disk that does not say how full it is holds nothing up.
        let disk = rustix::fs::statvfs(&self.data_dir).ok();
        let mebibytes = |blocks: u64, size: u64| blocks.saturating_mul(size) / MEBIBYTE;
        GateHealth {
            backlog: head.map_or(0, |head| head.seq.saturating_sub(head.marks.acked_seq)),
            clock_offset_ms: self.link.borrow().clock_offset_ms,
            journal,
            journal_error,
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
