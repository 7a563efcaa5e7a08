//! Synthetic bindings: a yard's index of any size, the same at each run.
//! Promises: binding `n` has a trip and an electronic plate of its own, and an object of its own, so that each passes once
//! and none is ambiguous; sizes are those of a common record: one line, a bill of lading, no container.
//! Source: spec SG-202; contract section 3.

use std::collections::BTreeMap;

use protocols::{
    contract::{EntryLine, IndexEntry, Kg, PolicyRow, UtcMillis},
    ids::{CardNo, CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc},
    rules::{
        BillType, BusinessType, Direction, IeFlag, LaneDirection, LanePolicy, ObjectType, PassType,
        TransportMode, TripStatus, YardPolicy,
    },
};

use crate::codec::epc;

/// The gate.
pub(crate) const GATE: &str = "0708-G02";
/// Its yard.
pub(crate) const YARD: &str = "07080000001";
/// The lane that is measured.
pub(crate) const LANE: &str = "IN1";
/// The lane that only makes noise, where one does.
pub(crate) const NOISY: &str = "IN2";
/// The customs area that feeds the yard.
const CUSTOMS: &str = "0708";

/// The key of binding `number` as a reader tells it.
///
/// # Errors
/// None in practice: hex digits are a key.
pub(crate) fn key(number: u32) -> anyhow::Result<MediumKey> {
    let hex: String = epc(number).iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(MediumKey::read(MediumType::ElectronicPlate, &hex)?)
}

/// Binding `number`, approved at a time that follows from its number.
///
/// # Errors
/// None in practice: every member is within its rule.
pub(crate) fn entry(number: u32) -> anyhow::Result<IndexEntry> {
    let serial = u64::from(number) + 1;
    Ok(IndexEntry {
        trip_no: TripNo::from_parts(2026, 11, CardNo::parse("8950000004821")?, serial)?,
        unified_no: UnifiedNo::from_parts(2026, serial)?,
        version_no: 1,
        status: TripStatus::CustomsApproved,
        lock_source: None,
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: CustomsCode::parse(CUSTOMS)?,
        uscc: Uscc::parse("91150781MA0N5XWB9P")?,
        ie_flag: IeFlag::Import,
        business_type: BusinessType::Declaration,
        transport_mode: TransportMode::Road,
        vehicle_pass_type: Some(PassType::EmptyInLadenOut),
        medium_type: MediumType::ElectronicPlate,
        medium_key: key(number)?,
        vehicle_weight_kg: Kg::from_kilograms(8_600),
        trailer_weight_kg: Kg::from_hundredths(640_050),
        container_weight_kg: Kg::default(),
        approved_at: UtcMillis::from_millis(1_760_000_000_000 + i64::from(number)),
        entry_passed: false,
        closing_passed: false,
        lines: vec![EntryLine {
            line_no: 1,
            direction: Some(Direction::OutOf),
            object_type: ObjectType::BillOfLading,
            object_id: Some(format!("MGL{serial:010}").into()),
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
    })
}

/// The yard's policy and those of its entry lanes: nothing but the medium is gathered.
///
/// # Errors
/// None in practice: the names are within their rules.
pub(crate) fn policy() -> anyhow::Result<[PolicyRow; 3]> {
    let gate = GateId::parse(GATE)?;
    let lane = |name| -> anyhow::Result<PolicyRow> {
        Ok(PolicyRow::Lane(LanePolicy::new(gate.clone(), LaneId::parse(name)?, LaneDirection::In)))
    };
    let yard = YardPolicy::new(vec![CustomsCode::parse(CUSTOMS)?]);
    Ok([PolicyRow::Yard(yard), lane(LANE)?, lane(NOISY)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_is_the_same_at_each_run_and_unlike_its_neighbours() {
        let (one, other) = (entry(41).unwrap(), entry(42).unwrap());
        assert_eq!(one, entry(41).unwrap());
        assert!(one.trip_no != other.trip_no && one.medium_key != other.medium_key);
        assert!(one.lines[0].object_id != other.lines[0].object_id);
    }
}
