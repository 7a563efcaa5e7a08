//! What was read beside the medium, compared with the record: weights, boxes, seals, plates.

use protocols::{
    contract::{EntryLine, IndexEntry, Kg},
    ids::{ContainerNo, MediumKey, MediumType, SealNo, TripNo},
    rules::{Direction, Gather, LaneDirection, ObjectType, Percent, ReasonCode, TripStatus, Verdict},
    talk::SealState,
    tick::Tick,
};

use super::super::{
    Compared, Container, Decision, Gross, Medium, Reading, Seal, Standing, Weighed, weight::expected,
};
use super::{Case, Y, case, entry, m, n};

const BOX: &str = "TGHU4829152";
const OTHER_BOX: &str = "MSKU9070323";

fn kg(text: i64) -> Kg {
    Kg::from_kilograms(text)
}

fn weighs(hundredths: i64) -> Reading {
    weighed(Gross::Stable(Kg::from_hundredths(hundredths)))
}

fn weighed(state: Gross) -> Reading {
    Reading::Weight(Weighed { state, device: "scale".into(), by_hand: false, at: Tick::from_millis(2) })
}

fn shows(number: &str) -> Reading {
    let number = ContainerNo::parse(number).unwrap();
    let at = Tick::from_millis(2);
    Reading::Container(Container { number, device: "camera".into(), confidence: None, by_hand: false, at })
}

fn sealed(number: &str, state: SealState) -> Reading {
    let number = SealNo::parse(number).unwrap();
    Reading::Seal(Seal { number, state, device: "seals".into(), by_hand: false, at: Tick::from_millis(2) })
}

fn plate(text: &str, confidence: Option<u16>) -> Reading {
    medium(MediumType::Plate, text, confidence)
}

fn medium(medium_type: MediumType, text: &str, confidence: Option<u16>) -> Reading {
    Reading::Medium(Medium {
        medium_type,
        key: MediumKey::read(medium_type, text).unwrap(),
        raw: None,
        device: "camera".into(),
        tid: None,
        confidence,
        signal: None,
        looks: 1,
        standing: Standing::Counts,
        at: Tick::from_millis(2),
    })
}

fn line(object_type: ObjectType, id: &str, direction: Option<Direction>) -> EntryLine {
    let mut line = entry(1, TripStatus::CustomsApproved, "B1").lines.remove(0);
    (line.object_type, line.object_id, line.direction) = (object_type, Some(id.into()), direction);
    if object_type == ObjectType::Container {
        line.container_no_1 = Some(id.into());
    }
    line
}

/// A record that brings a box in, with these seals.
fn boxed(seals: &str) -> IndexEntry {
    let mut record = entry(1, TripStatus::CustomsApproved, "B1");
    record.lines = vec![line(ObjectType::Container, BOX, Some(Direction::Into))];
    record.lines[0].seal_no_1 = (!seals.is_empty()).then(|| seals.into());
    record
}

impl Case {
    fn with(mut self, more: impl IntoIterator<Item = Reading>) -> Self {
        self.more.extend(more);
        self
    }

    fn gathering(mut self, gathers: &[Gather]) -> Self {
        self.gathers.extend(gathers);
        self
    }
}

fn first(decision: &Decision) -> (ReasonCode, Compared, &str, &str) {
    let finding = decision.findings.first().expect("a finding");
    (finding.reason, finding.what, &*finding.expected, &*finding.read)
}

/// SG-228, SG-229, SG-232: what the declared weights add up to, laden, empty, with an empty box, and with cargo of unknown weight.
#[test]
fn the_expected_gross_follows_the_lines_of_the_direction() {
    use LaneDirection::{In, Out};
    let mut record = entry(1, TripStatus::CustomsApproved, "B1");
    record.container_weight_kg = kg(3800);
    let gross = |record: &IndexEntry, direction| {
        let expected = expected(record, direction);
        (expected.gross, expected.is_whole)
    };
    // Laden out: vehicle 8600, trailer 6400, box 3800, cargo 32500.
    assert_eq!(gross(&record, Out), (kg(51_300), true));
    assert_eq!(gross(&record, In), (kg(15_000), true), "nothing counts for the way in");
    record.lines[0].direction = None;
    assert_eq!(gross(&record, Out), (kg(51_300), true), "a line without direction counts for the laden one");
    assert_eq!(gross(&record, In), (kg(15_000), true));
    record.lines[0].pickup_weight_kg = None;
    assert_eq!(gross(&record, Out), (kg(18_800), false), "unknown cargo: only the lower bound");
    record.lines[0].direction = Some(Direction::Into);
    assert_eq!(gross(&record, In), (kg(18_800), false));
    assert_eq!(gross(&record, Out), (kg(15_000), true));
}

/// SG-224, SG-230: the greater of percentage and kilograms; the border itself is inside, to the hundredth of a kilogram.
#[test]
fn weight_is_judged_to_the_hundredth_of_a_kilogram() {
    let laden = || case(vec![entry(1, TripStatus::CustomsApproved, "B1")]).out().without_entry_lane();
    let out_of = m(ReasonCode::WeightOutOfTolerance);
    // 47500 kg, 5 %: 2375 kg.
    for (hundredths, expected) in
        [(4_750_000, Y), (4_987_500, Y), (4_987_501, out_of), (4_512_500, Y), (4_512_499, out_of)]
    {
        assert_eq!(laden().with([weighs(hundredths)]).says(), expected, "{hundredths}");
    }
    // Empty in: 15000 kg; where the percentage is little, 200 kg stand.
    let empty = || {
        let mut case = case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
        case.view.yard.as_mut().unwrap().weight_tolerance_pct = Percent::from_hundredths(100);
        case
    };
    for (hundredths, expected) in [(1_520_000, Y), (1_520_001, out_of), (1_480_000, Y), (1_479_999, out_of)] {
        assert_eq!(empty().with([weighs(hundredths)]).says(), expected, "{hundredths}");
    }
}

/// SG-228: of cargo without a declared weight only too little is wrong.
#[test]
fn cargo_of_unknown_weight_has_only_a_lower_bound() {
    let mut record = entry(1, TripStatus::CustomsApproved, "B1");
    record.lines[0].pickup_weight_kg = None;
    let laden =
        |hundredths| case(vec![record.clone()]).out().without_entry_lane().with([weighs(hundredths)]).says();
    assert_eq!(laden(9_000_000), Y);
    assert_eq!(laden(1_425_000), Y);
    assert_eq!(laden(1_424_999), m(ReasonCode::WeightOutOfTolerance));
}

/// SG-224; contract section 3 (`gathers`): missing only where the lane must weigh; a scale that moves is not a missing one.
#[test]
fn a_weight_is_missing_only_where_the_lane_gathers_it() {
    let lorry = || case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    assert_eq!(lorry().says(), Y);
    assert_eq!(lorry().with([weighed(Gross::Unstable)]).says(), Y);
    let weighing = || lorry().gathering(&[Gather::Weight]);
    assert_eq!(weighing().says(), m(ReasonCode::WeightMissing));
    assert_eq!(weighing().with([weighed(Gross::None)]).says(), m(ReasonCode::WeightMissing));
    assert_eq!(weighing().with([weighed(Gross::Unstable)]).says(), m(ReasonCode::WeightUnstable));
    assert_eq!(weighing().with([weighs(1_500_000)]).says(), Y);
    let decision = weighing().with([weighs(2_000_000)]).decide();
    let expected = (ReasonCode::WeightOutOfTolerance, Compared::Weight, "15000 kg ±750 kg", "20000 kg");
    assert_eq!(first(&decision), expected);
}

/// SG-221: a box read with a valid check digit that the record does not name takes the record out; the box is named.
#[test]
fn a_foreign_box_leaves_no_candidate() {
    let decision = case(vec![boxed("")]).with([shows(OTHER_BOX)]).decide();
    assert_eq!((decision.verdict, decision.reason), n(ReasonCode::NoBinding));
    assert_eq!(first(&decision), (ReasonCode::NoBinding, Compared::Container, BOX, OTHER_BOX));
    // A wrong check digit is a misread first.
    assert_eq!(case(vec![boxed("")]).with([shows("MSKU9070324")]).says(), m(ReasonCode::MissingRead));
    // A record that names no boxes does not fall out, but a box on its lorry is a contradiction (SG-224).
    let bulk = entry(1, TripStatus::CustomsApproved, "B1");
    assert_eq!(case(vec![bulk]).with([shows(OTHER_BOX)]).says(), m(ReasonCode::ContainerMismatch));
}

/// SG-224: the boxes of this direction must be seen where the lane gathers them; one of the other direction contradicts.
#[test]
fn boxes_of_the_direction_are_compared() {
    let gathers = &[Gather::Containers];
    assert_eq!(case(vec![boxed("")]).with([shows(BOX)]).gathering(gathers).says(), Y);
    assert_eq!(case(vec![boxed("")]).gathering(gathers).says(), m(ReasonCode::MissingRead));
    assert_eq!(case(vec![boxed("")]).says(), Y, "the lane has no camera");
    let mut outward = boxed("");
    outward.lines[0].direction = Some(Direction::OutOf);
    assert_eq!(case(vec![outward.clone()]).gathering(gathers).says(), Y, "nothing is expected on the way in");
    assert_eq!(case(vec![outward]).with([shows(BOX)]).says(), m(ReasonCode::ContainerMismatch));
    let mut two = boxed("");
    two.lines.push(line(ObjectType::Container, OTHER_BOX, Some(Direction::Into)));
    let decision = case(vec![two]).with([shows(BOX)]).gathering(gathers).decide();
    assert_eq!(first(&decision), (ReasonCode::MissingRead, Compared::Container, OTHER_BOX, ""));
}

/// SG-226: every declared seal, in any order; an opened one and a foreign one contradict; not heard is never sealed.
#[test]
fn seals_are_all_read_or_a_person_looks() {
    use SealState::{Open, Sealed, Tampered, Unknown};
    let lorry = |seals: &[(&str, SealState)]| {
        let read = seals.iter().map(|(number, state)| sealed(number, *state));
        case(vec![boxed("SL1|SL2")]).gathering(&[Gather::Seals]).with(read).says()
    };
    assert_eq!(lorry(&[("SL2", Sealed), ("SL1", Sealed)]), Y);
    assert_eq!(lorry(&[("SL1", Sealed)]), m(ReasonCode::SealMissing));
    assert_eq!(lorry(&[("SL1", Sealed), ("SL2", Unknown)]), m(ReasonCode::SealMissing));
    assert_eq!(lorry(&[("SL1", Sealed), ("SL2", Tampered)]), m(ReasonCode::SealMismatch));
    assert_eq!(lorry(&[("SL1", Sealed), ("SL2", Open)]), m(ReasonCode::SealMismatch));
    assert_eq!(lorry(&[("SL1", Sealed), ("SL2", Sealed), ("SL3", Sealed)]), m(ReasonCode::SealMismatch));
    assert_eq!(case(vec![boxed("SL1|SL2")]).says(), Y, "a lane without a reader of seals");
}

/// SG-224, SG-225: plates in lines are compared with the plate seen; one character away is a near plate, more is a conflict.
#[test]
fn a_plate_is_compared_with_those_that_the_record_names() {
    let mut record = entry(1, TripStatus::CustomsApproved, "B1");
    record.lines.push(line(ObjectType::VehiclePlate, "沪DM9026", Some(Direction::Into)));
    let lorry = |plates: &[(&str, Option<u16>)]| {
        case(vec![record.clone()]).with(plates.iter().map(|(text, sure)| plate(text, *sure))).says()
    };
    assert_eq!(lorry(&[]), Y);
    assert_eq!(lorry(&[("沪DM9026", None)]), Y);
    assert_eq!(lorry(&[("沪DM9028", None)]), m(ReasonCode::NearPlate));
    assert_eq!(lorry(&[("苏B12345", None)]), m(ReasonCode::MediaConflict));
    assert_eq!(lorry(&[("沪D4438挂", None)]), Y, "the trailer's own plate");
    assert_eq!(lorry(&[("沪DM9026", None), ("苏B12345", None)]), Y, "a second plate of one vehicle");
    assert_eq!(lorry(&[("沪DM9028", Some(400)), ("沪DM9026", Some(950))]), Y, "a worse frame");
    assert_eq!(lorry(&[("苏B12345", Some(300))]), Y, "read so unclearly it says nothing");
    let gathering = case(vec![record]).gathering(&[Gather::Plate]);
    assert_eq!(gathering.says(), m(ReasonCode::MissingRead));
    assert_eq!(gathering.with([plate("沪DM9026", Some(400))]).says(), m(ReasonCode::MissingRead), "unclear");
}

/// SG-225: a near plate is offered only where nothing exact may open, and only when it is one.
#[test]
fn a_near_plate_never_passes_by_itself() {
    let bound = |serial: u32, text: &str| IndexEntry {
        medium_type: MediumType::Plate,
        medium_key: MediumKey::read(MediumType::Plate, text).unwrap(),
        ..entry(serial, TripStatus::CustomsApproved, "B1")
    };
    let seen = |near: Vec<IndexEntry>| {
        let mut case = case(Vec::new()).with([plate("沪DM9028", None)]);
        case.view.near = near;
        case.decide()
    };
    let one = seen(vec![bound(1, "沪DM9026")]);
    assert_eq!((one.verdict, one.reason), m(ReasonCode::NearPlate));
    assert_eq!(one.offered.len(), 1);
    assert_eq!(first(&one), (ReasonCode::NearPlate, Compared::Plate, "沪DM9026", "沪DM9028"));
    let two = seen(vec![bound(1, "沪DM9026"), bound(2, "沪DM9128")]);
    assert_eq!((two.verdict, two.reason), n(ReasonCode::NoBinding));
    let used = IndexEntry { status: TripStatus::Closed, ..bound(1, "沪DM9026") };
    assert_eq!(seen(vec![used]).reason, ReasonCode::NoBinding);
}

/// SG-219; contract section 2: a slip is evidence and a look-up; beside a match it must be of the same trip.
#[test]
fn a_slip_is_never_a_match() {
    let record = entry(1, TripStatus::CustomsApproved, "B1");
    let slip = |trip_no: TripNo| medium(MediumType::BarCode, trip_no.as_str(), None);
    let mut alone = case(Vec::new()).with([slip(record.trip_no)]);
    alone.view.by_slip = vec![record.clone()];
    let decision = alone.decide();
    assert_eq!((decision.verdict, decision.reason), m(ReasonCode::SlipRead));
    assert_eq!(decision.offered[0].trip_no, record.trip_no);
    let beside = |trip_no| case(vec![record.clone()]).with([slip(trip_no)]).says();
    assert_eq!(beside(record.trip_no), Y);
    assert_eq!(beside(entry(2, TripStatus::CustomsApproved, "B1").trip_no), m(ReasonCode::SlipRead));
}

/// Contract section 2, the slip; decision 0018: a slip's key whose check character is wrong is told as such where nothing matches. It
/// may be a number that somebody declared: then it is a key like any other.
#[test]
fn a_misread_slip_is_told() {
    let (printed, misread) = ("000000000000000000BB", "000000000000000000CB");
    let code = |text: &str| medium(MediumType::BarCode, text, None);
    let alone = |text: &str| case(Vec::new()).with([code(text)]).decide();
    let decision = alone(misread);
    assert_eq!((decision.verdict, decision.reason), n(ReasonCode::NoBinding));
    assert_eq!(first(&decision), (ReasonCode::NoBinding, Compared::SlipCheck, "", misread));
    for text in [printed, "SZ25101600000931", "20251089500000048210000000000001"] {
        assert_eq!((alone(text).reason, alone(text).findings), (ReasonCode::NoBinding, Vec::new()), "{text}");
    }
    let declared = IndexEntry {
        medium_type: MediumType::BarCode,
        medium_key: MediumKey::read(MediumType::BarCode, misread).unwrap(),
        ..entry(1, TripStatus::CustomsApproved, "B1")
    };
    assert_eq!(case(vec![declared.clone()]).with([code(misread)]).says(), Y);
    let used = IndexEntry { status: TripStatus::LeftPort, ..declared };
    assert_eq!(case(vec![used]).with([code(misread)]).says(), n(ReasonCode::AlreadyUsed));
}

/// Domain page on identifiers, section 14: a number that a telephone made up matches no record, whoever looked it up, and is told.
#[test]
fn a_made_up_number_is_no_key() {
    let number = "08123456";
    let declared = IndexEntry {
        medium_type: MediumType::IcCard,
        medium_key: MediumKey::read(MediumType::IcCard, number).unwrap(),
        ..entry(1, TripStatus::CustomsApproved, "B1")
    };
    let seen = |standing| {
        let Reading::Medium(read) = medium(MediumType::IcCard, number, None) else { panic!() };
        case(vec![declared.clone()]).with([Reading::Medium(Medium { standing, ..read })]).decide()
    };
    let made_up = seen(Standing::MadeUp);
    assert_eq!((made_up.verdict, made_up.reason), n(ReasonCode::NoBinding));
    assert_eq!(first(&made_up), (ReasonCode::NoBinding, Compared::MadeUpCard, "", number));
    assert_eq!(seen(Standing::Counts).verdict, Verdict::Pass, "the same number of a card that has it");
}

/// fault E1: one EPC with two chip numbers is a copy.
#[test]
fn two_chips_with_one_number_are_suspected() {
    let tag = |tid: &str| {
        let Reading::Medium(read) = medium(MediumType::ElectronicPlate, super::PLATE, None) else { panic!() };
        Reading::Medium(Medium { tid: Some(tid.into()), ..read })
    };
    let lorry = || case(vec![entry(1, TripStatus::CustomsApproved, "B1")]);
    assert_eq!(lorry().with([tag("E2801105200076AB12340001")]).says(), Y);
    let copied = lorry().with([tag("E2801105200076AB12340001"), tag("E2801105200076AB12340002")]);
    assert_eq!(copied.says(), m(ReasonCode::CloneSuspected));
}

/// design section 7: all differences are told, contradictions first.
#[test]
fn all_differences_are_told_the_weightiest_first() {
    let case = case(vec![boxed("SL1")]).gathering(&[Gather::Seals, Gather::Weight, Gather::Plate]);
    let decision = case.with([weighs(100), sealed("SL9", SealState::Sealed)]).decide();
    let reasons: Vec<_> = decision.findings.iter().map(|finding| finding.reason).collect();
    assert_eq!(decision.verdict, Verdict::Person);
    assert_eq!(
        reasons,
        [
            ReasonCode::SealMismatch,
            ReasonCode::WeightOutOfTolerance,
            ReasonCode::SealMissing,
            ReasonCode::MissingRead
        ]
    );
}

proptest::proptest! {
    /// fault D5: evidence in any order gives the same result.
    #[test]
    fn any_order_of_readings_gives_the_same_decision(seed in 0..u64::MAX) {
        let readings = || vec![
            weighs(4_750_000), weighed(Gross::Unstable), shows(BOX), shows("MSKU9070324"),
            sealed("SL1", SealState::Sealed), sealed("SL1", SealState::Tampered), sealed("SL2", SealState::Sealed),
            plate("沪DM9026", Some(700)), plate("沪DM9026", Some(600)), plate("沪DM9028", Some(500)),
            medium(MediumType::IcCard, "04A1B2C3", None),
        ];
        let mut shuffled = readings();
        let mut state = seed;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(place, usize::try_from(state >> 33).unwrap() % (place + 1));
        }
        let decide = |readings: Vec<Reading>| case(vec![boxed("SL1|SL2")]).with(readings).decide();
        proptest::prop_assert_eq!(decide(readings()), decide(shuffled));
    }
}
