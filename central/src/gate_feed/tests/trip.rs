//! One declaration, one trip: what is keyed once and for which visit it serves.

use protocols::{contract::EventType, rules::LaneDirection};

use super::*;
use crate::{
    binding::lifecycle::Action,
    test_app::{DECLARANT, OFFICER, TestGate, coal, trip_no},
};

fn row<'a>(copy: &'a Copy, record: &Value) -> &'a Value {
    &copy.rows[record["trip_no"].as_str().unwrap()]
}

/// SG-001, SG-006, SG-203: by whichever of the four media a vehicle is declared, it is keyed once: customs decides about that very record, and
/// the gates find it by area, medium and key, with what was declared.
#[tokio::test]
async fn what_is_declared_once_serves_customs_and_the_gates() {
    let app = TestApp::open().await;
    for (medium_type, typed, key) in [
        ("VN", "蒙l·k8216", "蒙LK8216"),
        ("VE", "e280-1160 60000204", "E280116060000204"),
        ("IC", "3702110000885512", "3702110000885512"),
        ("BC", "KD-7781.a", "KD-7781.a"),
    ] {
        let mut content = coal(typed);
        content["medium_type"] = json!(medium_type);
        let record = app.save(content.clone()).await;
        app.declare(&record).await;
        app.centre_acts(&record, Action::Deliver).await;
        let (_, work) = app.get(&format!("/api/v1/desk/work?medium_type={medium_type}"), OFFICER).await;
        assert_eq!(work["items"][0]["unified_no"], record["unified_no"], "{work}");
        assert_eq!(app.officer(&record, "approve").await.0, StatusCode::OK);
        let copy = Copy::snapshot(&app).await;
        let entry = row(&copy, &record);
        for (name, expected) in [
            ("op", json!("upsert")),
            ("customs_code", content["customs_code"].clone()),
            ("medium_type", json!(medium_type)),
            ("medium_key", json!(key)),
            ("uscc", record["uscc"].clone()),
            ("vehicle_weight_kg", content["vehicle_weight_kg"].clone()),
        ] {
            assert_eq!(entry[name], expected, "{name}: {entry}");
        }
        for name in ["object_type", "object_id", "voyage_no", "pickup_weight_kg"] {
            assert_eq!(entry["lines"][0][name], content["lines"][0][name], "{name}");
        }
    }
}

/// SG-007: a record is declared while its vehicle stands in the lane already; the gate may use it once customs has approved it, and not before.
#[tokio::test]
async fn a_vehicle_that_stands_at_the_gate_is_declared_still() {
    let app = TestApp::open().await;
    let mut gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
    let arrival = gate.write(EventType::Arrival, LaneDirection::In, "v1", None);
    assert_eq!(gate.send(&app, vec![arrival]).await.0, StatusCode::OK);
    let record = app.save(coal("蒙LK8216")).await;
    assert_eq!(app.declare(&record).await["status"], "DECLARED");
    app.centre_acts(&record, Action::Deliver).await;
    assert_eq!(
        row(&Copy::snapshot(&app).await, &record)["op"],
        "stub",
        "a reason to wait, and no right to pass"
    );
    app.officer(&record, "approve").await;
    assert_eq!(row(&Copy::snapshot(&app).await, &record)["op"], "upsert");
    let event = gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&record)));
    assert_eq!(gate.send(&app, vec![event]).await.0, StatusCode::OK);
    assert_eq!(app.show(&record).await["status"], "LOCKED");
}

/// SG-008: a trip is one visit: once the vehicle has left nothing of the record opens a gate again, and the next visit has a record, and a
/// trip number, of its own.
#[tokio::test]
async fn a_second_visit_needs_a_record_of_its_own() {
    let app = TestApp::open().await;
    let mut gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
    let first = app.approved(coal("蒙LK8216")).await;
    let (entry, exit, trip) = (LaneDirection::In, LaneDirection::Out, Some(trip_no(&first)));
    let day: Vec<Value> = [
        (EventType::Match, entry),
        (EventType::Pass, entry),
        (EventType::Match, exit),
        (EventType::Pass, exit),
        (EventType::LeftPort, exit),
    ]
    .into_iter()
    .map(|(kind, direction)| gate.write(kind, direction, &format!("first-{direction}"), trip))
    .collect();
    assert_eq!(gate.send(&app, day).await.0, StatusCode::OK);
    assert_eq!(app.show(&first).await["status"], "LEFT_PORT");
    assert_eq!(row(&Copy::snapshot(&app).await, &first)["reason_code"], "already_used");
    let again = [EventType::Match, EventType::Pass].map(|kind| gate.write(kind, entry, "second", trip));
    assert_eq!(gate.send(&app, again.into()).await.0, StatusCode::OK);
    assert_eq!(app.show(&first).await["status"], "LEFT_PORT", "what a gate did all the same moves nothing");
    let (_, alerts) = app.get("/api/v1/alerts", OFFICER).await;
    assert!(!alerts["items"].as_array().unwrap().is_empty(), "and is raised");
    let (status, copy) = app.get(&(crate::test_app::path(&first) + "/copy"), DECLARANT).await;
    assert_eq!(status, StatusCode::OK);
    let second = app.approved(copy).await;
    assert_ne!(second["trip_no"], first["trip_no"]);
    assert_eq!(row(&Copy::snapshot(&app).await, &second)["op"], "upsert");
}
