//! What is planted in the index's file is found by its sums and put right, and a denial never goes.

use std::sync::atomic::Ordering;

use protocols::{
    contract::{
        ChangeOp, Denied, DigestsAnswer, Hash, IndexRanges, IndexSums, LookAt, PolicyRow, RowDigest, RowKind,
        RowSum, SnapshotRow, Touched,
    },
    rules::{LaneDirection, LanePolicy, TripStatus, YardPolicy},
};
use rusqlite::Connection;

use super::{
    super::{
        Cache, CacheError, HeldPart, IndexDigest, Mending, Repaired,
        plant::{plant, plant_sql},
    },
    Bench, Residence, changes, look_up, samples, take, wait_until_loaded,
};

const BOTH: [Residence; 2] = [Residence::Memory, Residence::File];

fn policy(lane: &str) -> PolicyRow {
    PolicyRow::Lane(LanePolicy::new(samples::gate(), samples::lane(lane), LaneDirection::Out))
}

/// What the centre has: entries, a stub, denied media, policy.
fn truth() -> Vec<SnapshotRow> {
    let mut rows: Vec<_> = (1..=20).map(|serial| SnapshotRow::Entry(samples::entry(serial))).collect();
    rows.push(SnapshotRow::Stub(samples::stub(30)));
    rows.extend(
        [(2, 4), (3, 5)].map(|(serial, version)| SnapshotRow::Deny(samples::denied(serial, version))),
    );
    rows.push(SnapshotRow::Policy(PolicyRow::Yard(YardPolicy::new(Vec::new()))));
    rows.push(SnapshotRow::Policy(policy("OUT1")));
    rows
}

fn sums(rows: &[SnapshotRow]) -> IndexSums {
    let trip = |row: &SnapshotRow| match row {
        SnapshotRow::Entry(entry) => Some(entry.trip_no),
        SnapshotRow::Stub(stub) => Some(stub.trip_no),
        SnapshotRow::Deny(_) | SnapshotRow::Policy(_) => None,
    };
    let mut ranges = IndexRanges::new(rows.iter().filter_map(trip));
    let (mut denied, mut policy) = (RowSum::default(), RowSum::default());
    for row in rows {
        let digest = RowDigest::of(row);
        match row {
            SnapshotRow::Deny(_) => denied.add(digest),
            SnapshotRow::Policy(_) => policy.add(digest),
            SnapshotRow::Entry(_) | SnapshotRow::Stub(_) => ranges.add(&trip(row).unwrap(), digest),
        }
    }
    IndexSums { trips: ranges.into_sums(), denied, policy }
}

fn digest(cache: &Cache) -> IndexDigest {
    cache.digest(|| true).unwrap().unwrap()
}

fn unlike(cache: &Cache, truth: &[SnapshotRow]) -> Vec<LookAt> {
    digest(cache).sums.unlike(&sums(truth), &Touched::default())
}

/// What a centre with these rows says to a part.
fn answer(held: &HeldPart, truth: &[SnapshotRow]) -> DigestsAnswer {
    let unlike = held.part.unlike(truth.to_vec(), None);
    DigestsAnswer {
        revision: held.revision,
        rows: unlike.rows,
        gone: unlike.gone,
        ..DigestsAnswer::default()
    }
}

/// Looks at everything that differs, and puts it right.
fn settle(cache: &Cache, truth: &[SnapshotRow]) -> Repaired {
    let mut all = Repaired::default();
    for what in unlike(cache, truth) {
        let held = cache.part(&what).unwrap().unwrap();
        all.join(cache.repair(&held, &answer(&held, truth), Mending::Rows).unwrap().unwrap());
    }
    all
}

fn whole(kind: RowKind) -> LookAt {
    LookAt { kind, after: None, to: None }
}

/// Design section 4, fault A6: rows that were changed, removed and added in the file, each as sound as any other, are found and put right, in the
/// file and in memory, and nothing else is touched.
#[test]
fn what_was_planted_is_found_and_put_right() {
    for residence in BOTH {
        let bench = Bench::new();
        let cache = bench.filled(residence, &truth());
        assert_eq!(unlike(&cache, &truth()), []);
        let mut changed = samples::entry(5);
        changed.status = TripStatus::Closed;
        let mut other_lane = LanePolicy::new(samples::gate(), samples::lane("OUT1"), LaneDirection::Out);
        other_lane.outermost = true;
        plant(
            &bench.path(),
            &[
                ChangeOp::Upsert(changed),
                ChangeOp::Remove { trip_no: samples::trip(7) },
                ChangeOp::Upsert(samples::entry(99)),
                ChangeOp::Stub(samples::stub(8)),
                ChangeOp::Policy(PolicyRow::Lane(other_lane)),
                ChangeOp::Policy(policy("OUT9")),
            ],
        );
        assert_eq!(plant_sql(&bench.path(), "DELETE FROM denied WHERE version = 4"), 1);
        drop(cache);
        let cache = bench.open(residence);
        assert_eq!(cache.damage(), None, "no checksum shows it");
        assert!(look_up(&cache, 2).denied.is_empty() && look_up(&cache, 99).candidates.len() == 1);
        assert_eq!(unlike(&cache, &truth()).len(), 3, "trips, denied media and policy");
        assert_eq!(settle(&cache, &truth()), Repaired { replaced: 5, removed: 2, kept: 0, left: 0 });
        for cache in [cache.clone(), {
            drop(cache);
            bench.open(residence)
        }] {
            assert_eq!(unlike(&cache, &truth()), []);
            assert_eq!(look_up(&cache, 5).candidates, [samples::entry(5)]);
            assert_eq!(look_up(&cache, 7).candidates, [samples::entry(7)]);
            assert_eq!(look_up(&cache, 8).candidates, [samples::entry(8)]);
            assert!(look_up(&cache, 99).candidates.is_empty());
            assert_eq!(look_up(&cache, 2).denied, [samples::denied(2, 4)]);
            let lanes: Vec<_> =
                cache.policy().lanes.iter().map(|lane| (lane.lane_id.to_string(), lane.outermost)).collect();
            assert_eq!(lanes, [("OUT1".to_owned(), false)]);
            assert_eq!(cache.stamp().unwrap().revision, 10);
        }
    }
}

/// Design section 4: at another revision, of another past, or in doubt, nothing is put right; the answer for the revision that the index has is.
#[test]
fn a_digest_of_another_revision_repairs_nothing() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &truth());
    plant(&bench.path(), &[ChangeOp::Remove { trip_no: samples::trip(7) }]);
    let held = cache.part(&whole(RowKind::Trip)).unwrap().unwrap();
    let good = answer(&held, &truth());
    for other in
        [DigestsAnswer { revision: 11, ..good.clone() }, DigestsAnswer { stale: true, ..good.clone() }]
    {
        assert_eq!(cache.repair(&held, &other, Mending::Rows), Ok(None));
    }
    let parted = HeldPart { mark: Some(Hash([7; 32])), ..held.clone() };
    assert_eq!(cache.repair(&parted, &good, Mending::Rows), Ok(None));
    cache.apply_changes(&changes(10, vec![ChangeOp::Upsert(samples::entry(40))])).unwrap();
    assert_eq!(cache.repair(&held, &good, Mending::Rows), Ok(None), "the index has moved on");
    cache.doubt().unwrap();
    assert_eq!(cache.part(&whole(RowKind::Trip)), Ok(None));
    let moved = HeldPart { revision: 11, ..held.clone() };
    assert_eq!(
        cache.repair(&moved, &DigestsAnswer { revision: 11, ..good }, Mending::Rows),
        Ok(None),
        "it is in doubt"
    );
    assert!(look_up(&cache, 7).candidates.is_empty());
}

/// Design section 4: an answer that speaks of rows outside the part, of another kind, or takes away what nobody has told of, changes nothing.
#[test]
fn an_answer_about_other_rows_changes_nothing() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &truth());
    let after = Some(Box::from(samples::trip(5).as_str()));
    let what = LookAt { kind: RowKind::Trip, after, to: Some(Box::from(samples::trip(9).as_str())) };
    let held = cache.part(&what).unwrap().unwrap();
    assert_eq!(held.part.rows.len(), 4);
    let before = digest(&cache);
    let said = DigestsAnswer { revision: 10, ..DigestsAnswer::default() };
    for wrong in [
        DigestsAnswer { rows: vec![SnapshotRow::Entry(samples::entry(5))], ..said.clone() },
        DigestsAnswer { rows: vec![SnapshotRow::Entry(samples::entry(10))], ..said.clone() },
        DigestsAnswer { rows: vec![SnapshotRow::Deny(samples::denied(7, 9))], ..said.clone() },
        DigestsAnswer { gone: vec![samples::trip(5).as_str().into()], ..said.clone() },
        DigestsAnswer { gone: vec!["VE E280".into()], ..said.clone() },
    ] {
        assert!(
            matches!(cache.repair(&held, &wrong, Mending::Rows), Err(CacheError::Failed { .. })),
            "{wrong:?}"
        );
        assert_eq!((digest(&cache), cache.damage()), (before.clone(), None));
    }
}

/// Fault C7, I4: a denial that the centre does not have, or has in an older version, stays and is told once; it counts again when it changes. A medium that
/// counts as lifted here is denied again by the centre's word, whatever its version says.
#[test]
fn a_denial_is_never_lifted_and_never_older() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &truth());
    plant(
        &bench.path(),
        &[
            ChangeOp::Deny(samples::denied(11, 7)),
            ChangeOp::Deny(samples::denied(2, 9)),
            ChangeOp::Allow {
                medium_type: samples::denied(3, 5).medium_type,
                medium_key: samples::denied(3, 5).medium_key,
                version: 8,
            },
        ],
    );
    drop(cache);
    let cache = bench.open(Residence::Memory);
    let state = |cache: &Cache| {
        [2, 3, 11].map(|serial| look_up(cache, serial).denied.first().map(|denied: &Denied| denied.version))
    };
    assert_eq!(state(&cache), [Some(9), None, Some(7)]);
    assert_eq!(settle(&cache, &truth()), Repaired { replaced: 1, removed: 0, kept: 2, left: 0 });
    for cache in [cache.clone(), {
        drop(cache);
        bench.open(Residence::Memory)
    }] {
        assert_eq!(state(&cache), [Some(9), Some(5), Some(7)]);
        assert_eq!(unlike(&cache, &truth()), [], "told once");
    }
    let cache = bench.open(Residence::Memory);
    // The centre says something else about both now: that is news.
    let is_of = |serial: u64| move |row: &SnapshotRow| *row == SnapshotRow::Deny(samples::denied(serial, 4));
    let mut later = truth();
    later.retain(|row| !is_of(2)(row));
    later.extend(
        [(2, 6), (11, 3)].map(|(serial, version)| SnapshotRow::Deny(samples::denied(serial, version))),
    );
    assert_eq!(settle(&cache, &later), Repaired { replaced: 0, removed: 0, kept: 2, left: 0 });
    assert_eq!(state(&cache), [Some(9), Some(5), Some(7)]);
    assert_eq!(unlike(&cache, &later), []);
    // A newer word of the centre counts as ever.
    let lifted = samples::denied(11, 8);
    let news = vec![
        ChangeOp::Deny(samples::denied(2, 10)),
        ChangeOp::Allow { medium_type: lifted.medium_type, medium_key: lifted.medium_key, version: 8 },
    ];
    cache.apply_changes(&changes(10, news)).unwrap();
    assert_eq!(state(&cache), [Some(10), Some(5), None]);
    let mut newest = truth();
    newest.retain(|row| !is_of(2)(row));
    newest.push(SnapshotRow::Deny(samples::denied(2, 10)));
    assert_eq!(unlike(&cache, &newest), []);
}

/// Fault A6: a damaged row, one that look-ups cannot find, one that is missing and a state that was changed are found though nobody asks for them; lanes do not
/// hold for it while memory has them sound.
#[test]
fn damage_is_found_by_reading_all() {
    for sql in [
        "UPDATE row SET packed = substr(packed, 1, length(packed) - 1) WHERE rowid = 3",
        "UPDATE row SET medium = x'0001' WHERE rowid = 3",
        "UPDATE row SET trip = zeroblob(16) WHERE rowid = 3",
        "UPDATE row SET trip = x'00' WHERE rowid = 3",
        "DELETE FROM row WHERE rowid = 3",
        "DELETE FROM denied WHERE version = 4",
        "UPDATE denied SET json = replace(json, 'stolen', 'stolem') WHERE version = 4",
    ] {
        let bench = Bench::new();
        let cache = bench.filled(Residence::Memory, &truth());
        assert_eq!(Connection::open(bench.path()).unwrap().execute(sql, []).unwrap(), 1);
        assert!(matches!(cache.digest(|| true), Err(CacheError::Corrupt(_))), "{sql}");
        assert_eq!(cache.damage(), None, "{sql}");
        assert_eq!(look_up(&cache, 3).candidates.len(), 1);
    }
}

/// Design section 4: sums are those of one revision, whatever is changed while they are read; a snapshot that comes meanwhile waits for a slice, ends the
/// reading, and takes the file's place; whoever gives up gets nothing.
#[test]
fn changes_and_snapshots_do_not_wait_for_sums() {
    let bench = Bench::new();
    let many: Vec<_> = (1..=600).map(|serial| SnapshotRow::Entry(samples::entry(serial))).collect();
    let cache = bench.filled(Residence::Memory, &many);
    assert_eq!(cache.digest(|| false), Ok(None));
    let changed = cache.digest(|| {
        let held = cache.stamp().unwrap().revision;
        cache.apply_changes(&changes(held, vec![ChangeOp::Remove { trip_no: samples::trip(held) }])).is_ok()
    });
    let changed = changed.unwrap().unwrap();
    assert_eq!((changed.revision, changed.sums), (10, sums(&many)));
    assert!(cache.stamp().unwrap().revision > 10);
    let newer = samples::snapshot(900, &many[..300]);
    let inner = cache.inner();
    std::thread::scope(|scope| {
        let replacing = std::cell::RefCell::new(None);
        let replaced = cache.digest(|| {
            let before = inner.scans.ended.load(Ordering::SeqCst);
            *replacing.borrow_mut() = Some(scope.spawn(|| take(&cache, &newer)));
            while inner.scans.ended.load(Ordering::SeqCst) == before {
                std::thread::yield_now();
            }
            true
        });
        assert_eq!(replaced, Ok(None));
        assert_eq!(replacing.take().unwrap().join().unwrap(), Ok(900));
    });
    wait_until_loaded(&cache, Residence::Memory);
    assert_eq!((digest(&cache).revision, unlike(&cache, &many[..300])), (900, vec![]));
}

/// Design section 4: what is asked for at once is bounded, and all of it comes in the end.
#[test]
fn a_part_is_bounded_and_followed_by_the_next() {
    let bench = Bench::new();
    let many: Vec<_> = (1..=2500).map(|serial| SnapshotRow::Entry(samples::entry(serial))).collect();
    let cache = bench.filled(Residence::File, &many);
    let (mut what, mut lengths) = (whole(RowKind::Trip), Vec::new());
    loop {
        let held = cache.part(&what).unwrap().unwrap();
        assert!(answer(&held, &many).rows.is_empty() && answer(&held, &many).gone.is_empty());
        lengths.push(held.part.rows.len());
        what.after = held.part.to;
        if what.after.is_none() {
            break;
        }
    }
    assert_eq!(lengths, [1000, 1000, 500]);
}
