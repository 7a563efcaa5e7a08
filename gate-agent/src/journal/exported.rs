//! Reads what `export` has written, for whoever has nothing else of the gate: the same chain, held to the same receipts.
//! Promises: as `verify`; an export of a part begins with whatever record it begins with.
//! Source: invariant I5; fault E4; docs/decisions 0083.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

use protocols::contract::{EventsReceipt, Hash, RawEvent};
use serde_json::Value;

use super::{
    export::{Sum, Summing},
    receipts::KeptReceipts,
    verify::{Report, Walk},
};

/// Whether the file is an export rather than a journal: it begins with an object.
///
/// # Errors
/// Of the disk.
pub fn is_export(path: &Path) -> io::Result<bool> {
    let mut first = [0];
    Ok(File::open(path)?.read(&mut first)? == 1 && first == *b"{")
}

/// The receipts that an export begins with.
///
/// # Errors
/// Of the disk.
pub fn exported_receipts(path: &Path) -> io::Result<KeptReceipts> {
    let mut found = KeptReceipts::default();
    for (number, line) in (1..).zip(lines(path)?) {
        let Some(receipt) = serde_json::from_slice::<Value>(&line?).ok().as_mut().and_then(receipt_of) else {
            break;
        };
        match serde_json::from_value(receipt) {
            Ok(receipt) => found.receipts.push(receipt),
            Err(_) => found.unreadable.push(number),
        }
    }
    Ok(found)
}

/// The gate's signature that an export ends with, and what it must be for: all lines before it. None of an export that has none; where
/// something follows it, it is for nothing.
///
/// # Errors
/// Of the disk.
pub fn exported_signature(path: &Path) -> io::Result<Option<(Value, Sum)>> {
    let (mut nowhere, mut found) = (io::sink(), None);
    let mut summed = Summing::up(&mut nowhere);
    for line in lines(path)? {
        let line = line?;
        if found.is_none() && line.starts_with(br#"{"signed":"#) {
            let signed =
                serde_json::from_slice::<Value>(&line).ok().as_mut().and_then(|line| only(line, "signed"));
            found = Some((signed.unwrap_or_default(), summed.sum()));
            continue;
        }
        summed.write_all(&line)?;
        summed.write_all(b"\n")?;
    }
    let all = summed.sum();
    Ok(found.map(|(signed, before)| (if before == all { signed } else { Value::Null }, before)))
}

/// Verifies an export: every record, chain, numbers, and that it has what these receipts say, of those that are of its gate and epoch.
///
/// # Errors
/// Of the disk.
pub fn verify_export(path: &Path, receipts: &[EventsReceipt]) -> io::Result<Report> {
    let mut walk = None;
    for line in lines(path)? {
        // A line that is no record leaves a gap, which the next record shows.
        let Ok(mut value) = serde_json::from_slice::<Value>(&line?) else { continue };
        if receipt_of(&mut value).is_some() {
            continue;
        }
        let Some(told) = Told::of(&value) else { continue };
        let walk = walk.get_or_insert_with(|| Walk::begin(told.first(), told.prev_hash, receipts));
        let fault = told.fault(walk).or_else(|| Some(RawEvent::verify(value).err()?.to_string()));
        walk.step(told.seq, told.hash, fault);
    }
    // Without any record nothing but a receipt says whose journal it was.
    let newest = || receipts.iter().max_by_key(|receipt| (receipt.epoch, receipt.seq));
    let nothing = || Report {
        gate_id: newest().map_or("", |receipt| receipt.gate_id.as_str()).into(),
        epoch: newest().map(|receipt| receipt.epoch),
        ..Report::from_first(1)
    };
    Ok(walk.unwrap_or_else(|| Walk::begin(nothing(), Hash::ZERO, receipts)).end())
}

/// What a record says of itself.
struct Told {
    gate_id: Box<str>,
    epoch: u32,
    seq: u64,
    prev_hash: Hash,
    hash: Hash,
}

impl Told {
    fn of(value: &Value) -> Option<Self> {
        let hash = |name: &str| Hash::parse(value.get(name)?.as_str()?).ok();
        Some(Self {
            gate_id: value.get("gate_id")?.as_str()?.into(),
            epoch: u32::try_from(value.get("epoch")?.as_u64()?).ok()?,
            seq: value.get("seq")?.as_u64().filter(|seq| *seq > 0)?,
            prev_hash: hash("prev_hash")?,
            hash: hash("hash")?,
        })
    }

    fn first(&self) -> Report {
        Report { gate_id: self.gate_id.clone(), epoch: Some(self.epoch), ..Report::from_first(self.seq) }
    }

    /// Why it does not follow.
    fn fault(&self, walk: &Walk<'_>) -> Option<String> {
        if self.seq != walk.seq + 1 {
            return Some(format!("the next record found is {}", self.seq));
        }
        if self.prev_hash != walk.hash || self.seq == 1 && self.prev_hash != Hash::ZERO {
            return Some("it does not follow the record before it".to_owned());
        }
        let is_other = *self.gate_id != *walk.report.gate_id || Some(self.epoch) != walk.report.epoch;
        is_other.then(|| "it is of another gate or epoch".to_owned())
    }
}

pub(super) fn lines(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    Ok(BufReader::new(File::open(path)?).split(b'\n'))
}

/// Takes the receipt out of a line that has one and no record.
fn receipt_of(line: &mut Value) -> Option<Value> {
    only(line, "receipt")
}

/// This member, where it is the only one.
fn only(line: &mut Value, name: &str) -> Option<Value> {
    line.as_object_mut().filter(|members| members.len() == 1)?.remove(name)
}
