//! Look-ups while something else goes on: an exchange of the file, a loader that fails, acts that leave the overlay.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use protocols::{
    contract::{Applied, ChangeOp, EventType, SnapshotRow, UtcMillis},
    ids::{MediumType, VisitId},
    rules::{LaneDirection, TripStatus},
    tick::Tick,
};

use super::super::{Cache, CacheError, Residence, db, memory::Rows, samples};
use super::{Bench, changes, look_up, take};
use crate::journal::{Draft, JournalCore, LaneRef, MemoryDisk, TripRef};

/// Longer than any look-up takes; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

fn one(serial: u64) -> Vec<SnapshotRow> {
    vec![SnapshotRow::Entry(samples::entry(serial))]
}

/// Design promise: an index in memory answers in microseconds, also while the disk is busy with the next one.
#[test]
fn an_index_in_memory_answers_while_its_file_is_exchanged() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &one(1));
    let exchanged = cache.inner().exchange(|_| {
        let (answer, answered) = mpsc::channel();
        let asking = cache.clone();
        std::thread::spawn(move || answer.send(look_up(&asking, 1).candidates));
        let candidates = answered.recv_timeout(PATIENCE).expect("an answer while the file is closed");
        assert_eq!(candidates, [samples::entry(1)]);
        Ok(())
    });
    assert_eq!(exchanged, Ok(()));
    assert_eq!(look_up(&cache, 1).candidates, [samples::entry(1)]);
}

/// Held lanes wait for word of the index: a damaged one that is healed at the same revision is such word.
#[test]
fn an_index_healed_at_the_same_revision_is_told() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &one(1));
    cache.inner().take_rows(Err(CacheError::Corrupt("a row".into())), || true);
    assert!(cache.needs_snapshot());
    let mut revision = cache.revision();
    revision.mark_unchanged();
    assert_eq!(take(&cache, &samples::snapshot(10, &one(1))), Ok(10));
    assert!(revision.has_changed().unwrap() && !cache.needs_snapshot());
}

/// A loader that fails leaves the index in its file; nothing piles up for it.
#[test]
fn a_failed_loader_leaves_the_index_in_its_file() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &one(1));
    let reader = Mutex::new(db::open(&bench.path()).unwrap());
    cache.inner().write().rows = Rows::Loading { reader, later: Vec::new() };
    let failed = CacheError::Failed { doing: "load", cause: "too many open files".into() };
    assert!(!cache.inner().take_rows(Err(failed), || true));
    assert!(matches!(cache.inner().write().rows, Rows::InFile { .. }));
    cache.apply_changes(&changes(10, vec![ChangeOp::Upsert(samples::entry(2))])).unwrap();
    assert_eq!((look_up(&cache, 1).candidates.len(), look_up(&cache, 2).candidates.len()), (1, 1));
    assert_eq!(cache.damage(), None);
}

fn act(event_type: EventType) -> Draft {
    let direction = LaneDirection::Out;
    Draft {
        lane: Some(LaneRef { lane_id: samples::lane("OUT1"), direction }),
        visit_id: Some(VisitId::parse("v1").unwrap()),
        trip: Some(TripRef { trip_no: samples::trip(1), version_no: 1 }),
        ..Draft::new(event_type, Tick::default(), UtcMillis::from_millis(0))
    }
}

/// SG-249: an act that the index takes over and the overlay drops while a look-up is under way is missed by neither.
#[test]
fn an_act_covered_during_a_look_up_still_shows() {
    let bench = Bench::new();
    let store = MemoryDisk::new("a").store();
    let (mut journal, _) = JournalCore::open(store, samples::gate(), bench.clock.clone()).unwrap();
    journal.set_epoch(1).unwrap();
    let cache = Cache::open(&bench.path(), bench.clock.clone(), journal.overlay(), Residence::File);
    take(&cache, &samples::snapshot(10, &one(1))).unwrap();
    journal.commit(vec![act(EventType::Match), act(EventType::Pass)]).unwrap();
    journal.acknowledge(2, 11).unwrap();
    let mut closed = samples::entry(1);
    closed.status = TripStatus::Closed;
    closed.applied.insert(samples::gate(), Applied { epoch: 1, seq: 2 });
    let (journal, readings) = (Mutex::new(journal), AtomicU32::new(0));
    let cover_once = || {
        if readings.fetch_add(1, Ordering::SeqCst) == 0 {
            cache.apply_changes(&changes(10, vec![ChangeOp::Upsert(closed.clone())])).unwrap();
            journal.lock().unwrap_or_else(PoisonError::into_inner).cover(11).unwrap();
        }
    };
    let entry = samples::entry(1);
    let media = [(MediumType::ElectronicPlate, entry.medium_key)];
    let view = cache.inner().look_up(|memory, now| memory.look_up(&media, now), cover_once);
    assert_eq!(view.unwrap().candidates[0].status, TripStatus::Closed);
    assert_eq!(readings.into_inner(), 2);
}
