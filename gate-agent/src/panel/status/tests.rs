//! What a lane's state says to a person: what was read beside what is bound, and what may be done.

use protocols::{
    contract::{ReadValue, Reads},
    rules::ReasonCode,
};

use super::{Bound, Compare, compare::compare};
use crate::{
    cache::samples::entry,
    decision::{Compared, Finding},
};

fn read(value: &str) -> Option<ReadValue> {
    Some(ReadValue { value: value.to_owned(), ..ReadValue::default() })
}

/// Each row in one line: what, read, expected, and a `!` where it differs.
fn rows(reads: &Reads, bound: Option<&Bound>, findings: &[Finding]) -> Vec<String> {
    let line = |row: &Compare| {
        let mark = if row.differs { "!" } else { "" };
        format!("{}{mark}: {} / {}", row.what, row.read.join("+"), row.expected.join("+"))
    };
    compare(reads, bound, findings).iter().map(line).collect()
}

/// SG-224: what was read stands beside what is bound, and what the decision found wrong is marked and first.
#[test]
fn what_was_read_stands_beside_what_is_bound() {
    let mut bound = Bound::of(&entry(1));
    bound.plates = vec!["沪DM9026".to_owned()];
    bound.containers = vec!["CSQU3054383".to_owned()];
    let reads = Reads {
        e_plate: read("E28000000001"),
        plate: read("沪DM9028"),
        containers: read("CSQU3054383").into_iter().collect(),
        ..Reads::default()
    };
    let conflict = Finding {
        reason: ReasonCode::MediaConflict,
        what: Compared::Plate,
        expected: "沪DM9026".into(),
        read: "沪DM9028".into(),
    };
    assert_eq!(
        rows(&reads, Some(&bound), &[conflict]),
        [
            "plate!: 沪DM9028 / 沪DM9026",
            "medium: E28000000001 / E28000000001",
            "container: CSQU3054383 / CSQU3054383",
        ]
    );
    let missing = Finding {
        reason: ReasonCode::SealMissing,
        what: Compared::Seal,
        expected: "AB1|AB2".into(),
        read: "".into(),
    };
    let seals = Reads { seals: read("AB1").into_iter().collect(), ..Reads::default() };
    assert_eq!(rows(&seals, None, &[missing])[0], "seal!: AB1 / AB1+AB2");
}

#[test]
fn without_a_trip_the_readings_stand_alone() {
    let reads = Reads { plate: read("沪DM9026"), ic_card: read("04A2B3"), ..Reads::default() };
    assert_eq!(rows(&reads, None, &[]), ["ic_card: 04A2B3 / ", "plate: 沪DM9026 / "]);
    assert!(rows(&Reads::default(), None, &[]).is_empty());
}

/// Weights stay exact, and a line that states none leaves the sum unknown.
#[test]
fn a_trip_tells_what_is_bound_to_it() {
    let mut entry = entry(1);
    let bound = Bound::of(&entry);
    assert_eq!(
        (bound.trailer_kg.to_string(), bound.cargo_kg.unwrap().to_string()),
        ("6400.5".into(), "32500".into())
    );
    assert_eq!((bound.documents, bound.closing.as_str()), (vec!["MGL2510130087".to_owned()], "OUT"));
    entry.lines[0].pickup_weight_kg = None;
    entry.lines[0].container_no_1 = Some("CSQU3054383".into());
    entry.lines[0].seal_no_1 = Some("AB1|AB2".into());
    let bound = Bound::of(&entry);
    assert_eq!((bound.cargo_kg, bound.seals.len()), (None, 2));
}
