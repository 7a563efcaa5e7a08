//! What a centre shows its gates: rows with revisions and marks, as `gate_feed` makes them.

use std::collections::BTreeMap;

use central::binding::{
    Record,
    index::{self, TripView},
};
use protocols::{
    contract::{
        Change, ChangeOp, Changes, Denied, Hash, PolicyRow, SnapshotHead, SnapshotRow, SnapshotTail,
        UtcMillis, feed_mark,
    },
    ids::{MediumKey, MediumType, TripNo},
    rules::YardPolicy,
};
use sha2::{Digest, Sha256};

use super::plan;

#[derive(Clone)]
pub(crate) struct Feed {
    shown: BTreeMap<TripNo, TripView>,
    denied: Vec<Denied>,
    changes: Vec<Change>,
    /// Of each change, the one before it included.
    marks: Vec<Hash>,
}

impl Feed {
    /// With the policy of the yard and of all its lanes.
    pub(crate) fn new() -> Self {
        let (shown, denied, changes, marks) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        let mut feed = Self { shown, denied, changes, marks };
        feed.push(ChangeOp::Policy(PolicyRow::Yard(YardPolicy::new(vec![plan::area()]))));
        for gate in 0..plan::GATES.len() {
            for lane in 0..plan::LANES.len() {
                feed.push(ChangeOp::Policy(PolicyRow::Lane(plan::policy(gate, lane))));
            }
        }
        feed
    }

    pub(crate) fn revision(&self) -> u64 {
        self.changes.len() as u64
    }

    /// Gives a record its next revision if it looks otherwise now.
    pub(crate) fn show(&mut self, record: &Record) {
        let (trip, view) = (record.trip_no, index::of(record));
        if self.shown.get(&trip) == Some(&view) {
            return;
        }
        match &view {
            TripView::Entry(entry) => self.push(ChangeOp::Upsert((**entry).clone())),
            TripView::Stub { stub, .. } => self.push(ChangeOp::Stub(stub.clone())),
            TripView::Absent => self.push(ChangeOp::Remove { trip_no: trip }),
        }
        self.shown.insert(trip, view);
    }

    pub(crate) fn deny(&mut self, key: MediumKey, now: UtcMillis) {
        let version = self.denied.len() as u64 + 1;
        let denied = Denied {
            medium_type: MediumType::Plate,
            medium_key: key,
            reason: "reported stolen".into(),
            since: now,
            version,
        };
        self.denied.push(denied.clone());
        self.push(ChangeOp::Deny(denied));
    }

    pub(crate) fn mark(&self, revision: u64) -> Option<Hash> {
        self.marks.get(usize::try_from(revision.checked_sub(1)?).ok()?).copied()
    }

    /// None when it never had that revision, or not any more.
    pub(crate) fn changes_after(&self, from: u64, mark: Option<Hash>) -> Option<Changes> {
        if mark.is_some_and(|mark| self.mark(from) != Some(mark)) {
            return None;
        }
        let start = usize::try_from(from).ok().filter(|start| *start <= self.changes.len())?;
        let changes = self.changes[start..].to_vec();
        let to = from + changes.len() as u64;
        Some(Changes { from, to, more: false, changes, mark: self.mark(to), signed: None })
    }

    pub(crate) fn snapshot(&self) -> Vec<String> {
        let mut rows: Vec<SnapshotRow> = Vec::new();
        for change in &self.changes {
            if let ChangeOp::Policy(row) = &change.op {
                rows.push(SnapshotRow::Policy(row.clone()));
            }
        }
        let (mut entries, mut stubs) = (0, 0);
        for view in self.shown.values() {
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
        rows.extend(self.denied.iter().cloned().map(SnapshotRow::Deny));
        let denied = self.denied.len() as u64;
        let (revision, yard_id) = (self.revision(), plan::yard());
        let head = SnapshotHead { yard_id, revision, entries, stubs, denied, mark: self.mark(revision) };
        let mut lines = vec![serde_json::to_string(&head).unwrap()];
        lines.extend(rows.iter().map(|row| serde_json::to_string(row).unwrap()));
        let mut sha = Sha256::new();
        lines.iter().for_each(|line| sha.update(format!("{line}\n")));
        let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
        lines.push(serde_json::to_string(&tail).unwrap());
        lines
    }

    pub(crate) fn view(&self, trip: &TripNo) -> Option<&TripView> {
        self.shown.get(trip)
    }

    fn push(&mut self, op: ChangeOp) {
        let rev = self.revision() + 1;
        self.marks.push(feed_mark(self.marks.last().copied(), rev, &serde_json::to_string(&op).unwrap()));
        self.changes.push(Change { rev, op });
    }
}
