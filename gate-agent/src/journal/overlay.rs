//! 本卡口事件叠加: what this gate has done to trips and the centre's index may not show yet.
//! Promises: an act is visible here before its commit is answered, so the second lane cannot use the trip again (SG-249); an
//! older entry of the centre never takes an act back, because each entry says how far it has applied this gate's events.
//! An act that leaves because the index shows it is missed by nobody: who reads the index first and then asks for the acts is told
//! when some have left in between, and reads again.
//! Memory: about 150 bytes an act that the index does not cover yet; covered acts are dropped.
//! Source: `contract` section 3, `applied`.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use protocols::{
    contract::{Applied, IndexEntry},
    ids::{GateId, TripNo},
    rules::{TripEvent, apply},
};

use super::store::OwnAct;

/// The acts of this gate that its index may not show yet.
#[derive(Debug)]
pub struct Overlay {
    gate_id: GateId,
    acts: RwLock<Acts>,
}

#[derive(Debug, Default)]
struct Acts {
    epoch: u32,
    by_trip: HashMap<TripNo, Vec<OwnAct>>,
    /// How often acts have left.
    departures: u64,
}

impl Overlay {
    /// An overlay without acts.
    #[must_use]
    pub fn new(gate_id: GateId) -> Self {
        Self { gate_id, acts: RwLock::default() }
    }

    /// How often acts have left; for [`Self::lay_over_all`].
    #[must_use]
    pub fn departures(&self) -> u64 {
        self.acts.read().unwrap_or_else(PoisonError::into_inner).departures
    }

    /// Brings entries to what this gate knows. False, and nothing is done, when acts have left since `departures` was asked: the
    /// entries may be older than the index that shows those acts.
    #[must_use]
    pub fn lay_over_all(&self, entries: &mut [IndexEntry], departures: u64) -> bool {
        let acts = self.acts.read().unwrap_or_else(PoisonError::into_inner);
        if acts.departures != departures {
            return false;
        }
        entries.iter_mut().for_each(|entry| acts.lay_over(&self.gate_id, entry));
        true
    }

    /// Brings an entry to what this gate knows: applies those acts that come after what the centre has applied.
    pub fn lay_over(&self, entry: &mut IndexEntry) {
        self.acts.read().unwrap_or_else(PoisonError::into_inner).lay_over(&self.gate_id, entry);
    }

    /// How many acts wait to be covered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.acts.read().unwrap_or_else(PoisonError::into_inner).by_trip.values().map(Vec::len).sum()
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds acts that have just become durable.
    pub(super) fn add(&self, epoch: u32, new: Vec<OwnAct>) {
        self.acts.write().unwrap_or_else(PoisonError::into_inner).add(epoch, new);
    }

    /// Starts over with these acts; nobody sees the overlay without them.
    pub(super) fn replace(&self, epoch: u32, all: Vec<OwnAct>) {
        let mut acts = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        acts.departures += 1;
        acts.by_trip.clear();
        acts.add(epoch, all);
    }

    /// Forgets acts up to and with `seq`: the index shows them.
    pub(super) fn drop_covered(&self, seq: u64) {
        let mut acts = self.acts.write().unwrap_or_else(PoisonError::into_inner);
        acts.departures += 1;
        acts.by_trip.retain(|_, own| {
            own.retain(|act| act.seq > seq);
            !own.is_empty()
        });
        acts.by_trip.shrink_to_fit();
    }
}

impl Acts {
    fn add(&mut self, epoch: u32, new: Vec<OwnAct>) {
        self.epoch = epoch;
        for act in new {
            self.by_trip.entry(act.trip_no).or_default().push(act);
        }
    }

    fn lay_over(&self, gate_id: &GateId, entry: &mut IndexEntry) {
        let Some(own) = self.by_trip.get(&entry.trip_no) else { return };
        let applied = entry.applied.get(gate_id).copied();
        let later = own.iter().filter(|act| applied < Some(Applied { epoch: self.epoch, seq: act.seq }));
        let closing = entry.closing_passage();
        let mut state = entry.trip_state();
        for act in later {
            let event = TripEvent {
                act: act.act,
                direction: act.direction,
                gate_id,
                lane_id: &act.lane_id,
                visit_id: &act.visit_id,
            };
            state = apply(&state, closing, &event).state;
        }
        entry.set_trip_state(&state);
    }
}
