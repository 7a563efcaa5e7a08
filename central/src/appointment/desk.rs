//! 海关 and its gateway: the work list, the officers' acts, and the messages of customs.
//! Promises: the officers of the declaration port decide (AC-227); an act that the status does not allow changes nothing; a message of
//! customs about a known application is kept in any case, and raises an alert when it changes nothing (AC-211).
//! Source: spec AC-006, AC-159, AC-201, AC-209, AC-211, AC-227; PO-233.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::same_version,
    customs,
    lifecycle::{Action, State as Status},
    record::Appointment,
    search::{self, WORK_ORDER},
    signing as signed, store,
    view::{self, Part},
};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        body,
        fault::FieldError,
        lifecycle::{self, ApplyError, Cause},
        problem::Problem,
        query::{self, listing},
        receipt,
        record::{self, Action as _, Record, Status as _},
        words,
    },
    gate_feed::alert::{self, Alert, Trouble, Unfit, Words},
    identity::{
        Person,
        signing::{self, Signature, Statement},
    },
    store::Tx,
};

/// Characters of a message's number and of its code.
const MOST_NUMBER: usize = 64;
/// Characters of a receipt's code in an alert.
const LONGEST_CODE: usize = 40;

/// The paths of customs.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(notices))
        .routes(routes!(receive))
        .routes(routes!(statement))
        .routes(routes!(act))
}

/// The work list of an officer's offices, or of headquarters: the next slot first (AC-227).
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/desk/appointments", tag = "desk",
    params(search::WorkQuery),
    responses((status = 200, description = "one page; `waiting` says what waits for customs", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": []}))))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<search::WorkQuery>,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    let asked = asked.read(&person)?;
    let (conn, now) = (central.store().read(), central.store().clock().now());
    let total = query::count(conn, Appointment::TABLE, &asked.conditions, asked.count_all).await?;
    let records: Vec<Appointment> = query::page(conn, &asked.conditions, WORK_ORDER, asked.page).await?;
    let items = records.iter().map(|record| view::summary(record, &person, now)).collect();
    Ok(Json(listing(total, asked.page, items)))
}

/// Approvals and cancellations that an officer's offices were told of, because they are the entry/exit port (AC-227).
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/desk/appointments/notices", tag = "desk",
    responses((status = 200, description = "newest first, at most 100", body = serde_json::Value,
               example = json!({"items": [{"office": "2248", "at": "2018-10-19T01:10:00.000Z", "pre_entry_no": "YTG201800000000003", "status": "BOOKED"}]}))))]
async fn notices(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let offices = person.officer()?;
    let notices = store::notices(central.store().read(), offices).await?;
    let item = |notice: &store::Notice| json!({ "office": notice.office, "at": notice.at, "pre_entry_no": notice.number, "status": notice.status });
    Ok(Json(json!({ "items": notices.iter().map(item).collect::<Vec<_>>() })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementRequest {
    action: String,
    version: Option<i64>,
    text: Option<String>,
}

/// What an officer's card signs for a decision, with its words (PO-111).
///
/// # Errors
/// 400, 401, 403 for officers of another office than the declaration port, 404, 409, 422 without the version seen or the needed text.
#[utoipa::path(post, path = "/api/v1/desk/appointments/{pre_entry_no}/statements", tag = "desk", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "return", "version": 2, "text": "材料不全"})),
    responses((status = 201, description = "the text to be signed, byte for byte", body = serde_json::Value),
              (status = 409, description = "version")))]
async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    person.decides()?;
    let request: StatementRequest = body::read(&bytes)?;
    let (action, text) = decision(&request.action, request.text.as_deref())?;
    let tx = central.store().begin().await?;
    let record = decidable(&tx, &number, &person, request.version).await?;
    let act = signed::decision(&record, action, text.as_deref());
    let statement = signing::statement(&tx, &person, &[act]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ActRequest {
    version: Option<i64>,
    text: Option<String>,
    signature: Option<Signature>,
}

/// The decision of this name, and its words.
fn decision(name: &str, text: Option<&str>) -> Result<(Action, Option<String>), Problem> {
    let decides = |action: &Action| action.receipt_code().is_some() || *action == Action::Lift;
    let action = Action::ALL.iter().copied().filter(decides).find(|action| action.code() == name);
    let action = action.ok_or_else(Problem::not_found)?;
    let text = words::read("text", text, needs_words(action)).map_err(Problem::fields)?;
    Ok((action, text))
}

/// The application, which nobody else changes until the transaction ends, if this officer decides about it (AC-227).
async fn decidable(
    tx: &Tx,
    number: &str,
    person: &Person,
    seen: Option<i64>,
) -> Result<Appointment, Problem> {
    let record: Appointment = record::take(tx, number).await?.ok_or_else(Problem::not_found)?;
    match view::part(&record, person) {
        Some(Part::Decider) => same_version(&record, seen).map(|()| record),
        Some(_) => Err(Problem::no_permission().citing("AC-227")),
        None => Err(Problem::not_found()),
    }
}

/// An officer's act: `accept`, `approve`, `return`, `confirm-cancellation`, `refuse-cancellation`, `accept-feedback`, `refuse-feedback`,
/// `accept-explanation`, `refuse-explanation`, `lift`. Those that take something away, and `lift`, say why.
///
/// # Errors
/// 400, 401, 403 for officers of another office than the declaration port, 404, 409, 422 without the version seen or the needed text.
#[utoipa::path(post, path = "/api/v1/desk/appointments/{pre_entry_no}/{act}", tag = "desk",
    params(("pre_entry_no" = String, Path), ("act" = String, Path)),
    request_body(content = inline(ActRequest), example = json!({"version": 2, "text": "材料不全", "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "number, status and version", body = serde_json::Value,
               example = json!({"pre_entry_no": "YTG201800000000003", "application_no": null, "status": "REJECTED", "version": 3})),
              (status = 409, description = "status or version")))]
async fn act(
    State(central): State<Central>,
    person: Person,
    Path((number, act)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.decides()?;
    let request: ActRequest = body::read(&bytes)?;
    let (action, text) = decision(&act, request.text.as_deref())?;
    let tx = central.store().begin().await?;
    let before = decidable(&tx, &number, &person, request.version).await?;
    let signed = signed::decision(&before, action, text.as_deref());
    signing::verify(&central, &tx, &person, request.signature.as_ref(), &[signed]).await?;
    let cause = Cause { code: Some(action.receipt_code().unwrap_or("LIFTED")), ..Cause::by(person.actor()) };
    let after = customs::take(&tx, &before, action, &cause.saying(text)).await;
    let after = after.map_err(|error| out_of_place(error, action))?;
    tx.commit().await?;
    Ok(Json(json!({
        "pre_entry_no": after.head.number, "application_no": after.application_no, "status": after.head.status,
        "version": after.head.version,
    })))
}

/// Why a person has to give words: what is returned or refused is shown to the enterprise (AC-201), and a block is lifted for a reason
/// (AC-209).
const fn needs_words(action: Action) -> Option<&'static str> {
    match action {
        Action::Return => Some("AC-201"),
        Action::RefuseCancellation => Some("AC-226"),
        Action::RefuseFeedback => Some("AC-225"),
        Action::RefuseExplanation => Some("AC-159"),
        Action::Lift => Some("AC-209"),
        _ => None,
    }
}

fn out_of_place(error: ApplyError, action: Action) -> Problem {
    let rule = match (&error, action) {
        (ApplyError::OutOfPlace(_), _) => "AC-211",
        _ => "AC-215",
    };
    Problem::from(error).citing(rule)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Message {
    pre_entry_no: String,
    code: String,
    text: Option<String>,
    message_no: Option<String>,
}

/// 海关回执: a message of customs, brought by the gateway. Codes: `ACCEPTED` `APPROVED` `RETURNED` `CANCELLED` `CANCELLATION_REFUSED`
/// `FEEDBACK_ACCEPTED` `FEEDBACK_REFUSED` `EXPLANATION_ACCEPTED` `EXPLANATION_REFUSED`.
///
/// # Errors
/// 400, 401, 403 for everyone but the gateway, 404, 422.
#[utoipa::path(post, path = "/api/v1/desk/appointments/receipts", tag = "desk",
    request_body(content = inline(Message), example = json!({"pre_entry_no": "YTG201800000000003", "code": "RETURNED", "text": "材料不全", "message_no": "R-20181019-1"})),
    responses((status = 200, description = "kept; applied or not, or taken before", body = serde_json::Value,
               example = json!({"applied": true, "repeated": false, "status": "REJECTED"}))))]
async fn receive(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
    let message: Message = body::read(&bytes)?;
    let mut faults = Vec::new();
    for (path, value) in [("code", Some(&message.code)), ("message_no", message.message_no.as_ref())] {
        if value.is_some_and(|value| value.is_empty() || value.chars().nth(MOST_NUMBER).is_some()) {
            let (zh, en) = ("1至64个字符", "1 to 64 characters");
            faults.push(FieldError::format(path.into(), "PO-233", zh, en, Value::Null));
        }
    }
    let text = words::read("text", message.text.as_deref(), None).unwrap_or_else(|more| {
        faults.extend(more);
        None
    });
    query::judged(faults)?;
    let tx = central.store().begin().await?;
    let before: Appointment =
        record::take(&tx, &message.pre_entry_no).await?.ok_or_else(Problem::not_found)?;
    if before.head.status == Status::Draft {
        return Err(Problem::not_found());
    }
    let known = match &message.message_no {
        Some(message_no) => receipt::is_taken(&tx, &before.head.number, message_no).await?,
        None => false,
    };
    if known {
        return Ok(Json(json!({ "applied": false, "repeated": true, "status": before.head.status })));
    }
    let action = Action::of_receipt(&message.code);
    let cause = Cause {
        code: action.and_then(Action::receipt_code),
        message_no: message.message_no.clone(),
        ..Cause::by(Actor::customs()).saying(text)
    };
    let (status, applied) = settle(&tx, &before, action, &message.code, &cause).await?;
    tx.commit().await?;
    Ok(Json(json!({ "applied": applied, "repeated": false, "status": status })))
}

/// AC-211: what fits is done; what does not is kept and raised.
async fn settle(
    tx: &Tx,
    before: &Appointment,
    action: Option<Action>,
    code: &str,
    cause: &Cause,
) -> Result<(Status, bool), Problem> {
    let unfit = match action {
        None => Unfit::UnknownCode,
        Some(action) => match customs::take(tx, before, action, cause).await {
            Ok(after) => return Ok((after.head.status, true)),
            Err(ApplyError::OutOfPlace(_)) => Unfit::OutOfPlace,
            Err(error) => return Err(error.into()),
        },
    };
    let said = match (action, &cause.text) {
        (Some(_), text) => text.clone(),
        (None, None) => Some(code.to_owned()),
        (None, Some(text)) => Some(format!("{code}: {text}")),
    };
    lifecycle::note(tx, before, "receipt", &cause.clone().saying(said), |_| {}).await?;
    let (number, status) = (&*before.head.number, before.head.status);
    let code: String = code.chars().take(LONGEST_CODE).collect();
    let status = Words::new(status.label(), status.code());
    let trouble = Trouble::Receipt { unfit, code: &code, about: Some(number), status };
    alert::raise(tx, &Alert::of(&trouble)).await?;
    Ok((before.head.status, false))
}
