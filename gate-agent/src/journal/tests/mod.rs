//! The journal's tests: rules under faults, the file, the overlay, the thread, verification.

mod browse;
mod codes;
mod faults;
mod file;
mod overlay;
mod receipts;
mod thread;
mod verify;

use std::sync::Arc;

use protocols::{contract::EventType, ids::VisitId, rules::LaneDirection};

use super::{Draft, JournalCore, JournalStore, LaneRef, Recovered, StoreError, TripRef};
use crate::{
    cache::samples::{gate, lane, noon, trip},
    clock::{Clock, SimClock},
};

fn clock() -> Arc<SimClock> {
    Arc::new(SimClock::at(noon()))
}

fn open<S: JournalStore>(store: S) -> Result<(JournalCore<S>, Recovered), StoreError> {
    JournalCore::open(store, gate(), clock())
}

/// A journal that has its epoch.
fn ready<S: JournalStore>(store: S) -> JournalCore<S> {
    let (mut core, _) = open(store).unwrap();
    core.set_epoch(1).unwrap();
    core
}

fn plain(event_type: EventType) -> Draft {
    let clock = clock();
    Draft::new(event_type, clock.tick(), clock.wall())
}

/// An act in lane `IN1` or `OUT1`, in a visit, upon a trip.
fn act(event_type: EventType, direction: LaneDirection, visit: &str, serial: u64) -> Draft {
    let lane_id = lane(if direction == LaneDirection::In { "IN1" } else { "OUT1" });
    Draft {
        lane: Some(LaneRef { lane_id, direction }),
        visit_id: Some(VisitId::parse(visit).unwrap()),
        trip: Some(TripRef { trip_no: trip(serial), version_no: 1 }),
        ..plain(event_type)
    }
}
