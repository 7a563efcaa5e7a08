//! The index on the way from the centre, and live status on the way to it.

use std::{sync::Arc, time::Duration};

use protocols::contract::{LiveStatus, UtcMillis};
use tokio::{sync::watch, time::sleep};

use super::{FakeCentre, Gate, Receipts};
use crate::{cache::samples, journal::MemoryDisk};

pub(super) fn knows(gate: &Gate, serial: u64) -> bool {
    let entry = samples::entry(serial);
    gate.cache.look_up(&[(entry.medium_type, entry.medium_key)]).unwrap().candidates
        == [samples::entry(serial)]
}

/// SG-205: a snapshot first, then changes from its revision on, in as many answers as it takes; every one confirms the index.
#[tokio::test(start_paused = true)]
async fn the_index_is_followed() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    assert!(knows(&gate, 1));
    for serial in 2..=9 {
        centre.upsert(samples::entry(serial));
    }
    gate.until_revision(9).await;
    assert!((1..=9).all(|serial| knows(&gate, serial)));
    assert_eq!(centre.world().snapshots, 1);
    sleep(Duration::from_secs(3600)).await;
    // Simulated time leaps while the journal's thread works, so the moment is not exact, but it comes.
    let mut tries = 0;
    while gate.cache.stamp().unwrap().age_s > 20 {
        tries += 1;
        assert!(tries < 100_000, "a quiet line confirms too");
        sleep(Duration::from_millis(500)).await;
    }
}

/// SG-209: without the centre the index grows old, second by second.
#[tokio::test(start_paused = true)]
async fn a_silent_centre_lets_the_index_grow_old() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(0).await;
    centre.world().is_down = true;
    sleep(Duration::from_secs(7200)).await;
    let age_s = gate.cache.stamp().unwrap().age_s;
    assert!((7180..=7200).contains(&age_s), "{age_s}");
}

/// SG-205: when the centre no longer has the changes, a snapshot; one that is cut leaves the old index and is taken again.
#[tokio::test(start_paused = true)]
async fn too_old_a_revision_leads_to_a_snapshot() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    {
        let mut world = centre.world();
        world.is_down = true;
    }
    for serial in 2..=6 {
        centre.upsert(samples::entry(serial));
    }
    {
        let mut world = centre.world();
        (world.forgotten, world.cut_snapshot, world.is_down) = (4, Some(3), false);
    }
    gate.until_revision(6).await;
    assert!((1..=6).all(|serial| knows(&gate, serial)));
    assert_eq!(centre.world().snapshots, 3, "the first, the cut one, the whole one");
}

fn status(second: i64) -> LiveStatus {
    LiveStatus {
        gate_id: samples::gate(),
        at: UtcMillis::from_millis(second * 1000),
        head: None,
        index_revision: None,
        index_age_s: None,
        lanes: Vec::new(),
        health: None,
    }
}

/// Fault A10: a gate whose journal was never opened can say no hello, and tells how it is all the same, as long as that is so.
#[tokio::test(start_paused = true)]
async fn a_gate_whose_journal_does_not_open_tells_how_it_is() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    disk.turn_read_only();
    let mut gate = Gate::unopened(Receipts::Unsigned, &disk, &centre).run();
    let (live, watched) = watch::channel(Some(status(1)));
    gate.tasks.push(tokio::spawn(Arc::clone(&gate.sync).run_status(watched)));
    for second in [1, 2] {
        live.send_replace(Some(status(second)));
        sleep(Duration::from_secs(20)).await;
        assert_eq!(centre.world().statuses.last(), Some(&status(second)));
    }
    assert!(!gate.sync.state().borrow().is_online());
}

/// Live status is the newest only: what was overtaken while the line was down is never sent.
#[tokio::test(start_paused = true)]
async fn an_overtaken_status_is_never_sent() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let mut gate = Gate::running(&disk, &centre).await;
    gate.until(super::SyncState::is_online).await;
    centre.world().is_down = true;
    gate.until(|state| !state.is_online()).await;
    let (live, watched) = watch::channel(None);
    gate.tasks.push(tokio::spawn(Arc::clone(&gate.sync).run_status(watched)));
    for second in 1..=50 {
        live.send_replace(Some(status(second)));
        sleep(Duration::from_secs(1)).await;
    }
    centre.world().is_down = false;
    gate.until(super::SyncState::is_online).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(centre.world().statuses.first(), Some(&status(50)));
}

/// Fault C7, I4: a centre is restored that has lost nothing of this gate's events, and its revisions overtake ours with other content before the
/// line is back. The mark of our revision is not one of its own: its index is taken whole, and what was denied here stays denied.
#[tokio::test(start_paused = true)]
async fn a_restored_centre_is_known_by_its_marks() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let gate = Gate::running(&disk, &centre).await;
    gate.until_revision(1).await;
    let backup = centre.backup();
    centre.upsert(samples::entry(2));
    centre.world().deny(3);
    gate.until_revision(3).await;
    centre.restore(backup);
    for serial in 4..=8 {
        centre.upsert(samples::entry(serial));
    }
    gate.until_revision(6).await;
    assert!(!knows(&gate, 2), "the restored centre does not");
    assert!([1, 4, 5, 6, 7, 8].iter().all(|serial| knows(&gate, *serial)));
    let denied = samples::denied(3, 3);
    let view = gate.cache.look_up(&[(denied.medium_type, denied.medium_key.clone())]).unwrap();
    assert_eq!(view.denied, [denied]);
    assert_eq!(gate.cache.index_mark().unwrap().revision, 6);
    // Who greets and who pulls may both have found it out, one after the other: then it is taken twice.
    while gate.sync.snapshot_need.is_there() {
        sleep(Duration::from_secs(1)).await;
    }
    // From here on both have one past, and it is followed again.
    let snapshots = centre.world().snapshots;
    centre.upsert(samples::entry(9));
    gate.until_revision(7).await;
    assert_eq!(centre.world().snapshots, snapshots);
}
