//! The statuses' table and the matching rules, as cases.

mod basis;
mod compare;

use std::collections::BTreeSet;

use protocols::{
    contract::{Denied, EntryLine, IndexEntry, Kg, Stub, UtcMillis},
    ids::{CustomsCode, GateId, LaneId, MediumKey, MediumType, TripNo, UnifiedNo, Uscc, VisitId},
    rules::{
        BillType, BusinessType, Direction, Gather, IeFlag, LaneDirection, LanePolicy, LockSource, ObjectType,
        PassType, ReasonCode, TransportMode, TripStatus, Verdict, YardPolicy,
    },
    tick::Tick,
};

use super::{Decision, Evidence, Medium, Place, Reading, Standing, View, decide};
use crate::journal::IndexStamp;

const PLATE: &str = "E2801170000002";

fn at(text: &str) -> UtcMillis {
    UtcMillis::parse(text).unwrap()
}

/// Trip number `n` of one carrier, bound to the tag of these tests, carrying bill `bill`.
pub(crate) fn entry(n: u32, status: TripStatus, bill: &str) -> IndexEntry {
    IndexEntry {
        trip_no: TripNo::parse(&format!("2025108950000004821{n:013}")).unwrap(),
        unified_no: UnifiedNo::parse(&format!("2025{n:014}")).unwrap(),
        version_no: 1,
        status,
        lock_source: (status == TripStatus::Locked).then_some(LockSource::Gate),
        lock_gate_id: None,
        lock_lane_id: None,
        lock_visit_id: None,
        customs_code: CustomsCode::parse("0708").unwrap(),
        uscc: Uscc::parse("91110000600037341L").unwrap(),
        ie_flag: IeFlag::Import,
        business_type: BusinessType::Declaration,
        transport_mode: TransportMode::Road,
        vehicle_pass_type: Some(PassType::EmptyInLadenOut),
        medium_type: MediumType::ElectronicPlate,
        medium_key: MediumKey::read(MediumType::ElectronicPlate, PLATE).unwrap(),
        vehicle_weight_kg: Kg::from_kilograms(8600),
        trailer_weight_kg: Kg::from_kilograms(6400),
        container_weight_kg: Kg::default(),
        approved_at: UtcMillis::from_millis(1_760_000_000_000 + i64::from(n)),
        entry_passed: false,
        closing_passed: false,
        lines: vec![EntryLine {
            line_no: 1,
            direction: Some(Direction::OutOf),
            object_type: ObjectType::BillOfLading,
            object_id: Some(bill.into()),
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
        applied: std::collections::BTreeMap::new(),
    }
}

struct Case {
    direction: LaneDirection,
    view: View,
    gathers: BTreeSet<Gather>,
    read: bool,
    more: Vec<Reading>,
}

/// A vehicle with the tag, in an entry lane of a yard with entry lanes, and an index of an hour ago.
fn case(candidates: Vec<IndexEntry>) -> Case {
    Case {
        direction: LaneDirection::In,
        view: View {
            index: Some(IndexStamp { revision: 7, age_s: 3600, mark: None }),
            yard: Some(YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()])),
            yard_has_entry_lane: true,
            candidates,
            stubs: Vec::new(),
            denied: Vec::new(),
            by_slip: Vec::new(),
            near: Vec::new(),
        },
        gathers: BTreeSet::new(),
        read: true,
        more: Vec::new(),
    }
}

impl Case {
    fn out(mut self) -> Self {
        self.direction = LaneDirection::Out;
        self
    }

    fn without_entry_lane(mut self) -> Self {
        self.view.yard_has_entry_lane = false;
        self
    }

    fn policy(&self) -> LanePolicy {
        let (gate_id, lane_id) = (GateId::parse("0708-G02").unwrap(), LaneId::parse("L1").unwrap());
        let mut policy = LanePolicy::new(gate_id, lane_id, self.direction);
        policy.gathers = self.gathers.clone();
        policy
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        if self.read {
            evidence.add(Reading::Medium(Medium {
                medium_type: MediumType::ElectronicPlate,
                key: MediumKey::read(MediumType::ElectronicPlate, PLATE).unwrap(),
                raw: None,
                device: "uhf".into(),
                tid: None,
                confidence: None,
                signal: None,
                looks: 1,
                standing: Standing::Counts,
                at: Tick::from_millis(1),
            }));
        }
        for reading in self.more.clone() {
            evidence.add(reading);
        }
        evidence
    }

    fn decide(&self) -> Decision {
        let (policy, visit_id) = (self.policy(), VisitId::parse("visit-now").unwrap());
        let place = Place {
            gate_id: &policy.gate_id,
            lane_id: &policy.lane_id,
            visit_id: &visit_id,
            policy: &policy,
            chosen: None,
            now: at("2025-10-20T08:00:00Z"),
        };
        decide(&self.evidence(), &self.view, &place)
    }

    fn says(&self) -> (Verdict, ReasonCode) {
        let decision = self.decide();
        (decision.verdict, decision.reason)
    }
}

const Y: (Verdict, ReasonCode) = (Verdict::Pass, ReasonCode::Ok);
const fn n(reason: ReasonCode) -> (Verdict, ReasonCode) {
    (Verdict::Refuse, reason)
}
const fn m(reason: ReasonCode) -> (Verdict, ReasonCode) {
    (Verdict::Person, reason)
}

/// SG-212, SG-213, SG-214, SG-215, SG-216, SG-217: status by lane direction, with an entry lane in the yard and without.
#[test]
fn each_status_is_usable_where_its_row_says() {
    use ReasonCode::{AlreadyUsed, CustomsHold, Locked as InUse, NoRecordedEntry};
    use TripStatus::*;
    let plain = |status| entry(1, status, "B1");
    let inside = |status| IndexEntry { entry_passed: true, ..plain(status) };
    let delivered = |status| IndexEntry { closing_passed: true, ..inside(status) };
    let held = || IndexEntry { lock_source: Some(LockSource::Customs), ..plain(Locked) };
    // entry, at an entry lane, at an exit lane, at an exit lane of a yard without entry lanes
    let rows = [
        (plain(Saved), Y, Y, Y),
        (plain(Declared), Y, Y, Y),
        (plain(Sent), Y, Y, Y),
        (plain(SendFailed), Y, Y, Y),
        (plain(Rejected), Y, Y, Y),
        (plain(CustomsApproved), Y, m(NoRecordedEntry), Y),
        (plain(Unlocked), Y, m(NoRecordedEntry), Y),
        (plain(Locked), n(InUse), m(NoRecordedEntry), Y),
        (inside(Locked), n(InUse), Y, Y),
        (held(), n(CustomsHold), n(CustomsHold), n(CustomsHold)),
        (plain(Closed), n(AlreadyUsed), m(NoRecordedEntry), m(NoRecordedEntry)),
        (delivered(Closed), n(AlreadyUsed), Y, Y),
        (plain(ManuallyClosed), n(AlreadyUsed), m(NoRecordedEntry), m(NoRecordedEntry)),
        (delivered(ManuallyClosed), n(AlreadyUsed), Y, Y),
        (plain(LeftPort), n(AlreadyUsed), n(AlreadyUsed), n(AlreadyUsed)),
    ];
    for (entry, at_entry, at_exit, without_entry_lane) in rows {
        let status = entry.status;
        assert_eq!(case(vec![entry.clone()]).says(), at_entry, "{status} at an entry");
        assert_eq!(case(vec![entry.clone()]).out().says(), at_exit, "{status} at an exit");
        let mut alone = case(vec![entry]).out();
        alone.view.yard_has_entry_lane = false;
        assert_eq!(alone.says(), without_entry_lane, "{status} at an exit without entry lanes");
    }
}

/// SG-214: the lane that locked the trip may try again within the same visit, and only then.
#[test]
fn a_retry_needs_the_same_gate_lane_and_visit() {
    for (gate, lane, visit, expected) in [
        ("0708-G02", "L1", "visit-now", Y),
        ("0708-G02", "L1", "visit-before", n(ReasonCode::Locked)),
        ("0708-G02", "L2", "visit-now", n(ReasonCode::Locked)),
        ("0708-G01", "L1", "visit-now", n(ReasonCode::Locked)),
    ] {
        let locked = IndexEntry {
            lock_gate_id: Some(GateId::parse(gate).unwrap()),
            lock_lane_id: Some(LaneId::parse(lane).unwrap()),
            lock_visit_id: Some(VisitId::parse(visit).unwrap()),
            ..entry(1, TripStatus::Locked, "B1")
        };
        assert_eq!(case(vec![locked]).says(), expected, "{gate} {lane} {visit}");
    }
}

/// SG-211, SG-217, SG-222: what never was approved, or is over, says so; what nobody knows has no binding.
#[test]
fn stubs_say_why_and_open_nothing() {
    for (status, reason_code, expected) in [
        (TripStatus::Declared, None, ReasonCode::NotApproved),
        (TripStatus::Rejected, None, ReasonCode::NotApproved),
        (TripStatus::Rejected, Some(ReasonCode::Withdrawn), ReasonCode::Withdrawn),
        (TripStatus::Closed, None, ReasonCode::Withdrawn),
        (TripStatus::LeftPort, None, ReasonCode::AlreadyUsed),
    ] {
        let mut known = case(Vec::new());
        let like = entry(1, status, "B1");
        known.view.stubs.push(Stub {
            medium_type: like.medium_type,
            medium_key: like.medium_key,
            trip_no: like.trip_no,
            status,
            since: at("2025-10-19T00:00:00Z"),
            reason_code,
        });
        assert_eq!(known.says(), n(expected));
    }
    assert_eq!(case(Vec::new()).says(), n(ReasonCode::NoBinding));
}

/// SG-220: when all drop out, hold goes before locked before closed before not approved.
#[test]
fn the_strongest_reason_is_told() {
    let held = IndexEntry { lock_source: Some(LockSource::Customs), ..entry(1, TripStatus::Locked, "B1") };
    let locked = entry(2, TripStatus::Locked, "B2");
    let closed = entry(3, TripStatus::Closed, "B3");
    assert_eq!(case(vec![closed.clone(), locked.clone(), held]).says(), n(ReasonCode::CustomsHold));
    assert_eq!(case(vec![closed.clone(), locked]).says(), n(ReasonCode::Locked));
    let mut with_stub = case(vec![closed.clone()]);
    with_stub.view.stubs.push(Stub {
        medium_type: closed.medium_type,
        medium_key: closed.medium_key,
        trip_no: entry(9, TripStatus::Sent, "B9").trip_no,
        status: TripStatus::Sent,
        since: at("2025-10-19T00:00:00Z"),
        reason_code: None,
    });
    assert_eq!(with_stub.says(), n(ReasonCode::AlreadyUsed));
}

/// A customs hold concerns its trip: another free trip of the same key may pass (the contract's reading of SG-215).
#[test]
fn a_hold_on_one_trip_leaves_another_free() {
    let held = IndexEntry { lock_source: Some(LockSource::Customs), ..entry(1, TripStatus::Locked, "B1") };
    let decision = case(vec![held, entry(2, TripStatus::CustomsApproved, "B2")]).decide();
    assert_eq!(
        (decision.verdict, decision.trip.unwrap().trip_no),
        (Verdict::Pass, entry(2, TripStatus::Saved, "").trip_no)
    );
}

/// SG-223, SG-107: interchangeable trips are used in the order of approval; different ones are a person's choice.
#[test]
fn several_trips_of_one_bill_go_in_order_of_approval() {
    let same = case(vec![entry(5, TripStatus::CustomsApproved, "B1"), entry(4, TripStatus::Unlocked, "B1")])
        .decide();
    assert_eq!(same.trip.unwrap().trip_no, entry(4, TripStatus::Saved, "").trip_no);
    let different =
        case(vec![entry(4, TripStatus::CustomsApproved, "B1"), entry(5, TripStatus::CustomsApproved, "B2")])
            .decide();
    assert_eq!(
        (different.verdict, different.reason, different.offered.len()),
        (Verdict::Person, ReasonCode::Ambiguous, 2)
    );
    assert_eq!(different.trip, None);
}

/// At an exit the trip whose vehicle is on site goes before one declared ahead (the contract, "Matching, settled").
#[test]
fn at_an_exit_the_vehicle_on_site_goes_first() {
    let inside = IndexEntry { entry_passed: true, ..entry(9, TripStatus::Locked, "B2") };
    let decision = case(vec![entry(1, TripStatus::Declared, "B1"), inside.clone()]).out().decide();
    assert_eq!(decision.trip.unwrap().trip_no, inside.trip_no);
}

/// Invariant I4: a denied medium never opens, whatever else matches.
#[test]
fn the_deny_list_outranks_a_match() {
    let mut denied = case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    let like = entry(1, TripStatus::Saved, "");
    denied.view.denied.push(Denied {
        medium_type: like.medium_type,
        medium_key: like.medium_key,
        reason: "stolen".into(),
        since: at("2025-10-19T00:00:00Z"),
        version: 3,
    });
    assert_eq!(denied.says(), n(ReasonCode::DenyListed));
}

/// SG-209: beyond `max_index_age` every automatic pass waits for a person; SG-203, SG-206: a foreign customs area is no candidate.
#[test]
fn an_old_index_passes_nobody_by_itself() {
    let mut old = case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    old.view.index = Some(IndexStamp { revision: 7, age_s: 31 * 24 * 3600, mark: None });
    assert_eq!(old.says(), Y);
    old.view.index = Some(IndexStamp { revision: 7, age_s: 31 * 24 * 3600 + 1, mark: None });
    assert_eq!(old.says(), m(ReasonCode::IndexStale));
    assert!(old.decide().trip.is_some(), "the match is known, only its age is not trusted");
    old.view.index = None;
    assert_eq!(old.says(), m(ReasonCode::IndexStale));
    let foreign = IndexEntry {
        customs_code: CustomsCode::parse("2225").unwrap(),
        ..entry(1, TripStatus::CustomsApproved, "B1")
    };
    assert_eq!(case(vec![foreign]).says(), n(ReasonCode::NoBinding));
}

/// SG-210: off by default; beyond `max_binding_age_days` a person decides.
#[test]
fn an_old_approval_waits_for_a_person_where_the_yard_says_so() {
    let approved =
        IndexEntry { approved_at: at("2025-10-10T07:59:59Z"), ..entry(1, TripStatus::CustomsApproved, "B1") };
    let mut aged = case(vec![approved]);
    assert_eq!(aged.says(), Y);
    for (days, expected) in [(10, Y), (9, m(ReasonCode::BindingTooOld))] {
        aged.view.yard.as_mut().unwrap().max_binding_age_days = Some(days);
        assert_eq!(aged.says(), expected, "{days} days");
    }
}

/// SG-224: what the lane must see and did not see is a person's to judge.
#[test]
fn a_lane_that_must_see_more_holds_without_it() {
    for (gather, expected) in [
        (Gather::Plate, m(ReasonCode::MissingRead)),
        (Gather::Weight, m(ReasonCode::WeightMissing)),
        // Bulk has neither boxes nor seals, so none is missing.
        (Gather::Containers, Y),
        (Gather::Seals, Y),
    ] {
        let mut more = case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
        more.gathers.insert(gather);
        assert_eq!(more.says(), expected);
    }
}

#[test]
fn nothing_read_is_refused() {
    let mut silent = case(Vec::new());
    silent.read = false;
    assert_eq!(silent.says(), n(ReasonCode::NoRead));
}

proptest::proptest! {
    /// SG-222: whatever the index holds and in whatever order, one answer, and never a pass without exactly one trip.
    #[test]
    fn the_order_of_candidates_does_not_matter(
        rows in proptest::collection::vec((0..11_usize, 0..3_u8, proptest::bool::ANY), 0..6),
        out in proptest::bool::ANY,
        turn in 0..6_usize,
    ) {
        let mut candidates: Vec<IndexEntry> = rows
            .iter()
            .enumerate()
            .map(|(number, (status, bill, entry_passed))| IndexEntry {
                entry_passed: *entry_passed,
                ..entry(u32::try_from(number).unwrap(), TripStatus::ALL[*status], &format!("B{bill}"))
            })
            .collect();
        let direction = if out { LaneDirection::Out } else { LaneDirection::In };
        let one = Case { direction, ..case(candidates.clone()) }.decide();
        let places = candidates.len().max(1);
        candidates.rotate_left(turn % places);
        let other = Case { direction, ..case(candidates) }.decide();
        proptest::prop_assert_eq!((one.verdict, one.reason, &one.trip), (other.verdict, other.reason, &other.trip));
        proptest::prop_assert!(one.verdict != Verdict::Pass || one.trip.is_some());
    }
}
