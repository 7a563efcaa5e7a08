//! Writes records out as they were sealed, one JSON object a line, for the centre by hand or for an investigation; before them what the
//! centre has signed for, each in member `receipt` of an object, so that whoever has the authority's certificate can hold them to it.
//! Promises: the receipts are read before the records, so that none is for a record that came after the export.
//! Absent on purpose: the gate's own signature, which may follow as the last line (`identity`); what it is for is summed here.

use std::{
    io::{self, Write},
    ops::RangeInclusive,
    path::Path,
};

use protocols::contract::Hash;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    error::StoreError,
    receipts::kept_receipts,
    sqlite::{connect_read_only, failed, select_after},
};

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read.
    #[error("cannot export")]
    Store(#[from] StoreError),
    /// The lines cannot be written, or the receipts not be read.
    #[error("cannot write the export")]
    Write(#[from] std::io::Error),
}

/// Writes the receipts and the records of `range` that the file holds; gives how many records.
///
/// # Errors
/// [`ExportError`]; what was written before stays.
pub fn export(path: &Path, range: RangeInclusive<u64>, out: &mut impl Write) -> Result<u64, ExportError> {
    let db = connect_read_only(path)?;
    for receipt in kept_receipts(path)?.receipts {
        writeln!(out, "{}", json!({ "receipt": receipt }))?;
    }
    let (mut seq, mut written) = (range.start().saturating_sub(1), 0);
    loop {
        let batch = select_after(&db, seq, 1000).map_err(|error| failed("read", &error))?;
        if batch.is_empty() {
            break;
        }
        for record in batch {
            if record.seq > *range.end() {
                out.flush()?;
                return Ok(written);
            }
            out.write_all(record.json.as_bytes())?;
            out.write_all(b"\n")?;
            (seq, written) = (record.seq, written + 1);
        }
    }
    out.flush()?;
    Ok(written)
}

/// What a signature of an export is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many lines.
    pub lines: u64,
    /// SHA-256 over them, each with its line feed.
    pub sha256: Hash,
}

/// Passes on, and sums up what went through.
pub struct Summing<'a, W> {
    out: &'a mut W,
    lines: u64,
    sha: Sha256,
}

impl<'a, W> Summing<'a, W> {
    /// Of nothing yet.
    pub fn up(out: &'a mut W) -> Self {
        Self { out, lines: 0, sha: Sha256::new() }
    }

    /// So far.
    #[must_use]
    pub fn sum(&self) -> Sum {
        Sum { lines: self.lines, sha256: Hash(self.sha.clone().finalize().into()) }
    }
}

impl<W: Write> Write for Summing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        let bytes = bytes.get(..taken).unwrap_or_default();
        self.sha.update(bytes);
        self.lines += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
