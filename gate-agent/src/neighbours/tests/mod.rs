//! What gates of one yard tell each other: what is taken, what is asked for, what is kept, and whom nobody believes.

mod hearing;
mod kept;
mod task;

use protocols::{
    contract::{ActsPage, EventType, GateAct, Hash, IndexMark, Shown},
    ids::{GateId, VisitId, YardId},
    rules::LaneDirection,
};

use crate::cache::samples::{lane, noon, trip};

fn neighbour() -> GateId {
    GateId::parse("0708-G03").unwrap()
}

/// Its act upon a trip, at an exit.
fn act(seq: u64, event_type: EventType, serial: u64) -> GateAct {
    GateAct {
        seq,
        event_type,
        trip_no: trip(serial),
        lane_id: lane("OUT1"),
        lane_direction: LaneDirection::Out,
        visit_id: VisitId::parse("v1").unwrap(),
    }
}

/// What it tells between these ends, in epoch 1, not signed.
fn page(after: u64, to: u64, head: u64, acts: &[GateAct]) -> ActsPage {
    ActsPage {
        gate_id: neighbour(),
        yard_id: YardId::parse("07080000001").unwrap(),
        epoch: 1,
        from: 0,
        after,
        to,
        head,
        shown: Shown::default(),
        index: Some(IndexMark { revision: 5, mark: Hash([7; 32]) }),
        acts: acts.to_vec(),
        at: noon(),
        certificate: Box::default(),
        signature: Box::default(),
        more: serde_json::Map::new(),
    }
}
