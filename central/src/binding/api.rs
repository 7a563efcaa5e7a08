//! The JSON face of the manual: what a person does with records.
//! Promises: a record of another enterprise or area is a 404 (SG-022); each act names the version that the person saw (SG-151); all
//! faults come back at once.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, TripNo, UnifiedNo},
    rules::TripStatus,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    amend,
    draft::{Checked, Draft},
    lifecycle::{self, Action},
    record::{Declaration, Record},
    removal, search,
    shape::Entered,
    sheet, signatures, slip, slip_page, store, submission, versions, view,
};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        lifecycle::{ApplyError, Cause},
        numbering,
        problem::Problem,
        receipt,
    },
    identity::{Declarant, Person},
    store::{StoreError, Tx},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The paths of the manual.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(search::list, create))
        .routes(routes!(search::counts))
        .routes(routes!(removal::delete_many))
        .routes(routes!(show, update, removal::delete))
        .routes(routes!(amend::copy))
        .routes(routes!(submission::statement))
        .routes(routes!(submission::declare))
        .routes(routes!(amend::change))
        .routes(routes!(amend::delete_order))
        .routes(routes!(receipts))
        .routes(routes!(versions::list))
        .routes(routes!(slip::print))
        .routes(routes!(slip_page::print))
        .routes(routes!(signatures::list))
        .routes(routes!(signatures::verify))
        .merge(sheet::router())
}

fn read_draft(bytes: &Bytes) -> Result<Draft, Problem> {
    let body = body::read(bytes)?;
    let mut draft = Draft::parse(body).map_err(Problem::fields)?;
    draft.give_key(slip::draw_key);
    Ok(draft)
}

/// The record, if it exists for this person.
pub(crate) async fn visible<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    person: &Person,
) -> Result<Record, Problem> {
    let record = store::find(conn, number).await?.ok_or_else(Problem::not_found)?;
    if person.sees(&record.uscc, &record.body.customs_code) { Ok(record) } else { Err(Problem::not_found()) }
}

/// SG-151: the act names the version that the person saw.
pub(crate) fn same_version(record: &Record, seen: Option<i64>) -> Result<(), Problem> {
    match seen {
        None => Err(Problem::fields(vec![FieldError::required("version".into(), "SG-151")])),
        Some(seen) if seen == record.version => Ok(()),
        Some(_) => Err(Problem::version_conflict(record.version)),
    }
}

/// The record, when this act on the version that the person saw is possible in its status.
pub(crate) async fn possible(
    tx: &Tx,
    person: &Person,
    unified_no: &str,
    seen: Option<i64>,
    action: Action,
    cause: &Cause,
) -> Result<Record, Problem> {
    let record = visible(tx.conn(), unified_no, person).await?;
    same_version(&record, seen)?;
    lifecycle::moved(&record, action, cause, tx.now()).map_err(ApplyError::from)?;
    Ok(record)
}

pub(super) fn answer(record: &Record, person: &Person, warnings: &[FieldError]) -> Json<Value> {
    let mut value = view::full(record, person);
    if let Value::Object(members) = &mut value {
        members.insert("warnings".into(), json!(warnings));
    }
    Json(value)
}

/// 暂存 of a new record. `generate: true` with medium type `BC` and no `medium_key` makes a key that nobody can guess.
///
/// # Errors
/// 400, 401, 403 without a bound card (SG-018), 422.
#[utoipa::path(post, path = "/api/v1/smart-gate/records", tag = "smart-gate",
    request_body(content = inline(Entered), example = json!({
        "customs_code": "0708", "medium_type": "VN", "medium_key": "蒙LK8216", "business_type": "1000000000", "transport_mode": "4",
        "ie_flag": "I", "vehicle_pass_type": "02", "vehicle_weight_kg": 8600, "trailer_weight_kg": 6400, "container_weight_kg": 0,
        "remark": "长协煤", "confirm_warnings": [],
        "lines": [{"direction": "E", "object_type": "B", "object_id": "MGL2510130087", "voyage_no": "0708251013017",
                   "business_type": "1000000000", "bill_type": "1", "pickup_weight_kg": 32500}]})),
    responses((status = 201, description = "stored, with its numbers", body = serde_json::Value),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let declarant = person.declarant()?;
    let card_no = declarant.bound_card()?;
    let draft = read_draft(&bytes)?;
    let checked = draft.check(central.areas(), None).map_err(Problem::fields)?;
    let mut tx = central.store().begin().await?;
    let cause = cause(&person, &draft, &checked.warnings);
    let record = save_new(&mut tx, declarant, card_no, checked.declaration, &cause).await?;
    tx.commit().await?;
    central.metrics().record_saved();
    Ok((StatusCode::CREATED, answer(&record, &person, &checked.warnings)))
}

/// Stores a record that has not been stored before.
pub(super) async fn save_new(
    tx: &mut Tx,
    declarant: &Declarant,
    card_no: CardNo,
    body: Declaration,
    cause: &Cause,
) -> Result<Record, StoreError> {
    let now = tx.now();
    let numbers = numbers(tx, now, card_no).await?;
    let record = Record::new(numbers, (declarant.uscc, card_no), body, now);
    lifecycle::create(tx, &record, cause).await?;
    Ok(record)
}

/// SG-070..SG-074: both numbers, in the transaction of the first save.
async fn numbers(tx: &Tx, now: UtcMillis, card_no: CardNo) -> Result<(UnifiedNo, TripNo), StoreError> {
    let (year, month) = numbering::year_and_month(now);
    let wrong =
        |error: protocols::ids::NumberError| StoreError::Value { what: "number", value: error.to_string() };
    let unified_no = numbering::unified(tx).await?;
    let serial = numbering::next(tx, "smart_gate_trip").await?;
    Ok((unified_no, TripNo::from_parts(year, month, card_no, serial).map_err(wrong)?))
}

pub(super) fn cause(person: &Person, draft: &Draft, warnings: &[FieldError]) -> Cause {
    Cause { confirmed_warnings: draft.confirmed(warnings), ..Cause::by(person.actor()) }
}

/// 暂存 of a stored record.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422.
#[utoipa::path(put, path = "/api/v1/smart-gate/records/{unified_no}", tag = "smart-gate", params(("unified_no" = String, Path)),
    request_body(content = inline(Entered), description = "as for a new record, with `version`"),
    responses((status = 200, description = "stored", body = serde_json::Value), (status = 409, description = "status or version"),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub async fn update(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    store_content(&central, &person, &unified_no, &bytes, Action::Save).await
}

/// Stores new content of a record, by a save or as the first save of a change.
pub(super) async fn store_content(
    central: &Central,
    person: &Person,
    unified_no: &str,
    bytes: &Bytes,
    action: Action,
) -> Result<Json<Value>, Problem> {
    let declarant = person.declarant()?;
    declarant.bound_card()?;
    let draft = read_draft(bytes)?;
    // All judging is done before the one writer is taken; the version proves that the record is still the one judged.
    let seen = visible(central.store().read(), unified_no, person).await?;
    same_version(&seen, draft.version())?;
    let cause = Cause::by(person.actor());
    let now = central.store().clock().now();
    lifecycle::moved(&seen, action, &cause, now).map_err(ApplyError::from)?;
    let stored = view::full(&seen, person);
    let Checked { declaration, warnings } =
        amend::check(&draft, central.areas(), &seen, &stored).map_err(Problem::fields)?;
    let mut tx = central.store().begin().await?;
    let before = visible(tx.conn(), unified_no, person).await?;
    same_version(&before, draft.version())?;
    let cause = self::cause(person, &draft, &warnings);
    let after = lifecycle::apply(&mut tx, &before, action, &cause, Some(declaration)).await?;
    tx.commit().await?;
    Ok(answer(&after.unwrap_or(before), person, &warnings))
}

/// 查看.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}", tag = "smart-gate", params(("unified_no" = String, Path)),
    responses((status = 200, description = "the record, with the actions that this person may take", body = serde_json::Value),
              (status = 404, description = "does not exist, or not for this person")))]
pub async fn show(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &unified_no, &person).await?;
    Ok(Json(view::full(&record, &person)))
}

/// 查看回执 (SG-146).
///
/// # Errors
/// 401, 404, 409 before customs or a gate has answered.
#[utoipa::path(get, path = "/api/v1/smart-gate/records/{unified_no}/receipts", tag = "smart-gate", params(("unified_no" = String, Path)),
    responses((status = 200, description = "newest first, with the columns of the panel", body = serde_json::Value,
               example = json!({"items": [{"seq": 4, "received_at": "2025-10-13T00:41:17.000Z", "status_code": "CUSTOMS_APPROVED",
                   "status_name": "海关审核通过", "text": null, "source": "customs", "version_no": 1}]})),
              (status = 409, description = "no receipt yet")))]
pub async fn receipts(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &unified_no, &person).await?;
    if !record.answered {
        return Err(Problem::status_conflict("neither customs nor a gate has answered yet"));
    }
    let receipts = receipt::of_record(central.store().read(), record.unified_no.as_str()).await?;
    let name_of = |code: &str| TripStatus::parse(code).map(TripStatus::label_zh);
    Ok(Json(json!({ "items": receipt::panel(&receipts, name_of) })))
}
