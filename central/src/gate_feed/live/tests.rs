//! What people at a screen are told, and when a stream ends.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::{
    contract::{EventType, UtcMillis},
    rules::{LaneDirection, ReasonCode},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    identity::session,
    test_app::{ADMIN, HEADQUARTERS, OFFICER, TestApp, TestGate, YARD},
};

const ELSEWHERE: &str = "elsewhere-token";

async fn ready() -> (TestApp, TestGate) {
    let app = TestApp::open().await;
    let gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&app, "store-1").await.0, StatusCode::OK);
    (app, gate)
}

async fn status(app: &TestApp, gate: &TestGate, state: &str, visit: Option<&str>) {
    status_of(app, gate, state, visit, ("something-newer", None)).await;
}

async fn status_of(
    app: &TestApp,
    gate: &TestGate,
    state: &str,
    visit: Option<&str>,
    (journal, error): (&str, Option<&str>),
) {
    let body = json!({
        "gate_id": "0708-G02", "at": "2025-10-13T00:30:00.000Z", "head": {"epoch": 1, "seq": 3}, "index_revision": 1, "index_age_s": 2,
        "lanes": [{"lane_id": "IN1", "state": state, "visit_id": visit, "verdict": null, "reason_code": null, "faults": []}],
        "health": {"backlog": 3, "clock_offset_ms": 12, "journal": journal, "journal_error": error, "disk_free_mb": 900, "disk_total_mb": 4000},
    });
    let (status, answer) = app.post("/gate/v1/status", &gate.token(), body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
}

/// One event of a stream: its kind, its number, what it says.
#[derive(Debug)]
struct Told {
    kind: String,
    id: Option<String>,
    data: Value,
}

fn read(text: &str) -> Vec<Told> {
    let told = |block: &str| {
        let of = |name: &str| {
            block.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
        };
        Some(Told { kind: of("event:")?, id: of("id:"), data: serde_json::from_str(&of("data:")?).unwrap() })
    };
    text.split("\n\n").filter_map(told).collect()
}

/// Everything as it is, or what came after a number.
async fn once(app: &TestApp, token: &str, after: Option<&str>) -> Vec<Told> {
    let mut request = Request::builder()
        .uri("/api/v1/gates/stream?once=true")
        .header("authorization", format!("Bearer {token}"));
    if let Some(after) = after {
        request = request.header("last-event-id", after);
    }
    let response = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let told = read(std::str::from_utf8(&bytes).unwrap());
    assert_eq!(told.last().unwrap().kind, "end");
    told
}

fn lane<'a>(gate: &'a Value, lane_id: &str) -> &'a Value {
    gate["lanes"].as_array().unwrap().iter().find(|lane| lane["lane_id"] == lane_id).unwrap()
}

/// Portal patterns, "Lanes (operator)": everything at the start, then what has moved; a lane says since when it is as it is.
#[tokio::test]
async fn everything_is_told_first_and_then_what_has_moved() {
    let (app, mut gate) = ready().await;
    status(&app, &gate, "idle", None).await;
    let told = once(&app, OFFICER, None).await;
    assert_eq!(told[0].kind, "state");
    let gates = told[0].data["gates"].as_array().unwrap();
    let ids: Vec<_> = gates.iter().map(|gate| gate["gate_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["0708-G02", "0708-G03"], "one that never said a word is shown too");
    assert_eq!(gates[1]["seen_at"], Value::Null);
    assert_eq!((&gates[0]["unsent"], &gates[0]["live"]["health"]["journal"]), (&json!(3), &json!("other")));
    assert_eq!(lane(&gates[0], "OUT1")["outermost"], true, "a lane of the policy");
    let since = lane(&gates[0], "IN1")["since"].clone();

    let upto = told[0].id.clone().unwrap();
    assert_eq!(once(&app, OFFICER, Some(&upto)).await[0].kind, "end", "nothing has moved");
    app.central.store().clock().set(UtcMillis::parse("2025-10-13T00:31:00Z").unwrap());
    status(&app, &gate, "idle", None).await;
    let arrival = gate.write(EventType::Arrival, LaneDirection::In, "v1", None);
    gate.send(&app, vec![arrival]).await;
    let told = once(&app, OFFICER, Some(&upto)).await;
    assert_eq!(told[0].kind, "moved");
    assert_eq!(told[0].data["gates"].as_array().unwrap().len(), 1);
    assert_eq!(lane(&told[0].data["gates"][0], "IN1")["since"], since, "the lane is as it was");
    assert_eq!(lane(&told[0].data["gates"][0], "IN1")["last"]["visit_id"], "v1");
    assert_eq!(told[0].data["passages"][0]["outcome"], "open");
    status(&app, &gate, "collecting", Some("v1")).await;
    let told = once(&app, OFFICER, told[0].id.as_deref()).await;
    assert_eq!(lane(&told[0].data["gates"][0], "IN1")["since"], "2025-10-13T00:31:00.000Z");
    // A number of another centre, or none at all: everything.
    for number in ["999999", "x"] {
        assert_eq!(once(&app, OFFICER, Some(number)).await[0].kind, "state");
    }
}

/// fault A5, fault A10: a gate that records in its last room, and one that does not record, say so by their status; each is raised when it is said first, and not over and over.
#[tokio::test]
async fn a_gate_that_cannot_record_is_raised_by_its_status() {
    const SAID: &str =
        "cannot write the journal: cannot use the data folder /data: Read-only file system (os error 30)";
    let (app, gate) = ready().await;
    let says = async |journal: &str, error: Option<&str>| {
        status_of(&app, &gate, "idle", None, (journal, error)).await
    };
    let raised = async || {
        let list = app.get("/api/v1/alerts", OFFICER).await.1;
        let of = |alert: &Value| {
            (alert["code"].as_str().unwrap().to_owned(), alert["text"].as_str().unwrap().to_owned())
        };
        list["items"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    for journal in ["opening", "available", "slow", "something-newer"] {
        says(journal, None).await;
    }
    assert!(raised().await.is_empty());
    for _ in 0..2 {
        says("on_reserve", None).await;
    }
    for _ in 0..2 {
        says("unavailable", Some(SAID)).await;
    }
    let told = raised().await;
    assert_eq!(
        (told.len(), told[0].0.as_str(), told[1].0.as_str()),
        (2, "gate_disk_full", "gate_not_recording")
    );
    assert!(told[1].1.ends_with(SAID), "{told:?}");
    says("available", None).await;
    says("unavailable", None).await;
    assert_eq!(raised().await.len(), 2, "within ten minutes");
    says("available", None).await;
    app.central.store().clock().set(UtcMillis::parse("2025-10-13T00:41:00Z").unwrap());
    says("unavailable", Some("不".repeat(10_000).as_str())).await;
    let told = raised().await;
    assert!(told.len() == 3 && told[2].1.len() < 600, "{}", told[2].1.len());
}

/// PO-049: an officer of other offices and an operator of another yard are told of no gate, passage or alert here.
#[tokio::test]
async fn everyone_is_told_of_the_own_gates_only() {
    let (app, mut gate) = ready().await;
    let mut pass = gate.event(EventType::Pass, LaneDirection::In, "v1", None);
    pass.reason_code = Some(ReasonCode::PassageUnconfirmed);
    let pass = gate.sealed(pass);
    gate.send(&app, vec![pass]).await;
    for (token, sees) in [(OFFICER, true), (ADMIN, true), (HEADQUARTERS, true), (ELSEWHERE, false)] {
        let told = once(&app, token, Some("0")).await;
        if sees {
            assert_eq!(told[0].data["alerts"][0]["code"], "passage_unconfirmed", "{token}");
        } else {
            assert_eq!(told[0].kind, "end", "{token}: {told:?}");
        }
        let state = &once(&app, token, None).await[0].data;
        for member in ["gates", "passages", "alerts"] {
            assert_eq!(!state[member].as_array().unwrap().is_empty(), sees, "{token} {member}");
        }
    }
    let (status, problem) = app.get("/api/v1/gates/stream?once=true", crate::test_app::DECLARANT).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("PO_NO_PERMISSION")));
}

/// `contract` section 7: officers and operators acknowledge; the alert says who and when, leaves the open ones, and those who watch are told.
#[tokio::test]
async fn an_acknowledged_alert_says_by_whom_and_is_no_longer_open() {
    let (app, mut gate) = ready().await;
    let mut pass = gate.event(EventType::Pass, LaneDirection::In, "v1", None);
    pass.reason_code = Some(ReasonCode::PassageUnconfirmed);
    let pass = gate.sealed(pass);
    gate.send(&app, vec![pass]).await;
    let before = once(&app, OFFICER, None).await;
    let id = before[0].data["alerts"][0]["id"].clone();
    let path = format!("/api/v1/alerts/{id}/acknowledge");
    for (token, expected) in
        [(ADMIN, StatusCode::FORBIDDEN), (ELSEWHERE, StatusCode::NOT_FOUND), (OFFICER, StatusCode::OK)]
    {
        assert_eq!(app.post(&path, token, Value::Null).await.0, expected, "{token}");
    }
    let moved = once(&app, OFFICER, before[0].id.as_deref()).await;
    assert_eq!(
        (&moved[0].data["alerts"][0]["acknowledged_by"], &moved[0].data["alerts_total"]),
        (&json!("li"), &json!(0))
    );
    assert_eq!(app.get("/api/v1/alerts?open=true", OFFICER).await.1["items"], json!([]));
    assert_eq!(app.get("/api/v1/alerts", OFFICER).await.1["items"].as_array().unwrap().len(), 1);
    // A second time changes nothing.
    assert_eq!(app.post(&path, OFFICER, Value::Null).await.1["acknowledged_by"], "li");
    assert_eq!(once(&app, OFFICER, moved[0].id.as_deref()).await[0].kind, "end");
}

/// PO-069, PO-123: a stream tells while it happens, keeps no session alive, and ends with it.
#[tokio::test]
async fn a_stream_tells_while_it_happens_and_ends_with_the_session() {
    let (app, mut gate) = ready().await;
    let body = json!({"username": "yard_zhou", "role": "yard_operator", "yard_ids": [YARD], "mobile": "13800000001"});
    let (status, account) = app.post("/api/v1/admin/accounts", ADMIN, body).await;
    assert_eq!(status, StatusCode::CREATED, "{account}");
    let id = account["id"].as_str().unwrap();
    let tx = app.central.store().begin().await.unwrap();
    let beginning = session::Beginning {
        account_id: id,
        login: crate::identity::Login::Password,
        device: None,
        address: None,
    };
    let (own, token) = session::begin(&tx, beginning).await.unwrap();
    tx.commit().await.unwrap();

    let response = app.respond(Method::GET, "/api/v1/gates/stream", &token, Value::Null).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let mut next = async || -> Option<String> {
        let frame = timeout(Duration::from_secs(20), body.frame()).await.expect("the stream says nothing")?;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    };
    assert!(next().await.unwrap().contains("event: state"));
    let arrival = gate.write(EventType::Arrival, LaneDirection::In, "v1", None);
    gate.send(&app, vec![arrival]).await;
    let mut told = next().await.unwrap();
    while told.contains("event: beat") {
        told = next().await.unwrap();
    }
    assert!(told.contains("event: moved") && told.contains("\"visit_id\":\"v1\""), "{told}");

    let tx = app.central.store().begin().await.unwrap();
    assert!(session::end(&tx, id, &own.id, "log_out").await.unwrap());
    tx.commit().await.unwrap();
    let mut told = next().await.unwrap();
    while told.contains("event: beat") {
        told = next().await.unwrap();
    }
    assert!(told.contains("event: end") && told.contains("session"), "{told}");
    assert_eq!(next().await, None);
}

/// As many as the configuration allows; who is one too many is told to come back, and may once another has gone.
#[tokio::test]
async fn there_are_so_many_places_and_one_that_goes_leaves_its_own() {
    let app = TestApp::open_with(|config| config.feed.max_streams = 1).await;
    let first = app.respond(Method::GET, "/api/v1/gates/stream", OFFICER, Value::Null).await;
    assert_eq!(first.status(), StatusCode::OK);
    let (status, _) = app.get("/api/v1/gates/stream?once=true", OFFICER).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
    once(&app, OFFICER, None).await;
}

/// A caller that takes nothing for half a minute is let go when it comes back to it; what it missed it gets by its number.
#[tokio::test]
async fn who_takes_nothing_is_let_go() {
    let (app, _gate) = ready().await;
    let mut body = app.respond(Method::GET, "/api/v1/gates/stream", OFFICER, Value::Null).await.into_body();
    assert!(body.frame().await.is_some());
    app.central.store().clock().set(UtcMillis::parse("2025-10-13T00:30:31Z").unwrap());
    assert!(body.frame().await.is_none());
}
