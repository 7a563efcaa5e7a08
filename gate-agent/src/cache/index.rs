//! The index in memory: packed rows, found by medium and by trip.
//! Promises: a trip has one row; a look-up touches only the rows of its medium.
//! Memory: a slot of 16 bytes, two table places of about 5 bytes each at 7/8 load, and the packed row.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::packed::PackedRow;

/// A change of one row.
#[derive(Clone, Debug)]
pub(super) enum RowOp {
    Put(PackedRow),
    Remove([u8; 16]),
}

/// 内存索引.
#[derive(Debug, Default)]
pub(super) struct Index {
    hasher: RandomState,
    slots: Vec<Option<PackedRow>>,
    free: Vec<u32>,
    by_trip: HashTable<u32>,
    by_medium: HashTable<u32>,
    stubs: usize,
}

impl Index {
    /// Room for so many rows without growing.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            slots: Vec::with_capacity(rows),
            by_trip: HashTable::with_capacity(rows),
            by_medium: HashTable::with_capacity(rows),
            ..Self::default()
        }
    }

    /// How many entries and stubs it holds.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.by_trip.len() - self.stubs, self.stubs)
    }

    /// The rows of a medium, as `packed::medium_bytes` spells it.
    pub(super) fn find<'a>(&'a self, medium: &'a [u8]) -> impl Iterator<Item = &'a PackedRow> {
        let places = self.by_medium.iter_hash(self.hasher.hash_one(medium));
        places.filter_map(|slot| row(&self.slots, *slot)).filter(move |row| row.medium() == medium)
    }

    /// The row of a trip, as `packed::trip_bytes` spells it.
    pub(super) fn of_trip(&self, trip: &[u8]) -> Option<&PackedRow> {
        let is_its = |slot: &u32| row(&self.slots, *slot).is_some_and(|row| row.trip() == trip);
        self.by_trip.find(self.hasher.hash_one(trip), is_its).and_then(|slot| row(&self.slots, *slot))
    }

    pub(super) fn apply(&mut self, op: RowOp) {
        match op {
            RowOp::Put(row) => {
                self.remove(row.trip());
                self.insert(row);
            }
            RowOp::Remove(trip) => self.remove(&trip),
        }
    }

    /// Adds a row whose trip has none yet.
    pub(super) fn insert(&mut self, new: PackedRow) {
        let Self { hasher, slots, free, by_trip, by_medium, stubs } = self;
        *stubs += usize::from(new.is_stub());
        let (trip, medium) = (hasher.hash_one(new.trip()), hasher.hash_one(new.medium()));
        let slot = free.pop().unwrap_or_else(|| {
            slots.push(None);
            u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = slots.get_mut(slot as usize) {
            *place = Some(new);
        }
        let hash = |key: fn(&PackedRow) -> &[u8]| {
            let (hasher, slots) = (&*hasher, &*slots);
            move |slot: &u32| row(slots, *slot).map_or(0, |row| hasher.hash_one(key(row)))
        };
        by_trip.insert_unique(trip, slot, hash(PackedRow::trip));
        by_medium.insert_unique(medium, slot, hash(PackedRow::medium));
    }

    fn remove(&mut self, trip: &[u8]) {
        let Self { hasher, slots, free, by_trip, by_medium, stubs } = self;
        let has_trip = |slot: &u32| row(slots, *slot).is_some_and(|row| row.trip() == trip);
        let Ok(found) = by_trip.find_entry(hasher.hash_one(trip), has_trip) else { return };
        let (slot, _) = found.remove();
        let Some(old) = slots.get_mut(slot as usize).and_then(Option::take) else { return };
        if let Ok(place) = by_medium.find_entry(hasher.hash_one(old.medium()), |held| *held == slot) {
            place.remove();
        }
        *stubs -= usize::from(old.is_stub());
        free.push(slot);
    }
}

fn row(slots: &[Option<PackedRow>], slot: u32) -> Option<&PackedRow> {
    slots.get(slot as usize).and_then(Option::as_ref)
}
