//! The yard of the simulation: its gates, lanes and records.

use central::binding::{CustomsAreas, Draft, Record};
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, YardId},
    rules::{LaneDirection, LanePolicy, TripStatus},
};
use serde_json::json;

pub(crate) fn yard() -> YardId {
    YardId::parse("CNEHX070801").unwrap()
}

pub(crate) fn area() -> CustomsCode {
    CustomsCode::parse("0708").unwrap()
}

/// When the simulation begins.
pub(crate) fn start() -> UtcMillis {
    UtcMillis::parse("2026-03-01T00:00:00Z").unwrap()
}

/// Each gate has a lane in and a lane out, and behind the latter is the street.
pub(crate) const LANES: [(&str, LaneDirection); 2] =
    [("IN1", LaneDirection::In), ("OUT1", LaneDirection::Out)];
pub(crate) const GATES: [&str; 2] = ["0708-G01", "0708-G02"];

pub(crate) fn gate_id(gate: usize) -> GateId {
    GateId::parse(GATES[gate]).unwrap()
}

pub(crate) fn policy(gate: usize, lane: usize) -> LanePolicy {
    let (name, direction) = LANES[lane];
    let mut policy = LanePolicy::new(gate_id(gate), LaneId::parse(name).unwrap(), direction);
    policy.outermost = direction == LaneDirection::Out;
    policy
}

/// The plate of a trip's lorry.
pub(crate) fn plate(serial: u64) -> MediumKey {
    MediumKey::read(MediumType::Plate, &format!("蒙L{:05}", 10_000 + serial)).unwrap()
}

pub(crate) fn trip_no(serial: u64) -> TripNo {
    TripNo::from_parts(2026, 3, operator(), serial).unwrap()
}

fn operator() -> CardNo {
    CardNo::parse("8950000004821").unwrap()
}

/// A record that customs has approved, or that still waits for it.
pub(crate) fn record(serial: u64, approved: bool) -> Record {
    let body = json!({
        "customs_code": "0708", "medium_type": "VN", "medium_key": plate(serial).as_str(), "business_type": "1000000000",
        "transport_mode": "4", "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400,
        "container_weight_kg": 0,
        "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                   "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}]
    });
    let draft = Draft::parse(body).unwrap();
    let content = draft.check(&CustomsAreas::embedded(), None).unwrap().declaration;
    let numbers = (UnifiedNo::from_parts(2026, serial).unwrap(), trip_no(serial));
    let owner = (Uscc::parse("91150781MA0N5XWB9P").unwrap(), operator());
    let record = Record::new(numbers, owner, content.clone(), start());
    if approved {
        approve(Record { status: TripStatus::Sent, version: 3, ..record }, start())
    } else {
        Record { status: TripStatus::Sent, version: 3, ..record }
    }
}

/// What customs' approval makes of a record that waits for it.
pub(crate) fn approve(record: Record, now: UtcMillis) -> Record {
    Record {
        version: record.version + 1,
        effective_version_no: Some(record.version_no),
        status: TripStatus::CustomsApproved,
        status_since: now,
        effective: Some(record.body.clone()),
        approved_at: Some(now),
        answered: true,
        ..record
    }
}
