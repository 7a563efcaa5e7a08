//! What a record keeps of a decision, and what it comes to when it is read back.

use protocols::{
    contract::{Applied, Denied, Event, EventType, Hash, IndexEntry, Kg, Reads, Stub, UtcMillis},
    ids::{ContainerNo, MediumKey, MediumType, SealNo, VisitId},
    rules::{Gather, TripStatus, Verdict},
    talk::SealState,
    tick::Tick,
};
use serde_json::{Value, json};

use super::{Case, PLATE, at, case, entry};
use crate::{
    decision::{Basis, BasisError, Container, Decision, Gross, Medium, Reading, Seal, Standing, Weighed},
    journal::IndexStamp,
};

const WHEN: &str = "2025-10-20T08:00:00.000Z";

fn basis(case: &Case) -> Basis {
    let view = case.view.clone();
    Basis { evidence: case.evidence(), view, policy: case.policy(), chosen: None, at: at(WHEN) }
}

/// The record of a decision, as a file holds it.
fn record(basis: &Basis) -> Event {
    let policy = &basis.policy;
    let event = Event {
        event_id: "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11".into(),
        gate_id: policy.gate_id.clone(),
        lane_id: Some(policy.lane_id.clone()),
        lane_direction: Some(policy.lane_direction),
        visit_id: Some(VisitId::parse("visit-now").unwrap()),
        epoch: 1,
        seq: 1,
        occurred_at: basis.at,
        event_type: EventType::LaneState,
        verdict: Some(Verdict::Person),
        mode: None,
        trip_no: None,
        version_no: None,
        reads: Reads::default(),
        reason_code: None,
        officer_id: None,
        images: Vec::new(),
        index_revision: basis.view.index.map(|index| index.revision),
        index_age_s: basis.view.index.map(|index| index.age_s),
        outcome: None,
        detail: None,
        basis: Some(basis.told()),
        mono_us: 1,
        clock_offset_ms: None,
        prev_hash: Hash::ZERO,
        hash: Hash::ZERO,
    };
    serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap()
}

fn decided(basis: &Basis) -> Decision {
    let visit_id = VisitId::parse("visit-now").unwrap();
    basis.decide(&basis.policy.gate_id, &basis.policy.lane_id, &visit_id)
}

/// docs/decisions 0085: the form of rules 1, which later releases must read for as long as these are the rules.
#[test]
fn a_plain_pass_is_told_in_this_form() {
    let mut plain = case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    plain.view.index = Some(IndexStamp { revision: 7, age_s: 3600, mark: Some(Hash([0xAB; 32])) });
    let told = basis(&plain).told();
    let expected = json!({
        "rules": 1, "at": WHEN, "mark": "ab".repeat(32), "entry_lane": true,
        "media": [{ "t": "VE", "key": PLATE }],
        "rows": [
            { "t": "policy", "scope": "yard", "customs_codes": ["0708"], "weight_tolerance_pct": 5, "weight_tolerance_kg": 200,
              "max_index_age_h": 744 },
            { "t": "policy", "scope": "lane", "gate_id": "0708-G02", "lane_id": "L1", "lane_direction": "IN" },
            { "t": "entry", "trip_no": "20251089500000048210000000000001", "unified_no": "202500000000000001", "version_no": 1,
              "status": "CUSTOMS_APPROVED", "customs_code": "0708", "uscc": "91110000600037341L", "ie_flag": told["rows"][2]["ie_flag"],
              "business_type": told["rows"][2]["business_type"], "transport_mode": told["rows"][2]["transport_mode"],
              "vehicle_pass_type": told["rows"][2]["vehicle_pass_type"], "medium_type": "VE", "medium_key": PLATE,
              "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400, "container_weight_kg": 0,
              "approved_at": UtcMillis::from_millis(1_760_000_000_001), "lines": told["rows"][2]["lines"] },
        ],
    });
    assert_eq!(told, expected);
}

/// All kinds of what can be read and looked up, at once and one by one.
fn cases() -> Vec<Case> {
    let plain = || case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    let medium = |medium_type, key: &str, change: &dyn Fn(&mut Medium)| {
        let mut medium = Medium {
            medium_type,
            key: MediumKey::read(medium_type, key).unwrap(),
            raw: Some("raw".into()),
            device: "camera".into(),
            tid: None,
            confidence: None,
            signal: None,
            looks: 1,
            standing: Standing::Counts,
            at: Tick::from_millis(2),
        };
        change(&mut medium);
        Reading::Medium(medium)
    };
    let with = |readings: Vec<Reading>| Case { more: readings, ..plain() };
    let tag = |change: &dyn Fn(&mut Medium)| medium(MediumType::ElectronicPlate, PLATE, change);
    let mut cases = vec![plain(), Case { read: false, ..plain() }, case(Vec::new())];
    for standing in
        [Standing::ByHand, Standing::Late, Standing::Contested, Standing::Parked, Standing::MadeUp]
    {
        cases.push(Case { read: false, ..with(vec![tag(&|medium| medium.standing = standing)]) });
    }
    let chip = |tid: &'static str| tag(&|medium| medium.tid = Some(tid.into()));
    cases.push(with(vec![chip("E2801105200076AB12340001"), chip("E2801105200076AB12340002")]));
    let frame = |plate: &str, confidence: u16| {
        medium(MediumType::Plate, plate, &|medium| medium.confidence = Some(confidence))
    };
    for frames in [
        vec![("沪DK8216", 700)],
        vec![("沪DK8216", 700), ("沪DK8216", 600)],
        vec![("沪DK8216", 900), ("沪DK8218", 600)],
    ] {
        let seen = || frames.iter().map(|(plate, confidence)| frame(plate, *confidence)).collect();
        let bound = IndexEntry {
            medium_type: MediumType::Plate,
            medium_key: MediumKey::read(MediumType::Plate, "沪DK8216").unwrap(),
            ..entry(2, TripStatus::CustomsApproved, "B2")
        };
        cases.push(Case { more: seen(), read: false, ..case(vec![bound.clone()]) });
        let mut near = Case { more: seen(), read: false, ..case(Vec::new()) };
        near.view.near = vec![bound];
        cases.push(near);
    }
    // Two tags in the field, one of them clearly weaker.
    let heard = |key: &str, signal| {
        medium(MediumType::ElectronicPlate, key, &|medium| (medium.signal, medium.looks) = (Some(signal), 5))
    };
    let other = IndexEntry {
        medium_key: MediumKey::read(MediumType::ElectronicPlate, "E2801160").unwrap(),
        ..entry(3, TripStatus::CustomsApproved, "B3")
    };
    let mut two = Case { read: false, more: vec![heard(PLATE, -4000), heard("E2801160", -6000)], ..plain() };
    two.view.candidates.push(other);
    cases.push(two);
    let box_no = |by_hand| {
        let number = ContainerNo::parse("TGHU4829152").unwrap();
        Reading::Container(Container {
            number,
            device: "camera".into(),
            confidence: None,
            by_hand,
            at: Tick::default(),
        })
    };
    let seal = |state| {
        let number = SealNo::parse("SEAL1").unwrap();
        Reading::Seal(Seal { number, state, device: "seals".into(), by_hand: false, at: Tick::default() })
    };
    let weighs = |state| {
        Reading::Weight(Weighed { state, device: "scale".into(), by_hand: true, at: Tick::default() })
    };
    for (box_by_hand, state, gross) in [
        (false, SealState::Sealed, Gross::Stable(Kg::from_hundredths(1_500_050))),
        (true, SealState::Open, Gross::Unstable),
        (true, SealState::Tampered, Gross::None),
        (false, SealState::Unknown, Gross::Stable(Kg::from_kilograms(0))),
    ] {
        let mut boxed = with(vec![box_no(box_by_hand), seal(state), weighs(gross)]);
        let line = &mut boxed.view.candidates[0].lines[0];
        (line.container_no_1, line.seal_no_1) = (Some("TGHU4829152".into()), Some("SEAL1|SEAL2".into()));
        line.direction = None;
        boxed.gathers.extend([Gather::Plate, Gather::Containers, Gather::Seals, Gather::Weight]);
        cases.push(boxed);
    }
    let mut full = plain().out().without_entry_lane();
    full.view.candidates =
        TripStatus::ALL.iter().zip(1..).map(|(status, n)| entry(n, *status, "B1")).collect();
    let gate_id = full.policy().gate_id;
    full.view.candidates[0].applied.insert(gate_id, Applied { epoch: 1, seq: 2 });
    full.view.stubs = vec![Stub {
        medium_type: MediumType::ElectronicPlate,
        medium_key: MediumKey::parse(PLATE).unwrap(),
        trip_no: entry(9, TripStatus::Closed, "B1").trip_no,
        status: TripStatus::Declared,
        since: at(WHEN),
        reason_code: None,
    }];
    full.view.by_slip = vec![entry(12, TripStatus::CustomsApproved, "B4")];
    cases.push(full);
    let mut denied = plain();
    denied.view.denied = vec![Denied {
        medium_type: MediumType::ElectronicPlate,
        medium_key: MediumKey::parse(PLATE).unwrap(),
        reason: "for officers only".into(),
        since: at(WHEN),
        version: 3,
    }];
    cases.push(denied);
    let mut nothing = plain();
    (nothing.view.index, nothing.view.yard) = (None, None);
    cases.push(nothing);
    cases
}

/// design promise: same answer for the same evidence. What is read back from a record decides as it did, and its record would be the same again.
#[test]
fn what_is_read_back_decides_as_it_did() {
    for (number, case) in cases().iter().enumerate() {
        let basis = basis(case);
        let record = record(&basis);
        let again = Basis::recorded(&record).unwrap_or_else(|error| panic!("case {number}: {error}"));
        assert_eq!(decided(&again), case.decide(), "case {number}");
        assert_eq!(Some(&again.told()), record.basis.as_ref(), "case {number}");
        assert!(!record.basis.unwrap().to_string().contains("for officers"));
    }
}

/// SG-210, SG-223: the time and the trip that a person chose are kept as well.
#[test]
fn time_and_choice_are_read_back() {
    let two = vec![entry(1, TripStatus::CustomsApproved, "B1"), entry(2, TripStatus::CustomsApproved, "B2")];
    let ambiguous = basis(&case(two));
    assert_eq!(decided(&ambiguous).verdict, Verdict::Person);
    let chosen = Basis { chosen: Some(ambiguous.view.candidates[1].trip_no), ..ambiguous };
    let again = Basis::recorded(&record(&chosen)).unwrap();
    assert_eq!((again.chosen, again.at), (chosen.chosen, chosen.at));
    assert_eq!(decided(&again), decided(&chosen));
    assert_eq!(decided(&again).verdict, Verdict::Pass);
}

/// A record stays small: what is too much leaves its number and its digest, and nothing is decided from a part.
#[test]
fn too_many_rows_leave_their_digest() {
    let many: Vec<IndexEntry> = (1..=60).map(|n| entry(n, TripStatus::CustomsApproved, "B1")).collect();
    let full = basis(&case(many.clone()));
    let told = full.told();
    assert_eq!(told["left_out"]["rows"], 60);
    assert!(told.to_string().len() < 1000, "{told}");
    assert_eq!(Basis::recorded(&record(&full)), Err(BasisError::LeftOut(60)));
    let mut other = many;
    other[59].entry_passed = true;
    let other = basis(&case(other)).told();
    assert_ne!(told["left_out"]["sha256"], other["left_out"]["sha256"]);
}

/// fault E4: whatever stands there, it is read whole or refused.
#[test]
fn what_cannot_be_read_is_refused() {
    let sound = record(&basis(&case(vec![entry(1, TripStatus::CustomsApproved, "B1")])));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut event = sound.clone();
        change(event.basis.as_mut().unwrap());
        Basis::recorded(&event).unwrap_err()
    };
    assert_eq!(changed(&|told| told["rules"] = json!(2)), BasisError::OtherRules(2));
    for (part, change) in [
        ("rules", (&|told: &mut Value| *told = json!([])) as &dyn Fn(&mut Value)),
        ("at", &|told| told["at"] = json!("yesterday")),
        ("chosen", &|told| told["chosen"] = json!(1)),
        ("mark", &|told| told["mark"] = json!("AB")),
        ("readings", &|told| told["media"][0]["standing"] = json!("trusted")),
        ("readings", &|told| told["media"][0]["t"] = json!("XX")),
        ("readings", &|told| told["seals"] = json!([{ "number": "SEAL1" }])),
        ("readings", &|told| told["weighed"] = json!("light")),
        ("rows", &|told| told["rows"][2]["as"] = json!("friend")),
        ("rows", &|told| told["rows"][2]["status"] = json!("FREE")),
        ("rows", &|told| told["rows"] = json!([])),
        ("rows", &|told| told["rows"][0] = json!(7)),
    ] {
        assert_eq!(changed(change), BasisError::Unreadable(part));
    }
    assert_eq!(Basis::recorded(&Event { basis: None, ..sound }), Err(BasisError::Absent));
}
