//! Goes through a whole journal, its file or an export of it, and says whether every record still is what was sealed, and what the centre
//! has signed for.
//! Promises: reads only; goes on after damage, so that the rest can be delivered; names each damaged range by its numbers.
//! Limits: an unkeyed chain shows accidents and edits, not a hostile owner who seals everything anew; that, and a cut tail, shows against
//! the centre's receipts, up to the newest of them. Whose word a receipt is has been verified before (`identity`). The file's own structure
//! is checked by SQLite.
//! Source: invariant I5; faults A6, E4; docs/decisions 0083.

use std::path::Path;

use protocols::contract::{EventsReceipt, Hash};

use super::{
    error::StoreError,
    sqlite::{connect_read_only, failed, read_gate_id, read_opened, select_after},
    store::Opened,
};

/// 校验结果.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose journal, as far as it says.
    pub gate_id: Box<str>,
    /// The store's id; empty for an export.
    pub store_id: Box<str>,
    /// Its epoch.
    pub epoch: Option<u32>,
    /// The first record that is held, if any is.
    pub first_seq: u64,
    /// The last record that is held.
    pub last_seq: u64,
    /// How many were read.
    pub records: u64,
    /// What does not hold, in order; empty when everything does.
    pub damages: Vec<Damage>,
}

/// A range of records that do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The first.
    pub first_seq: u64,
    /// The last.
    pub last_seq: u64,
    /// What was found at the first.
    pub what: Box<str>,
}

/// Verifies the file: structure, chain from the anchor to the head, numbers without gaps, columns equal to the events.
///
/// # Errors
/// [`StoreError`] when the file cannot be opened as a journal at all.
pub fn verify(path: &Path) -> Result<Report, StoreError> {
    verify_against(path, &[])
}

/// The same, and that it has what these receipts say, of those that are of its gate and epoch.
///
/// # Errors
/// [`StoreError`] when the file cannot be opened as a journal at all.
pub fn verify_against(path: &Path, receipts: &[EventsReceipt]) -> Result<Report, StoreError> {
    let db = connect_read_only(path)?;
    let opened = read_opened(&db)?;
    let report = Report {
        gate_id: read_gate_id(&db)?,
        store_id: opened.store_id.as_ref().into(),
        epoch: opened.epoch,
        last_seq: opened.head_seq,
        ..Report::from_first(opened.anchor_seq + 1)
    };
    let mut walk = Walk::begin(report, opened.anchor_hash, receipts);
    records(&db, &opened, &mut walk);
    let mut report = walk.end();
    let told = report.damages.last().map_or(report.last_seq, |damage| damage.last_seq.max(report.last_seq));
    if opened.marks.acked_seq > told {
        report.note(told + 1, opened.marks.acked_seq, "the centre has acknowledged it, it is gone here");
    }
    let structure: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .unwrap_or_else(|error| failed("check", &error).to_string());
    if structure != "ok" {
        report.note(report.first_seq, report.last_seq, &structure);
    }
    Ok(report)
}

fn records(db: &rusqlite::Connection, opened: &Opened, walk: &mut Walk<'_>) {
    loop {
        let batch = match select_after(db, walk.seq, 1000) {
            Ok(batch) if batch.is_empty() => return,
            Ok(batch) => batch,
            Err(error) => {
                let (first, last) = (walk.seq + 1, opened.head_seq.max(walk.seq + 1));
                return walk.report.note(first, last, &failed("read", &error).to_string());
            }
        };
        for record in batch {
            let fault = record.holds_after(opened.epoch, walk.seq, &walk.hash).err();
            // What follows is judged by this record's own copy, so that one edit is one damage.
            walk.step(record.seq, record.hash, fault.map(|error| error.to_string()));
        }
    }
}

/// On the way from the first record to the last.
pub(super) struct Walk<'a> {
    pub(super) report: Report,
    /// Of the record before the next one.
    pub(super) seq: u64,
    pub(super) hash: Hash,
    receipts: Vec<&'a EventsReceipt>,
}

impl<'a> Walk<'a> {
    /// From before the first record, whose hash before is this.
    pub(super) fn begin(report: Report, before: Hash, receipts: &'a [EventsReceipt]) -> Self {
        let is_of_it = |receipt: &&EventsReceipt| {
            receipt.gate_id.as_str() == &*report.gate_id && Some(receipt.epoch) == report.epoch
        };
        let receipts = receipts.iter().filter(is_of_it).collect();
        let mut walk = Self { seq: report.first_seq - 1, hash: before, report, receipts };
        walk.compare();
        walk
    }

    pub(super) fn step(&mut self, seq: u64, hash: Hash, fault: Option<String>) {
        self.report.records += 1;
        if let Some(fault) = fault {
            self.report.note(self.seq + 1, seq, &fault);
        }
        (self.seq, self.hash) = (seq, hash);
        self.report.last_seq = self.report.last_seq.max(seq);
        self.compare();
    }

    /// The chain up to here is in its hash: if that is another than the centre's, something up to here is.
    fn compare(&mut self) {
        for receipt in
            self.receipts.iter().filter(|receipt| receipt.seq == self.seq && receipt.hash != self.hash)
        {
            let what = format!("the centre signed at {} for other records than these", receipt.at);
            let first_seq = self.report.first_seq.min(self.seq);
            self.report.damages.push(Damage { first_seq, last_seq: self.seq, what: what.into() });
        }
    }

    /// What the centre has signed for beyond the last record is gone.
    pub(super) fn end(self) -> Report {
        let mut report = self.report;
        if let Some(newest) = self.receipts.iter().max_by_key(|receipt| receipt.seq)
            && newest.seq > report.last_seq
        {
            let what = format!("the centre signed for it at {}, it is gone here", newest.at);
            report.note(report.last_seq + 1, newest.seq, &what);
        }
        report
    }
}

impl Report {
    /// True when every record is what was sealed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }

    /// Of nothing yet, from this record on.
    pub(super) fn from_first(first_seq: u64) -> Self {
        Self {
            gate_id: Box::default(),
            store_id: Box::default(),
            epoch: None,
            first_seq,
            last_seq: first_seq - 1,
            records: 0,
            damages: Vec::new(),
        }
    }

    fn note(&mut self, first_seq: u64, last_seq: u64, what: &str) {
        match self.damages.last_mut() {
            Some(before) if before.last_seq.saturating_add(1) == first_seq => before.last_seq = last_seq,
            _ => self.damages.push(Damage { first_seq, last_seq, what: what.into() }),
        }
    }
}
