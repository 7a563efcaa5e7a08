//! Goes through a whole journal file and says whether every record still is what was sealed.
//! Promises: reads only; goes on after damage, so that the rest can be delivered; names each damaged range by its numbers.
//! Limits: an unkeyed chain shows accidents and edits, not a hostile owner who seals everything anew; a cut tail shows only
//! against the centre's receipt (faults, section 5). The file's own structure is checked by SQLite.

use std::path::Path;

use super::{
    error::StoreError,
    sqlite::{connect_read_only, failed, read_opened, select_after},
    store::Opened,
};

/// 校验结果.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The store's id.
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
    let db = connect_read_only(path)?;
    let opened = read_opened(&db)?;
    let mut report = Report {
        store_id: opened.store_id.as_ref().into(),
        epoch: opened.epoch,
        first_seq: opened.anchor_seq + 1,
        last_seq: opened.head_seq,
        records: 0,
        damages: Vec::new(),
    };
    walk(&db, &opened, &mut report);
    if opened.marks.acked_seq > report.last_seq {
        report.note(
            report.last_seq + 1,
            opened.marks.acked_seq,
            "the centre has acknowledged it, it is gone here",
        );
    }
    let structure: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .unwrap_or_else(|error| failed("check", &error).to_string());
    if structure != "ok" {
        report.note(report.first_seq, report.last_seq, &structure);
    }
    Ok(report)
}

fn walk(db: &rusqlite::Connection, opened: &Opened, report: &mut Report) {
    let (mut seq, mut hash) = (opened.anchor_seq, opened.anchor_hash);
    loop {
        let batch = match select_after(db, seq, 1000) {
            Ok(batch) if batch.is_empty() => return,
            Ok(batch) => batch,
            Err(error) => {
                return report.note(
                    seq + 1,
                    opened.head_seq.max(seq + 1),
                    &failed("read", &error).to_string(),
                );
            }
        };
        for record in batch {
            report.records += 1;
            if let Err(error) = record.holds_after(opened.epoch, seq, &hash) {
                report.note(seq + 1, record.seq, &error.to_string());
            }
            // What follows is judged by this record's own copy, so that one edit is one damage.
            (seq, hash) = (record.seq, record.hash);
            report.last_seq = report.last_seq.max(seq);
        }
    }
}

impl Report {
    /// True when every record is what was sealed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }

    fn note(&mut self, first_seq: u64, last_seq: u64, what: &str) {
        match self.damages.last_mut() {
            Some(before) if before.last_seq.saturating_add(1) == first_seq => before.last_seq = last_seq,
            _ => self.damages.push(Damage { first_seq, last_seq, what: what.into() }),
        }
    }
}
