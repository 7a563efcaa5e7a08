//! What the panel is told: handles to what the other parts keep up to date, filled by `app`.

use std::{path::PathBuf, sync::Arc};

use protocols::{
    contract::UtcMillis,
    ids::{GateId, LaneId},
};
use tokio::sync::watch;

use super::{
    guard::Access,
    metrics::{DeviceMetrics, Figures, Metrics},
    usage::UsageGauge,
};
use crate::{
    cache::Cache,
    clock::Clock,
    journal::{Journal, JournalState},
    lane::{Counter, Snapshot},
    person::Register,
    release_code::ReleaseCodes,
    watchdog::Beat,
};

/// One lane as the panel sees it.
#[derive(Clone, Debug)]
pub struct LaneView {
    /// The lane.
    pub lane_id: LaneId,
    /// How it is; its task has ended when this is closed.
    pub live: watch::Receiver<Snapshot>,
    /// Where persons hand in what they want done there.
    pub counter: Counter,
    /// Whether it turns.
    pub beat: Beat,
}

/// One device as the panel sees it.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// Its name in the configuration.
    pub name: Box<str>,
    /// Its kind in the configuration.
    pub kind: &'static str,
    /// Its counters.
    pub metrics: DeviceMetrics,
}

/// The line to the centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// True while calls succeed.
    pub online: bool,
    /// Gate minus centre, once it was measured.
    pub clock_offset_ms: Option<i64>,
    /// When the index was last compared with the centre's; none since the start.
    pub compared_at: Option<UtcMillis>,
    /// Its rows that were put right then, and before, since the start.
    pub repaired_rows: u64,
    /// Why the last call failed.
    pub error: Option<Box<str>>,
}

/// 状态: everything the panel shows.
#[derive(Clone)]
pub struct State {
    /// The gate.
    pub gate_id: GateId,
    /// Its lanes, in the configuration's order.
    pub lanes: Vec<LaneView>,
    /// Its devices, in the configuration's order.
    pub devices: Vec<DeviceView>,
    /// Its journal.
    pub journal: Journal,
    /// Its index.
    pub cache: Cache,
    /// The line to the centre.
    pub link: watch::Receiver<Link>,
    /// Other gates of the yard that should be heard and are not; none where nobody listens for them.
    pub silent_neighbours: Option<watch::Receiver<Vec<GateId>>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may act.
    pub persons: Register,
    /// What a supervisor has issued for when only one of them is there.
    pub codes: Arc<ReleaseCodes>,
    /// Under which names and addresses the panel is reached, and whether reading it needs a log-in.
    pub access: Access,
    /// The journal's file, for looking back.
    pub journal_file: PathBuf,
    /// What the journal takes of its disk; the panel measures it.
    pub usage: UsageGauge,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl State {
    /// What keeps the gate from passing vehicles by itself; empty when it is ready.
    #[must_use]
    pub fn not_ready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        match &*self.journal.state().borrow() {
            JournalState::Available => {}
            JournalState::Opening => reasons.push("journal: is being opened".to_owned()),
            JournalState::Unavailable(error) => reasons.push(format!("journal: {error}")),
        }
        if self.journal.head().borrow().as_ref().is_some_and(|head| head.epoch.is_none()) {
            reasons.push("journal: the centre has given it no epoch yet".to_owned());
        }
        if let Some(damage) = self.cache.damage() {
            reasons.push(format!("index: {damage}"));
        } else if self.cache.stamp().is_none() {
            reasons.push("index: no snapshot yet".to_owned());
        }
        for lane in &self.lanes {
            if lane.live.has_changed().is_err() {
                reasons.push(format!("lane {}: does not run", lane.lane_id));
            } else if lane.beat.stands_still() {
                reasons.push(format!("lane {}: stands still", lane.lane_id));
            }
        }
        reasons
    }

    /// Events that the centre has not acknowledged.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.journal.head().borrow().as_ref().map_or(0, |head| head.seq.saturating_sub(head.marks.acked_seq))
    }

    /// The figures of the metrics that are states.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let stamp = self.cache.stamp();
        let (compared_at, index_repaired_rows) = {
            let link = self.link.borrow();
            (link.compared_at, link.repaired_rows)
        };
        let passed_ms = |at: UtcMillis| self.clock.wall().as_millis().saturating_sub(at.as_millis());
        Figures {
            index_compared_s: compared_at.map(|at| u64::try_from(passed_ms(at)).unwrap_or(0) / 1000),
            index_repaired_rows,
            backlog: self.backlog(),
            index_age_s: stamp.map(|stamp| stamp.age_s),
            index_revision: stamp.map(|stamp| stamp.revision),
            index_unknown_rows: self.cache.unknown_rows(),
            neighbour_acts: self.journal.overlay().told(),
            pin_locked: self.persons.standing().locked,
        }
    }
}
