//! What an applicant does with applications: enter, save, look up, query, delete, read receipts.
//! Promises: a record of another enterprise is a 404 (AE-019, PO-049); without a bound card there is nothing to do (AE-013); each act names
//! the version that the person saw (PO-333); all faults come back at once, and nothing is stored then.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    claim,
    draft::Draft,
    facts,
    lifecycle::{Action, MoveError, State as Status, move_on},
    record::{DocType, Form, Record},
    rules::{self, Case, Facts, Known, Stage},
    scope, search,
    shape::Application,
    signatures, view,
};
use crate::{
    app::Central,
    declaration::{
        attachment,
        fault::FieldError,
        lifecycle::{self, Cause},
        numbering,
        problem::Problem,
        query, receipt,
        record::{self, Head},
        seen::{self, Seen},
    },
    identity::{Person, Standing, person::Applicant},
    store::{StoreError, Tx},
};
use protocols::contract::UtcMillis;

/// The paths of entry and query.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(look_up))
        .routes(routes!(show, save, delete))
        .routes(routes!(receipts))
        .routes(routes!(signatures::list))
        .routes(routes!(signatures::verify))
}

/// 申请单位, with its bound card (AE-013, PO-030, PO-112).
pub(super) fn applicant(person: &Person) -> Result<Applicant<'_>, Problem> {
    let declarant = person.declarant()?;
    declarant.bound_card()?;
    declarant.applicant()
}

/// The record, if it is the applicant's.
pub(super) async fn own<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    person: &Person,
) -> Result<Record, Problem> {
    let applicant = applicant(person)?;
    let found = record::find::<Record, C>(conn, number).await?;
    found
        .filter(|record| *record.applicant_customs_code == *applicant.customs_reg_no)
        .ok_or_else(Problem::not_found)
}

/// PO-333: the act names the version that the person saw.
pub(super) fn same_version(record: &Record, seen: Option<i64>) -> Result<(), Problem> {
    seen::same_version(record.head.version, seen, "PO-333")
}

/// All faults in one answer; where the number is taken and nothing else is wrong, it is a conflict (PO-332).
pub(super) fn refused(faults: Vec<FieldError>) -> Problem {
    let taken = faults.iter().all(|fault| fault.code == "AE_DUPLICATE");
    let problem = Problem::fields(faults);
    if taken { problem.with_status(StatusCode::CONFLICT) } else { problem }
}

/// What a step could not do, said of this form.
pub(super) fn moved_not(error: MoveError, form: &Form) -> Problem {
    match error {
        MoveError::Apply(error) => error.into(),
        MoveError::Taken => {
            let rule = match form.doc_type {
                DocType::Declaration => "AE-022",
                DocType::NonDeclaration => "AE-063",
            };
            refused(vec![rules::duplicate(form.doc_type.number_field(), &form.number, rule)])
        }
    }
}

/// Takes a step that leaves the application there.
pub(super) async fn stepped(
    tx: &Tx,
    before: &Record,
    action: Action,
    cause: &Cause,
    change: impl FnOnce(&mut Record),
) -> Result<Record, Problem> {
    let moved = move_on(tx, before, action, cause, change).await;
    moved.map_err(|error| moved_not(error, &before.form))?.ok_or_else(Problem::not_found)
}

/// Fills in what only the store knows: the scope's word on the office, and whether another application has the number.
pub(super) async fn complete<C: ConnectionTrait>(
    conn: &C,
    case: &mut Case<'_>,
    own: Option<&str>,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let office = case.known.office();
    let today = numbering::wall_in_china(now).date();
    case.listing = scope::listing(conn, case.doc_type, office, today).await?;
    if let (Some(office), Some(number)) = (office, case.number) {
        let key = claim::key(case.doc_type, number, &office);
        case.taken = claim::is_taken(conn, &key, own, now).await?;
    }
    Ok(())
}

/// The draft's own case.
fn case_of<'a>(draft: &'a Draft, applicant: &'a str, known: &'a Known) -> Case<'a> {
    Case {
        doc_type: draft.doc_type,
        number: draft.number.as_deref(),
        vehicle_plate_no: draft.vehicle_plate_no.as_deref(),
        contact_name: draft.contact_name.as_deref(),
        contact_phone: draft.contact_phone.as_deref(),
        applicant,
        known,
        listing: scope::Listing::Absent,
        taken: false,
        stored_office: None,
        files: &[],
    }
}

/// Judges a draft as saving does (AE-101).
async fn judged<C: ConnectionTrait>(
    conn: &C,
    draft: &Draft,
    applicant: Applicant<'_>,
    known: &Known,
    own: Option<&str>,
    now: UtcMillis,
) -> Result<(), Problem> {
    let mut case = case_of(draft, applicant.customs_reg_no, known);
    complete(conn, &mut case, own, now).await?;
    let faults: Vec<_> = draft.faults.iter().cloned().chain(rules::judge(&case, Stage::Entry)).collect();
    if faults.is_empty() { Ok(()) } else { Err(refused(faults)) }
}

/// What a passed draft comes to.
fn content(draft: Draft, known: &Known) -> Result<(Form, protocols::ids::CustomsCode), Problem> {
    let fault = || Problem::upstream("customs has not named an office of inspection");
    Ok((draft.form().ok_or_else(fault)?, known.office().ok_or_else(fault)?))
}

/// 暂存 of a new application (AE-101, AE-180).
///
/// # Errors
/// 400, 401, 403 without a bound card or customs code, 409 where the number is taken, 422, 503 where customs cannot be asked.
#[utoipa::path(post, path = "/api/v1/attendance-exemptions", tag = "attendance",
    request_body(content = inline(Application), example = json!({"doc_type": "declaration", "declaration_no": "222520201000123456",
        "contact_name": "王芳", "contact_phone": "13816001234"})),
    responses((status = 201, description = "stored, with its number", body = serde_json::Value),
              (status = 409, description = "another application has the number"), (status = 422, description = "all faults"),
              (status = 503, description = "customs cannot be asked about the number")))]
async fn create(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let applicant = applicant(&person)?;
    let draft = Draft::read(&bytes, None)?;
    let known = facts::ask(&central, draft.doc_type, draft.number.as_deref()).await?;
    let tx = central.store().begin().await?;
    judged(tx.conn(), &draft, applicant, &known, None, tx.now()).await?;
    let (form, inspection_customs_code) = content(draft, &known)?;
    let number = numbering::unified(&tx).await?;
    let record = Record {
        head: Head::new(number.as_str(), Status::Saved, tx.now()),
        applicant_customs_code: applicant.customs_reg_no.into(),
        applicant_name: applicant.enterprise.name.clone(),
        inspection_customs_code,
        form,
        submitted_at: None,
        attendance_mode: None,
        message: None,
        decision: None,
        mark: None,
        inspection: None,
    };
    lifecycle::create(&tx, &record, Action::Save, &Cause::by(person.actor())).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view::saying(&record, &person, &[], view::SAVED))))
}

/// 暂存 of a stored application (AE-181, AE-189).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422, 503 where customs cannot be asked.
#[utoipa::path(put, path = "/api/v1/attendance-exemptions/{data_center_no}", tag = "attendance", params(("data_center_no" = String, Path)),
    request_body(content = inline(Application), description = "as for a new application, with `version`"),
    responses((status = 200, description = "stored", body = serde_json::Value), (status = 409, description = "status, version or number"),
              (status = 422, description = "all faults"), (status = 503, description = "customs cannot be asked about the number")))]
async fn save(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let applicant = applicant(&person)?;
    let seen = own(central.store().read(), &number, &person).await?;
    let draft = Draft::read(&bytes, Some(seen.form.doc_type))?;
    may(&seen, draft.version, Action::Save)?;
    let known = facts::ask(&central, draft.doc_type, draft.number.as_deref()).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person).await?;
    may(&before, draft.version, Action::Save)?;
    judged(tx.conn(), &draft, applicant, &known, Some(&number), tx.now()).await?;
    let (form, office) = content(draft, &known)?;
    let after = stepped(&tx, &before, Action::Save, &Cause::by(person.actor()), |record| {
        record.form = form;
        record.inspection_customs_code = office;
        record.applicant_name = applicant.enterprise.name.clone();
        record.submitted_at = None;
        record.attendance_mode = None;
    })
    .await?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    tx.commit().await?;
    Ok(Json(view::saying(&after, &person, &files, view::SAVED)))
}

/// The version is the one seen, and the table has the step.
pub(super) fn may(record: &Record, seen: Option<i64>, action: Action) -> Result<(), Problem> {
    lifecycle::way::<Record>(record.head.status, action)
        .map_err(|refused| Problem::status_conflict(refused.to_string()))?;
    same_version(record, seen)
}

/// The applicant's record, which nobody else changes until the transaction ends.
pub(super) async fn taken(tx: &Tx, number: &str, person: &Person) -> Result<Record, Problem> {
    let applicant = applicant(person)?;
    let found = record::take::<Record>(tx, number).await?;
    found
        .filter(|record| *record.applicant_customs_code == *applicant.customs_reg_no)
        .ok_or_else(Problem::not_found)
}

/// What Enter in the number does.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct LookUp {
    /// `declaration` or `non_declaration`.
    doc_type: Option<String>,
    /// 报关单号.
    declaration_no: Option<String>,
    /// 提运单号.
    bill_no: Option<String>,
    /// The record that is being changed, whose own number is not in its way.
    data_center_no: Option<String>,
}

/// 返填: what is filled in once the number is entered (AE-036, AE-057), or why it cannot be.
///
/// # Errors
/// 401, 403, 409 where the number is taken, 422, 503 where customs cannot be asked.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/look-up", tag = "attendance", params(LookUp),
    responses((status = 200, description = "查验地海关", body = serde_json::Value, example = json!({"inspection_customs_code": "2225"})),
              (status = 409, description = "another application has the number"), (status = 422, description = "all faults"),
              (status = 503, description = "customs cannot be asked about the number")))]
async fn look_up(
    State(central): State<Central>,
    person: Person,
    Query(asked): Query<LookUp>,
) -> Result<Json<Value>, Problem> {
    let applicant = applicant(&person)?;
    let body =
        json!({"doc_type": asked.doc_type, "declaration_no": asked.declaration_no, "bill_no": asked.bill_no});
    let draft = Draft::read(body.to_string().as_bytes(), None)?;
    let known = facts::ask(&central, draft.doc_type, draft.number.as_deref()).await?;
    let (conn, now) = (central.store().read(), central.store().clock().now());
    judged(conn, &draft, applicant, &known, asked.data_center_no.as_deref(), now).await?;
    Ok(Json(json!({ "inspection_customs_code": known.office() })))
}

/// 查看 (AE-131).
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}", tag = "attendance", params(("data_center_no" = String, Path)),
    responses((status = 200, description = "the application, its files, and what this person may do", body = serde_json::Value),
              (status = 404, description = "does not exist, or not for this person")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let record = own(conn, &number, &person).await?;
    let files = attachment::of_record(conn, &number).await?;
    Ok(Json(view::full(&record, &person, &files)))
}

/// 数据查询 (section 8).
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions", tag = "attendance", params(search::Query),
    responses((status = 200, description = "one page, last operated first", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": []})), (status = 422, description = "all faults")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<search::Query>,
) -> Result<Json<Value>, Problem> {
    let applicant = applicant(&person)?;
    let asked = query::read(asked)?;
    let (conditions, page) = asked.conditions(applicant.customs_reg_no)?;
    let conn = central.store().read();
    let table = <Record as record::Record>::TABLE;
    let total = query::count(conn, table, &conditions, asked.to_the_end()).await?;
    let found: Vec<Record> = query::page(conn, &conditions, "operated_at DESC, number DESC", page).await?;
    let items = found.iter().map(|record| view::summary(record, &person)).collect();
    Ok(Json(query::listing(total, page, items)))
}

/// 删除 (AE-103, AE-182).
///
/// # Errors
/// 401, 403, 404, 409 `AE_DELETE_FORBIDDEN` in another status.
#[utoipa::path(delete, path = "/api/v1/attendance-exemptions/{data_center_no}", tag = "attendance", params(("data_center_no" = String, Path), Seen),
    responses((status = 204, description = "删除成功"), (status = 404, description = "does not exist, or not for this person"),
              (status = 409, description = "status or version")))]
async fn delete(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    Query(seen): Query<Seen>,
) -> Result<StatusCode, Problem> {
    applicant(&person)?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person).await?;
    if !can_be_deleted(&before) {
        let (zh, en) = ("当前状态不允许删除", "cannot be deleted in this status");
        return Err(Problem::new(StatusCode::CONFLICT, "AE_DELETE_FORBIDDEN", zh, en));
    }
    same_version(&before, seen.version)?;
    let cause = Cause::by(person.actor());
    move_on(&tx, &before, Action::Delete, &cause, |_| ())
        .await
        .map_err(|error| moved_not(error, &before.form))?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// AE-132.
pub(super) fn can_be_deleted(record: &Record) -> bool {
    lifecycle::way::<Record>(record.head.status, Action::Delete).is_ok()
}

/// 回执 (AE-133): for the applicant, and for the officers who see the application.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}/receipts", tag = "attendance", params(("data_center_no" = String, Path)),
    responses((status = 200, description = "newest first", body = serde_json::Value, example = json!({"items": [{"seq": 3,
               "received_at": "2020-04-10T01:45:00.000Z", "status_code": "SENT_TO_CUSTOMS", "status_name": "发往海关成功", "text": null, "source": "gateway"}]})),
              (status = 404, description = "does not exist, or not for this person")))]
async fn receipts(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let record = match &person.standing {
        Standing::Officer(_) => super::desk::visible(conn, &number, &person).await?,
        _ => own(conn, &number, &person).await?,
    };
    let rows = receipt::of_record(conn, record.number()).await?;
    Ok(Json(json!({ "items": view::receipts(&rows) })))
}

/// What customs knows of a stored application's number.
pub(super) async fn known_of(central: &Central, record: &Record) -> Result<Known, Problem> {
    Ok(facts::ask(central, record.form.doc_type, Some(&record.form.number)).await?)
}

/// The facts, where customs has some.
pub(super) const fn facts_of(known: &Known) -> Option<&Facts> {
    match known {
        Known::Facts(facts) => Some(facts),
        Known::Nothing | Known::NotAsked => None,
    }
}
