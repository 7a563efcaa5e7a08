//! 关员: what officers do with records, and what customs sends about them.
//! Promises: an officer's act that the record's status does not allow is a 409 and changes nothing; a customs message that can be read is
//! stored in any case, and raises an alert when it changes nothing (SG-165, SG-190).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::Central,
    binding::{
        Record,
        api::{same_version, visible},
        lifecycle::{self, Action, ApplyError, Cause},
        store,
    },
    declaration::{
        body,
        fault::FieldError,
        problem::Problem,
        receipt::{self, Receipt, ReceiptKind},
        words,
    },
    gate_feed::alert::{self, Alert, AlertCode},
    identity::Person,
    store::Tx,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The paths of the desk.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(act)).routes(routes!(receive))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ActRequest {
    version: Option<i64>,
    text: Option<String>,
}

/// An officer's act: `approve`, `return`, `hold`, `lift`, `close`, `finish`, `left-port`.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without the version seen (SG-151) or the text that `return`, `hold` and `close` need.
#[utoipa::path(post, path = "/api/v1/desk/records/{unified_no}/{act}", tag = "desk",
    params(("unified_no" = String, Path), ("act" = String, Path)),
    request_body(content = serde_json::Value, example = json!({"version": 3, "text": "舱单已撤销"})),
    responses((status = 200, description = "the record's status and version", body = serde_json::Value, example = json!({"unified_no": "202500000000000123", "status": "LOCKED", "version": 4})),
              (status = 409, description = "status or version")))]
pub async fn act(
    State(central): State<Central>,
    person: Person,
    Path((unified_no, act)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.officer()?;
    let request: ActRequest = if bytes.is_empty() { ActRequest::default() } else { body::read(&bytes)? };
    let action =
        Action::ALL.iter().copied().find(|action| action.receipt_code().is_some() && action.code() == act);
    let action = action.ok_or_else(Problem::not_found)?;
    let text = words_of(Some(action), request.text.as_deref())?;
    let mut tx = central.store().begin().await?;
    let before = visible(tx.conn(), &unified_no, &person).await?;
    same_version(&before, request.version)?;
    let cause = Cause { actor: person.name.clone(), text, confirmed_warnings: Vec::new() };
    let after = lifecycle::apply(&mut tx, &before, action, &cause, None).await?.unwrap_or(before);
    tx.commit().await?;
    Ok(Json(json!({ "unified_no": after.unified_no, "status": after.status, "version": after.version })))
}

/// The words that go with an act; what sends a record back, holds it or closes it says why.
fn words_of(action: Option<Action>, text: Option<&str>) -> Result<Option<String>, Problem> {
    let needed = match action {
        Some(Action::Close) => Some("SG-187"),
        Some(Action::Hold) => Some("SG-199"),
        Some(Action::Return) => Some("SG-175"),
        _ => None,
    };
    words::read("text", text, needed).map_err(Problem::fields)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    unified_no: Option<String>,
    trip_no: Option<String>,
    code: String,
    text: Option<String>,
}

/// 海关回执: a message of customs about a record.
///
/// # Errors
/// 400, 401, 403, 404, 422 without the text that the codes 20, 41 and 43 need.
#[utoipa::path(post, path = "/api/v1/desk/receipts", tag = "desk",
    request_body(content = serde_json::Value, example = json!({"trip_no": "20251089500000048210000000000123", "code": "20", "text": "舱单已撤销"})),
    responses((status = 200, description = "stored; applied or not", body = serde_json::Value, example = json!({"applied": true, "status": "REJECTED"}))))]
pub async fn receive(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.officer()?;
    let message: Message = body::read(&bytes)?;
    let number = message.unified_no.as_deref().or(message.trip_no.as_deref());
    let number =
        number.ok_or_else(|| Problem::fields(vec![FieldError::required("unified_no".into(), "SG-165")]))?;
    let text = words_of(Action::of_receipt(&message.code), message.text.as_deref())?;
    // Customs has spoken; who handed its words in stands beside it.
    let cause = Cause { actor: format!("customs ({})", person.name), text, confirmed_warnings: Vec::new() };
    let mut tx = central.store().begin().await?;
    let before = visible(tx.conn(), number, &person).await?;
    let (status, applied) = settle(&mut tx, &before, &message.code, cause).await?;
    tx.commit().await?;
    Ok(Json(json!({ "applied": applied, "status": status })))
}

/// The one place where a customs receipt meets a record (SG-165, SG-174..SG-176, SG-183, SG-185, SG-187, SG-188, SG-190, SG-268).
async fn settle(
    tx: &mut Tx,
    before: &Record,
    code: &str,
    cause: Cause,
) -> Result<(protocols::rules::TripStatus, bool), Problem> {
    let refused = match Action::of_receipt(code) {
        None => AlertCode::UnknownReceipt,
        Some(action) => match lifecycle::apply(tx, before, action, &cause, None).await {
            Ok(after) => return Ok((after.map_or(before.status, |after| after.status), true)),
            Err(ApplyError::OutOfPlace(_)) => AlertCode::ReceiptOutOfPlace,
            Err(ApplyError::Store(error)) => return Err(error.into()),
        },
    };
    let status = before.status.code();
    let row = Receipt {
        code: Some(code.chars().take(20).collect()),
        version_no: before.version_no,
        text: cause.text,
        ..Receipt::new(tx.now(), ReceiptKind::Unapplied, "receipt", &cause.actor, Some(status), Some(status))
    };
    receipt::write(tx, before.unified_no.as_str(), &row).await?;
    store::mark_answered(tx, before).await?;
    let alert = Alert {
        code: refused,
        gate_id: None,
        trip_no: Some(before.trip_no.to_string()),
        event_id: None,
        text: format!("customs receipt {code:.20} changes nothing in status {}", before.status),
        occurred_at: None,
    };
    alert::raise(tx, &alert).await?;
    Ok((before.status, false))
}
