//! 关锁记录: what is known of one seal, whoever told it, and when that is no longer true.
//! Promises: a seal that was not heard lately is `Unknown`; two reads that both say sealed, with different stamps, are not
//! `Sealed`: it was opened, closed or set between them; the memory holds so many seals and forgets the one unheard longest.
//! Absent: judging; where the stamp comes from (readers of the DataReader family tell it in verify results, vendors' libraries
//! in their records).
//! Source: lane equipment, abstract record of a seal; Hi-G-Tek DataReader manual UM4710, 8.1, seal stamp.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::contract::UtcMillis;
use crate::talk::SealState;
use crate::tick::Tick;

/// Seals that are remembered.
pub const REMEMBERED: usize = 64;

/// 关锁记录: one read of one seal, in the same shape from every kind of reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRecord {
    /// The seal's number as a declaration names it.
    pub number: String,
    /// Its state.
    pub state: SealState,
    /// Its opening is or was allowed.
    pub approved_open: bool,
    /// Its battery is low.
    pub low_battery: bool,
    /// When it was sealed, by its own clock.
    pub sealed_at: Option<UtcMillis>,
    /// When it was opened, by its own clock.
    pub opened_at: Option<UtcMillis>,
    /// A random value that changes each time it is opened, closed or set.
    pub stamp: Option<u16>,
    /// When it was read.
    pub read_at: Tick,
    /// The reader's number, if it has one.
    pub reader: Option<u16>,
}

/// 关锁台账: the last record of each seal lately heard.
#[derive(Clone, Debug)]
pub struct Ledger {
    max_age: Duration,
    records: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    record: SealRecord,
    /// It was sealed twice with different stamps, and nobody heard it open between.
    disturbed: bool,
}

impl Ledger {
    /// An empty one; what was not heard for `max_age` is not known any more.
    #[must_use]
    pub const fn new(max_age: Duration) -> Self {
        Self { max_age, records: Vec::new() }
    }

    /// Takes a read, and gives back what it comes to beside the one before.
    pub fn note(&mut self, record: SealRecord) -> SealState {
        let now = record.read_at;
        self.records.retain(|entry| now.since(entry.record.read_at) <= self.max_age);
        let before = self.records.iter().position(|entry| entry.record.number == record.number);
        let before = before.map(|at| self.records.remove(at));
        let disturbed = record.state == SealState::Sealed
            && before.is_some_and(|before| before.disturbed || before.record.was_disturbed(&record));
        if self.records.len() >= REMEMBERED {
            self.records.remove(0);
        }
        self.records.push(Entry { record, disturbed });
        self.records.last().map_or(SealState::Unknown, Entry::state)
    }

    /// What is known of a seal now.
    #[must_use]
    pub fn state(&self, number: &str, now: Tick) -> SealState {
        let entry = self.records.iter().find(|entry| entry.record.number == number);
        let fresh = entry.filter(|entry| now.since(entry.record.read_at) <= self.max_age);
        fresh.map_or(SealState::Unknown, Entry::state)
    }

    /// The last record of a seal, however old, while it is remembered.
    #[must_use]
    pub fn record(&self, number: &str) -> Option<&SealRecord> {
        self.records.iter().map(|entry| &entry.record).find(|record| record.number == number)
    }

    /// The reader is gone: nothing is known any more.
    pub fn forget(&mut self) {
        self.records.clear();
    }
}

impl Entry {
    fn state(&self) -> SealState {
        if self.disturbed { SealState::Unknown } else { self.record.state }
    }
}

impl SealRecord {
    /// Whether the next read of the same seal says sealed too, with another stamp.
    fn was_disturbed(&self, next: &Self) -> bool {
        let stamps = self.stamp.zip(next.stamp);
        self.state == SealState::Sealed && stamps.is_some_and(|(before, after)| before != after)
    }
}
