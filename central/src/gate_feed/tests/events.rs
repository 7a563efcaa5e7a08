//! Hello, and what the intake answers.

use axum::http::{Method, StatusCode};
use protocols::{contract::EventType, rules::LaneDirection};
use serde_json::{Value, json};

use super::{Copy, GATE};
use crate::test_app::{OFFICER, TestApp, TestGate, coal, trip_no};

async fn alerts(app: &TestApp) -> Vec<String> {
    let (status, answer) = app.get("/api/v1/alerts", OFFICER).await;
    assert_eq!(status, StatusCode::OK);
    answer["items"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

async fn ready() -> (TestApp, TestGate) {
    let app = TestApp::open().await;
    let gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
    (app, gate)
}

fn arrivals(gate: &mut TestGate, count: usize) -> Vec<Value> {
    (0..count).map(|n| gate.write(EventType::Arrival, LaneDirection::In, &format!("v{n}"), None)).collect()
}

/// `contract` section 3; fault C10: a new journal gets the next epoch, an old one that comes back is refused and raised.
#[tokio::test]
async fn an_old_journal_that_comes_back_is_a_fork() {
    let (app, mut gate) = ready().await;
    let (_, again) = gate.hello(&app, "store-1").await;
    assert_eq!((&again["epoch"], &again["expected_seq"]), (&json!(1), &json!(1)));
    let first = arrivals(&mut gate, 2);
    assert_eq!(gate.send(&app, first).await.1["acked_seq"], 2);
    assert_eq!(gate.hello(&app, "store-1").await.1["expected_seq"], 3);
    let (_, second) = gate.hello(&app, "store-2").await;
    assert_eq!(
        (&second["epoch"], &second["expected_seq"], &second["expected_hash"]),
        (&json!(2), &json!(1), &json!("0".repeat(64)))
    );
    assert!(alerts(&app).await.is_empty());
    let (status, refusal) = gate.hello(&app, "store-1").await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &json!("epoch")));
    let late = arrivals(&mut gate, 1);
    let (status, refusal) = gate.send(&app, late).await;
    assert_eq!(
        (status, &refusal["code"], &refusal["expected_seq"]),
        (StatusCode::CONFLICT, &json!("epoch"), &json!(1))
    );
    assert_eq!(alerts(&app).await, ["fork"], "raised once in ten minutes");
}

/// SG-247, invariant I5: at a gap, an altered event or a broken chain nothing further is applied; what was good before it is kept, and
/// the answer names what is expected now.
#[tokio::test]
async fn what_does_not_follow_is_refused_by_naming_what_is_expected() {
    let (app, mut gate) = ready().await;
    let all = arrivals(&mut gate, 5);
    let mut altered = all[3].clone();
    altered["visit_id"] = json!("another");
    for (batch, code, expected) in [
        (vec![all[2].clone()], "gap", 1),
        (vec![all[0].clone(), all[1].clone(), all[3].clone()], "gap", 3),
        (vec![all[2].clone(), altered, all[4].clone()], "chain", 4),
    ] {
        let (status, refusal) = gate.send(&app, batch).await;
        let hash = if expected == 1 { json!("0".repeat(64)) } else { all[expected - 2]["hash"].clone() };
        let answer = json!({"code": code, "expected_seq": expected, "expected_hash": hash});
        assert_eq!((status, &refusal), (StatusCode::CONFLICT, &answer));
        assert_eq!(gate.hello(&app, "store-1").await.1["expected_seq"], expected);
        let (_, stored) = app.get("/api/v1/gates/0708-G02/events", OFFICER).await;
        assert_eq!(stored["items"].as_array().unwrap().len(), expected - 1);
    }
    let (status, ack) = gate.send(&app, all).await;
    assert_eq!((status, &ack["acked_seq"]), (StatusCode::OK, &json!(5)));
    assert_eq!(alerts(&app).await, ["broken_chain"]);
}

/// SG-246; fault C5: what was stored before is acknowledged again and applied once; the same number with another content is a fork.
#[tokio::test]
async fn a_batch_sent_again_is_acknowledged_and_applied_once() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let mut fork = gate.clone();
    let batch = vec![gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&record)))];
    let (_, first) = gate.send(&app, batch.clone()).await;
    let version = app.show(&record).await["version"].clone();
    let (status, second) = gate.send(&app, batch).await;
    assert_eq!((status, &second), (StatusCode::OK, &first));
    assert_eq!(app.show(&record).await["version"], version);
    let other = vec![fork.write(EventType::Refuse, LaneDirection::In, "v1", None)];
    let (status, refusal) = gate.send(&app, other).await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &json!("chain")));
    assert_eq!(alerts(&app).await, ["fork"]);
}

/// SG-246: an `event_id` that repeats in a later batch is raised, also one that no database stores as it came.
#[tokio::test]
async fn a_repeated_event_id_is_known_again_whatever_it_is_made_of() {
    let (app, mut gate) = ready().await;
    for visit in ["v1", "v2"] {
        let mut event = gate.event(EventType::Arrival, LaneDirection::In, visit, None);
        event.event_id = "one\0event".into();
        let batch = vec![gate.sealed(event)];
        assert_eq!(gate.send(&app, batch).await.0, StatusCode::OK);
    }
    assert_eq!(alerts(&app).await, ["duplicate_event_id"]);
}

/// `contract` section 3: the revision of the acknowledgement shows the effect, with the last event applied from each gate.
#[tokio::test]
async fn the_feed_shows_the_effect_at_the_revision_acknowledged() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let batch = vec![
        gate.write(EventType::Arrival, LaneDirection::In, "v1", None),
        gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&record))),
    ];
    let (_, ack) = gate.send(&app, batch).await;
    let copy = Copy::snapshot(&app).await;
    assert_eq!(ack["revision"], copy.revision);
    let entry = &copy.rows[record["trip_no"].as_str().unwrap()];
    assert_eq!(
        (&entry["status"], &entry["lock_gate_id"], &entry["lock_visit_id"]),
        (&json!("LOCKED"), &json!("0708-G02"), &json!("v1"))
    );
    assert_eq!(entry["applied"], json!({"0708-G02": {"epoch": 1, "seq": 2}}));
}

/// `contract` section 3: an event of a later version, or of a broken form, is kept as it came and raised; the next one is taken.
#[tokio::test]
async fn an_unreadable_event_does_not_block_the_line() {
    let (app, mut gate) = ready().await;
    let before = gate.clone();
    let mut odd = gate.event(EventType::Arrival, LaneDirection::In, "v1", None);
    odd.gate_id = protocols::ids::GateId::parse("0708-G03").unwrap();
    let odd = gate.sealed(odd);
    assert_eq!(before.gate_id, gate.gate_id);
    let next = gate.write(EventType::Arrival, LaneDirection::In, "v2", None);
    let (status, ack) = gate.send(&app, vec![odd.clone(), next]).await;
    assert_eq!((status, &ack["acked_seq"]), (StatusCode::OK, &json!(2)));
    let (_, events) = app.get("/api/v1/gates/0708-G02/events?limit=1", OFFICER).await;
    assert_eq!((&events["items"][0]["readable"], &events["items"][0]["event"]), (&json!(false), &odd));
    let (_, events) = app.get("/api/v1/gates/0708-G02/events?after_epoch=1&after_seq=1", OFFICER).await;
    assert_eq!(events["items"].as_array().unwrap().len(), 1);
    assert_eq!(alerts(&app).await, ["unreadable_event"]);
}

/// SG-252, SG-254, SG-250: two gates with one trip, a clock that is off, a trip that nobody knows: taken as facts, and raised.
#[tokio::test]
async fn strange_facts_are_taken_and_raised() {
    let (app, mut gate) = ready().await;
    let mut other = TestGate::new("0708-G03");
    other.hello(&app, "store-of-the-other").await;
    let record = app.approved(coal("蒙LK8216")).await;
    let trip = trip_no(&record);
    let first = vec![gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip))];
    gate.send(&app, first).await;
    let mut late = other.event(EventType::Match, LaneDirection::In, "w1", Some(trip));
    late.occurred_at = protocols::contract::UtcMillis::parse("2025-10-13T02:00:00Z").unwrap();
    late.clock_offset_ms = Some(-5001);
    let late = vec![other.sealed(late)];
    assert_eq!(other.send(&app, late).await.0, StatusCode::OK);
    assert_eq!(app.show(&record).await["hold"]["gate_id"], "0708-G02", "the first holds");
    let nobody = protocols::ids::TripNo::parse("20251089500000048210000000009999").unwrap();
    let unknown = vec![other.write(EventType::Pass, LaneDirection::In, "w2", Some(nobody))];
    assert_eq!(other.send(&app, unknown).await.0, StatusCode::OK);
    let withdrawn = app.approved(coal("蒙LK8217")).await;
    app.officer(&withdrawn, "return").await;
    let pass = vec![gate.write(EventType::Pass, LaneDirection::In, "v2", Some(trip_no(&withdrawn)))];
    assert_eq!(gate.send(&app, pass).await.0, StatusCode::OK);
    assert_eq!(app.show(&withdrawn).await["status"], "LOCKED", "SG-250: the trip follows the gate");
    let row = Copy::snapshot(&app).await.rows[withdrawn["trip_no"].as_str().unwrap()].clone();
    assert_eq!(row["op"], "stub", "what customs withdrew gets no entry again");
    assert_eq!(alerts(&app).await, ["clock_offset", "double_use", "unknown_trip", "late_fact"]);
}

/// `contract` sections 3 and 6: too many events, another gate's name, a body that is none, too much at once.
#[tokio::test]
async fn a_batch_that_cannot_be_taken_is_turned_away() {
    let (app, mut gate) = ready().await;
    let many = arrivals(&mut gate, 501);
    assert_eq!(gate.send(&app, many.clone()).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(gate.send(&app, many[..500].to_vec()).await.1["acked_seq"], 500);
    let body = json!({"gate_id": "0708-G03", "epoch": 1, "events": []});
    assert_eq!(app.post("/gate/v1/events", GATE, body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        app.post("/gate/v1/events", GATE, json!({"gate_id": "0708-G02"})).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(app.post("/gate/v1/events", OFFICER, json!({})).await.0, StatusCode::UNAUTHORIZED);
    let places = [app.central.intake_place(), app.central.intake_place()];
    assert!(places.iter().all(Option::is_some));
    assert_eq!(gate.send(&app, Vec::new()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let body = json!({"gate_id": "0708-G02", "epoch": 1, "events": []});
    let turned_off = app.respond(Method::POST, "/gate/v1/events", GATE, body).await;
    assert_eq!(turned_off.headers()["connection"], "close", "its line is given up until it comes again");
    drop(places);
    assert_eq!(gate.send(&app, Vec::new()).await.0, StatusCode::OK);
    let stranger = TestGate::new("0708-G03");
    assert_eq!(stranger.send(&app, Vec::new()).await.1["code"], "epoch", "no hello yet");
}

/// `contract` section 3: the newest live status is shown, and only that.
#[tokio::test]
async fn the_newest_status_is_shown() {
    let (app, gate) = ready().await;
    for revision in [7, 8] {
        let status = json!({"gate_id": gate.gate_id, "at": "2025-10-13T01:00:00.000Z", "head": null, "index_revision": revision,
                            "index_age_s": 1, "lanes": []});
        assert_eq!(app.post("/gate/v1/status", GATE, status).await.0, StatusCode::NO_CONTENT);
    }
    for (place, name, bits) in [("/index_revision", "index_revision", 63), ("/head/epoch", "head.epoch", 31)]
    {
        let mut status = json!({"gate_id": gate.gate_id, "at": "2025-10-13T01:00:00.000Z", "head": {"epoch": 1, "seq": 1},
                                "index_revision": 9, "index_age_s": 1, "lanes": []});
        *status.pointer_mut(place).unwrap() = json!(1_u64 << bits);
        let (answer, told) = app.post("/gate/v1/status", GATE, status).await;
        assert_eq!(answer, StatusCode::BAD_REQUEST, "{name} is not told to have so many bits");
        assert!(told["message_en"].as_str().unwrap().starts_with(name), "{told}");
    }
    let (_, gates) = app.get("/api/v1/gates", OFFICER).await;
    assert_eq!(
        (gates["items"].as_array().unwrap().len(), &gates["items"][0]["live"]["index_revision"]),
        (1, &json!(8))
    );
}

/// SG-206, SG-190: a gate of a yard that the trip's area does not feed moves nothing, and its event is kept and raised.
#[tokio::test]
async fn a_gate_moves_only_trips_of_its_yard() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let policy = format!("/api/v1/admin/yards/{}/policy", crate::test_app::YARD);
    let areas = json!({"customs_codes": ["2225"]});
    let (status, _) = app.call(axum::http::Method::PUT, &policy, crate::test_app::ADMIN, areas).await;
    assert_eq!(status, StatusCode::OK);
    let batch = vec![gate.write(EventType::Match, LaneDirection::In, "v1", Some(trip_no(&record)))];
    assert_eq!(gate.send(&app, batch).await.1["acked_seq"], 1);
    assert_eq!(app.show(&record).await["status"], "CUSTOMS_APPROVED");
    assert_eq!(alerts(&app).await, ["foreign_trip"]);
}

/// A device that comes and goes is raised once in ten minutes; another device of the gate is raised all the same.
#[tokio::test]
async fn each_device_is_raised_by_itself() {
    let (app, mut gate) = ready().await;
    let mut fault = |device: &str, why: &str| {
        let mut event = gate.event(EventType::DeviceFault, LaneDirection::In, "v1", None);
        event.detail = serde_json::from_value(json!({"device": device, "why": why})).unwrap();
        gate.sealed(event)
    };
    let batch =
        vec![fault("scale", "late by 501 ms"), fault("scale", "late by 502 ms"), fault("camera", "gone")];
    assert_eq!(gate.send(&app, batch).await.0, StatusCode::OK);
    assert_eq!(alerts(&app).await, ["device_fault", "device_fault"]);
    let (_, told) = app.get("/api/v1/alerts", OFFICER).await;
    let first = &told["items"][0];
    assert_eq!(
        (&first["text"], &first["text_zh"]),
        (&json!("scale does not work: late by 501 ms"), &json!("scale 无法工作：late by 501 ms"))
    );
    let lately = "SELECT id FROM alert WHERE code = 'x' AND at > 1 LIMIT 1";
    let plan = crate::store::plan(app.central.store(), lately, []).await;
    assert!(plan.contains("alert_code_at"), "{plan}");
}

/// Fault F2: a gate that was started anew because a lane stood still is raised with the lane's name; a start like any other is not.
#[tokio::test]
async fn a_gate_that_stood_still_is_raised() {
    let app = TestApp::open().await;
    let mut gate = TestGate::new("0708-G02");
    gate.hello(&app, "store-1").await;
    for detail in [
        json!({"version": "0.1.0"}),
        json!({"version": "0.1.0", "stood_still": {"lanes": ["IN1"], "of": 2, "at": "2025-10-13T04:00:00.000Z"}}),
    ] {
        let mut event = gate.event(EventType::Started, LaneDirection::In, "v1", None);
        event.detail = Some(detail);
        let batch = vec![gate.sealed(event)];
        assert_eq!(gate.send(&app, batch).await.0, StatusCode::OK);
    }
    let (_, told) = app.get("/api/v1/alerts", OFFICER).await;
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
    let alert = &told["items"][0];
    assert_eq!(alert["code"], "gate_stood_still");
    assert_eq!(alert["text"], "the gate was started anew, because lane IN1 stood still");
    assert_eq!(alert["text_zh"], "卡口通道 IN1 停滞，程序已自动重新启动");
}
