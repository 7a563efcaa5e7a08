//! The cache's tests: the row's bytes, changes, snapshots, age and damage, comparing and repairing.

mod age;
mod changes;
mod compare;
mod exchange;
mod heal;
mod rows;
mod snapshots;
mod sums;

use std::{path::PathBuf, sync::Arc};

use protocols::{
    contract::{Change, ChangeOp, Changes, SnapshotRow},
    ids::MediumType,
};
use tempfile::TempDir;

use super::{Cache, Feed, Residence, SnapshotError, samples};
use crate::{clock::SimClock, decision::View, journal::Overlay};

/// A cache in a folder of its own.
struct Bench {
    folder: TempDir,
    clock: Arc<SimClock>,
}

impl Bench {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), clock: Arc::new(SimClock::at(samples::noon())) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache.db")
    }

    /// Opens it; from memory only once everything is there.
    fn open(&self, residence: Residence) -> Cache {
        let overlay = Arc::new(Overlay::new(samples::gate()));
        let cache = Cache::open(&self.path(), self.clock.clone(), overlay, residence);
        wait_until_loaded(&cache, residence);
        cache
    }

    /// With a first snapshot at revision 10.
    fn filled(&self, residence: Residence, rows: &[SnapshotRow]) -> Cache {
        let cache = self.open(residence);
        assert_eq!(take(&cache, &samples::snapshot(10, rows)), Ok(10));
        wait_until_loaded(&cache, residence);
        cache
    }
}

fn wait_until_loaded(cache: &Cache, residence: Residence) {
    if residence == Residence::Memory && cache.damage().is_none() {
        futures::executor::block_on(cache.is_loaded().wait_for(|is_loaded| *is_loaded)).unwrap();
    }
}

fn take(cache: &Cache, lines: &[String]) -> Result<u64, SnapshotError> {
    let mut snapshot = cache.begin_snapshot()?;
    lines.iter().try_for_each(|line| snapshot.line(line))?;
    snapshot.finish()
}

fn look_up(cache: &Cache, serial: u64) -> View {
    let key = samples::key(&format!("E280{serial:08}"));
    cache.look_up(&[(MediumType::ElectronicPlate, key)]).unwrap()
}

/// The revisions `from + 1 ..`, one for each operation.
fn changes(from: u64, ops: Vec<ChangeOp>) -> Feed {
    let changes: Vec<Change> = (from + 1..).zip(ops).map(|(rev, op)| Change { rev, op }).collect();
    Changes { from, to: from + changes.len() as u64, more: false, changes, mark: None, signed: None }.into()
}
