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
    kept: Mutex<BTreeMap<u32, EventsReceipt>>,
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
    /// Beside this journal. A file that cannot be read is told, and the gate works on: the centre's next receipt begins a new one.
    #[must_use]
    pub fn beside(journal: &Path) -> Self {
        let found = kept_receipts(journal).unwrap_or_else(|error| {
            error!(error = %error, "the receipts of the centre cannot be read: {error}");
            KeptReceipts::default()
        });
        if !found.unreadable.is_empty() {
            let lines = &found.unreadable;
            error!("lines {lines:?} of the centre's receipts beside the journal are damaged");
        }
        let kept = found.receipts.into_iter().map(|receipt| (receipt.epoch, receipt)).collect();
        Self { path: path(journal), kept: Mutex::new(kept) }
    }

    /// The newest for this epoch.
    #[must_use]
    pub fn newest(&self, epoch: u32) -> Option<EventsReceipt> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&epoch).cloned()
    }

    /// Keeps it, durably, unless it is for fewer events than the one that is kept, or says nothing new.
    ///
    /// # Errors
    /// Of the disk; it is tried again with the next one then.
    pub fn keep(&self, receipt: &EventsReceipt) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.get(&receipt.epoch).is_some_and(|before| !is_newer(before, receipt)) {
            return Ok(());
        }
        let mut next = kept.clone();
        next.insert(receipt.epoch, receipt.clone());
        let lines: Result<Vec<String>, _> = next.values().map(serde_json::to_string).collect();
        small_file::exchange(&self.path, &(lines.map_err(io::Error::other)?.join("\n") + "\n"))?;
        *kept = next;
        Ok(())
    }
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
    let bytes = match fs::read(path(journal)) {
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
