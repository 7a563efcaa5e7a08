//! The way of a signed act over HTTP, as every manual offers it: statement, signature, act.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    routing::{get, post},
};
use serde::Deserialize;

use super::*;
use crate::{
    app::Central,
    test_app::{CARDLESS, DECLARANT},
};

const RECORD: &str = "/api/v1/letters/202500000000000123";

#[derive(Deserialize)]
struct Asked {
    version: i64,
    #[serde(default)]
    signature: Option<Signature>,
}

/// A record of a made-up manual: its fields never change, its version is 3.
fn letters() -> Router<Central> {
    Router::new()
        .route("/api/v1/letters/{number}", get(async || Json(json!({ "version": 3 }))))
        .route("/api/v1/letters/{number}/statements", post(statements))
        .route("/api/v1/letters/{number}/submit", post(submit))
}

fn letter(number: String, version: i64) -> [Act; 1] {
    [Act { number, version, ..act() }]
}

async fn statements(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    let asked: Asked = serde_json::from_slice(&bytes).unwrap();
    let tx = central.store().begin().await?;
    let statement = ask(&tx, &person, &letter(number, asked.version)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

async fn submit(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let asked: Asked = serde_json::from_slice(&bytes).unwrap();
    let tx = central.store().begin().await?;
    let acts = letter(number, asked.version);
    let signed = prove(&central, &tx, &person, asked.signature.as_ref(), &acts).await?;
    tx.commit().await?;
    Ok(Json(json!({ "card_no": signed.card_no() })))
}

/// PO-093, PO-094, PO-098, PO-106, PO-108: the card in the reader signs, or its number is told.
#[tokio::test]
async fn an_act_is_asked_for_signed_and_done() {
    let app = TestApp::open().await.serving(letters());
    let (status, done) = app.act(DECLARANT, RECORD, "submit", json!({})).await;
    assert_eq!((status, done), (StatusCode::OK, json!({ "card_no": CARD })));

    app.hold(DECLARANT, TestCard::of(&holder("2100000999999", Some(USCC), None)));
    let (status, refused) = app.act(DECLARANT, RECORD, "submit", json!({})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("PO_CARD_MISMATCH")));

    let (status, refused) = app.post(&format!("{RECORD}/submit"), DECLARANT, json!({"version": 3})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("PO_CARD_ABSENT")));

    let (status, refused) = app.act(CARDLESS, RECORD, "submit", json!({"version": 3})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("PO_NO_PERMISSION")));
}

/// PO-098: a signature over the version that the person saw is none over the next one.
#[tokio::test]
async fn a_signature_is_for_the_version_that_was_seen() {
    let app = TestApp::open().await.serving(letters());
    let asked = json!({"version": 3});
    let (_, statement) = app.post(&format!("{RECORD}/statements"), DECLARANT, asked).await;
    let body = json!({"version": 4, "signature": app.sign(DECLARANT, &statement)});
    let (status, refused) = app.post(&format!("{RECORD}/submit"), DECLARANT, body).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("PO_SIGNATURE_INVALID")));
}
