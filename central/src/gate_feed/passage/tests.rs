//! What becomes of a gate's events as people look for them.

use axum::http::StatusCode;
use protocols::{
    contract::{Event, EventType, ReadValue, Reads},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
};
use serde_json::{Value, json};

use super::store::catch_up;
use crate::{
    store::{all, column, execute, hold_to_indexes},
    test_app::{OFFICER, TestApp, TestGate, coal, trip_no},
};

fn plate(text: &str) -> Reads {
    let plate = ReadValue { value: text.into(), confidence: Some(980), ..ReadValue::default() };
    Reads { plate: Some(plate), ..Reads::default() }
}

async fn ready() -> (TestApp, TestGate) {
    let app = TestApp::open().await;
    let gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
    (app, gate)
}

fn judged(gate: &mut TestGate, kind: EventType, visit: &str, verdict: Verdict, reason: ReasonCode) -> Event {
    let mut event = gate.event(kind, LaneDirection::In, visit, None);
    (event.verdict, event.reason_code, event.mode) = (Some(verdict), Some(reason), Some(Mode::Automatic));
    event
}

/// A visit as a lane writes it: it arrives, is read, judged, and let through or refused.
async fn visited(app: &TestApp, gate: &mut TestGate, visit: &str, key: &str, record: Option<&Value>) {
    let trip = record.map(trip_no);
    let mut events = vec![gate.write(EventType::Arrival, LaneDirection::In, visit, None)];
    if trip.is_some() {
        let mut matched = gate.event(EventType::Match, LaneDirection::In, visit, trip);
        (matched.reads, matched.verdict, matched.reason_code) =
            (plate(key), Some(Verdict::Pass), Some(ReasonCode::Ok));
        events.push(gate.sealed(matched));
        let mut intent = judged(gate, EventType::RaiseIntent, visit, Verdict::Pass, ReasonCode::Ok);
        intent.reads = plate(key);
        events.push(gate.sealed(intent));
        let mut pass = gate.event(EventType::Pass, LaneDirection::In, visit, trip);
        (pass.reads, pass.verdict, pass.reason_code) =
            (plate(key), Some(Verdict::Pass), Some(ReasonCode::Ok));
        events.push(gate.sealed(pass));
    } else {
        let mut refused = judged(gate, EventType::Refuse, visit, Verdict::Refuse, ReasonCode::NoBinding);
        refused.reads = plate(key);
        events.push(gate.sealed(refused));
    }
    // One by one and together: a passage is the same however the line cut the batches.
    let rest = events.split_off(1);
    assert_eq!(gate.send(app, events).await.0, StatusCode::OK);
    assert_eq!(gate.send(app, rest).await.0, StatusCode::OK);
}

async fn found(app: &TestApp, query: &str) -> Vec<Value> {
    let (status, answer) = app.get(&format!("/api/v1/passages?{query}"), OFFICER).await;
    assert_eq!(status, StatusCode::OK, "{query}: {answer}");
    answer["items"].as_array().unwrap().clone()
}

/// SG-234..SG-237, SG-245: of the events of a visit a person sees one passage: what was read and judged, and what became of the vehicle.
#[tokio::test]
async fn the_events_of_a_visit_are_one_passage() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    visited(&app, &mut gate, "v1", "蒙LK8216", Some(&record)).await;
    visited(&app, &mut gate, "v2", "沪A12345", None).await;
    let passages = found(&app, "").await;
    let told = |passage: &Value| {
        json!([
            passage["visit_id"],
            passage["verdict"],
            passage["reason"]["code"],
            passage["outcome"],
            passage["media"][0]["medium_key"],
            passage["trip_no"],
            passage["events"],
        ])
    };
    assert_eq!(told(&passages[0]), json!(["v2", "N", "no_binding", "refused", "沪A12345", null, 2]));
    assert_eq!(told(&passages[1]), json!(["v1", "Y", "ok", "passed", "蒙LK8216", record["trip_no"], 4]));
    assert_eq!(passages[1]["reason"]["message"], "放行");
}

/// PO-207, PO-217: conditions are combined with AND; keys are found as they are typed by hand.
#[tokio::test]
async fn passages_are_found_by_what_was_read_and_judged() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    visited(&app, &mut gate, "v1", "蒙LK8216", Some(&record)).await;
    visited(&app, &mut gate, "v2", "沪A12345", None).await;
    let trip = record["trip_no"].as_str().unwrap();
    for (query, visits) in [
        (format!("trip_no={trip}"), &["v1"][..]),
        ("plate=%E8%92%99lk8216".into(), &["v1"]),
        ("medium_key=%E6%B2%AAA12345".into(), &["v2"]),
        ("plate=12345".into(), &[]),
        ("container_no=%E8%92%99LK8216".into(), &[]),
        ("verdict=N".into(), &["v2"]),
        ("verdict=Y&outcome=passed".into(), &["v1"]),
        ("verdict=N&outcome=passed".into(), &[]),
        ("gate_id=0708-G02&lane_id=IN1".into(), &["v2", "v1"]),
        ("gate_id=0708-G03".into(), &[]),
        ("from=2025-10-13&to=2025-10-13".into(), &["v2", "v1"]),
        ("from=2025-10-14&to=2025-10-15".into(), &[]),
    ] {
        let passages = found(&app, &query).await;
        let own: Vec<_> = passages.iter().map(|passage| passage["visit_id"].as_str().unwrap()).collect();
        assert_eq!(own, visits, "{query}");
    }
    let (status, answer) = app.get("/api/v1/passages?verdict=Q&from=2025-10-13&outcome=gone", OFFICER).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["path"].clone()).collect();
    assert_eq!(faults, ["verdict", "outcome", "to"]);
}

/// Portal patterns, "Lanes": a passage is told event for event, as the gate wrote it, with its reasons in both languages and the binding's number
/// for who may see it.
#[tokio::test]
async fn a_passage_is_told_step_by_step() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    visited(&app, &mut gate, "v1", "蒙LK8216", Some(&record)).await;
    let number = found(&app, "").await[0]["number"].clone();
    let path = format!("/api/v1/passages/{number}");
    let (status, whole) = app.get(&path, OFFICER).await;
    assert_eq!(status, StatusCode::OK, "{whole}");
    let kinds: Vec<_> =
        whole["steps"].as_array().unwrap().iter().map(|step| step["event"]["event_type"].clone()).collect();
    assert_eq!(kinds, ["ARRIVAL", "MATCH", "RAISE_INTENT", "PASS"]);
    assert_eq!(whole["reasons"]["ok"], json!({"code": "ok", "message": "放行", "message_en": "pass"}));
    assert_eq!(whole["record"], record["unified_no"]);
    assert_eq!(app.get(&path, "elsewhere-token").await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/api/v1/passages/999", OFFICER).await.0, StatusCode::NOT_FOUND);
}

/// What was stored before there were passages is there after the next start, and the same.
#[tokio::test]
async fn events_of_before_become_passages_when_the_service_starts() {
    let (app, mut gate) = ready().await;
    let record = app.approved(coal("蒙LK8216")).await;
    visited(&app, &mut gate, "v1", "蒙LK8216", Some(&record)).await;
    visited(&app, &mut gate, "v2", "沪A12345", None).await;
    let before = found(&app, "").await;
    let tx = app.central.store().begin().await.unwrap();
    for sql in [
        "DELETE FROM passage_read",
        "DELETE FROM passage",
        "DELETE FROM counter WHERE name = 'passage'",
        "UPDATE gate_event SET visit_id = NULL",
        "UPDATE gate_epoch SET folded_seq = 0",
    ] {
        execute(tx.conn(), sql, []).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(found(&app, "").await.is_empty());
    catch_up(app.central.store()).await.unwrap();
    assert_eq!(found(&app, "").await, before);
    assert_eq!(found(&app, "plate=%E6%B2%AAA12345").await.len(), 1);
    let path = format!("/api/v1/passages/{}", before[1]["number"]);
    assert_eq!(app.get(&path, OFFICER).await.1["steps"].as_array().unwrap().len(), 4);
    let rows = all(app.central.store().read(), "SELECT seq FROM gate_epoch WHERE folded_seq < seq", []).await;
    assert!(rows.unwrap().is_empty());
}

/// PO-203: the list and its count find what they want in an index, by yard and by what was read.
#[tokio::test]
async fn an_index_serves_the_list() {
    use crate::declaration::query::{Conditions, Page, count_statement, documents_statement};
    let (app, mut gate) = ready().await;
    visited(&app, &mut gate, "v1", "蒙LK8216", None).await;
    let read = "number IN (SELECT number FROM passage_read WHERE value IN (?) AND kind IN ('VN'))";
    for (condition, value) in [("yard_id = ?", "CNEHX070801"), (read, "蒙LK8216"), ("trip_no = ?", "T")] {
        let mut conditions = Conditions::default();
        conditions.add(condition, vec![value.into()]);
        let page = Page { page: 1, size: 10 };
        let list = documents_statement("passage", "number", &conditions, "began_at DESC, number DESC", page);
        hold_to_indexes(
            app.central.store(),
            "passage",
            [list, count_statement("passage", &conditions, false)],
        )
        .await;
    }
    let row =
        all(app.central.store().read(), "SELECT COUNT(*) AS rows_there FROM passage_read", []).await.unwrap();
    assert_eq!(column::<i64>(&row[0], "rows_there").unwrap(), 1);
}
