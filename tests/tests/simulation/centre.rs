//! The centre: its real intake over memory, and a feed with revisions as `gate_feed` makes it. It dies and comes back; it is restored from a
//! backup.

use std::collections::BTreeMap;

use central::{
    binding::index::{self, TripView},
    gate_feed::intake::{Head, Taken, memory::MemoryCentre},
};
use futures::executor::block_on;
use protocols::{
    contract::{
        Change, ChangeOp, Changes, Denied, EventsAck, EventsRefusal, Hash, HelloAnswer, IndexMark, PolicyRow,
        SnapshotHead, SnapshotRow, SnapshotTail, UtcMillis, feed_mark,
    },
    ids::{GateId, MediumKey, MediumType, TripNo},
    rules::YardPolicy,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::plan;

/// What it has on its disk.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) memory: MemoryCentre,
    shown: BTreeMap<TripNo, TripView>,
    denied: Vec<Denied>,
    changes: Vec<Change>,
    /// Of each change, the one before it included.
    marks: Vec<Hash>,
}

pub(crate) struct Centre {
    pub(crate) kept: Kept,
    pub(crate) backup: Option<Box<Kept>>,
    pub(crate) is_up: bool,
    /// Counts its starts: what one has sent does not arrive after its end.
    pub(crate) life: u64,
    /// How often it was restored.
    pub(crate) restored: u64,
}

impl Centre {
    pub(crate) fn new(trips: u64, is_approved: impl Fn(u64) -> bool) -> Self {
        let memory = MemoryCentre { now_ms: plan::start().as_millis(), ..MemoryCentre::default() };
        let mut kept = Kept {
            memory,
            shown: BTreeMap::new(),
            denied: Vec::new(),
            changes: Vec::new(),
            marks: Vec::new(),
        };
        let yard = YardPolicy::new(vec![plan::area()]);
        kept.push(ChangeOp::Policy(PolicyRow::Yard(yard)));
        for gate in 0..plan::GATES.len() {
            for lane in 0..plan::LANES.len() {
                kept.push(ChangeOp::Policy(PolicyRow::Lane(plan::policy(gate, lane))));
            }
        }
        for serial in 1..=trips {
            let record = plan::record(serial, is_approved(serial));
            kept.memory.trips.insert(record.trip_no, record);
        }
        kept.show();
        Self { kept, backup: None, is_up: true, life: 1, restored: 0 }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.kept.changes.len() as u64
    }

    pub(crate) fn approve(&mut self, serial: u64, now: UtcMillis) {
        if let Some(record) = self.kept.memory.trips.get_mut(&plan::trip_no(serial))
            && record.approved_at.is_none()
            && record.status == protocols::rules::TripStatus::Sent
        {
            *record = plan::approve(record.clone(), now);
        }
        self.kept.show();
    }

    pub(crate) fn deny(&mut self, key: MediumKey, now: UtcMillis) {
        let version = self.kept.denied.len() as u64 + 1;
        let denied = Denied {
            medium_type: MediumType::Plate,
            medium_key: key,
            reason: "reported stolen".into(),
            since: now,
            version,
        };
        self.kept.denied.push(denied.clone());
        self.kept.push(ChangeOp::Deny(denied));
    }

    pub(crate) fn hello(&mut self, gate: &GateId, index: Option<IndexMark>, now: UtcMillis) -> HelloAnswer {
        let nothing = Head { epoch: 1, seq: 0, hash: Hash::ZERO };
        let head = *self.kept.memory.heads.entry(gate.clone()).or_insert(nothing);
        let revision = self.revision();
        HelloAnswer {
            epoch: head.epoch,
            expected_seq: head.seq + 1,
            expected_hash: head.hash,
            revision,
            time: now,
            knows_index: index.and_then(|index| Some(self.mark(index.revision)? == index.mark)),
            authorities: Vec::new(),
            receipt: None,
        }
    }

    /// Takes a batch as the service does: all that was stored is durable before the answer.
    pub(crate) fn take(
        &mut self,
        gate: &GateId,
        epoch: u32,
        events: &[String],
        now: UtcMillis,
    ) -> Result<EventsAck, EventsRefusal> {
        self.kept.memory.now_ms = now.as_millis();
        let events: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        let taken = block_on(self.kept.memory.take((gate, &plan::yard()), epoch, events)).unwrap();
        self.kept.show();
        match taken {
            Taken::Acked(head) => Ok(EventsAck {
                epoch: head.epoch,
                acked_seq: head.seq,
                revision: self.revision(),
                receipt: None,
            }),
            Taken::Refused(refusal) => Err(refusal),
        }
    }

    /// None when it never had that revision, or not any more.
    pub(crate) fn changes_after(&self, from: u64, mark: Option<Hash>) -> Option<Changes> {
        if mark.is_some_and(|mark| self.mark(from) != Some(mark)) {
            return None;
        }
        let start = usize::try_from(from).ok().filter(|start| *start <= self.kept.changes.len())?;
        let changes = self.kept.changes[start..].to_vec();
        let to = from + changes.len() as u64;
        Some(Changes { from, to, more: false, changes, mark: self.mark(to) })
    }

    fn mark(&self, revision: u64) -> Option<Hash> {
        self.kept.marks.get(usize::try_from(revision.checked_sub(1)?).ok()?).copied()
    }

    pub(crate) fn snapshot(&self) -> Vec<String> {
        let kept = &self.kept;
        let mut rows: Vec<SnapshotRow> = Vec::new();
        for change in &kept.changes {
            if let ChangeOp::Policy(row) = &change.op {
                rows.push(SnapshotRow::Policy(row.clone()));
            }
        }
        let (mut entries, mut stubs) = (0, 0);
        for view in kept.shown.values() {
            match view {
                TripView::Entry(entry) => {
                    entries += 1;
                    rows.push(SnapshotRow::Entry((**entry).clone()));
                }
                TripView::Stub { stub, .. } => {
                    stubs += 1;
                    rows.push(SnapshotRow::Stub(stub.clone()));
                }
                TripView::Absent => {}
            }
        }
        rows.extend(kept.denied.iter().cloned().map(SnapshotRow::Deny));
        let denied = kept.denied.len() as u64;
        let (revision, yard_id) = (self.revision(), plan::yard());
        let head = SnapshotHead { yard_id, revision, entries, stubs, denied, mark: self.mark(revision) };
        let mut lines = vec![serde_json::to_string(&head).unwrap()];
        lines.extend(rows.iter().map(|row| serde_json::to_string(row).unwrap()));
        let mut sha = Sha256::new();
        lines.iter().for_each(|line| sha.update(format!("{line}\n")));
        lines.push(serde_json::to_string(&SnapshotTail { sha256: Hash(sha.finalize().into()) }).unwrap());
        lines
    }

    pub(crate) fn back_up(&mut self) {
        self.backup = Some(Box::new(self.kept.clone()));
    }

    pub(crate) fn restore(&mut self) {
        if let Some(backup) = self.backup.take() {
            self.kept = *backup;
            self.restored += 1;
            self.life += 1;
        }
    }

    pub(crate) fn view(&self, trip: &TripNo) -> Option<&TripView> {
        self.kept.shown.get(trip)
    }
}

impl Kept {
    fn push(&mut self, op: ChangeOp) {
        let rev = self.changes.len() as u64 + 1;
        self.marks.push(feed_mark(self.marks.last().copied(), rev, &serde_json::to_string(&op).unwrap()));
        self.changes.push(Change { rev, op });
    }

    /// Gives each record that looks otherwise now its next revision.
    fn show(&mut self) {
        let views: Vec<_> =
            self.memory.trips.iter().map(|(trip, record)| (*trip, index::of(record))).collect();
        for (trip, view) in views {
            if self.shown.get(&trip) == Some(&view) {
                continue;
            }
            match &view {
                TripView::Entry(entry) => self.push(ChangeOp::Upsert((**entry).clone())),
                TripView::Stub { stub, .. } => self.push(ChangeOp::Stub(stub.clone())),
                TripView::Absent => self.push(ChangeOp::Remove { trip_no: trip }),
            }
            self.shown.insert(trip, view);
        }
    }
}
