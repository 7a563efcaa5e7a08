//! Snapshots: whole or not at all, and what a damaged index does.

use protocols::{contract::ChangeOp, contract::SnapshotRow, ids::MediumType};

use super::super::{CacheError, Residence, SnapshotError, samples};
use super::{Bench, changes, look_up, take};

fn rows(serials: std::ops::Range<u64>) -> Vec<SnapshotRow> {
    let mut rows: Vec<SnapshotRow> =
        serials.clone().map(|serial| SnapshotRow::Entry(samples::entry(serial))).collect();
    rows.push(SnapshotRow::Stub(samples::stub(serials.end)));
    rows.push(SnapshotRow::Deny(samples::denied(serials.end, 1)));
    rows
}

/// SG-205: a stream cut after any line leaves the old index answering; so does one with a line lost or changed.
#[test]
fn a_snapshot_is_taken_whole_or_not_at_all() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &rows(1..4));
    let new = samples::snapshot(20, &rows(2..6));
    let unchanged = |what: &str| {
        assert_eq!(look_up(&cache, 1).candidates, [samples::entry(1)], "{what}");
        assert_eq!((look_up(&cache, 5).candidates.len(), cache.stamp().unwrap().revision), (0, 10), "{what}");
    };
    for cut in 0..new.len() {
        let lines = cut as u64;
        assert_eq!(take(&cache, &new[..cut]), Err(SnapshotError::Incomplete { lines }));
        unchanged("cut");
        let mut holed = new.clone();
        holed.remove(cut);
        assert!(take(&cache, &holed).is_err(), "without line {cut}");
        unchanged("lost line");
        let mut altered = new.clone();
        altered[cut] = altered[cut].replacen('1', "2", 1);
        if altered[cut] != new[cut] {
            assert!(take(&cache, &altered).is_err(), "line {cut} altered");
            unchanged("altered line");
        }
    }
    assert_eq!(take(&cache, &new), Ok(20));
    assert!(look_up(&cache, 1).candidates.is_empty());
    assert_eq!(look_up(&cache, 5).candidates, [samples::entry(5)]);
    assert_eq!((look_up(&cache, 6).stubs.len(), look_up(&cache, 6).denied.len()), (1, 1));
    drop(cache);
    assert_eq!(look_up(&bench.open(Residence::Memory), 5).candidates, [samples::entry(5)]);
}

/// Counts that do not fit and a trip that comes twice are refused though the digest holds.
#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &rows(1..2));
    let entry = SnapshotRow::Entry(samples::entry(7));
    assert!(matches!(
        take(&cache, &samples::snapshot(20, &[entry.clone(), entry])),
        Err(SnapshotError::Store(CacheError::Failed { .. }))
    ));
    let mut counted = samples::snapshot(20, &rows(1..2));
    counted[0] = counted[0].replace("\"stubs\":1", "\"stubs\":2");
    assert_eq!(take(&cache, &counted), Err(SnapshotError::Digest));
    assert_eq!(cache.stamp().unwrap().revision, 10);
}

/// A line of a kind that a newer centre sends is covered by the digest and otherwise left out.
#[test]
fn unknown_kinds_of_rows_are_left_out() {
    use protocols::contract::{Hash, SnapshotTail};
    use sha2::{Digest, Sha256};
    let bench = Bench::new();
    let cache = bench.open(Residence::File);
    let mut lines = samples::snapshot(20, &rows(1..2));
    lines.pop();
    lines.push(r#"{"t":"weather","wind":7}"#.to_owned());
    lines.push(r#"{"t":"policy","scope":"moon"}"#.to_owned());
    let mut sha = Sha256::new();
    lines.iter().for_each(|line| sha.update(format!("{line}\n")));
    let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
    lines.push(serde_json::to_string(&tail).unwrap());
    assert_eq!(take(&cache, &lines), Ok(20));
    assert_eq!(look_up(&cache, 1).candidates, [samples::entry(1)]);
    assert_eq!(cache.unknown_rows(), 2);
}

/// Changes go on from the snapshot's revision, while it still loads and after.
#[test]
fn changes_follow_the_snapshot_at_once() {
    let bench = Bench::new();
    let cache = bench.open(Residence::Memory);
    assert_eq!(cache.apply_changes(&changes(0, vec![])), Err(CacheError::NoSnapshot));
    assert!(cache.needs_snapshot());
    take(&cache, &samples::snapshot(20, &rows(1..200))).unwrap();
    cache.apply_changes(&changes(20, vec![ChangeOp::Remove { trip_no: samples::trip(199) }])).unwrap();
    assert!(look_up(&cache, 199).candidates.is_empty() && !cache.needs_snapshot());
    super::wait_until_loaded(&cache, Residence::Memory);
    assert!(look_up(&cache, 199).candidates.is_empty());
    assert_eq!(cache.counts(), Some((198, 1)));
}

/// Fault C7: a snapshot of an older revision is taken only of a centre that was restored, and no medium is allowed again by it.
#[test]
fn an_older_snapshot_does_not_shorten_the_deny_list() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &[SnapshotRow::Deny(samples::denied(1, 5))]);
    let older = samples::snapshot(4, &[SnapshotRow::Deny(samples::denied(2, 1))]);
    assert_eq!(take(&cache, &older), Err(SnapshotError::Older { have: 10, found: 4 }));
    assert_eq!((cache.stamp().unwrap().revision, look_up(&cache, 1).denied.len()), (10, 1));
    cache.doubt().unwrap();
    assert_eq!(take(&cache, &older), Ok(4));
    assert_eq!((look_up(&cache, 1).denied.len(), look_up(&cache, 2).denied.len()), (1, 1));
    assert_eq!(cache.newly_kept(), 1);
    assert_eq!(take(&cache, &samples::snapshot(5, &[])), Ok(5));
    assert_eq!((look_up(&cache, 1).denied.len(), look_up(&cache, 2).denied.len()), (1, 0));
    assert_eq!(cache.newly_kept(), 0, "once");
}

/// Fault C7, invariant I4: a restored centre may have overtaken the index; what it has forgotten to deny stays denied here, also for a program
/// that was started in between and through every later snapshot, until the centre says something as new about it.
#[test]
fn a_restored_centre_that_has_overtaken_does_not_shorten_the_deny_list() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &[SnapshotRow::Deny(samples::denied(1, 5))]);
    cache.doubt().unwrap();
    assert!(cache.needs_snapshot());
    drop(cache);
    let cache = bench.open(Residence::File);
    assert!(cache.needs_snapshot() && look_up(&cache, 1).denied.len() == 1);
    assert_eq!(take(&cache, &samples::snapshot(12, &[SnapshotRow::Deny(samples::denied(2, 1))])), Ok(12));
    assert_eq!((look_up(&cache, 1).denied.len(), look_up(&cache, 2).denied.len()), (1, 1));
    assert!(!cache.needs_snapshot());
    for revision in [13, 14] {
        assert_eq!(take(&cache, &samples::snapshot(revision, &[])), Ok(revision));
        assert_eq!((look_up(&cache, 1).denied.len(), look_up(&cache, 2).denied.len()), (1, 0));
    }
    let denied = samples::denied(1, 6);
    let rows = [SnapshotRow::Deny(denied.clone())];
    assert_eq!(take(&cache, &samples::snapshot(15, &rows)), Ok(15));
    assert_eq!(look_up(&cache, 1).denied, [denied], "the centre knows it again, and lifts it from now on");
    assert_eq!(take(&cache, &samples::snapshot(16, &[])), Ok(16));
    assert_eq!(look_up(&cache, 1).denied, []);
}

/// Fault C7: a snapshot that was begun before the doubt came may be of the centre as it was before.
#[test]
fn a_snapshot_that_was_begun_before_leaves_the_doubt() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &[SnapshotRow::Deny(samples::denied(1, 5))]);
    let mut snapshot = cache.begin_snapshot().unwrap();
    cache.doubt().unwrap();
    samples::snapshot(12, &[]).iter().try_for_each(|line| snapshot.line(line)).unwrap();
    assert_eq!(snapshot.finish(), Ok(12));
    assert!(cache.needs_snapshot() && look_up(&cache, 1).denied.len() == 1);
}

/// A damaged file and a damaged row are told as such, never guessed at; a snapshot heals both.
#[test]
fn damage_is_told_and_healed_by_a_snapshot() {
    for residence in [Residence::Memory, Residence::File] {
        let bench = Bench::new();
        drop(bench.filled(residence, &rows(1..4)));
        let whole = std::fs::read(bench.path()).unwrap();
        for damage in ["whole file", "one row"] {
            let mut bytes = whole.clone();
            if damage == "one row" {
                let row = bytes.windows(13).rposition(|part| part == b"MGL2510130087").unwrap();
                bytes[row] ^= 1;
            } else {
                bytes[..4096].fill(0xA5);
            }
            std::fs::write(bench.path(), bytes).unwrap();
            let overlay = std::sync::Arc::new(crate::journal::Overlay::new(samples::gate()));
            let cache = super::Cache::open(&bench.path(), bench.clock.clone(), overlay, residence);
            let found = (1..4).any(|serial| {
                let key = samples::key(&format!("E280{serial:08}"));
                matches!(cache.look_up(&[(MediumType::ElectronicPlate, key)]), Err(CacheError::Corrupt(_)))
            });
            assert!(found && cache.needs_snapshot(), "{damage}, {residence:?}");
            assert_eq!(take(&cache, &samples::snapshot(30, &rows(1..4))), Ok(30), "{damage}");
            assert_eq!(look_up(&cache, 2).candidates, [samples::entry(2)]);
            assert!(!cache.needs_snapshot());
        }
    }
}
