//! 回执簿: the newest receipt of the centre for each epoch, in a file of its own beside the journal.
//! Promises: no receipt takes the place of one for more events; what is kept survives the journal: when that is cut, exchanged for an older
//! copy or begun anew, the receipts still say what it had. A line that cannot be read is counted and costs no other.
//! Absent on purpose: signatures (`identity`), whose word a receipt is; whoever reads here verifies.
//! Source: invariant I5; faults A6, C5, C7, E4; docs/decisions 0083.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use protocols::contract::EventsReceipt;
use tracing::error;

use crate::small_file;

/// 回执簿.
#[derive(Debug)]
pub struct ReceiptBook {
    path: PathBuf,
    /// None before they were read.
    kept: Mutex<Option<BTreeMap<u32, EventsReceipt>>>,
}

/// What lies in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptReceipts {
    /// By epoch.
    pub receipts: Vec<EventsReceipt>,
    /// Numbers of the lines that are no receipts, from 1.
    pub unreadable: Vec<usize>,
}

impl ReceiptBook {
    /// Beside this journal. They are read when somebody first asks, which nobody does before the journal is open: until then the folder may not be there (fault A10).
    /// A file that cannot be read is told, and the gate works on: the centre's next receipt begins a new one, unless rights alone are missing.
    #[must_use]
    pub fn beside(journal: &Path) -> Self {
        Self { path: path(journal), kept: Mutex::new(None) }
    }

    /// The newest for this epoch. Blocks on the disk for the first.
    #[must_use]
    pub fn newest(&self, epoch: u32) -> Option<EventsReceipt> {
        let newest = self.with(|kept| Ok(kept.get(&epoch).cloned()));
        newest.unwrap_or_else(|error| {
            error!(error = %error, "the receipts of the centre cannot be read: {error}");
            None
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<u32, EventsReceipt>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receipts = match kept.take() {
            Some(receipts) => receipts,
            None => read_book(&self.path)?,
        };
        work(kept.insert(receipts))
    }

    /// Keeps it, durably, unless it is for fewer events than the one that is kept, or says nothing new.
    ///
    /// # Errors
    /// Of the disk; it is tried again with the next one then.
    pub fn keep(&self, receipt: &EventsReceipt) -> io::Result<()> {
        self.with(|kept| {
            if kept.get(&receipt.epoch).is_some_and(|before| !is_newer(before, receipt)) {
                return Ok(());
            }
            let mut next = kept.clone();
            next.insert(receipt.epoch, receipt.clone());
            let lines: Result<Vec<String>, _> = next.values().map(serde_json::to_string).collect();
            small_file::exchange(&self.path, &(lines.map_err(io::Error::other)?.join("\n") + "\n"))?;
            *kept = next;
            Ok(())
        })
    }
}

/// Rights that are missing now may be given; whatever else cannot be read is begun anew.
fn read_book(path: &Path) -> io::Result<BTreeMap<u32, EventsReceipt>> {
    let found = match receipts_at(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        found => found.unwrap_or_else(|error| {
            error!(error = %error, "the receipts of the centre cannot be read: {error}");
            KeptReceipts::default()
        }),
    };
    if !found.unreadable.is_empty() {
        let lines = &found.unreadable;
        error!("lines {lines:?} of the centre's receipts beside the journal are damaged");
    }
    Ok(found.receipts.into_iter().map(|receipt| (receipt.epoch, receipt)).collect())
}

/// More events, or the same ones by another certificate: the authority of the one before may be retired.
fn is_newer(before: &EventsReceipt, receipt: &EventsReceipt) -> bool {
    let same = (before.seq, before.hash) == (receipt.seq, receipt.hash);
    before.seq < receipt.seq || same && before.certificate != receipt.certificate
}

/// What lies beside this journal; nothing is changed.
///
/// # Errors
/// Of the disk; a file that is not there has no receipts.
pub fn kept_receipts(journal: &Path) -> io::Result<KeptReceipts> {
    receipts_at(&path(journal))
}

fn receipts_at(path: &Path) -> io::Result<KeptReceipts> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut found = KeptReceipts::default();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        match serde_json::from_slice(line) {
            Ok(receipt) => found.receipts.push(receipt),
            Err(_) if line.is_empty() => {}
            Err(_) => found.unreadable.push(number),
        }
    }
    Ok(found)
}

fn path(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".receipts");
    path.into()
}
