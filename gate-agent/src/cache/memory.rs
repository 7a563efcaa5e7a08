//! What the cache holds in memory, and how it answers from there or from the file.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex},
};

use protocols::{
    contract::{Denied, Hash, IndexEntry, Stub, UtcMillis},
    ids::{GateId, LaneId, MediumKey, MediumType, TripNo},
    rules::{LaneDirection, LanePolicy},
    tick::Tick,
};
use rusqlite::Connection;

use super::{
    age::Age,
    db::{self, Effects, Front, Policy},
    error::CacheError,
    handle::lock,
    index::{Index, RowOp},
    packed::{PackedRow, Row, medium_bytes, trip_bytes},
};
use crate::{decision::View, journal::IndexStamp};

pub(super) struct Memory {
    /// Why there is no index to ask, if so.
    pub(super) damage: Option<CacheError>,
    pub(super) revision: Option<u64>,
    /// The revision's mark.
    pub(super) mark: Option<Hash>,
    /// The centre was restored since.
    pub(super) is_doubted: bool,
    /// Which snapshot it goes back to.
    pub(super) origin: Option<i64>,
    pub(super) age: Age,
    pub(super) age_kept: Tick,
    pub(super) denied: HashMap<Vec<u8>, Denied>,
    pub(super) policy: Arc<Policy>,
    pub(super) rows: Rows,
}

pub(super) enum Rows {
    /// No file is open.
    Closed,
    /// Look-ups read the file; what changes meanwhile waits for the loader.
    Loading {
        reader: Mutex<Connection>,
        later: Vec<RowOp>,
    },
    /// They stay in the file.
    InFile {
        reader: Mutex<Connection>,
    },
    Loaded(Index),
}

impl Policy {
    /// The row of one lane.
    #[must_use]
    pub fn lane(&self, gate_id: &GateId, lane_id: &LaneId) -> Option<&LanePolicy> {
        self.lanes.iter().find(|lane| lane.gate_id == *gate_id && lane.lane_id == *lane_id)
    }

    /// True when some lane of the yard leads in (SG-213).
    #[must_use]
    pub fn has_entry_lane(&self) -> bool {
        self.lanes.iter().any(|lane| lane.lane_direction == LaneDirection::In)
    }
}

impl Memory {
    /// Nothing is known yet.
    pub(super) fn empty(now: Tick) -> Self {
        Self {
            damage: None,
            revision: None,
            mark: None,
            is_doubted: false,
            origin: None,
            age: Age::fresh(now),
            age_kept: now,
            denied: HashMap::new(),
            policy: Arc::default(),
            rows: Rows::Closed,
        }
    }

    pub(super) fn take(&mut self, front: Front, wall: UtcMillis, now: Tick) {
        self.damage = None;
        (self.revision, self.mark) = (front.revision, front.mark);
        (self.is_doubted, self.origin) = (front.is_doubted, front.origin);
        self.age = Age::restored(front.age_s, UtcMillis::from_millis(front.age_kept_at_ms), wall, now);
        self.age_kept = now;
        self.denied = front.denied;
        self.policy = Arc::new(front.policy);
    }

    /// Gives loading up: look-ups go on from the file, and nothing is kept for a loader that will not come.
    pub(super) fn stay_in_file(&mut self) {
        self.rows = match mem::replace(&mut self.rows, Rows::Closed) {
            Rows::Loading { reader, .. } => Rows::InFile { reader },
            other @ (Rows::Closed | Rows::InFile { .. } | Rows::Loaded(_)) => other,
        };
    }

    pub(super) fn stamp(&self, now: Tick) -> Option<IndexStamp> {
        let age_s = self.age.at(now).as_secs();
        self.revision.map(|revision| IndexStamp { revision, age_s, mark: self.mark })
    }

    pub(super) fn look_up(&self, media: &[(MediumType, MediumKey)], now: Tick) -> Result<View, CacheError> {
        if let Some(damage) = &self.damage {
            return Err(damage.clone());
        }
        let mut view = self.blank(now);
        for (medium_type, key) in media {
            let medium = medium_bytes(*medium_type, key);
            view.denied.extend(self.denied.get(&medium).cloned());
            self.find(&medium, &mut view.candidates, &mut view.stubs)?;
        }
        Ok(view)
    }

    /// What is known of one trip, its medium's place on the deny list included.
    pub(super) fn look_up_trip(&self, trip_no: &TripNo, now: Tick) -> Result<View, CacheError> {
        if let Some(damage) = &self.damage {
            return Err(damage.clone());
        }
        let mut view = self.blank(now);
        let trip = trip_bytes(trip_no).map_err(|damaged| db::corrupt(&damaged))?;
        let in_file;
        let row = match &self.rows {
            Rows::Loaded(index) => index.of_trip(&trip),
            Rows::Loading { reader, .. } | Rows::InFile { reader } => {
                in_file = db::find_trip(&lock(reader), &trip)?;
                in_file.as_ref()
            }
            Rows::Closed => None,
        };
        if let Some(row) = row {
            view.denied.extend(self.denied.get(row.medium()).cloned());
            match row.unpack().map_err(|damaged| db::corrupt(&damaged))? {
                Row::Entry(entry) => view.candidates.push(entry),
                Row::Stub(stub) => view.stubs.push(stub),
            }
        }
        Ok(view)
    }

    /// A view of nothing, at this moment.
    fn blank(&self, now: Tick) -> View {
        View {
            index: self.stamp(now),
            yard: self.policy.yard.clone(),
            yard_has_entry_lane: self.policy.has_entry_lane(),
            candidates: Vec::new(),
            stubs: Vec::new(),
            denied: Vec::new(),
            by_slip: Vec::new(),
            near: Vec::new(),
        }
    }

    fn find(
        &self,
        medium: &[u8],
        entries: &mut Vec<IndexEntry>,
        stubs: &mut Vec<Stub>,
    ) -> Result<(), CacheError> {
        let mut take = |row: &PackedRow| -> Result<(), CacheError> {
            match row.unpack().map_err(|damaged| db::corrupt(&damaged))? {
                Row::Entry(entry) => entries.push(entry),
                Row::Stub(stub) => stubs.push(stub),
            }
            Ok(())
        };
        match &self.rows {
            Rows::Loaded(index) => index.find(medium).try_for_each(take),
            Rows::Loading { reader, .. } | Rows::InFile { reader } => {
                db::find(&lock(reader), medium)?.iter().try_for_each(&mut take)
            }
            Rows::Closed => Ok(()),
        }
    }

    pub(super) fn apply(&mut self, effects: Effects, to: u64, mark: Option<Hash>) {
        match &mut self.rows {
            Rows::Loaded(index) => effects.rows.into_iter().for_each(|op| index.apply(op)),
            Rows::Loading { later, .. } => later.extend(effects.rows),
            Rows::Closed | Rows::InFile { .. } => {}
        }
        for (medium, denied) in effects.denied {
            match denied {
                Some(denied) => drop(self.denied.insert(medium, denied)),
                None => drop(self.denied.remove(&medium)),
            }
        }
        if !effects.policies.is_empty() {
            let policy = Arc::make_mut(&mut self.policy);
            effects.policies.into_iter().for_each(|row| policy.put(row));
        }
        (self.revision, self.mark) = (Some(to), mark);
    }
}
