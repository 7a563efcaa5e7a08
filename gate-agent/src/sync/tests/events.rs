//! Events on the way to the centre: none lost, none twice, none out of order, whatever the line does.

use super::super::{Alarm, SyncState};
use super::{A_DAY, FakeCentre, Gate, act, centre::Fault, plain};
use crate::{
    cache::samples,
    journal::{JournalError, MemoryDisk},
};
use protocols::contract::{EventType, Hash, HelloAnswer};
use protocols::rules::TripStatus;

/// The centre has exactly the journal's records, in order.
fn check_equal(disk: &MemoryDisk, centre: &FakeCentre) {
    let ours: Vec<Hash> = disk.records().iter().map(|record| record.hash).collect();
    let world = centre.world();
    let theirs: Vec<Hash> = world.events.values().flatten().map(|event| event.hash).collect();
    assert_eq!(theirs, ours);
    assert!(world.receipts.is_sorted(), "receipts went back: {:?}", world.receipts);
}

/// A new journal gets its epoch with the first hello; before it nothing is recorded.
#[tokio::test(start_paused = true)]
async fn the_first_hello_gives_the_epoch() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::new(&disk, &centre).await;
    assert_eq!(gate.journal.commit(plain(1)).await, Err(JournalError::NoEpoch));
    gate.sync.greet().await.unwrap();
    assert_eq!(gate.journal.commit(plain(1)).await.unwrap().epoch(), 1);
    assert!(gate.sync.state().borrow().is_online());
}

/// SG-246, SG-247, SG-248; fault C5: a cut, a lost answer, a doubled call, half a batch or a busy centre at any batch boundary: in
/// the end the centre has every event once and in order, and the outbox is empty.
#[tokio::test(start_paused = true)]
async fn a_fault_at_any_batch_boundary_loses_and_doubles_nothing() {
    for fault in [Fault::CutBefore, Fault::LoseAnswer, Fault::Twice, Fault::Half, Fault::Busy, Fault::Stale] {
        for boundary in 0..4 {
            let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
            let gate = Gate::running(&disk, &centre).await;
            gate.until(super::SyncState::is_online).await;
            centre.world().is_down = true;
            gate.record(plain(13)).await;
            {
                let mut world = centre.world();
                world.faults = std::iter::repeat_n(Fault::Twice, boundary).chain([fault, fault]).collect();
                world.is_down = false;
            }
            gate.until_sent().await;
            check_equal(&disk, &centre);
            assert_eq!(gate.sync.state().borrow().alarm, None, "{fault:?} at {boundary}");
        }
    }
}

/// SG-248: what the centre would not take at once, since it is too large, goes in parts; one event alone goes whatever its size.
#[tokio::test(start_paused = true)]
async fn a_batch_is_no_larger_than_the_centre_takes() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::running(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    let large = |mebibytes: usize| {
        let mut draft = plain(1).remove(0);
        draft.basis = Some(serde_json::json!({ "rows": "x".repeat(mebibytes << 20) }));
        draft
    };
    gate.record([1, 1, 1, 5, 1].map(large).into()).await;
    gate.until_sent().await;
    check_equal(&disk, &centre);
    assert!(centre.world().receipts.ends_with(&[3, 4, 5]), "{:?}", centre.world().receipts);
}

/// SG-248: offline for a day, the gate records all the same, and catches up by itself.
#[tokio::test(start_paused = true)]
async fn after_a_day_offline_everything_arrives() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::running(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    centre.world().is_down = true;
    gate.record(plain(3)).await;
    gate.until(|state| !state.is_online()).await;
    let (before, began) = (centre.world().calls, super::clock::now());
    for _ in 0..24 {
        tokio::time::sleep(A_DAY / 24).await;
        gate.record(plain(20)).await;
    }
    let attempts = centre.world().calls - before;
    // Simulated time leaps while the journal's thread works, so the day has some more hours on a busy machine.
    let seconds = began.elapsed().as_secs();
    assert!(attempts < seconds / 10, "{attempts} attempts in {seconds} s");
    centre.world().is_down = false;
    gate.until_sent().await;
    check_equal(&disk, &centre);
}

/// Fault C7: a centre restored from an older backup gets again what it lost, and its older index is taken.
#[tokio::test(start_paused = true)]
async fn a_restored_centre_gets_everything_again() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    gate.record(plain(5)).await;
    gate.until_sent().await;
    let backup = centre.backup();
    gate.record(vec![act(EventType::Match, 1), act(EventType::Pass, 1)]).await;
    gate.until_sent().await;
    gate.until_revision(3).await;
    centre.restore(backup);
    centre.world().receipts.clear();
    gate.record(plain(1)).await;
    let mut head = gate.journal.head();
    head.wait_for(|head| head.as_ref().is_some_and(|head| head.marks.acked_seq == 8)).await.unwrap();
    check_equal(&disk, &centre);
    // The same number as before the loss, so the index alone could not tell; the trip is closed in both.
    gate.until_revision(3).await;
    let key = samples::entry(1).medium_key;
    let view = gate.cache.look_up(&[(samples::entry(1).medium_type, key)]).unwrap();
    assert_eq!(view.candidates[0].status, TripStatus::Closed);
}

/// Fault C7, SG-249: the restored centre's revisions have overtaken ours with other content. The acts stay over the index until a
/// snapshot of that centre is taken, and nothing of the old index stays behind.
#[tokio::test(start_paused = true)]
async fn a_restored_centre_that_overtook_us_is_taken_whole_before_acts_leave() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    gate.record(plain(5)).await;
    gate.until_sent().await;
    let backup = centre.backup();
    gate.record(vec![act(EventType::Match, 1), act(EventType::Pass, 1)]).await;
    let mut head = gate.journal.head();
    let covered = |seq| {
        move |head: &Option<crate::journal::Head>| {
            head.as_ref().is_some_and(|head| head.marks.covered_seq == seq)
        }
    };
    head.wait_for(covered(7)).await.unwrap();
    centre.restore(backup);
    centre.world().receipts.clear();
    centre.world().no_snapshots = true;
    for serial in 2..=6 {
        centre.upsert(samples::entry(serial));
    }
    gate.record(plain(1)).await;
    head.wait_for(|head| head.as_ref().is_some_and(|head| head.marks.acked_seq == 8)).await.unwrap();
    tokio::time::sleep(A_DAY / 24).await;
    let candidates = |serial| {
        let entry = samples::entry(serial);
        gate.cache.look_up(&[(entry.medium_type, entry.medium_key)]).unwrap().candidates
    };
    assert_eq!((candidates(1)[0].status, gate.journal.overlay().len()), (TripStatus::Closed, 2));
    centre.world().no_snapshots = false;
    head.wait_for(covered(8)).await.unwrap();
    assert_eq!((candidates(1)[0].status, gate.journal.overlay().len()), (TripStatus::Closed, 0));
    assert!((2..=6).all(|serial| candidates(serial).len() == 1));
}

/// An answer that was on its way while a receipt came is old, not a sign of a restored centre.
#[tokio::test(start_paused = true)]
async fn a_hello_overtaken_by_a_receipt_takes_nothing_back() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::new(&disk, &centre).await;
    gate.sync.greet().await.unwrap();
    gate.record(plain(5)).await;
    gate.journal.acknowledge(5, 1).await.unwrap();
    let expected_hash = disk.records()[2].hash;
    let answer = HelloAnswer {
        epoch: 1,
        expected_seq: 4,
        expected_hash,
        revision: 9,
        time: samples::noon(),
        knows_index: None,
        authorities: Vec::new(),
        receipt: None,
    };
    let acked = || gate.journal.head().borrow().as_ref().map(|head| head.marks.acked_seq);
    assert_eq!(gate.sync.resume(&answer, 2).await, Ok(None));
    assert_eq!((acked(), gate.sync.snapshot_need.is_there()), (Some(5), false));
    assert_eq!(gate.sync.resume(&answer, 5).await, Ok(None));
    assert_eq!((acked(), gate.sync.snapshot_need.is_there()), (Some(3), true));
}

/// SG-249: the act shows while the line is down, and leaves the overlay once the pulled index shows it.
#[tokio::test(start_paused = true)]
async fn own_acts_leave_the_overlay_when_the_index_shows_them() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    centre.world().is_down = true;
    gate.record(vec![act(EventType::Match, 1), act(EventType::Pass, 1)]).await;
    let status = || {
        let entry = samples::entry(1);
        gate.cache.look_up(&[(entry.medium_type, entry.medium_key)]).unwrap().candidates[0].status
    };
    assert_eq!((status(), gate.journal.overlay().len()), (TripStatus::Closed, 2));
    centre.world().is_down = false;
    let mut head = gate.journal.head();
    head.wait_for(|head| head.as_ref().is_some_and(|head| head.marks.covered_seq == 2)).await.unwrap();
    assert_eq!((status(), gate.journal.overlay().len()), (TripStatus::Closed, 0));
}

/// Faults A5 and A10: a journal that gives nothing holds back events, and neither the index nor how the gate is; when it is back they are sent.
#[tokio::test(start_paused = true)]
async fn without_its_journal_a_gate_follows_the_index() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::running(&disk, &centre).await;
    gate.until(SyncState::is_online).await;
    gate.record(plain(2)).await;
    gate.until_sent().await;
    centre.world().is_down = true;
    gate.until(|state| !state.is_online()).await;
    gate.record(plain(1)).await;
    disk.turn_read_only();
    gate.journal.commit(plain(1)).await.unwrap_err();
    centre.world().is_down = false;
    gate.until(|state| state.is_online() && state.alarm == Some(Alarm::Journal)).await;
    centre.upsert(samples::entry(1));
    gate.until_revision(1).await;
    disk.heal();
    gate.until(|state| state.alarm.is_none()).await;
    gate.until_sent().await;
    check_equal(&disk, &centre);
}

/// Two journals under one number, a journal older than the centre's receipt, another epoch: pushing stops with an alarm, the
/// journal stays as it is, the index is still followed.
#[tokio::test(start_paused = true)]
async fn a_disagreement_about_the_past_stops_pushing_and_nothing_else() {
    let centre = FakeCentre::default();
    let first = MemoryDisk::new("a");
    let gate = Gate::running(&first, &centre).await;
    gate.until(super::SyncState::is_online).await;
    gate.record(plain(5)).await;
    gate.until_sent().await;
    drop(gate);
    for (records, alarm) in [(5, Alarm::Fork { seq: 5 }), (3, Alarm::Ahead { centre: 5, head: 3 })] {
        let clone = MemoryDisk::new("a");
        let gate = Gate::new(&clone, &centre).await;
        gate.journal.set_epoch(1).await.unwrap();
        gate.record(plain(records)).await;
        drop(gate);
        let gate = Gate::running(&clone, &centre).await;
        gate.until(|state| state.alarm == Some(alarm.clone())).await;
        let revision = centre.upsert(samples::entry(7));
        gate.until_revision(revision).await;
        gate.record(plain(2)).await;
        assert_eq!(clone.records().len(), records + 2);
        assert_eq!(centre.world().events[&1].len(), 5);
    }
    let other = MemoryDisk::new("b");
    let gate = Gate::new(&other, &centre).await;
    gate.journal.set_epoch(9).await.unwrap();
    gate.record(plain(1)).await;
    gate.sync.greet().await.unwrap();
    assert_eq!(gate.sync.state().borrow().alarm, Some(Alarm::Epoch { have: 9, offered: 2 }));
}

/// SG-254: one event when the clock is found more than 5 s off, one when it is right again, none in between.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_recorded_once() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::new(&disk, &centre).await;
    for (skew_ms, events) in [(0, 0), (-4_900, 0), (-5_200, 1), (-9_000, 1), (60_000, 1), (200, 2), (100, 2)]
    {
        centre.world().skew_ms = skew_ms;
        gate.sync.greet().await.unwrap();
        assert_eq!(disk.records().len(), events, "{skew_ms} ms");
        let measured = gate.sync.state().borrow().clock_offset_ms.unwrap();
        assert!((measured + skew_ms).abs() <= 20, "measured {measured}, set {skew_ms}");
    }
    let last = disk.records().pop().unwrap().json;
    assert!(last.contains(r#""event_type":"CLOCK""#) && last.contains(r#""is_off":false"#), "{last}");
}

/// The token is wrong, the centre is odd: the gate says so and goes on trying, and records all the same.
#[tokio::test(start_paused = true)]
async fn a_cut_line_is_shown_with_its_reason() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::running(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    centre.world().is_down = true;
    gate.until(|state| !state.is_online()).await;
    let shown = gate.sync.state().borrow().last_error.clone().unwrap();
    assert!(shown.contains("connection reset"), "{shown}");
    centre.world().is_down = false;
    gate.until(super::SyncState::is_online).await;
}
