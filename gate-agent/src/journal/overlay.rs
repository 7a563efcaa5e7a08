//! 卡口事件叠加: what this gate and its neighbours have done to trips and the centre's index may not show yet.
//! Promises: an act of this gate is visible here before its commit is answered, so the second lane cannot use the trip again (SG-249); an
//! older entry of the centre never takes an act back, because each entry says how far it has applied each gate's events.
//! An act that leaves because the index shows it is missed by nobody: who reads the index first and then asks for the acts is told
//! when some have left in between, and reads again.
//! Order: acts are laid over in the order in which this gate came to know of them, so a visit that is under way here is not disturbed by a neighbour's
//! that is heard of later; which of two was the first at all is the centre's to say (SG-252).
//! Memory: about 150 bytes an act of its own that the index does not cover yet, more for one of a neighbour's; covered acts are dropped.
//! Source: `contract` section 3, `applied`; docs/decisions 0098.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use protocols::{
    contract::{Applied, GateAct, IndexEntry},
    ids::{GateId, TripNo},
    rules::{TripEvent, TripState, apply},
};

/// 邻卡口行为: an act of another gate of the yard, as that gate has told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAct {
    /// Whose.
    pub gate_id: GateId,
    /// In which epoch of that gate.
    pub epoch: u32,
    /// This gate's own newest record when it heard of it.
    pub heard_after: Applied,
    /// What was done.
    pub act: GateAct,
}

impl ToldAct {
    /// Its place among that gate's events.
    #[must_use]
    pub const fn place(&self) -> Applied {
        Applied { epoch: self.epoch, seq: self.act.seq }
    }
}

/// The acts that the index may not show yet.
#[derive(Debug)]
pub struct Overlay {
    gate_id: GateId,
    acts: RwLock<Acts>,
}

#[derive(Debug, Default)]
struct Acts {
    epoch: u32,
    own: HashMap<TripNo, Vec<GateAct>>,
    /// In the order in which they were heard.
    told: HashMap<TripNo, Vec<ToldAct>>,
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
        self.read().departures
    }

    /// Brings entries to what is known here. False, and nothing is done, when acts have left since `departures` was asked: the
    /// entries may be older than the index that shows those acts.
    #[must_use]
    pub fn lay_over_all(&self, entries: &mut [IndexEntry], departures: u64) -> bool {
        let acts = self.read();
        if acts.departures != departures {
            return false;
        }
        entries.iter_mut().for_each(|entry| acts.lay_over(&self.gate_id, entry));
        true
    }

    /// Brings an entry to what is known here: applies those acts that come after what the centre has applied.
    pub fn lay_over(&self, entry: &mut IndexEntry) {
        self.read().lay_over(&self.gate_id, entry);
    }

    /// How many of this gate's own acts wait to be covered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().own.values().map(Vec::len).sum()
    }

    /// True when none of its own waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many acts of neighbours wait to be covered.
    #[must_use]
    pub fn told(&self) -> usize {
        self.read().told.values().map(Vec::len).sum()
    }

    /// All of them.
    #[must_use]
    pub fn told_acts(&self) -> Vec<ToldAct> {
        self.read().told.values().flatten().cloned().collect()
    }

    /// Adds acts that neighbours have told, in the order of that gate; each counts once, however often it is told.
    pub fn hear(&self, new: impl IntoIterator<Item = ToldAct>) {
        let mut acts = self.write();
        for told in new {
            let of_trip = acts.told.entry(told.act.trip_no).or_default();
            let is_it = |known: &ToldAct| known.gate_id == told.gate_id && known.place() == told.place();
            if !of_trip.iter().any(is_it) {
                insert(of_trip, told);
            }
        }
    }

    /// Forgets what this neighbour has told up to and with `upto`, in its epoch: the index shows it. Of an older journal the index says nothing.
    pub fn forget_told(&self, gate_id: &GateId, upto: Applied) {
        let is_shown = |told: &ToldAct| told.epoch == upto.epoch && told.act.seq <= upto.seq;
        self.write().leave(|acts| keep(&mut acts.told, |told| told.gate_id != *gate_id || !is_shown(told)));
    }

    /// Forgets all that this gate has told: it is none of the yard's any more.
    pub fn forget_gate(&self, gate_id: &GateId) {
        self.write().leave(|acts| keep(&mut acts.told, |told| told.gate_id != *gate_id));
    }

    /// Adds acts that have just become durable.
    pub(super) fn add(&self, epoch: u32, new: Vec<GateAct>) {
        self.write().add(epoch, new);
    }

    /// Starts over with these acts of its own; nobody sees the overlay without them.
    pub(super) fn replace(&self, epoch: u32, all: Vec<GateAct>) {
        self.write().leave(|acts| {
            acts.own.clear();
            acts.add(epoch, all);
        });
    }

    /// Forgets its own acts up to and with `seq`: the index shows them.
    pub(super) fn drop_covered(&self, seq: u64) {
        self.write().leave(|acts| keep(&mut acts.own, |act| act.seq > seq));
    }

    fn read(&self) -> RwLockReadGuard<'_, Acts> {
        self.acts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Acts> {
        self.acts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Acts {
    /// Whatever takes acts away is seen by those who look up meanwhile.
    fn leave(&mut self, how: impl FnOnce(&mut Self)) {
        self.departures += 1;
        how(self);
    }

    fn add(&mut self, epoch: u32, new: Vec<GateAct>) {
        self.epoch = epoch;
        for act in new {
            self.own.entry(act.trip_no).or_default().push(act);
        }
    }

    fn lay_over(&self, gate_id: &GateId, entry: &mut IndexEntry) {
        let (own, told) = (self.own.get(&entry.trip_no), self.told.get(&entry.trip_no));
        if own.is_none() && told.is_none() {
            return;
        }
        let closing = entry.closing_passage();
        let mut state = entry.trip_state();
        let step = |state: &TripState, gate_id: &GateId, act: &GateAct| {
            let Some(what) = act.event_type.trip_act() else { return state.clone() };
            let event = TripEvent {
                act: what,
                direction: act.lane_direction,
                gate_id,
                lane_id: &act.lane_id,
                visit_id: &act.visit_id,
            };
            apply(state, closing, &event).state
        };
        let place = |act: &GateAct| Applied { epoch: self.epoch, seq: act.seq };
        let applied = |gate_id: &GateId| entry.applied.get(gate_id).copied();
        let mine = applied(gate_id);
        let mut own = own.into_iter().flatten().filter(|act| mine < Some(place(act))).peekable();
        for told in told.into_iter().flatten() {
            if applied(&told.gate_id) >= Some(told.place()) {
                continue;
            }
            while let Some(act) = own.next_if(|act| place(act) <= told.heard_after) {
                state = step(&state, gate_id, act);
            }
            state = step(&state, &told.gate_id, &told.act);
        }
        state = own.fold(state, |state, act| step(&state, gate_id, act));
        entry.set_trip_state(&state);
    }
}

/// Behind what is known, or before what the same gate did later: a centre that was restored has what it once showed told again.
fn insert(of_trip: &mut Vec<ToldAct>, told: ToldAct) {
    let is_later = |known: &&ToldAct| known.gate_id == told.gate_id && known.place() > told.place();
    match of_trip.iter().position(|known| is_later(&known)) {
        Some(at) => {
            let heard_after =
                of_trip.get(at).map_or(told.heard_after, |later| later.heard_after.min(told.heard_after));
            of_trip.insert(at, ToldAct { heard_after, ..told });
        }
        None => of_trip.push(told),
    }
}

/// Keeps of each trip what is to be kept, and no trip of which nothing is left.
fn keep<T>(acts: &mut HashMap<TripNo, Vec<T>>, is_kept: impl Fn(&T) -> bool) {
    acts.retain(|_, of_trip| {
        of_trip.retain(&is_kept);
        !of_trip.is_empty()
    });
    acts.shrink_to_fit();
}
