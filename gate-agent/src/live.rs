//! 实时状态: puts together how the gate is now, whenever a lane changes.
//! Promises: the newest state only; nobody waits for whoever reads it.
//! Absent on purpose: sending it (`sync`).

use std::sync::Arc;

use futures::{StreamExt, stream::FuturesUnordered};
use protocols::{
    contract::{Applied, LaneLive, LiveStatus},
    ids::GateId,
};
use tokio::sync::watch;

use crate::{cache::Cache, clock::Clock, journal::Journal, panel::LaneView};

/// Follows the lanes until all of them have ended.
pub async fn follow(
    gate_id: GateId,
    mut lanes: Vec<LaneView>,
    journal: Journal,
    cache: Cache,
    clock: Arc<dyn Clock>,
    live: watch::Sender<Option<LiveStatus>>,
) {
    loop {
        let head = journal
            .head()
            .borrow()
            .as_ref()
            .and_then(|head| head.epoch.map(|epoch| Applied { epoch, seq: head.seq }));
        let index = cache.stamp();
        live.send_replace(Some(LiveStatus {
            gate_id: gate_id.clone(),
            at: clock.wall(),
            head,
            index_revision: index.map(|index| index.revision),
            index_age_s: index.map(|index| index.age_s),
            lanes: lanes.iter_mut().map(lane).collect(),
        }));
        let mut changes: FuturesUnordered<_> = lanes.iter_mut().map(|lane| lane.live.changed()).collect();
        match changes.next().await {
            Some(Ok(())) => {}
            Some(Err(_)) | None => return,
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
