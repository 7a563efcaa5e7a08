//! 申请: what is signed, and the one transaction that checks everything again, proves the card, takes the number and moves the record.
//! Promises: either all of it happens or nothing (AE-104, PO-245); only what is stored can be applied for (AE-105): the request carries a
//! version and a signature, and nothing of the form.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::{self, applicant, complete, may, own, refused, stepped, taken},
    card,
    lifecycle::Action,
    record::Message,
    rules::{self, Case, Stage},
    view,
};
use crate::{
    app::Central,
    declaration::{
        attachment, body, fault::FieldError, lifecycle::Cause, problem::Problem, record::Action as _,
    },
    identity::{
        Person,
        signing::{self, Act, Signature, Statement},
    },
};

/// The paths of 申请.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(statement)).routes(routes!(apply))
}

/// What is to be signed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementRequest {
    pub(super) action: String,
    #[serde(default)]
    pub(super) version: Option<i64>,
    /// 审批意见, of officers.
    #[serde(default)]
    pub(super) opinion: Option<String>,
}

/// The bytes that the card signs, for `apply`, or for the first `upload` of a session (AE-014, AE-016).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422.
#[utoipa::path(post, path = "/api/v1/attendance-exemptions/{data_center_no}/statements", tag = "attendance",
    params(("data_center_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "apply", "version": 2})),
    responses((status = 201, description = "sign the bytes of `text`", body = serde_json::Value), (status = 409, description = "status or version")))]
async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    applicant(&person)?;
    let request: StatementRequest = body::read(&bytes)?;
    let action = [Action::Apply, Action::Upload].into_iter().find(|action| action.code() == request.action);
    let action = action.ok_or_else(|| {
        let value: String = request.action.chars().take(40).collect();
        Problem::fields(vec![FieldError::unknown_code("action".into(), "AE-016", value.into())])
    })?;
    let tx = central.store().begin().await?;
    let record = own(tx.conn(), &number, &person).await?;
    may(&record, request.version, action)?;
    let act = match action {
        Action::Upload => card::act_of(&record),
        _ => {
            let files = attachment::of_record(tx.conn(), &number).await?;
            Act::on(&record, action, record.form.members(), &files)
        }
    };
    let statement = signing::statement(&tx, &person, &[act]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplyRequest {
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    signature: Option<Signature>,
}

/// 申请 (AE-104, AE-184, AE-190).
///
/// # Errors
/// 400, 401, 403 for the card, 404, 409 status, version or number, 422 all faults, 503 where customs cannot be asked.
#[utoipa::path(post, path = "/api/v1/attendance-exemptions/{data_center_no}/apply", tag = "attendance", params(("data_center_no" = String, Path)),
    request_body(content = inline(ApplyRequest), example = json!({"version": 2, "signature": {"alg": "SM2-SM3", "certificate": "MIIC...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "申请成功", body = serde_json::Value), (status = 403, description = "no card, or another card"),
              (status = 409, description = "status, version or number"), (status = 422, description = "all faults"),
              (status = 503, description = "customs cannot be asked about the number")))]
async fn apply(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let applicant = applicant(&person)?;
    let request: ApplyRequest = body::read(&bytes)?;
    let seen = own(central.store().read(), &number, &person).await?;
    may(&seen, request.version, Action::Apply)?;
    // Asked before the one writer is taken; the version proves that the number is still the one asked about.
    let known = api::known_of(&central, &seen).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person).await?;
    may(&before, request.version, Action::Apply)?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    let categories: Vec<String> =
        files.iter().filter_map(|file| file.category.as_deref().map(ToOwned::to_owned)).collect();
    let mut case = Case::of_form(&before.form, applicant.customs_reg_no, &known);
    case.stored_office = Some(before.inspection_customs_code);
    case.files = &categories;
    complete(tx.conn(), &mut case, Some(&number), tx.now()).await?;
    let faults = rules::judge(&case, Stage::Application);
    if !faults.is_empty() {
        return Err(refused(faults));
    }
    let acts = [Act::on(&before, Action::Apply, before.form.members(), &files)];
    signing::verify(&central, &tx, &person, request.signature.as_ref(), &acts).await?;
    let now = tx.now();
    let after = stepped(&tx, &before, Action::Apply, &Cause::by(person.actor()), |record| {
        record.submitted_at = Some(now);
        record.attendance_mode = rules::mode(&categories);
        record.message = Some(Message::next(record, now));
    })
    .await?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    tx.commit().await?;
    Ok(Json(view::saying(&after, &person, &files, view::APPLIED)))
}
