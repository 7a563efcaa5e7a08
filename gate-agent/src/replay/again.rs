//! What was recorded of all scenarios, decided again from the records alone.

use serde_json::{Value, json};

use protocols::{
    contract::{Event, EventType},
    rules::Verdict,
};

use super::{all, yard};
use crate::{
    decision::BasisError,
    lane::{Said, redecide},
};

/// What all scenarios have recorded with a basis, each with its scenario's name.
fn decisions() -> Vec<(String, Event)> {
    let of = |scenario| {
        let yard::Played { events, .. } = yard::play(&scenario);
        let name = format!("{}: {}", scenario.file, scenario.name);
        events.into_iter().filter(|event| event.basis.is_some()).map(move |event| (name.clone(), event))
    };
    all().into_iter().flat_map(of).collect()
}

/// Over the wire and back, so that what is decided again is what a file holds.
fn stored(event: &Event) -> Event {
    serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap()
}

/// design promise: same answer for the same evidence. Every decision of every scenario comes out as it was recorded, from its record alone; and every raise
/// by the gate itself has one.
#[test]
fn every_recorded_decision_comes_out_the_same() {
    let mut verdicts = [0; 3];
    for scenario in all() {
        for event in yard::play(&scenario).events {
            let name = format!("{}: {} {}", scenario.file, scenario.name, event.seq);
            let opens = event.event_type == EventType::RaiseIntent && event.verdict == Some(Verdict::Pass);
            assert!(!opens || event.basis.is_some(), "{name}: a raise without a basis");
            if event.basis.is_none() {
                assert_eq!(redecide(&event), Err(BasisError::Absent));
                continue;
            }
            let (recorded, again) =
                redecide(&stored(&event)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(recorded, again, "{name}");
            verdicts[event.verdict.unwrap() as usize] += 1;
        }
    }
    println!("decided again: {verdicts:?}");
    assert!(verdicts.iter().all(|count| *count >= 50), "{verdicts:?}");
}

/// What somebody does to a basis.
type Change<'a> = &'a dyn Fn(&mut Value);

/// fault E4: whoever changes a fact by which the gate let a vehicle pass, and seals everything anew, is told by the decision itself.
#[test]
fn a_pass_with_another_fact_comes_out_otherwise() {
    let mut tried = 0;
    for (name, event) in decisions().into_iter().filter(|(_, event)| event.verdict == Some(Verdict::Pass)) {
        let trip_no = event.trip_no.unwrap().to_string();
        let changed: [(&str, Change<'_>); 7] = [
            ("nothing was read", &|basis| basis["media"] = json!([])),
            ("another area's yard", &|basis| {
                row(basis, "policy", "scope", "yard")["customs_codes"] = json!(["9999"])
            }),
            ("customs holds the trip", &|basis| {
                let row = row(basis, "entry", "trip_no", &trip_no);
                (row["status"], row["lock_source"]) = (json!("LOCKED"), json!("CUSTOMS"));
            }),
            ("another version", &|basis| row(basis, "entry", "trip_no", &trip_no)["version_no"] = json!(9)),
            ("another medium", &|basis| {
                row(basis, "entry", "trip_no", &trip_no)["medium_key"] = json!("E2FF")
            }),
            ("another trip was chosen", &|basis| basis["chosen"] = json!("20250000000000000000000000000001")),
            ("the lane must see a seal and a plate", &|basis| {
                row(basis, "policy", "scope", "lane")["gathers"] = json!(["plate", "weight"]);
                basis["media"].as_array_mut().unwrap().retain(|medium| medium["t"] != "VN");
                basis.as_object_mut().unwrap().remove("weighed");
            }),
        ];
        for (what, change) in changed {
            let mut other = event.clone();
            change(other.basis.as_mut().unwrap());
            let told = redecide(&stored(&other));
            assert!(!told.is_ok_and(|(recorded, again)| recorded == again), "{name}: {what} changes nothing");
            tried += 1;
        }
        for (what, other) in [
            ("an index of last year", Event { index_age_s: Some(400 * 24 * 3600), ..event.clone() }),
            ("a refusal", Event { verdict: Some(Verdict::Refuse), ..event.clone() }),
            ("no trip", Event { trip_no: None, ..event.clone() }),
        ] {
            let (recorded, again): (Said, Said) = redecide(&stored(&other)).unwrap();
            assert_ne!(recorded, again, "{name}: {what} changes nothing");
        }
    }
    assert!(tried > 700, "{tried}");
}

fn row<'a>(basis: &'a mut Value, kind: &str, member: &str, value: &str) -> &'a mut Value {
    let rows = basis["rows"].as_array_mut().unwrap();
    rows.iter_mut().find(|row| row["t"] == kind && row[member] == value).unwrap()
}

/// Fault A5: what is kept of a decision is small beside what a full disk still takes: 48 MiB for more than 10,000 of them.
#[test]
fn a_basis_is_small() {
    let sizes: Vec<usize> =
        decisions().iter().map(|(_, event)| event.basis.as_ref().unwrap().to_string().len()).collect();
    let (most, mean) = (sizes.iter().max().unwrap(), sizes.iter().sum::<usize>() / sizes.len());
    println!("{} bases, {mean} bytes in the mean, {most} at most", sizes.len());
    assert!(mean < 1600, "{mean}");
}
