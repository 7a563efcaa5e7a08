//! A gate's index, as its file and on its way.

use std::{fs, path::Path, sync::Arc, time::Duration};

use central::binding::index::{self, TripView};
use gate_agent::{
    cache::{Cache, Residence},
    clock::SimClock,
    journal::Overlay,
};
use protocols::{
    contract::{Denied, Hash, PolicyRow, SnapshotHead, SnapshotRow, SnapshotTail, feed_mark},
    ids::MediumType,
    rules::YardPolicy,
};
use sha2::{Digest as _, Sha256};

use super::{plan, sweep::folder};

/// Of the snapshot.
pub(crate) const REVISION: u64 = 7;
const TRIPS: u64 = 60;
const DENIED: u64 = 12;

/// Its lines, one after the other.
pub(crate) fn snapshot() -> String {
    let mut rows: Vec<SnapshotRow> = (1..=TRIPS)
        .filter_map(|serial| match index::of(&plan::record(serial, serial % 5 != 0)) {
            TripView::Entry(entry) => Some(SnapshotRow::Entry(*entry)),
            TripView::Stub { stub, .. } => Some(SnapshotRow::Stub(stub)),
            TripView::Absent => None,
        })
        .collect();
    let count = |is_kind: fn(&SnapshotRow) -> bool| rows.iter().filter(|row| is_kind(row)).count() as u64;
    let (entries, stubs) =
        (count(|row| matches!(row, SnapshotRow::Entry(_))), count(|row| matches!(row, SnapshotRow::Stub(_))));
    rows.extend((1..=DENIED).map(|serial| SnapshotRow::Deny(denied(serial))));
    rows.push(SnapshotRow::Policy(PolicyRow::Yard(YardPolicy::new(vec![plan::area()]))));
    rows.push(SnapshotRow::Policy(PolicyRow::Lane(plan::policy(0, 0))));
    let (revision, mark) = (REVISION, Some(mark()));
    let head = SnapshotHead { yard_id: plan::yard(), revision, entries, stubs, denied: DENIED, mark };
    let mut text = serde_json::to_string(&head).unwrap() + "\n";
    for row in &rows {
        text += &(serde_json::to_string(row).unwrap() + "\n");
    }
    let tail = SnapshotTail { sha256: Hash(Sha256::digest(&text).into()), signed: None };
    text + &serde_json::to_string(&tail).unwrap() + "\n"
}

/// Of that revision.
pub(crate) fn mark() -> Hash {
    feed_mark(None, REVISION, "seven")
}

pub(crate) fn denied(serial: u64) -> Denied {
    Denied {
        medium_type: MediumType::Plate,
        medium_key: plan::plate(serial * 3),
        reason: "reported stolen".into(),
        since: plan::start(),
        version: serial,
    }
}

/// Whether these bytes are taken as a snapshot; then the index must be what was sent.
pub(crate) fn taken(bytes: &[u8]) -> bool {
    let folder = folder();
    let cache = open(&folder.path().join("cache.db"));
    let is_taken = take(&cache, bytes);
    if is_taken {
        assert_eq!(content(&cache), content(&whole(folder.path())));
    } else {
        assert_eq!(cache.stamp(), None, "half a snapshot was taken");
    }
    is_taken
}

pub(crate) fn whole(folder: &Path) -> Cache {
    let cache = open(&folder.join("whole.db"));
    assert!(take(&cache, snapshot().as_bytes()));
    cache
}

fn take(cache: &Cache, bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(mut snapshot) = cache.begin_snapshot() else { return false };
    text.lines().try_for_each(|line| snapshot.line(line)).is_ok() && snapshot.finish().is_ok()
}

/// An index's file at rest, and what it says.
pub(crate) fn kept() -> (Vec<u8>, Vec<String>) {
    let folder = folder();
    let cache = whole(folder.path());
    let content = content(&cache).expect("nothing is damaged");
    drop(cache);
    (fs::read(folder.path().join("whole.db")).unwrap(), content)
}

/// What a gate reads from this file; none when it says that it is damaged.
pub(crate) fn read(file: &[u8]) -> Option<Vec<String>> {
    let folder = folder();
    let path = folder.path().join("cache.db");
    fs::write(&path, file).unwrap();
    content(&open(&path))
}

pub(crate) fn open(path: &Path) -> Cache {
    let overlay = Arc::new(Overlay::new(plan::gate_id(0)));
    let clock = Arc::new(SimClock::at(plan::start()));
    Cache::open(path, clock, overlay, Residence::Memory)
}

/// Every answer that this index can give.
pub(crate) fn content(cache: &Cache) -> Option<Vec<String>> {
    let is_loaded = cache.is_loaded();
    for _ in 0..2_000 {
        if *is_loaded.borrow() || cache.damage().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut said = vec![format!(
        "{:?} {:?} {:?}",
        cache.stamp().map(|stamp| stamp.revision),
        cache.index_mark(),
        cache.policy()
    )];
    for serial in 1..=TRIPS {
        said.push(format!("{:?}", cache.look_up(&[(MediumType::Plate, plan::plate(serial))]).ok()?));
        said.push(format!("{:?}", cache.look_up_trip(&plan::trip_no(serial)).ok()?));
    }
    if cache.damage().is_some() || cache.needs_snapshot() { None } else { Some(said) }
}
