//! A journal disk in memory, for simulations: it outlives the journal over it and fails on command.
//! A failing call fails either before anything was kept or after everything was; both happen to real disks, and the caller
//! cannot tell them apart (fault A4).

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocols::contract::{Event, GateAct, Hash, UtcMillis};

use super::{
    closed::{self, ClosedLane, Word},
    codes,
    error::StoreError,
    record::Record,
    recover::is_unsettled,
    store::{JournalStore, Marks, Opened},
};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of it was kept.
    Before,
    /// All of it was kept, yet it failed.
    After,
    /// The newest of what had been kept before is gone as well: a disk that lied about its sync.
    LostTail,
}

/// What is on the disk; clones are the same disk.
#[derive(Clone, Debug)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

#[derive(Debug)]
struct Disk {
    kept: Opened,
    records: Vec<Record>,
    /// Lanes that are closed, and the records that say so.
    closed: BTreeMap<Box<str>, String>,
    used_codes: BTreeSet<Box<str>>,
    calls: u64,
    fail_at: Option<(u64, Fault)>,
    is_read_only: bool,
}

impl MemoryDisk {
    /// An empty disk with a store of this id.
    #[must_use]
    pub fn new(store_id: &str) -> Self {
        let kept = Opened {
            store_id: Arc::from(store_id),
            epoch: None,
            boots: 0,
            anchor_seq: 0,
            anchor_hash: Hash::ZERO,
            head_seq: 0,
            head_hash: Hash::ZERO,
            marks: Marks::default(),
        };
        let (records, closed, used_codes) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let (calls, fail_at, is_read_only) = (0, None, false);
        Self(Arc::new(Mutex::new(Disk { kept, records, closed, used_codes, calls, fail_at, is_read_only })))
    }

    /// A store on this disk.
    #[must_use]
    pub fn store(&self) -> MemoryStore {
        MemoryStore { disk: self.clone(), is_open: false }
    }

    /// Makes the `nth` call from now fail, counted from 1.
    pub fn fail_call(&self, nth: u64, fault: Fault) {
        let mut disk = self.lock();
        disk.fail_at = Some((disk.calls.saturating_add(nth), fault));
    }

    /// From now on it can be read, and every call that writes fails.
    pub fn turn_read_only(&self) {
        self.lock().is_read_only = true;
    }

    /// From now on no call fails.
    pub fn heal(&self) {
        let mut disk = self.lock();
        (disk.fail_at, disk.is_read_only) = (None, false);
    }

    /// All records on it.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store on a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryStore {
    disk: MemoryDisk,
    is_open: bool,
}

impl MemoryStore {
    fn call<T>(&mut self, doing: &'static str, work: impl FnOnce(&mut Disk) -> T) -> Result<T, StoreError> {
        let failure = |cause: &str| Err(StoreError::Failed { doing, cause: Arc::from(cause) });
        if !self.is_open {
            return failure("it is not open");
        }
        let mut disk = self.disk.lock();
        disk.calls += 1;
        match disk.fail_at.filter(|(at, _)| *at == disk.calls).map(|(_, fault)| fault) {
            None => return Ok(work(&mut disk)),
            Some(Fault::Before) => {}
            Some(Fault::After) => drop(work(&mut disk)),
            Some(Fault::LostTail) => drop(disk.records.pop()),
        }
        drop(disk);
        self.is_open = false;
        failure("input/output error")
    }

    /// A call that writes.
    fn change<T>(&mut self, doing: &'static str, work: impl FnOnce(&mut Disk) -> T) -> Result<T, StoreError> {
        if self.disk.lock().is_read_only {
            return Err(StoreError::Failed { doing, cause: Arc::from("read-only") });
        }
        self.call(doing, work)
    }
}

impl JournalStore for MemoryStore {
    fn open(&mut self) -> Result<Opened, StoreError> {
        self.is_open = true;
        self.call("open", |disk| {
            let mut opened = disk.kept.clone();
            (opened.head_seq, opened.head_hash) = disk
                .records
                .last()
                .map_or((opened.anchor_seq, opened.anchor_hash), |last| (last.seq, last.hash));
            opened
        })
    }

    fn count_boot(&mut self) -> Result<u64, StoreError> {
        self.change("count a start in", |disk| {
            disk.kept.boots += 1;
            disk.kept.boots
        })
    }

    fn put_epoch(&mut self, epoch: u32) -> Result<(), StoreError> {
        self.change("keep the epoch in", |disk| disk.kept.epoch = Some(epoch))
    }

    fn put_marks(&mut self, marks: Marks) -> Result<(), StoreError> {
        self.change("keep the marks in", |disk| disk.kept.marks = marks)
    }

    fn prove(&mut self) -> Result<(), StoreError> {
        self.change("write to", |_| ())
    }

    fn append(&mut self, batch: &[Record]) -> Result<(), StoreError> {
        self.change("write", |disk| {
            disk.records.extend_from_slice(batch);
            disk.used_codes.extend(batch.iter().filter_map(codes::used_by));
            for record in batch {
                match closed::word(record) {
                    Some((lane_id, Word::Closed)) => {
                        disk.closed.insert(lane_id.into(), record.json.clone());
                    }
                    Some((lane_id, Word::Opened)) => drop(disk.closed.remove(lane_id)),
                    None => {}
                }
            }
        })
    }

    fn read_after(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.call("read", |disk| {
            disk.records.iter().filter(|record| record.seq > seq).take(limit).cloned().collect()
        })
    }

    fn unsettled(&mut self) -> Result<Vec<Record>, StoreError> {
        self.call("read", |disk| {
            let of_visit = |visit: &str| {
                let visit = visit.to_owned();
                let here =
                    disk.records.iter().filter(move |record| record.visit_id.as_deref() == Some(&visit));
                here.map(|record| (record.event_type.to_string(), record.then())).collect::<Vec<_>>()
            };
            let is_open = |record: &&Record| {
                let visit = record.visit_id.as_deref();
                visit.is_some_and(|visit| is_unsettled(&of_visit(visit)))
            };
            let mut open: Vec<Record> = disk.records.iter().filter(is_open).cloned().collect();
            open.sort_by(|one, other| (&one.visit_id, one.seq).cmp(&(&other.visit_id, other.seq)));
            open
        })
    }

    fn closed_lanes(&mut self) -> Result<Vec<ClosedLane>, StoreError> {
        self.call("read", |disk| disk.closed.values().filter_map(|json| ClosedLane::of(json)).collect())
    }

    fn used_codes(&mut self) -> Result<BTreeSet<Box<str>>, StoreError> {
        self.call("read", |disk| disk.used_codes.clone())
    }

    fn own_acts_after(&mut self, seq: u64) -> Result<Vec<GateAct>, StoreError> {
        self.call("read", |disk| {
            let later = disk.records.iter().filter(|record| record.seq > seq);
            let events = later.filter_map(|record| serde_json::from_str::<Event>(&record.json).ok());
            events.filter_map(|event| GateAct::of(&event)).collect()
        })
    }

    fn first_dated(
        &mut self,
        seq: u64,
        dates: RangeInclusive<UtcMillis>,
    ) -> Result<Option<(u64, UtcMillis)>, StoreError> {
        self.call("read", |disk| {
            let mut later = disk.records.iter().filter(|record| record.seq > seq);
            let found = later.find(|record| dates.contains(&record.occurred_at));
            found.map(|record| (record.seq, record.occurred_at))
        })
    }

    fn cut(&mut self, seq: u64, hash: Hash) -> Result<(), StoreError> {
        self.change("trim", |disk| {
            (disk.kept.anchor_seq, disk.kept.anchor_hash) = (seq, hash);
            disk.records.retain(|record| record.seq > seq);
        })
    }
}
