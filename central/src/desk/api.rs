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

use super::{
    bulk,
    settle::{self, Said, Settled},
    work,
};
use crate::{
    app::Central,
    binding::{
        Record,
        api::{same_version, visible},
        lifecycle::{self, Action},
        store,
    },
    declaration::{actor::Actor, body, fault::FieldError, lifecycle::Cause, problem::Problem, words},
    identity::{Person, Standing},
    store::Tx,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The paths of the desk.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(work::list))
        .routes(routes!(act))
        .routes(routes!(bulk::act_on_all))
        .routes(routes!(bulk::statements))
        .routes(routes!(receive))
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
    person.decides()?;
    let request: ActRequest = if bytes.is_empty() { ActRequest::default() } else { body::read(&bytes)? };
    let action = Action::of_officer(&act).ok_or_else(Problem::not_found)?;
    let text = words_of(Some(action), request.text.as_deref())?;
    let mut tx = central.store().begin().await?;
    let before = visible(tx.conn(), &unified_no, &person).await?;
    same_version(&before, request.version)?;
    let cause = Cause::by(person.actor()).saying(text);
    let after = lifecycle::apply(&mut tx, &before, action, &cause, None).await?.unwrap_or(before);
    tx.commit().await?;
    Ok(Json(outcome(&after)))
}

/// What an officer is told of a record that he has acted on.
pub(super) fn outcome(record: &Record) -> Value {
    json!({ "unified_no": record.unified_no, "status": record.status, "version": record.version })
}

/// The words that go with an act; what sends a record back, holds it or closes it says why.
pub(super) fn words_of(action: Option<Action>, text: Option<&str>) -> Result<Option<String>, Problem> {
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
    version_no: Option<u32>,
    message_no: Option<String>,
    code: String,
    text: Option<String>,
}

/// 海关回执: a message of customs about a record, handed in by an officer or by the gateway.
///
/// # Errors
/// 400, 401, 403, 404, 422 without the text that the codes 20, 41 and 43 need.
#[utoipa::path(post, path = "/api/v1/desk/receipts", tag = "desk",
    request_body(content = serde_json::Value, example = json!({"trip_no": "20251089500000048210000000000123", "version_no": 1, "message_no": "R-000123", "code": "20", "text": "舱单已撤销"})),
    responses((status = 200, description = "stored; applied or not; one whose `message_no` is stored already is `known` and not taken again", body = serde_json::Value,
               example = json!({"applied": true, "known": false, "status": "REJECTED"}))))]
pub async fn receive(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let is_gateway = matches!(person.standing, Standing::Gateway);
    if !is_gateway {
        person.decides()?;
    }
    let message: Message = body::read(&bytes)?;
    let number = message.unified_no.as_deref().or(message.trip_no.as_deref());
    let number =
        number.ok_or_else(|| Problem::fields(vec![FieldError::required("unified_no".into(), "SG-165")]))?;
    let said = Said {
        code: &message.code,
        version_no: message.version_no,
        receipt_41: central.config().desk.receipt_41,
    };
    let text = words_of(Action::of_receipt(said.code), message.text.as_deref())?;
    // Customs has spoken; who handed its words in stands beside it.
    let actor = Actor { name: format!("customs ({})", person.name), ..person.actor() };
    let cause = Cause { message_no: number_of(message.message_no)?, ..Cause::by(actor) }.saying(text);
    let mut tx = central.store().begin().await?;
    let before =
        if is_gateway { any(&tx, number).await? } else { visible(tx.conn(), number, &person).await? };
    let settled = settle::settle(&mut tx, &before, &said, cause).await?;
    tx.commit().await?;
    let (applied, status) = match settled {
        Settled::Applied(status) => (true, status),
        Settled::Kept(status) => (false, status),
        Settled::Known => (false, before.status),
    };
    Ok(Json(json!({ "applied": applied, "known": settled == Settled::Known, "status": status })))
}

/// The gateway carries messages for every office (PO-047).
async fn any(tx: &Tx, number: &str) -> Result<Record, Problem> {
    store::find(tx.conn(), number).await?.ok_or_else(Problem::not_found)
}

/// The number of a message, if it has one.
fn number_of(sent: Option<String>) -> Result<Option<String>, Problem> {
    let Some(sent) = sent.map(|sent| sent.trim().to_owned()).filter(|sent| !sent.is_empty()) else {
        return Ok(None);
    };
    if sent.len() > 64 || !sent.bytes().all(|byte| byte.is_ascii_graphic()) {
        let (zh, en) = ("报文编号最多64个可见字符", "message_no has at most 64 printable characters");
        return Err(Problem::fields(vec![FieldError::format(
            "message_no".into(),
            "PO-233",
            zh,
            en,
            Value::Null,
        )]));
    }
    Ok(Some(sent))
}
