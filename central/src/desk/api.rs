//! 关员: what officers do with records, and what customs sends about them.
//! Promises: an officer's act is signed with the officer's card, whatever its name (PO-111, decision 0054); one that the record's status
//! does not allow is a 409 and changes nothing; a customs message that can be read is stored in any case, and raises an alert when it
//! changes nothing (SG-165, SG-190).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
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
        api::possible,
        lifecycle::{self, Action},
        signing as signed, store,
    },
    declaration::{actor::Actor, body, fault::FieldError, lifecycle::Cause, problem::Problem, words},
    identity::{
        Person,
        signing::{self, Signature, Statement},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The paths of the desk.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(work::list))
        .routes(routes!(statement))
        .routes(routes!(act))
        .routes(routes!(bulk::act_on_all))
        .routes(routes!(bulk::statements))
        .routes(routes!(receive))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ActRequest {
    version: Option<i64>,
    text: Option<String>,
    signature: Option<Signature>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementRequest {
    action: String,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    text: Option<String>,
}

/// 待签内容 of an officer's act: its words are part of what the card signs (PO-111).
///
/// # Errors
/// As the act itself, but for the signature.
#[utoipa::path(post, path = "/api/v1/desk/records/{unified_no}/statements", tag = "desk", params(("unified_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "hold", "version": 3, "text": "布控"})),
    responses((status = 201, description = "the bytes to be signed, with their nonce", body = serde_json::Value),
              (status = 403, description = "no card is bound"), (status = 409, description = "status or version")))]
pub async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    person.decides()?;
    let request: StatementRequest = body::read(&bytes)?;
    let action = Action::of_officer(&request.action).ok_or_else(|| {
        let value = request.action.chars().take(40).collect::<String>().into();
        Problem::fields(vec![FieldError::unknown_code("action".into(), "SG-150", value)])
    })?;
    let text = words_of(Some(action), request.text.as_deref())?;
    let cause = Cause::by(person.actor()).saying(text);
    let tx = central.store().begin().await?;
    let record = possible(&tx, &person, &unified_no, request.version, action, &cause).await?;
    let decision = signed::decision(&record, action, cause.text.as_deref());
    let statement = signing::statement(&tx, &person, &[decision]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

/// An officer's act: `approve`, `return`, `hold`, `lift`, `close`, `finish`, `left-port`; signed by the officer's card.
///
/// # Errors
/// 400, 401, 403 without the bound card's signature (PO-111), 404, 409, 422 without the version seen (SG-151) or the text that `return`,
/// `hold` and `close` need.
#[utoipa::path(post, path = "/api/v1/desk/records/{unified_no}/{act}", tag = "desk",
    params(("unified_no" = String, Path), ("act" = String, Path)),
    request_body(content = inline(ActRequest), example = json!({"version": 3, "text": "舱单已撤销",
        "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "9f3c..."}})),
    responses((status = 200, description = "the record's status and version", body = serde_json::Value, example = json!({"unified_no": "202500000000000123", "status": "LOCKED", "version": 4})),
              (status = 403, description = "no signature, another card than the bound one, or a signature that does not hold"),
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
    let cause = Cause::by(person.actor()).saying(text);
    let mut tx = central.store().begin().await?;
    let before = possible(&tx, &person, &unified_no, request.version, action, &cause).await?;
    let decision = signed::decision(&before, action, cause.text.as_deref());
    signing::verify(&central, &tx, &person, request.signature.as_ref(), &[decision]).await?;
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

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Message {
    unified_no: Option<String>,
    trip_no: Option<String>,
    version_no: Option<u32>,
    message_no: Option<String>,
    code: String,
    text: Option<String>,
}

/// 海关回执: a message of customs about a record, brought by the gateway. What an officer decides is an act, and signed.
///
/// # Errors
/// 400, 401, 403 for everyone but the gateway (PO-047), 404, 422 without the text that the codes 20, 41 and 43 need.
#[utoipa::path(post, path = "/api/v1/desk/receipts", tag = "desk",
    request_body(content = inline(Message), example = json!({"trip_no": "20251089500000048210000000000123", "version_no": 1, "message_no": "R-000123", "code": "20", "text": "舱单已撤销"})),
    responses((status = 200, description = "stored; applied or not; one whose `message_no` is stored already is `known` and not taken again", body = serde_json::Value,
               example = json!({"applied": true, "known": false, "status": "REJECTED"}))))]
pub async fn receive(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
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
    // The gateway carries messages for every office (PO-047).
    let before = store::find(tx.conn(), number).await?.ok_or_else(Problem::not_found)?;
    let settled = settle::settle(&mut tx, &before, &said, cause).await?;
    tx.commit().await?;
    let (applied, status) = match settled {
        Settled::Applied(status) => (true, status),
        Settled::Kept(status) => (false, status),
        Settled::Known => (false, before.status),
    };
    Ok(Json(json!({ "applied": applied, "known": settled == Settled::Known, "status": status })))
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
