//! One seed over the gate's index.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use gate_agent::{
    cache::{Cache, CacheError, Feed, Residence},
    clock::SimClock,
    journal::Overlay,
};
use kakou_tests::chance::Chance;
use protocols::{
    contract::{Change, ChangeOp, Changes, Denied, Hash, SnapshotHead, SnapshotTail, UtcMillis, feed_mark},
    ids::{GateId, MediumKey, MediumType, YardId},
};
use sha2::{Digest as _, Sha256};

use super::{
    disk::{Disk, Fault},
    shim,
    tally::Tally,
};

const STEPS: u64 = 40;
const KEYS: u64 = 12;

/// What the centre has told, revision by revision: the denied media with their versions, and the mark.
struct Told {
    denied: Vec<BTreeMap<u64, u64>>,
    marks: Vec<Hash>,
    changes: Vec<Change>,
}

pub(crate) fn run(seed: u64, tally: &mut Tally) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let mut chance = Chance::from(seed ^ 0x0069_6E64);
    shim::insert(Disk::new(seed));
    let mut told = Told { denied: vec![BTreeMap::new()], marks: Vec::new(), changes: Vec::new() };
    told.goes_on(&mut chance);
    let mut cache = open(&path);
    take_snapshot(&cache, &told);
    // The snapshot was synced by the gate itself and put in its place by a renaming, which the shim does not see.
    drop(cache);
    let seen = shim::disk(|disk| (disk.cuts, disk.failed.clone()));
    shim::insert(Disk::new(seed));
    shim::disk(|disk| (disk.cuts, disk.failed) = seen);
    cache = open(&path);
    for _ in 0..STEPS {
        match chance.below(8) {
            0..4 => {
                told.goes_on(&mut chance);
                let Some(stamp) = cache.stamp() else { panic!("seed {seed}: no index any more") };
                if cache.apply_changes(&told.after(stamp.revision)).is_ok() {
                    tally.answered += 1;
                }
            }
            4 | 5 => {
                let fault =
                    [Fault::Error, Fault::Torn, Fault::Full, Fault::PowerCut][chance.below(4) as usize];
                let nth = 1 + chance.below(8);
                shim::disk(|disk| disk.fail_call(nth, fault));
            }
            6 => shim::disk(Disk::heal),
            _ => {
                shim::disk(|disk| disk.fail_call(1, Fault::PowerCut));
                told.goes_on(&mut chance);
                drop(cache.stamp().map(|stamp| cache.apply_changes(&told.after(stamp.revision))));
            }
        }
        if shim::disk(|disk| disk.is_off()) {
            drop(cache);
            shim::disk(Disk::power_returns);
            cache = open(&path);
        }
        check(&cache, &told, seed);
    }
    shim::disk(Disk::heal);
}

fn open(path: &Path) -> Cache {
    let overlay = Arc::new(Overlay::new(GateId::parse("0708-G01").unwrap()));
    Cache::open(path, Arc::new(SimClock::at(UtcMillis::from_millis(0))), overlay, Residence::File)
}

/// The rows are those of the revision, and so is the mark. A gate that cannot open its index says so and takes a snapshot; that is no loss, but it
/// must not happen for a disk that works.
fn check(cache: &Cache, told: &Told, seed: u64) {
    if matches!(cache.damage(), Some(CacheError::Corrupt(_))) {
        panic!("seed {seed}: {:?}", cache.damage());
    }
    let Some(stamp) = cache.stamp() else { return };
    let revision = usize::try_from(stamp.revision).unwrap();
    let mark = cache.index_mark().map(|index| index.mark);
    assert_eq!(mark, Some(told.marks[revision - 1]), "seed {seed}: mark of revision {revision}");
    for serial in 0..KEYS {
        let Ok(view) = cache.look_up(&[(MediumType::Plate, key(serial))]) else { return };
        let held = view.denied.first().map(|denied| denied.version);
        assert_eq!(
            held,
            told.denied[revision].get(&serial).copied(),
            "seed {seed}: key {serial} at revision {revision}"
        );
    }
}

impl Told {
    /// One to five further revisions.
    fn goes_on(&mut self, chance: &mut Chance) {
        for _ in 0..=chance.below(5) {
            let (serial, rev) = (chance.below(KEYS), self.changes.len() as u64 + 1);
            let mut denied = self.denied.last().cloned().unwrap_or_default();
            let op = if denied.remove(&serial).is_some() {
                ChangeOp::Allow { medium_type: MediumType::Plate, medium_key: key(serial), version: rev }
            } else {
                denied.insert(serial, rev);
                ChangeOp::Deny(Denied {
                    medium_type: MediumType::Plate,
                    medium_key: key(serial),
                    reason: "r".repeat(300),
                    since: UtcMillis::from_millis(0),
                    version: rev,
                })
            };
            let before = self.marks.last().copied();
            self.marks.push(feed_mark(before, rev, &serde_json::to_string(&op).unwrap()));
            self.denied.push(denied);
            self.changes.push(Change { rev, op });
        }
    }

    fn after(&self, from: u64) -> Feed {
        let changes = self.changes[usize::try_from(from).unwrap()..].to_vec();
        let to = from + changes.len() as u64;
        Changes { from, to, more: false, changes, mark: self.marks.last().copied(), signed: None }.into()
    }
}

/// An empty index at revision 0 cannot be told from none; so it begins with what has been told.
fn take_snapshot(cache: &Cache, told: &Told) {
    let rows: Vec<String> = told
        .changes
        .iter()
        .fold(BTreeMap::new(), |mut rows, change| {
            match &change.op {
                ChangeOp::Deny(denied) => drop(rows.insert(denied.medium_key.clone(), denied.clone())),
                ChangeOp::Allow { medium_key, .. } => drop(rows.remove(medium_key)),
                _ => {}
            }
            rows
        })
        .into_values()
        .map(|denied: Denied| serde_json::to_string(&protocols::contract::SnapshotRow::Deny(denied)).unwrap())
        .collect();
    let head = SnapshotHead {
        yard_id: YardId::parse("CNEHX070801").unwrap(),
        revision: told.changes.len() as u64,
        entries: 0,
        stubs: 0,
        denied: rows.len() as u64,
        mark: told.marks.last().copied(),
    };
    let mut lines = vec![serde_json::to_string(&head).unwrap()];
    lines.extend(rows);
    let mut sha = Sha256::new();
    lines.iter().for_each(|line| sha.update(format!("{line}\n")));
    let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
    lines.push(serde_json::to_string(&tail).unwrap());
    let mut snapshot = cache.begin_snapshot().unwrap();
    lines.iter().for_each(|line| snapshot.line(line).unwrap());
    snapshot.finish().unwrap();
}

fn key(serial: u64) -> MediumKey {
    MediumKey::read(MediumType::Plate, &format!("蒙L{:05}", 10_000 + serial)).unwrap()
}
