//! The index against the centre's: whatever was planted, cut or overtaken, in the end it is the centre's, and what was found is told.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use proptest::prelude::*;
use protocols::{
    contract::{ChangeOp, Event, EventType, IndexSums, SnapshotRow},
    rules::TripStatus,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    super::{
        LinkError,
        compare::{Found, NotCompared},
    },
    FakeCentre, Gate,
    centre::Turn,
};
use crate::{
    cache::{
        Repaired,
        plant::{plant, plant_sql},
        samples,
    },
    journal::MemoryDisk,
};

fn index(gate: &Gate) -> PathBuf {
    gate.folder.path().join("cache.db")
}

fn sums(gate: &Gate) -> IndexSums {
    gate.cache.digest(|| true).unwrap().unwrap().sums
}

/// What was told to the centre of what was found.
fn told(disk: &MemoryDisk) -> Vec<Value> {
    let events =
        disk.records().into_iter().map(|record| serde_json::from_str::<Event>(&record.json).unwrap());
    events
        .filter(|event| event.event_type == EventType::IndexRepaired)
        .map(|event| event.detail.unwrap())
        .collect()
}

/// A gate whose index is the centre's ten entries and two denied media.
async fn ready(disk: &MemoryDisk, centre: &FakeCentre) -> Gate {
    for serial in 1..=10 {
        centre.upsert(samples::entry(serial));
    }
    [3, 4].iter().for_each(|serial| centre.world().deny(*serial));
    let gate = Gate::running(disk, centre).await;
    gate.until_revision(12).await;
    gate
}

fn closed(serial: u64) -> ChangeOp {
    let mut entry = samples::entry(serial);
    entry.status = TripStatus::Closed;
    ChangeOp::Upsert(entry)
}

async fn compared(gate: &Gate) -> (Found, Result<(), NotCompared>) {
    let mut found = Found::default();
    let ended = gate.sync.compare(&mut found).await;
    (found, ended)
}

/// Design section 4: what was planted is put right in pieces, told by one event and by the state, and by none when nothing differs; without being told to, a
/// gate compares within an hour of its start and then once a day.
#[tokio::test(start_paused = true)]
async fn what_differs_is_put_right_and_told() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let mut gate = ready(&disk, &centre).await;
    plant(
        &index(&gate),
        &[closed(2), ChangeOp::Remove { trip_no: samples::trip(9) }, ChangeOp::Upsert(samples::entry(77))],
    );
    assert_ne!(sums(&gate), centre.world().sums());
    gate.tasks.push(tokio::spawn(Arc::clone(&gate.sync).run_comparison()));
    gate.until(|state| state.compared_at.is_some()).await;
    let state = gate.sync.state().borrow().clone();
    assert_eq!(state.repaired, Repaired { replaced: 2, removed: 1, kept: 0, left: 0 });
    let first_h = (state.compared_at.unwrap().as_millis() - samples::noon().as_millis()) / 3_600_000;
    assert!(first_h < 12, "after {first_h} hours");
    assert_eq!(sums(&gate), centre.world().sums());
    gate.until_sent().await;
    let first = json!({"replaced": 2, "removed": 1, "denials_kept": 0, "unsettled": 0, "snapshot": false});
    assert_eq!(told(&disk), std::slice::from_ref(&first));
    gate.until(|now| now.compared_at > state.compared_at).await;
    let again = gate.sync.state().borrow().compared_at.unwrap().as_millis();
    let hours = (again - state.compared_at.unwrap().as_millis()) / 3_600_000;
    assert!((12..=48).contains(&hours), "{hours} hours");
    assert_eq!(told(&disk), [first], "nothing differed");
    assert_eq!(gate.sync.state().borrow().repaired, state.repaired);
}

/// Design section 4: a yard that moves on between the question and the repair has its rows compared again at the next revision; one that never stands still is left
/// for another day, and what was put right before a cut is told all the same.
#[tokio::test(start_paused = true)]
async fn a_yard_that_moves_on_is_asked_again() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = ready(&disk, &centre).await;
    plant(&index(&gate), &[closed(2), closed(9)]);
    centre.world().turns = [Turn::Busy, Turn::Moves, Turn::Moves, Turn::Busy, Turn::Moves].into();
    let (found, ended) = compared(&gate).await;
    ended.unwrap();
    assert_eq!((found.repaired.replaced, found.unsettled), (2, 0));
    assert_eq!(sums(&gate), centre.world().sums());

    plant(&index(&gate), &[closed(2)]);
    centre.world().turns = [Turn::Answers].into_iter().chain([Turn::Moves; 10]).collect();
    let (found, ended) = compared(&gate).await;
    ended.unwrap();
    assert_eq!((found.repaired, found.unsettled), (Repaired::default(), 1));

    let revision = centre.world().revision();
    gate.until_revision(revision).await;
    plant(&index(&gate), &[closed(9)]);
    centre.world().turns = [Turn::Answers, Turn::Answers, Turn::Cut].into();
    let (found, ended) = compared(&gate).await;
    assert!(matches!(ended, Err(NotCompared::Link(LinkError::Unreachable(_)))), "{ended:?}");
    assert_eq!(found.repaired.replaced, 1, "of the first piece");
    gate.sync.tell(found, false).await;
    assert_eq!((told(&disk).len(), gate.sync.state().borrow().compared_at), (1, None));
}

/// Fault A6: a damaged row leads to a snapshot, which heals it, and is told; so does an index that differs all over.
#[tokio::test(start_paused = true)]
async fn damage_leads_to_a_snapshot() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let gate = ready(&disk, &centre).await;
    plant_sql(&index(&gate), "UPDATE row SET packed = substr(packed, 1, 40) WHERE rowid = 4");
    let before = centre.world().snapshots;
    let (found, ended) = compared(&gate).await;
    assert!(matches!(ended, Err(NotCompared::Cache(_))) && found.takes_snapshot);
    gate.sync.tell(found, false).await;
    while centre.world().snapshots == before || gate.sync.snapshot_need.is_there() {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(sums(&gate), centre.world().sums());
    assert_eq!(told(&disk)[0]["snapshot"], json!(true));
    assert_eq!(compared(&gate).await.0, Found::default());
}

/// Fault C7: after a doubt the index is compared within minutes of the snapshot that ends it, and denials that the restored centre has forgotten are kept and told.
#[tokio::test(start_paused = true)]
async fn after_a_doubt_the_index_is_compared_soon() {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    centre.upsert(samples::entry(1));
    let mut gate = Gate::new(&disk, &centre).await;
    // Without a doubt nothing is compared for the first fifteen days.
    Arc::get_mut(&mut gate.sync).unwrap().pace.compare_every = Duration::from_secs(3600 * 24 * 3650);
    let mut gate = gate.run();
    gate.until_revision(1).await;
    gate.tasks.push(tokio::spawn(Arc::clone(&gate.sync).run_comparison()));
    // While threads are at work simulated time leaps from timer to timer: by no more than a second.
    gate.tasks.push(tokio::spawn(async {
        loop {
            sleep(Duration::from_secs(1)).await;
        }
    }));
    let backup = centre.backup();
    centre.upsert(samples::entry(2));
    centre.world().deny(3);
    gate.until_revision(3).await;
    centre.restore(backup);
    for serial in 4..=8 {
        centre.upsert(samples::entry(serial));
    }
    gate.until_revision(6).await;
    gate.until(|state| state.compared_at.is_some() && state.repaired.kept == 1).await;
    let at = gate.sync.state().borrow().compared_at.unwrap();
    let hours = (at.as_millis() - samples::noon().as_millis()) / 3_600_000;
    assert!(hours < 24 * 15, "after {hours} hours");
    let denied = samples::denied(3, 3);
    let view = gate.cache.look_up(&[(denied.medium_type, denied.medium_key.clone())]).unwrap();
    assert_eq!(view.denied, [denied]);
    // The state is there a moment before the record is on the disk.
    gate.journal.head().wait_for(|head| head.as_ref().is_some_and(|head| head.seq > 0)).await.unwrap();
    assert_eq!(told(&disk)[0]["denials_kept"], json!(1));
    assert_eq!(compared(&gate).await.0, Found::default(), "told once");
}

/// What happens to gate and centre between two comparisons.
#[derive(Clone, Debug)]
enum Deed {
    Upsert(u64),
    Remove(u64),
    Deny(u64),
    PlantClosed(u64),
    PlantGone(u64),
    PlantForgotten,
    Restart,
    Compare(Vec<Turn>),
}

fn deed() -> impl Strategy<Value = Deed> {
    let serial = || 1_u64..40;
    let turn = prop_oneof![Just(Turn::Answers), Just(Turn::Moves), Just(Turn::Busy), Just(Turn::Cut)];
    prop_oneof![
        4 => serial().prop_map(Deed::Upsert),
        2 => serial().prop_map(Deed::Remove),
        1 => serial().prop_map(Deed::Deny),
        2 => serial().prop_map(Deed::PlantClosed),
        2 => serial().prop_map(Deed::PlantGone),
        1 => Just(Deed::PlantForgotten),
        1 => Just(Deed::Restart),
        2 => prop::collection::vec(turn, 0..8).prop_map(Deed::Compare),
    ]
}

async fn play(deeds: Vec<Deed>) {
    let (disk, centre) = (MemoryDisk::new("a"), FakeCentre::default());
    let mut gate = ready(&disk, &centre).await;
    for deed in deeds {
        match deed {
            Deed::Upsert(serial) => {
                centre.upsert(samples::entry(serial));
            }
            Deed::Remove(serial) => centre.world().remove(serial),
            Deed::Deny(serial) => centre.world().deny(serial),
            Deed::PlantClosed(serial) => plant(&index(&gate), &[closed(serial)]),
            Deed::PlantGone(serial) => {
                plant(&index(&gate), &[ChangeOp::Remove { trip_no: samples::trip(serial) }]);
            }
            Deed::PlantForgotten => {
                plant_sql(&index(&gate), "DELETE FROM denied WHERE version % 2 = 0");
            }
            Deed::Restart => {
                gate = gate.restarted(&disk, &centre).await.run();
                gate.until(super::SyncState::is_online).await;
            }
            Deed::Compare(turns) => {
                centre.world().turns = turns.into();
                // Cut or not: nothing is half done.
                drop(compared(&gate).await);
                centre.world().turns.clear();
            }
        }
    }
    let revision = centre.world().revision();
    gate.until_revision(revision).await;
    compared(&gate).await.1.unwrap();
    assert_eq!(sums(&gate), centre.world().sums());
    // What lanes see is the file's.
    let gate = gate.restarted(&disk, &centre).await;
    let rows: BTreeSet<_> = centre.world().rows().iter().map(|row| format!("{row:?}")).collect();
    let mut seen = BTreeSet::new();
    for serial in 0..80 {
        let entry = samples::entry(serial);
        let view = gate.cache.look_up(&[(entry.medium_type, entry.medium_key)]).unwrap();
        seen.extend(view.candidates.into_iter().map(|entry| format!("{:?}", SnapshotRow::Entry(entry))));
        seen.extend(view.denied.into_iter().map(|denied| format!("{:?}", SnapshotRow::Deny(denied))));
    }
    assert_eq!(seen, rows);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Design section 6, "cache equals centre's truth": whatever was edited at the centre and planted at the gate, however often either was cut off or
    /// overtaken and the gate started again, after a comparison that comes to its end the gate's rows are the centre's.
    #[test]
    fn the_index_is_the_centres_in_the_end(deeds in prop::collection::vec(deed(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(play(deeds));
    }
}
