//! The overlay: a trip that this gate used is used, whatever an older copy of the index says.

use proptest::prelude::*;
use protocols::{
    contract::{Applied, EventType, GateAct, IndexEntry},
    ids::{GateId, VisitId},
    rules::{LaneDirection, TripStatus},
};

use super::super::{JournalCore, MemoryDisk, MemoryStore, ToldAct};
use super::{act, open, ready};
use crate::cache::samples::{entry, gate, lane, trip};

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

fn told(seq: u64, heard_after: u64, event_type: EventType, direction: LaneDirection) -> ToldAct {
    let lane_id = lane(if direction == LaneDirection::In { "IN1" } else { "OUT1" });
    ToldAct {
        gate_id: GateId::parse("0708-G03").unwrap(),
        epoch: 1,
        heard_after: Applied { epoch: 1, seq: heard_after },
        act: GateAct {
            seq,
            event_type,
            trip_no: trip(1),
            lane_id,
            lane_direction: direction,
            visit_id: VisitId::parse("theirs").unwrap(),
        },
    }
}

/// SG-198, SG-249: what a neighbour did shows like the gate's own acts: in at one gate, out at the other.
#[test]
fn a_trip_goes_on_at_another_gate() {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    let (entered, left) = (LaneDirection::In, LaneDirection::Out);
    core.overlay().hear([told(1, 0, EventType::Match, entered), told(2, 0, EventType::Pass, entered)]);
    let inside = laid_over(&core, entry(1));
    assert_eq!((inside.status, inside.entry_passed), (TripStatus::Locked, true));
    assert_eq!(inside.lock_gate_id.unwrap().as_str(), "0708-G03");
    core.commit(vec![act(EventType::Match, left, "v1", 1), act(EventType::Pass, left, "v1", 1)]).unwrap();
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Closed);
    assert_eq!((core.overlay().len(), core.overlay().told()), (2, 2));
}

/// SG-252: which of two came first is told by when this gate knew of them: a visit that is under way here is not disturbed.
#[test]
fn the_lock_that_was_known_first_holds_here() {
    let disk = MemoryDisk::new("a");
    let mut core = ready(disk.store());
    core.commit(vec![act(EventType::Match, LaneDirection::In, "v1", 1)]).unwrap();
    for (heard_after, holder) in [(0, "theirs"), (1, "v1")] {
        core.overlay().hear([told(5, heard_after, EventType::Match, LaneDirection::In)]);
        assert_eq!(laid_over(&core, entry(1)).lock_visit_id.unwrap().as_str(), holder);
        core.overlay().forget_told(&GateId::parse("0708-G03").unwrap(), Applied { epoch: 1, seq: 5 });
    }
    assert_eq!((core.overlay().told(), core.overlay().len()), (0, 1));
}

/// A neighbour's act counts once, and no longer than until the centre has applied it; forgetting it is a departure like any other.
#[test]
fn what_a_neighbour_told_counts_once_and_until_it_is_applied() {
    let disk = MemoryDisk::new("a");
    let core = ready(disk.store());
    let overlay = core.overlay();
    let pass = told(5, 0, EventType::Pass, LaneDirection::Out);
    overlay.hear([pass.clone(), pass.clone()]);
    assert_eq!((overlay.told(), laid_over(&core, entry(1)).status), (1, TripStatus::Closed));
    let mut applied = entry(1);
    applied.applied.insert(pass.gate_id.clone(), Applied { epoch: 1, seq: 5 });
    assert_eq!(laid_over(&core, applied.clone()), applied);
    let (mut entries, asked) = ([entry(1)], overlay.departures());
    overlay.forget_told(&pass.gate_id, Applied { epoch: 1, seq: 4 });
    assert_eq!(overlay.told(), 1);
    overlay.forget_told(&pass.gate_id, Applied { epoch: 1, seq: 5 });
    assert!(!overlay.lay_over_all(&mut entries, asked));
    assert_eq!(overlay.told(), 0);
}

/// Fault C7: what a restored centre has lost of a neighbour's acts is told again behind later ones, and counts before them: the trip that was used again
/// stays used.
#[test]
fn what_is_told_again_counts_where_it_was_done() {
    let disk = MemoryDisk::new("a");
    let core = ready(disk.store());
    let overlay = core.overlay();
    let again =
        [told(96, 0, EventType::Match, LaneDirection::In), told(97, 0, EventType::Pass, LaneDirection::In)];
    overlay.hear(again);
    overlay.hear([told(91, 3, EventType::EmptyExit, LaneDirection::Out)]);
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Locked);
    overlay.hear([told(98, 3, EventType::EmptyExit, LaneDirection::Out)]);
    assert_eq!(laid_over(&core, entry(1)).status, TripStatus::Unlocked);
}
