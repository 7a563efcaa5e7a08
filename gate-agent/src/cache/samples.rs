//! Records for the tests of cache, journal and sync: V01 of the spec's section 15, numbered at will.

use std::collections::BTreeMap;

use protocols::{
    contract::{EntryLine, IndexEntry, Kg, UtcMillis},
    ids::{CardNo, CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc},
    rules::{BillType, BusinessType, Direction, IeFlag, ObjectType, PassType, TransportMode, TripStatus},
};

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
