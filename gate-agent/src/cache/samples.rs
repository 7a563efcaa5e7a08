//! Records for the tests of cache, journal and sync: V01 of the spec's section 15, numbered at will.

use std::collections::BTreeMap;

use protocols::{
    contract::{
        Denied, EntryLine, Hash, IndexEntry, Kg, SnapshotHead, SnapshotRow, SnapshotTail, Stub, UtcMillis,
    },
    ids::{CardNo, CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, YardId},
    rules::{BillType, BusinessType, Direction, IeFlag, ObjectType, PassType, TransportMode, TripStatus},
};
use sha2::{Digest, Sha256};

pub(crate) fn gate() -> GateId {
    GateId::parse("0708-G02").unwrap()
}

pub(crate) fn lane(name: &str) -> LaneId {
    LaneId::parse(name).unwrap()
}

pub(crate) fn trip(serial: u64) -> TripNo {
    TripNo::from_parts(2025, 10, CardNo::parse("8950000004821").unwrap(), serial).unwrap()
}

pub(crate) fn noon() -> UtcMillis {
    UtcMillis::parse("2025-10-13T04:00:00Z").unwrap()
}

pub(crate) fn key(text: &str) -> MediumKey {
    MediumKey::parse(text).unwrap()
}

/// An approved record bound to the electronic plate `E280` + its serial.
pub(crate) fn entry(serial: u64) -> IndexEntry {
    IndexEntry {
        trip_no: trip(serial),
        unified_no: UnifiedNo::from_parts(2025, serial).unwrap(),
        version_no: 1,
        status: TripStatus::CustomsApproved,
        lock_source: None,
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: CustomsCode::parse("0708").unwrap(),
        uscc: Uscc::parse("91150781MA0N5XWB9P").unwrap(),
        ie_flag: IeFlag::Import,
        business_type: BusinessType::Declaration,
        transport_mode: TransportMode::Road,
        vehicle_pass_type: Some(PassType::EmptyInLadenOut),
        medium_type: MediumType::ElectronicPlate,
        medium_key: key(&format!("E280{serial:08}")),
        vehicle_weight_kg: Kg::from_kilograms(8_600),
        trailer_weight_kg: Kg::from_hundredths(640_050),
        container_weight_kg: Kg::default(),
        approved_at: noon(),
        entry_passed: false,
        closing_passed: false,
        lines: vec![EntryLine {
            line_no: 1,
            direction: Some(Direction::OutOf),
            object_type: ObjectType::BillOfLading,
            object_id: Some("MGL2510130087".into()),
            vessel_name: None,
            voyage_no: "0708251013017".into(),
            business_type: BusinessType::Declaration,
            bill_type: Some(BillType::FirstLeg),
            pickup_weight_kg: Some(Kg::from_kilograms(32_500)),
            container_no_1: None,
            container_no_2: None,
            seal_no_1: None,
            seal_no_2: None,
        }],
        applied: BTreeMap::new(),
    }
}

/// A stub of a record that customs has not approved.
pub(crate) fn stub(serial: u64) -> Stub {
    Stub {
        medium_type: MediumType::ElectronicPlate,
        medium_key: key(&format!("E280{serial:08}")),
        trip_no: trip(serial),
        status: TripStatus::Sent,
        since: noon(),
        reason_code: None,
    }
}

/// A denied electronic plate.
pub(crate) fn denied(serial: u64, version: u64) -> Denied {
    Denied {
        medium_type: MediumType::ElectronicPlate,
        medium_key: key(&format!("E280{serial:08}")),
        reason: "reported stolen".to_owned(),
        since: noon(),
        version,
    }
}

/// A snapshot as the centre sends it, head and digest included.
pub(crate) fn snapshot(revision: u64, rows: &[SnapshotRow]) -> Vec<String> {
    marked_snapshot(revision, None, rows)
}

/// The same of a centre that keeps marks.
pub(crate) fn marked_snapshot(revision: u64, mark: Option<Hash>, rows: &[SnapshotRow]) -> Vec<String> {
    let count = |is_kind: fn(&SnapshotRow) -> bool| rows.iter().filter(|row| is_kind(row)).count() as u64;
    let head = SnapshotHead {
        yard_id: YardId::parse("07080000001").unwrap(),
        revision,
        entries: count(|row| matches!(row, SnapshotRow::Entry(_))),
        stubs: count(|row| matches!(row, SnapshotRow::Stub(_))),
        denied: count(|row| matches!(row, SnapshotRow::Deny(_))),
        mark,
    };
    let mut lines = vec![serde_json::to_string(&head).unwrap()];
    lines.extend(rows.iter().map(|row| serde_json::to_string(row).unwrap()));
    let mut sha = Sha256::new();
    lines.iter().for_each(|line| sha.update(format!("{line}\n")));
    let tail = SnapshotTail { sha256: Hash(sha.finalize().into()), signed: None };
    lines.push(serde_json::to_string(&tail).unwrap());
    lines
}
