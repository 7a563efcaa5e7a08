//! Looking back and looking up.

use protocols::{
    contract::{EventType, ReadValue, SnapshotRow},
    ids::VisitId,
    rules::{LaneDirection, ReasonCode, Verdict},
};
use serde_json::json;

use super::bench;
use crate::{
    cache::samples::{denied, entry, key, lane, noon, stub, trip},
    journal::{Draft, LaneRef, TripRef},
};
use protocols::{ids::MediumType, tick::Tick};

fn of(visit: &str, event_type: EventType, verdict: Option<Verdict>, reason: Option<ReasonCode>) -> Draft {
    Draft {
        lane: Some(LaneRef { lane_id: lane("OUT1"), direction: LaneDirection::Out }),
        visit_id: Some(VisitId::parse(visit).unwrap()),
        verdict,
        reason,
        ..Draft::new(event_type, Tick::default(), noon())
    }
}

/// SG-239; contract section 7: who did what, and why, is there to be looked up at the gate itself.
#[tokio::test]
async fn the_last_passages_tell_what_happened_and_who_acted() {
    let bench = bench().await;
    let mut arrival = of("v1", EventType::Arrival, None, None);
    arrival.reads.plate = Some(ReadValue { value: "沪DM9026".to_owned(), ..ReadValue::default() });
    let person = Some(ReasonCode::NoRecordedEntry);
    let held = of("v1", EventType::LaneState, Some(Verdict::Person), person);
    let released = Draft {
        officer_id: Some("zhang".into()),
        trip: Some(TripRef { trip_no: trip(7), version_no: 1 }),
        detail: Some(json!({"reason": "核对无误"})),
        ..of("v1", EventType::ManualRelease, Some(Verdict::Person), Some(ReasonCode::ManualRelease))
    };
    let left = of("v2", EventType::Refuse, Some(Verdict::Refuse), Some(ReasonCode::BackedOut));
    bench.record(vec![arrival, held]).await;
    bench.record(vec![of("v2", EventType::Arrival, None, None), left, released]).await;
    bench.record(vec![of("v3", EventType::Arrival, None, None)]).await;

    let page = bench.json("/api/passages?limit=2").await;
    let told: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| (&item["visit_id"], &item["outcome"])).collect();
    assert_eq!(told, [(&json!("v3"), &json!("open")), (&json!("v2"), &json!("backed_out"))]);
    let page = bench.json(&format!("/api/passages?limit=2&before={}", page["before"])).await;
    let passage = &page["items"][0];
    assert_eq!((&passage["outcome"], &passage["media"]), (&json!("released"), &json!([["VN", "沪DM9026"]])));
    assert_eq!(
        (&passage["trip_no"], &passage["reason"]),
        (&json!(trip(7).as_str()), &json!("manual_release"))
    );
    assert_eq!(passage["reason_words"]["zh"], json!("人工放行"));
    let act = &passage["acts"][0];
    assert_eq!((&act["person"], &act["detail"]["reason"]), (&json!("zhang"), &json!("核对无误")));
    assert_eq!(page["before"], json!(null));

    let whole = bench.json("/api/passages/v1").await;
    let types: Vec<_> = whole["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["ARRIVAL", "LANE_STATE", "MANUAL_RELEASE"]);
    assert_eq!(whole["passage"]["outcome"], json!("released"));
    assert_eq!(whole["reasons"]["manual_release"]["en"], json!("released by a person"));
    assert_eq!(bench.get("/api/passages/v9").await.0, 404);
    for wrong in ["?limit=0", "?limit=101", "?limit=x", "?from=1"] {
        assert_eq!(bench.get(&format!("/api/passages{wrong}")).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_told_and_nothing_of_the_inside() {
    let bench = bench().await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(bench.folder.path().join(format!("journal.db{suffix}")));
    }
    let (status, body) = bench.get("/api/passages").await;
    assert_eq!(status, 503);
    assert!(body.contains("unreadable") && !body.contains("journal.db"), "{body}");
}

/// SG-204: an officer asks by the number on a paper or by what he sees, and is told what a lane would be told.
#[tokio::test]
async fn a_trip_or_a_medium_is_looked_up() {
    let bench = bench().await;
    let rows = [SnapshotRow::Entry(entry(1)), SnapshotRow::Stub(stub(2)), SnapshotRow::Deny(denied(3, 1))];
    bench.fill(&rows).await;
    let by_trip = bench.json(&format!("/api/lookup?q={}", trip(1))).await;
    let bound = &by_trip["trips"][0]["bound"];
    assert_eq!((&bound["medium_key"], &bound["cargo_kg"]), (&json!("E28000000001"), &json!(32_500)));
    assert_eq!((&bound["trailer_kg"], &bound["documents"]), (&json!(6400.5), &json!(["MGL2510130087"])));
    let by_tag = bench.json("/api/lookup?q=e280-00000001").await;
    assert_eq!(by_tag["trips"], by_trip["trips"]);
    let stub = bench.json("/api/lookup?q=E28000000002").await;
    assert_eq!((&stub["stubs"][0]["reason"], &stub["trips"]), (&json!("not_approved"), &json!([])));
    let denied = bench.json("/api/lookup?q=E28000000003").await;
    assert_eq!(denied["denied"][0]["reason"], json!("reported stolen"));
    let nothing = bench.json("/api/lookup?q=%E6%B2%AADM9026").await;
    assert_eq!((&nothing["trips"], &nothing["revision"]), (&json!([]), &json!(10)));
    for wrong in ["", "?q=", "?q=%20", &format!("?q={}", "1".repeat(65))] {
        assert_eq!(bench.get(&format!("/api/lookup{wrong}")).await.0, 422, "{wrong}");
    }
    let known = bench.cache.look_up(&[(MediumType::ElectronicPlate, key("E28000000001"))]).unwrap();
    assert_eq!(known.candidates.len(), 1, "looking up changes nothing");
}
