//! Writes that are sent twice.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::*;
use crate::test_app::{DECLARANT, TestApp, coal};

const RECORDS: &str = "/api/v1/smart-gate/records";

async fn send(
    app: &TestApp,
    method: Method,
    path: &str,
    token: &str,
    key: &str,
    body: &Value,
) -> (StatusCode, Value, bool) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    let response = app.send(request.unwrap()).await;
    let (status, repeated) = (response.status(), response.headers().contains_key(REPEATED));
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), repeated)
}

async fn records(app: &TestApp, token: &str) -> i64 {
    app.get(RECORDS, token).await.1["total"].as_i64().unwrap()
}

/// PO-334: the same key gives the first answer and no second effect, within 24 hours.
#[tokio::test]
async fn a_repeated_write_gets_the_first_answer() {
    let app = TestApp::open().await;
    let body = coal("蒙LK8216");
    let (status, first, repeated) = send(&app, Method::POST, RECORDS, DECLARANT, "k1", &body).await;
    assert_eq!((status, repeated), (StatusCode::CREATED, false));
    app.central.store().clock().advance(DAY_MS);
    assert_eq!(
        send(&app, Method::POST, RECORDS, DECLARANT, "k1", &body).await,
        (StatusCode::CREATED, first.clone(), true)
    );
    assert_eq!(records(&app, DECLARANT).await, 1);

    // The record moves on; the answer stays the first one.
    let path = format!("{RECORDS}/{}?version=1", first["unified_no"].as_str().unwrap());
    assert_eq!(
        send(&app, Method::DELETE, &path, DECLARANT, "k2", &Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        send(&app, Method::DELETE, &path, DECLARANT, "k2", &Value::Null).await,
        (StatusCode::NO_CONTENT, Value::Null, true)
    );

    app.central.store().clock().advance(1);
    let (_, second, repeated) = send(&app, Method::POST, RECORDS, DECLARANT, "k1", &body).await;
    assert!(!repeated && second["unified_no"] != first["unified_no"], "a day later it is a new request");
    forget(app.central.store()).await.unwrap();
    assert!(send(&app, Method::POST, RECORDS, DECLARANT, "k1", &body).await.2, "and that one is remembered");
}

/// PO-334: refusals are answers, too; another request under the key is refused; a key belongs to one person.
#[tokio::test]
async fn a_key_means_one_request_of_one_person() {
    let app = TestApp::open().await;
    let (status, refused, _) = send(&app, Method::POST, RECORDS, DECLARANT, "k", &json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = send(&app, Method::POST, RECORDS, DECLARANT, "k", &json!({})).await;
    assert_eq!(again, (status, refused, true));
    let (status, answer, _) = send(&app, Method::POST, RECORDS, DECLARANT, "k", &coal("蒙LK8216")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO-334")));
    let (status, _, repeated) =
        send(&app, Method::POST, RECORDS, "declarant-91310115MA1H7K2R0J", "k", &coal("蒙LK8216")).await;
    assert_eq!((status, repeated), (StatusCode::CREATED, false));
    assert_eq!(
        send(&app, Method::POST, RECORDS, "nobody-at-all", "k", &json!({})).await.0,
        StatusCode::UNAUTHORIZED
    );
    for key in ["", &"x".repeat(129)] {
        assert_eq!(
            send(&app, Method::POST, RECORDS, DECLARANT, key, &json!({})).await.0,
            StatusCode::BAD_REQUEST
        );
    }
}

/// PO-334: of several at once, one acts.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_at_once_one_acts() {
    let app = TestApp::open().await;
    let body = coal("蒙LK8216");
    let many = (0..8).map(|_| send(&app, Method::POST, RECORDS, DECLARANT, "k", &body));
    let answers = futures::future::join_all(many).await;
    assert_eq!(
        answers.iter().filter(|(status, _, repeated)| *status == StatusCode::CREATED && !repeated).count(),
        1
    );
    assert!(
        answers.iter().all(|(status, ..)| matches!(*status, StatusCode::CREATED | StatusCode::CONFLICT)),
        "{answers:?}"
    );
    assert_eq!(records(&app, DECLARANT).await, 1);
}

async fn set(app: &TestApp, sql: &str) {
    let tx = app.central.store().begin().await.unwrap();
    assert_eq!(execute(tx.conn(), sql, []).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

/// PO-334: the process ended between the commit and the answer: the effect is not repeated. It ended before the commit: it is made up for.
#[tokio::test]
async fn a_death_in_between_repeats_nothing_and_loses_nothing() {
    let app = TestApp::open().await;
    let body = coal("蒙LK8216");
    send(&app, Method::POST, RECORDS, DECLARANT, "k", &body).await;
    set(&app, "UPDATE answer SET status = NULL, headers = NULL, body = NULL WHERE done = 1").await;
    let (status, answer, _) = send(&app, Method::POST, RECORDS, DECLARANT, "k", &body).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO-334")));
    app.central.store().clock().advance(DEAD_MS + 1);
    let (status, answer, _) = send(&app, Method::POST, RECORDS, DECLARANT, "k", &body).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(answer["message_en"].as_str().unwrap().contains("took effect"), "{answer}");
    assert_eq!(records(&app, DECLARANT).await, 1);

    set(&app, "UPDATE answer SET done = 0").await;
    let (status, _, repeated) = send(&app, Method::POST, RECORDS, DECLARANT, "k", &body).await;
    assert_eq!((status, repeated, records(&app, DECLARANT).await), (StatusCode::CREATED, false, 2));
}
