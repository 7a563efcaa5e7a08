//! Changes: each once, in order, none missing; the deny list only forwards.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocols::{
    contract::{ChangeOp, PolicyRow, SnapshotRow},
    ids::MediumType,
    rules::{LaneDirection, LanePolicy, TripStatus, YardPolicy},
};

use super::super::{CacheError, Feed, Residence, samples};
use super::{Bench, changes, look_up};

/// SG-205: revisions at or before the cursor are skipped, one beyond it is refused as a whole.
#[test]
fn a_change_is_applied_once_and_a_gap_changes_nothing() {
    for residence in [Residence::Memory, Residence::File] {
        let bench = Bench::new();
        let cache = bench.filled(residence, &[SnapshotRow::Entry(samples::entry(1))]);
        let mut closed = samples::entry(1);
        closed.status = TripStatus::Closed;
        let first = changes(10, vec![ChangeOp::Upsert(closed), ChangeOp::Stub(samples::stub(2))]);
        assert_eq!(cache.apply_changes(&first), Ok(12));
        assert_eq!(look_up(&cache, 1).candidates[0].status, TripStatus::Closed);
        assert_eq!(look_up(&cache, 2).stubs, [samples::stub(2)]);
        let back =
            changes(10, vec![ChangeOp::Upsert(samples::entry(1)), ChangeOp::Upsert(samples::entry(2))]);
        assert_eq!(cache.apply_changes(&back), Ok(12), "an old answer that came twice");
        assert_eq!(look_up(&cache, 1).candidates[0].status, TripStatus::Closed);
        let gap = changes(13, vec![ChangeOp::Remove { trip_no: samples::trip(1) }]);
        assert_eq!(cache.apply_changes(&gap), Err(CacheError::Gap { have: 12, found: 13 }));
        let mut holed =
            changes(12, vec![ChangeOp::Upsert(samples::entry(3)), ChangeOp::Upsert(samples::entry(4))]);
        holed.changes.changes.remove(0);
        assert_eq!(cache.apply_changes(&holed), Err(CacheError::Gap { have: 12, found: 14 }));
        let mut short = changes(12, vec![ChangeOp::Upsert(samples::entry(3))]);
        short.changes.to = 14;
        assert_eq!(cache.apply_changes(&short), Err(CacheError::Gap { have: 13, found: 14 }));
        assert!(look_up(&cache, 3).candidates.is_empty() && look_up(&cache, 4).candidates.is_empty());
        assert_eq!(cache.stamp().unwrap().revision, 12);
    }
}

/// SG-204: a person finds a trip by its number, wherever the rows are, with what this gate knows of its medium.
#[test]
fn a_trip_is_found_by_its_number() {
    for residence in [Residence::Memory, Residence::File] {
        let bench = Bench::new();
        let rows = [SnapshotRow::Entry(samples::entry(1)), SnapshotRow::Deny(samples::denied(1, 3))];
        let cache = bench.filled(residence, &rows);
        cache.apply_changes(&changes(10, vec![ChangeOp::Stub(samples::stub(2))])).unwrap();
        let view = cache.look_up_trip(&samples::trip(1)).unwrap();
        assert_eq!((view.candidates.len(), view.denied.len()), (1, 1));
        assert_eq!(view.candidates[0].trip_no, samples::trip(1));
        assert_eq!(cache.look_up_trip(&samples::trip(2)).unwrap().stubs, [samples::stub(2)]);
        let nothing = cache.look_up_trip(&samples::trip(3)).unwrap();
        assert!(nothing.candidates.is_empty() && nothing.stubs.is_empty() && nothing.index.is_some());
        cache.apply_changes(&changes(11, vec![ChangeOp::Remove { trip_no: samples::trip(2) }])).unwrap();
        assert!(cache.look_up_trip(&samples::trip(2)).unwrap().stubs.is_empty());
    }
}

/// SG-207: what leaves the index is not found any more, now and after a restart.
#[test]
fn a_removed_trip_is_gone_for_good() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &[SnapshotRow::Entry(samples::entry(1))]);
    cache.apply_changes(&changes(10, vec![ChangeOp::Remove { trip_no: samples::trip(1) }])).unwrap();
    assert!(look_up(&cache, 1).candidates.is_empty());
    drop(cache);
    let cache = bench.open(Residence::Memory);
    assert!(look_up(&cache, 1).candidates.is_empty());
    assert_eq!(cache.stamp().unwrap().revision, 11);
}

/// The deny list is monotone: an older row neither denies nor allows again.
#[test]
fn an_older_version_never_replaces_a_newer_one() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &[SnapshotRow::Deny(samples::denied(1, 5))]);
    let allow = |version| ChangeOp::Allow {
        medium_type: MediumType::ElectronicPlate,
        medium_key: samples::denied(1, 0).medium_key,
        version,
    };
    let mut from = 10;
    for (op, is_denied) in [
        (allow(4), true),
        (allow(6), false),
        (ChangeOp::Deny(samples::denied(1, 5)), false),
        (ChangeOp::Deny(samples::denied(1, 7)), true),
    ] {
        from = cache.apply_changes(&changes(from, vec![op.clone()])).unwrap();
        assert_eq!(look_up(&cache, 1).denied.len() == 1, is_denied, "{op:?}");
    }
}

/// Policy rows take effect with their revision, lane by lane.
#[test]
fn policy_rows_take_effect() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::Memory, &[]);
    assert_eq!((look_up(&cache, 1).yard, look_up(&cache, 1).yard_has_entry_lane), (None, false));
    let yard = YardPolicy::new(vec![samples::entry(1).customs_code]);
    let mut lane = LanePolicy::new(samples::gate(), samples::lane("IN1"), LaneDirection::In);
    let rows = |lane: &LanePolicy| {
        vec![ChangeOp::Policy(PolicyRow::Yard(yard.clone())), ChangeOp::Policy(PolicyRow::Lane(lane.clone()))]
    };
    cache.apply_changes(&changes(10, rows(&lane))).unwrap();
    assert_eq!((look_up(&cache, 1).yard, look_up(&cache, 1).yard_has_entry_lane), (Some(yard.clone()), true));
    lane.lane_timeout_s = 300;
    cache.apply_changes(&changes(12, rows(&lane))).unwrap();
    drop(cache);
    let policy = bench.open(Residence::Memory).policy();
    assert_eq!(policy.lane(&samples::gate(), &samples::lane("IN1")).unwrap().lane_timeout_s, 300);
    assert_eq!(policy.lanes.len(), 1);
}

/// SG-205: the cursor moves over what only a newer release knows, also across a restart; what was left out is counted.
#[test]
fn unknown_rows_move_the_cursor_and_are_counted() {
    let bench = Bench::new();
    let cache = bench.filled(Residence::File, &[SnapshotRow::Entry(samples::entry(1))]);
    let trip = samples::trip(1);
    let body = format!(
        r#"{{"from":10,"to":12,"more":false,"changes":[
            {{"rev":11,"op":"remove","trip_no":"{trip}"}},{{"rev":12,"op":"weather"}}]}}"#
    );
    let feed = Feed::parse(body.as_bytes()).unwrap();
    assert_eq!((cache.apply_changes(&feed), cache.apply_changes(&feed)), (Ok(12), Ok(12)));
    assert_eq!((look_up(&cache, 1).candidates.len(), cache.unknown_rows()), (0, 1));
    drop(cache);
    assert_eq!(bench.open(Residence::File).stamp().unwrap().revision, 12);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// SG-205: after any edits, in batches of any size, offered again at will, memory, file and a restart answer as a fresh
    /// snapshot of the same truth does.
    #[test]
    fn edits_make_what_a_fresh_snapshot_makes(
        edits in prop::collection::vec((0..8_u64, 0..4_u8), 1..40),
        sizes in prop::collection::vec(1..7_usize, 40),
        again in any::<bool>(),
    ) {
        let bench = Bench::new();
        let cache = bench.filled(Residence::Memory, &[]);
        let mut truth: BTreeMap<u64, SnapshotRow> = BTreeMap::new();
        let ops: Vec<ChangeOp> = edits.iter().enumerate().map(|(n, (serial, kind))| match kind {
            0 => { truth.remove(serial); ChangeOp::Remove { trip_no: samples::trip(*serial) } }
            1 => { truth.insert(*serial, SnapshotRow::Stub(samples::stub(*serial))); ChangeOp::Stub(samples::stub(*serial)) }
            _ => {
                let mut entry = samples::entry(*serial);
                entry.version_no = n as u32 + 2;
                truth.insert(*serial, SnapshotRow::Entry(entry.clone()));
                ChangeOp::Upsert(entry)
            }
        }).collect();
        let (mut from, mut rest) = (10, ops.as_slice());
        for size in sizes {
            let (batch, later) = rest.split_at(size.min(rest.len()));
            let batch = changes(from, batch.to_vec());
            from = cache.apply_changes(&batch).unwrap();
            if again {
                prop_assert_eq!(cache.apply_changes(&batch), Ok(from));
            }
            rest = later;
        }
        let fresh = Bench::new();
        let fresh = fresh.filled(Residence::Memory, &truth.into_values().collect::<Vec<_>>());
        let seen = |cache: &super::Cache| (0..8).map(|serial| look_up(cache, serial))
            .map(|view| (view.candidates, view.stubs)).collect::<Vec<_>>();
        prop_assert_eq!(seen(&cache), seen(&fresh));
        prop_assert_eq!(cache.counts(), fresh.counts());
        drop(cache);
        for residence in [Residence::Memory, Residence::File] {
            let cache = bench.open(residence);
            prop_assert_eq!(seen(&cache), seen(&fresh));
            prop_assert_eq!(cache.stamp().unwrap().revision, from);
        }
    }
}
