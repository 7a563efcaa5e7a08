//! The next certificate: in time, too late, and never.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use protocols::ids::GateId;
use serde_json::{Value, json};

use super::{
    super::{certificate, upkeep},
    DAY, End, GATE, Line, csr, told,
};
use crate::test_app::{ADMIN, OFFICER, TestApp};

async fn decide(app: &TestApp, what: &str, key_hash: &Value) -> (StatusCode, Value) {
    let at = format!("/api/v1/admin/gates/{GATE}/renewal/{what}");
    app.post(&at, ADMIN, json!({"key_hash": key_hash})).await
}

async fn waiting(app: &TestApp) -> Value {
    app.get("/api/v1/admin/gate-identities", ADMIN).await.1["renewals"].clone()
}

/// fault C9: from two thirds of the lifetime on, by the certificate itself; the one before ends when the next is used, not before.
#[tokio::test]
async fn a_certificate_is_renewed_from_two_thirds_of_its_life() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let first = line.enrol(GATE).await;
    assert_eq!(line.hello(&first).await.0, StatusCode::OK);
    line.wait(30 * DAY - 1000);
    let own = csr();
    assert_eq!(told(&line.renew(&first, &own).await), "GATE_RENEWAL_EARLY");
    line.wait(1000);
    let (status, answer) = line.renew(&first, &own).await;
    assert_eq!((status, &answer["not_after"]), (StatusCode::OK, &json!("2025-12-27T00:30:00.000Z")));
    // The answer was lost: the same key gets the same certificate.
    assert_eq!(line.renew(&first, &own).await.1, answer);
    let second = End::of(answer);
    line.wait(DAY);
    assert_eq!(line.hello(&first).await.0, StatusCode::OK, "the next is not in use yet");
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
    assert_eq!(line.hello(&first).await.0, StatusCode::OK, "what was under way ends in peace");
    assert_eq!(
        told(&line.renew(&first, &csr()).await),
        "GATE_CERTIFICATE_SUPERSEDED",
        "but a copy of the old disk gets nothing of its own"
    );
    line.wait(5 * 60 * 1000);
    assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_SUPERSEDED");
    assert_eq!(line.alerts().await, ["gate_copied"]);
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
}

/// A renewal takes a new key; one whose key the gate has lost is dropped for the next.
#[tokio::test]
async fn a_renewal_takes_a_new_key() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let (code, own) = (line.code(GATE).await, csr());
    let (_, answer) = line.post("/gate/v1/enrol", None, json!({"code": code, "csr": own})).await;
    let first = End::of(answer);
    line.wait(31 * DAY);
    let (status, answer) = line.renew(&first, &own).await;
    assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("csr")));
    let lost = End::of(line.renew(&first, &csr()).await.1);
    line.wait(1000);
    let kept = End::of(line.renew(&first, &csr()).await.1);
    assert_eq!(told(&line.hello(&lost).await), "GATE_CERTIFICATE_REVOKED");
    assert_eq!(line.hello(&kept).await.0, StatusCode::OK);
}

/// fault C9: expired after 45 days offline: the gate asks, waits for a person, and gets it once; everything else stays closed meanwhile.
#[tokio::test]
async fn an_expired_gate_is_renewed_once_with_approval() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let first = line.enrol(GATE).await;
    line.hello(&first).await;
    line.wait(60 * DAY);
    let own = csr();
    let (status, waits) = line.renew(&first, &own).await;
    assert_eq!((status, &waits["since"]), (StatusCode::ACCEPTED, &json!("2025-12-12T00:30:00.000Z")));
    assert_eq!(line.renew(&first, &own).await.0, StatusCode::ACCEPTED, "asking again changes nothing");
    assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_EXPIRED");
    assert_eq!(line.alerts().await, ["gate_renewal_waits"]);

    let list = waiting(&app).await;
    assert_eq!((&list[0]["gate_id"], &list[0]["state"]), (&json!(GATE), &json!("waiting")));
    let key_hash = list[0]["key_hash"].clone();
    let at = format!("/api/v1/admin/gates/{GATE}/renewal/approve");
    assert_eq!(app.post(&at, OFFICER, json!({"key_hash": key_hash})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(told(&decide(&app, "approve", &json!("another")).await), "PO_STATUS_CONFLICT");
    assert_eq!(decide(&app, "approve", &key_hash).await.1["state"], "approved");
    assert_eq!(told(&decide(&app, "refuse", &key_hash).await), "PO_STATUS_CONFLICT", "it is decided");
    // Whoever comes with another key now has not been looked at.
    let (status, answer) = line.renew(&first, &own).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(line.renew(&first, &own).await.1, answer, "the answer may be lost");
    let second = End::of(answer);
    assert_eq!(line.hello(&second).await.0, StatusCode::OK);
    assert_eq!(waiting(&app).await, json!([]));
    line.wait(DAY);
    assert_eq!(told(&line.renew(&first, &csr()).await), "GATE_CERTIFICATE_SUPERSEDED", "once");
    let actions: Vec<_> = line.log(GATE).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["make_code", "enrol", "approve_renewal", "renew"]);
}

/// What was approved is one key: another one waits again; and what was refused stays refused.
#[tokio::test]
async fn an_approval_is_of_one_key_and_a_refusal_is_the_end() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let first = line.enrol(GATE).await;
    line.wait(60 * DAY);
    line.renew(&first, &csr()).await;
    decide(&app, "approve", &waiting(&app).await[0]["key_hash"]).await;
    assert_eq!(line.renew(&first, &csr()).await.0, StatusCode::ACCEPTED, "nobody has looked at this key");
    decide(&app, "refuse", &waiting(&app).await[0]["key_hash"]).await;
    for _ in 0..2 {
        assert_eq!(told(&line.renew(&first, &csr()).await), "GATE_RENEWAL_REFUSED");
    }
    assert_eq!(line.hello(&line.enrol(GATE).await).await.0, StatusCode::OK, "a new code is the way back");
}

/// A revocation holds from the next request on, and ends a long poll that is under way.
#[tokio::test]
async fn a_revocation_holds_at_once() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let end = line.enrol(GATE).await;
    let revision = line.hello(&end).await.1["revision"].clone();
    let at = format!("/gate/v1/changes?after={revision}&wait=60");
    let poll = line.call(Method::GET, &at, Some(end.certificate.der()), Value::Null);
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let at = format!("/api/v1/admin/gates/{GATE}/revocation");
        assert_eq!(
            app.post(&at, ADMIN, json!({})).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "it has a reason"
        );
        let revoked = app.post(&at, ADMIN, json!({"reason": "设备失窃"})).await;
        assert_eq!(revoked.1, json!({"certificates": 1, "codes": 1}));
        assert_eq!(app.post(&at, ADMIN, json!({"reason": "again"})).await.0, StatusCode::NOT_FOUND);
    };
    let (ended, ()) =
        tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(poll, revoke) }).await.unwrap();
    assert_eq!(told(&ended), "GATE_CERTIFICATE_REVOKED");
    assert_eq!(told(&line.hello(&end).await), "GATE_CERTIFICATE_REVOKED");
    assert_eq!(told(&line.renew(&end, &csr()).await), "GATE_CERTIFICATE_REVOKED");
    let (action, detail) = line.log(GATE).await.pop().unwrap();
    assert_eq!((action.as_str(), &detail["reason"]), ("revoke", &json!("设备失窃")));
}

async fn states(app: &TestApp) -> Vec<Value> {
    let known = app.get("/api/v1/admin/gate-identities", ADMIN).await.1;
    let list = known["items"][0]["certificates"].as_array().unwrap();
    list.iter().map(|one| one["state"].clone()).collect()
}

/// fault B1: the centre's clock was forty days ahead when it renewed a gate, and is put right: the gate keeps its line by what was issued, whether or
/// not it had used it; the one before ends as ever, and the next renewal comes when it is due.
#[tokio::test]
async fn what_was_issued_by_a_clock_that_was_ahead_counts() {
    for was_used in [true, false] {
        let app = TestApp::open().await;
        let line = Line::of(&app);
        let first = line.enrol(GATE).await;
        assert_eq!(line.hello(&first).await.0, StatusCode::OK);
        line.wait(40 * DAY);
        let own = csr();
        let (status, answer) = line.renew(&first, &own).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let second = End::of(answer);
        if was_used {
            assert_eq!(line.hello(&second).await.0, StatusCode::OK);
        }
        let store = app.central.store();
        assert!(upkeep::dated_ahead(store).await.unwrap().is_empty(), "nobody can know yet");

        line.wait(-40 * DAY);
        if was_used {
            assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_SUPERSEDED", "a copy, as ever");
        } else {
            assert_eq!(line.hello(&first).await.0, StatusCode::OK, "the next is not in use yet");
            assert_eq!(line.renew(&first, &own).await.1, second.answer, "the answer was lost");
        }
        assert_eq!(line.hello(&second).await.0, StatusCode::OK);
        assert_eq!(told(&line.renew(&second, &csr()).await), "GATE_RENEWAL_EARLY");
        line.wait(5 * 60 * 1000);
        assert_eq!(told(&line.hello(&first).await), "GATE_CERTIFICATE_SUPERSEDED");
        assert_eq!(states(&app).await, ["dated_ahead", "superseded"]);
        let ahead = upkeep::dated_ahead(store).await.unwrap();
        assert_eq!(ahead.iter().map(GateId::as_str).collect::<Vec<_>>(), [GATE]);

        line.wait(70 * DAY);
        let third = End::of(line.renew(&second, &csr()).await.1);
        assert_eq!(line.hello(&third).await.0, StatusCode::OK);
        line.wait(5 * 60 * 1000);
        assert_eq!(told(&line.hello(&second).await), "GATE_CERTIFICATE_SUPERSEDED");
        let known = certificate::of_gate(store.read(), &GateId::parse(GATE).unwrap()).await.unwrap();
        let order: Vec<_> = known.iter().map(|one| one.pem.as_str()).collect();
        let issued = [&third, &second, &first].map(|end| end.answer["certificate"].as_str().unwrap());
        assert_eq!(order, issued, "the newest first, as they were issued");
        assert!(upkeep::dated_ahead(store).await.unwrap().is_empty());
    }
}

/// fault B1: whoever enrols a gate anew after such a clock gets one that begins earlier than the one before, and is the newest all the same.
#[tokio::test]
async fn an_enrolment_ends_what_begins_later_too() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    line.wait(40 * DAY);
    let ahead = line.enrol(GATE).await;
    assert_eq!(line.hello(&ahead).await.0, StatusCode::OK);
    line.wait(-40 * DAY);
    let anew = line.enrol(GATE).await;
    assert_eq!(line.hello(&anew).await.0, StatusCode::OK);
    assert_eq!(told(&line.hello(&ahead).await), "GATE_CERTIFICATE_REVOKED");
    line.wait(31 * DAY);
    let next = End::of(line.renew(&anew, &csr()).await.1);
    assert_eq!(line.hello(&next).await.0, StatusCode::OK);
    assert_eq!(told(&line.hello(&ahead).await), "GATE_CERTIFICATE_REVOKED");
}
