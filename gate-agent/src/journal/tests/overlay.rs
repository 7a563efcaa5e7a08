//! The overlay: a trip that this gate used is used, whatever an older copy of the index says.

use proptest::prelude::*;
use protocols::{
    contract::{Applied, EventType, IndexEntry},
    rules::{LaneDirection, TripStatus},
};

use super::super::{JournalCore, MemoryDisk, MemoryStore};
use super::{act, open, ready};
use crate::cache::samples::{entry, gate};

fn laid_over(core: &JournalCore<MemoryStore>, mut entry: IndexEntry) -> IndexEntry {
    core.overlay().lay_over(&mut entry);
    entry
}

/// Matched and passed at the exit, which closes an import trip.
fn used(disk: &MemoryDisk) -> JournalCore<MemoryStore> {
    let mut core = ready(disk.store());
    core.commit(vec![act(EventType::Match, LaneDirection::Out, "v1", 1)]).unwrap();
    core.commit(vec![act(EventType::Pass, LaneDirection::Out, "v1", 1)]).unwrap();
    core
}

/// SG-249: the trip shows as locked, then as closed, before the centre knows anything; other trips are left alone.
#[test]
fn own_events_show_at_once() {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    core.commit(vec![act(EventType::Match, LaneDirection::Out, "v1", 1)]).unwrap();
    let locked = laid_over(&core, entry(1));
    assert_eq!(locked.status, TripStatus::Locked);
    assert_eq!(locked.lock_visit_id.unwrap().as_str(), "v1");
    core.commit(vec![act(EventType::Pass, LaneDirection::Out, "v1", 1)]).unwrap();
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Closed);
    assert_eq!(laid_over(&core, entry(2)), entry(2));
}

/// SG-249: a restart forgets nothing.
#[test]
fn own_events_show_after_a_restart() {
    let disk = MemoryDisk::new("a");
    let (core, _) = open(used(&disk).into_store()).unwrap();
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Closed);
}

/// An upsert that the centre made before it knew of the pass never reopens the trip; one made after it is taken as it is.
#[test]
fn only_events_later_than_the_entry_are_laid_over() {
    let disk = MemoryDisk::new("a");
    let core = used(&disk);
    for (epoch, seq, expected) in [
        (1, 0, TripStatus::Closed),
        (1, 1, TripStatus::Closed),
        (1, 2, TripStatus::CustomsApproved),
        (0, 99, TripStatus::Closed),
        (2, 1, TripStatus::CustomsApproved),
    ] {
        let mut upsert = entry(1);
        upsert.applied.insert(gate(), Applied { epoch, seq });
        assert_eq!(laid_over(&core, upsert).status, expected, "applied ({epoch}, {seq})");
    }
}

/// Acts leave when they are acknowledged and the index has reached the revision that shows them, not before.
#[test]
fn covered_acts_are_dropped() {
    let disk = MemoryDisk::new("a");
    let mut core = used(&disk);
    core.cover(100).unwrap();
    assert_eq!(core.overlay().len(), 2, "not acknowledged yet");
    core.acknowledge(1, 10).unwrap();
    core.acknowledge(2, 12).unwrap();
    core.cover(9).unwrap();
    assert_eq!(core.overlay().len(), 2, "the index is older than the acknowledgement's revision");
    core.cover(11).unwrap();
    assert_eq!(core.overlay().len(), 1);
    let (mut core, _) = open(core.into_store()).unwrap();
    assert_eq!(core.overlay().len(), 1, "the mark survives a restart");
    core.cover(12).unwrap();
    assert!(core.overlay().is_empty());
}

/// Fault C7: when the centre knows less than it did, its index does too, so the acts come back.
#[test]
fn a_lower_acknowledgement_brings_covered_acts_back() {
    let disk = MemoryDisk::new("a");
    let mut core = used(&disk);
    core.acknowledge(2, 12).unwrap();
    core.cover(12).unwrap();
    assert!(core.overlay().is_empty());
    core.acknowledge(1, 5).unwrap();
    assert_eq!(core.overlay().len(), 1);
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Closed);
}

/// SG-249: who read the index before acts left is told to read it again; acts that come meanwhile are no reason.
#[test]
fn entries_from_before_a_departure_are_not_laid_over() {
    let disk = MemoryDisk::new("a");
    let mut core = used(&disk);
    core.acknowledge(1, 10).unwrap();
    let (overlay, mut entries) = (core.overlay(), [entry(1)]);
    let asked = overlay.departures();
    core.commit(vec![act(EventType::Match, LaneDirection::Out, "v2", 2)]).unwrap();
    assert!(overlay.lay_over_all(&mut entries.clone(), asked));
    core.cover(10).unwrap();
    assert!(!overlay.lay_over_all(&mut entries, asked));
    assert_eq!(entries, [entry(1)]);
    assert!(overlay.lay_over_all(&mut entries, overlay.departures()));
    assert_eq!(entries[0].status, TripStatus::Closed);
}

proptest! {
    /// SG-249: whatever prefix the centre has applied, prefix and overlay together give what all events give.
    #[test]
    fn prefix_and_overlay_make_the_whole(
        acts in prop::collection::vec((0..6_usize, any::<bool>(), 0..3_u8), 1..12),
        cut in 0..12_usize,
    ) {
        use EventType::{EmptyExit, LeftPort, ManualRelease, Match, Pass, Refuse};
        let disk = MemoryDisk::new("a");
        let mut core = ready(disk.store());
        for (kind, inward, visit) in &acts {
            let kind = [Match, Pass, Refuse, ManualRelease, EmptyExit, LeftPort][*kind];
            let direction = if *inward { LaneDirection::In } else { LaneDirection::Out };
            core.commit(vec![act(kind, direction, &format!("v{visit}"), 1)]).unwrap();
        }
        let whole = laid_over(&core, entry(1));
        let cut = cut.min(acts.len());
        let centre = {
            let disk = MemoryDisk::new("b");
            let mut core = ready(disk.store());
            for (kind, inward, visit) in &acts[..cut] {
                let kind = [Match, Pass, Refuse, ManualRelease, EmptyExit, LeftPort][*kind];
                let direction = if *inward { LaneDirection::In } else { LaneDirection::Out };
                core.commit(vec![act(kind, direction, &format!("v{visit}"), 1)]).unwrap();
            }
            let mut entry = laid_over(&core, entry(1));
            entry.applied.insert(gate(), Applied { epoch: 1, seq: cut as u64 });
            entry
        };
        let mut both = laid_over(&core, centre);
        both.applied.clear();
        prop_assert_eq!(both, whole);
    }
}
