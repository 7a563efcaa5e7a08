//! Which lane a tag belongs to.

use std::time::Duration;

use protocols::{
    ids::{CardUid, MediumKey, MediumType},
    talk::{Identity, SealState},
    tick::Tick,
};

use super::{
    Field, IcKeyForm, KeyError, Seen,
    field::{MOST_TAGS, Told},
    seen, standing,
};
use crate::decision::{Medium, Standing};

fn tag(name: &str, signal: Option<i32>) -> Medium {
    Medium {
        medium_type: MediumType::ElectronicPlate,
        key: MediumKey::read(MediumType::ElectronicPlate, name).unwrap(),
        raw: None,
        device: "uhf".into(),
        tid: None,
        confidence: None,
        signal: signal.map(|dbm| dbm * 100),
        looks: 1,
        standing: Standing::Counts,
        at: Tick::default(),
    }
}

fn at(millis: u64) -> Tick {
    Tick::from_millis(1_000_000 + millis)
}

/// Two lanes whose readers overlap, vehicles in these of them.
fn two_lanes(occupied: &[usize]) -> Field {
    let mut field = Field::new(vec![vec![1], vec![0]]);
    occupied.iter().for_each(|lane| field.occupied(*lane, true));
    field
}

/// What the lanes were last told of the tag.
fn last(told: &[Told], lane: usize) -> Option<Standing> {
    told.iter().rev().find(|(told, _)| *told == lane).map(|(_, medium)| medium.standing)
}

/// Both lanes hear one tag for two seconds, with these strengths.
fn heard_in_both(field: &mut Field, one: Option<i32>, other: Option<i32>, other_every: u64) -> Vec<Told> {
    let mut told = Vec::new();
    for millis in (0..2000).step_by(100) {
        field.due(at(millis), &mut told);
        assert!(field.hear(&[0], tag("E280", one), at(millis), &mut told));
        if millis % other_every == 0 {
            assert!(field.hear(&[1], tag("E280", other), at(millis + 10), &mut told));
        }
    }
    told
}

#[test]
fn a_tag_that_one_lane_hears_is_its_own_at_once() {
    let (mut field, mut told) = (Field::new(vec![vec![], vec![]]), Vec::new());
    field.occupied(0, true);
    assert!(field.hear(&[0], tag("E280", Some(-50)), at(0), &mut told));
    assert_eq!(last(&told, 0), Some(Standing::Counts));
    assert_eq!(field.wake(), None);
}

/// fault D5: where lanes overlap the first sight waits until the neighbour could have heard it, whose vehicle may still be rolling up.
#[test]
fn a_first_sight_waits_until_the_neighbour_could_have_heard_it() {
    let (mut field, mut told) = (two_lanes(&[0]), Vec::new());
    field.hear(&[0], tag("E280", Some(-50)), at(0), &mut told);
    assert!(told.is_empty());
    assert_eq!(field.wake(), Some(at(300)));
    field.due(at(299), &mut told);
    assert!(told.is_empty());
    field.due(at(300), &mut told);
    assert_eq!((last(&told, 0), last(&told, 1)), (Some(Standing::Counts), None));
}

/// fault D5, a tag at the edge of two lanes: the clearly louder lane has it; equally loud, neither.
#[test]
fn the_clearly_louder_lane_has_the_tag() {
    let told = heard_in_both(&mut two_lanes(&[0, 1]), Some(-48), Some(-60), 100);
    assert_eq!(last(&told, 0), Some(Standing::Counts));
    assert_ne!(last(&told, 1), Some(Standing::Counts));
    let told = heard_in_both(&mut two_lanes(&[0, 1]), Some(-48), Some(-51), 100);
    assert_eq!(last(&told, 0), Some(Standing::Contested));
    assert_eq!(last(&told, 1), Some(Standing::Contested));
}

/// Readers of the 18 family tell no strength: what is heard far more often is clearer.
#[test]
fn without_strengths_the_number_of_sights_decides() {
    let told = heard_in_both(&mut two_lanes(&[0, 1]), None, None, 500);
    assert_eq!(last(&told, 0), Some(Standing::Counts));
    let told = heard_in_both(&mut two_lanes(&[0, 1]), None, None, 100);
    assert_eq!(last(&told, 0), Some(Standing::Contested));
}

/// One reader over two lanes: where somebody stands tells; where two stand, nothing does.
#[test]
fn a_shared_reader_gives_the_tag_to_the_lane_with_a_vehicle() {
    for (occupied, expected) in [
        (&[1][..], [None, Some(Standing::Counts)]),
        (&[0, 1], [Some(Standing::Contested); 2]),
        (&[], [Some(Standing::Contested); 2]),
    ] {
        let mut field = Field::new(vec![vec![], vec![]]);
        occupied.iter().for_each(|lane| field.occupied(*lane, true));
        let mut told = Vec::new();
        field.hear(&[0, 1], tag("E280", None), at(0), &mut told);
        assert_eq!([last(&told, 0), last(&told, 1)], expected, "{occupied:?}");
    }
}

/// fault D5, a tag parked in the field for hours: through other vehicles' passages it becomes part of the place, until it has left.
#[test]
fn a_parked_tag_counts_no_more() {
    let (mut field, mut told) = (Field::new(vec![vec![]]), Vec::new());
    for second in 0..700 {
        told.clear();
        field.hear(&[0], tag("E280", Some(-50)), at(second * 1000), &mut told);
        if second == 100 || second == 200 {
            let other = MediumKey::read(MediumType::ElectronicPlate, "E281").unwrap();
            field.passed(0, Some(&other), at(second * 1000));
        }
        let expected = if second < 600 { Standing::Counts } else { Standing::Parked };
        assert_eq!(last(&told, 0), Some(expected), "second {second}");
    }
    told.clear();
    field.hear(&[0], tag("E280", Some(-50)), at(706_000), &mut told);
    assert_eq!(last(&told, 0), Some(Standing::Counts), "it was away and has come anew");
}

/// A lorry that queued for long is no parked tag: only its own passage ends its stay.
#[test]
fn a_queueing_lorry_is_not_parked_before_others_passed() {
    let (mut field, mut told) = (Field::new(vec![vec![]]), Vec::new());
    for second in 0..900 {
        told.clear();
        field.hear(&[0], tag("E280", Some(-50)), at(second * 1000), &mut told);
    }
    assert_eq!(last(&told, 0), Some(Standing::Counts));
}

/// fault D4: ten thousand fake tags: memory is bounded, and the field is well again when they are gone.
#[test]
fn a_flood_of_tags_is_bounded() {
    let (mut field, mut told) = (Field::new(vec![vec![]]), Vec::new());
    let taken = (0..10_000_u64)
        .filter(|n| field.hear(&[0], tag(&format!("E280{n:08}"), None), at(n / 10), &mut told))
        .count();
    assert_eq!(taken, MOST_TAGS);
    assert!(field.hear(&[0], tag("E281", None), at(7000), &mut told));
}

/// faults D4, E2: what one device makes up leaves the tags of another their room, and its own room comes back.
#[test]
fn a_flood_of_one_device_hides_no_tag_of_another() {
    let (mut field, mut told) = (Field::new(vec![vec![], vec![]]), Vec::new());
    let of = |device: &str, name: &str| Medium { device: device.into(), ..tag(name, None) };
    for second in 0..3_u64 {
        for n in 0..4_000_u64 {
            let made_up = of("mad", &format!("E28{second}{n:08}"));
            field.hear(&[1], made_up, at(second * 6_000 + n), &mut told);
        }
        let (now, name) = (at(second * 6_000 + 4_000), format!("E2900{second}"));
        assert!(!field.hear(&[1], of("mad", "E2910000"), now, &mut told), "its room is used up");
        told.clear();
        assert!(field.hear(&[0], of("quiet", &name), now, &mut told));
        assert_eq!(last(&told, 0), Some(Standing::Counts));
        field.passed(0, Some(&tag(&name, None).key), now);
    }
    assert!(field.hear(&[1], of("mad", "E2910000"), at(30_000), &mut told), "calm again");
}

/// contract section 2: bytes become keys by rule; SG-079, SG-218.
#[test]
fn identities_become_keys_by_the_yards_rule() {
    let key = |identity: &Identity, form| match seen(identity, form) {
        Ok(Seen::Medium(medium_type, key, raw)) => format!("{medium_type} {key} {}", raw.unwrap_or_default()),
        Ok(Seen::Container(number)) => format!("box {number}"),
        Ok(Seen::Seal(number, state)) => format!("seal {number} {state:?}"),
        Err(KeyError::Form) => "another form".to_owned(),
        Err(error) => error.to_string(),
    };
    let uid = Identity::Uid(CardUid::parse("04A1B2C3D4E5F6").unwrap());
    let code = Identity::Code { text: "4Q7N".into(), raw: "]C14Q7N\u{1d}".into() };
    for (identity, form, expected) in [
        (Identity::Epc(vec![0, 0x12, 0xAB]), IcKeyForm::UidHex, "VE 0012AB "),
        (uid.clone(), IcKeyForm::UidHex, "IC 04A1B2C3D4E5F6 "),
        (uid.clone(), IcKeyForm::UidDec, "IC 1303689068602870 04A1B2C3D4E5F6"),
        (uid, IcKeyForm::Text, "another form"),
        (Identity::Uid(CardUid::parse("4A7F21C3").unwrap()), IcKeyForm::UidDec, "IC 1249845699 4A7F21C3"),
        (Identity::CardText("0012345".into()), IcKeyForm::Text, "IC 0012345 "),
        (Identity::Wiegand { bits: 26, facility: 12, number: 345 }, IcKeyForm::Wiegand, "IC 1200345 "),
        (code, IcKeyForm::UidHex, "BC 4Q7N ]C14Q7N\u{1d}"),
        (Identity::Plate("沪D·M9026".into()), IcKeyForm::UidHex, "VN 沪DM9026 沪D·M9026"),
        (Identity::Container("tghu 482915-2".into()), IcKeyForm::UidHex, "box TGHU4829152"),
        (
            Identity::Seal { number: "sl-1".into(), state: SealState::Open },
            IcKeyForm::UidHex,
            "seal SL1 Open",
        ),
    ] {
        assert_eq!(key(&identity, form), expected);
    }
    assert!(seen(&Identity::Container("TGHU".into()), IcKeyForm::UidHex).is_err());
}

/// Domain page on identifiers, section 14: four bytes that begin with 08 are made up; a maker's seven are not, nor a text. Contract
/// section 2: a read that its device marks as older than `max_read_age` never opens.
#[test]
fn a_telephones_number_and_an_old_one_open_nothing() {
    let uid = |text| Identity::Uid(CardUid::parse(text).unwrap());
    let (fresh, old, most) = (Duration::from_secs(5), Duration::from_millis(5001), Duration::from_secs(5));
    assert_eq!(standing(&uid("08123456"), fresh, most), Standing::MadeUp);
    assert_eq!(standing(&uid("08123456"), old, most), Standing::MadeUp);
    for own in [uid("4A7F0821"), uid("04A1B2C3D4E5F6"), Identity::CardText("08123456".into())] {
        assert_eq!(standing(&own, fresh, most), Standing::Counts, "{own:?}");
        assert_eq!(standing(&own, old, most), Standing::Late, "{own:?}");
    }
}

#[test]
fn patience_of_the_field_is_shorter_than_a_collection_window() {
    let policy_window = Duration::from_millis(3000);
    let (mut field, mut told) = (two_lanes(&[0, 1]), Vec::new());
    field.hear(&[0], tag("E280", None), at(0), &mut told);
    assert!(field.wake().is_some_and(|wake| wake < at(0) + policy_window));
}

/// fault E1: a second chip number under one EPC is told at once; fault D8: a buffered report takes nothing from a fresh one.
#[test]
fn a_changed_chip_is_news_and_a_late_report_is_none() {
    let (mut field, mut told) = (Field::new(vec![vec![]]), Vec::new());
    let chip = |tid: &str| Medium { tid: Some(tid.into()), ..tag("E280", Some(-50)) };
    field.hear(&[0], chip("E2801105200076AB12340001"), at(0), &mut told);
    field.hear(&[0], chip("E2801105200076AB12340001"), at(100), &mut told);
    field.hear(&[0], chip("E2801105200076AB12340002"), at(200), &mut told);
    assert_eq!(told.len(), 2, "{told:?}");
    let late = Medium { standing: Standing::Late, ..tag("E280", Some(-50)) };
    field.hear(&[0], late, at(900), &mut told);
    assert_eq!(told.len(), 2);
}
