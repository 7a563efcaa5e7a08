//! 申报: what the card signs, and the one transaction that judges, proves the card and hands the record to customs.
//! Promises: a first declaration, a change and a delete order are one act (SG-021); whatever can be refused without a card is refused
//! before a PIN is asked for; of an act that is refused nothing is stored, and its nonce is not used up.
//! Source: spec SG-019..SG-021, SG-102, SG-107, SG-116, SG-117, SG-145, SG-151, SG-169, SG-172, SG-179; PO-098, PO-103, PO-108.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::rules::BusinessType;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{answer, possible},
    draft::{self, Draft},
    lifecycle::{self, Action},
    record::Record,
    signing as signed, store,
};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, lifecycle::Cause, problem::Problem},
    gate_feed::policy,
    identity::{
        Person,
        signing::{self, Signature, Statement},
    },
    store::Tx,
};

/// What a declarant signs.
const SIGNED: [Action; 2] = [Action::Declare, Action::DeleteOrder];

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementRequest {
    action: String,
    #[serde(default)]
    version: Option<i64>,
}

/// 待签内容 of `declare` or `delete-order`: the bytes that the bound card signs, with all content of the version as it is stored.
///
/// # Errors
/// 400, 401, 403 without a bound card (SG-018), 404, 409, 422 where the act itself would be.
#[utoipa::path(post, path = "/api/v1/smart-gate/records/{unified_no}/statements", tag = "smart-gate", params(("unified_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "declare", "version": 1})),
    responses((status = 201, description = "sign the bytes of `text`; `nonce` serves once, for 300 seconds", body = serde_json::Value,
               example = json!({"text": "{\"action\":\"declare\",\"attachments\":[],\"fields\":{},\"kind\":\"smart_gate\",\"nonce\":\"9f3c...\",\"number\":\"202500000000000123\",\"time\":\"2025-10-13T00:30:00.000Z\",\"version\":1}",
                   "nonce": "9f3c...", "expires_at": "2025-10-13T00:35:00.000Z"})),
              (status = 403, description = "no card is bound"), (status = 409, description = "status or version")))]
pub async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    person.declarant()?.bound_card()?;
    let request: StatementRequest = body::read(&bytes)?;
    let action = SIGNED.into_iter().find(|action| action.code() == request.action).ok_or_else(|| {
        let value = request.action.chars().take(40).collect::<String>().into();
        Problem::fields(vec![FieldError::unknown_code("action".into(), "SG-019", value)])
    })?;
    let tx = central.store().begin().await?;
    let cause = Cause::by(person.actor());
    let record = declarable(&tx, &person, &unified_no, request.version, action, &cause).await?;
    let statement = signing::statement(&tx, &person, &[signed::submission(&record, action)]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

/// What goes with 申报.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DeclareRequest {
    version: Option<i64>,
    confirm_warnings: Vec<String>,
    signature: Option<Signature>,
}

/// 申报, signed by the bound card: `signature` is over the bytes that `statements` gave for this version.
///
/// # Errors
/// 400, 401, 403 without the bound card's signature (SG-019, SG-020), 404, 409, 422 without lines (SG-102).
#[utoipa::path(post, path = "/api/v1/smart-gate/records/{unified_no}/declare", tag = "smart-gate", params(("unified_no" = String, Path)),
    request_body(content = inline(DeclareRequest), example = json!({"version": 1, "confirm_warnings": [],
        "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "9f3c..."}})),
    responses((status = 200, description = "the record; `message` says 申报成功", body = serde_json::Value),
              (status = 403, description = "no signature (PO_CARD_ABSENT), another card than the bound one (PO_CARD_MISMATCH), or a signature that does not hold (PO_SIGNATURE_INVALID)"),
              (status = 409, description = "status or version")))]
pub async fn declare(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    submit(&central, &person, &unified_no, &bytes, Action::Declare).await
}

/// Hands a record to customs.
pub(super) async fn submit(
    central: &Central,
    person: &Person,
    unified_no: &str,
    bytes: &Bytes,
    action: Action,
) -> Result<Json<Value>, Problem> {
    person.declarant()?.bound_card()?;
    let request: DeclareRequest = body::read(bytes)?;
    let mut tx = central.store().begin().await?;
    let cause = Cause::by(person.actor());
    let before = declarable(&tx, person, unified_no, request.version, action, &cause).await?;
    let act = signed::submission(&before, action);
    signed::verify(central, &tx, person, request.signature.as_ref(), act).await?;
    let confirmed_warnings = draft::confirmed(&request.confirm_warnings, &warnings_of(&before, central));
    let cause = Cause { confirmed_warnings, ..cause };
    let after = lifecycle::apply(&mut tx, &before, action, &cause, None).await?;
    tx.commit().await?;
    central.desk().wake();
    let Json(mut told) = answer(&after.unwrap_or(before), person, &[]);
    if let Value::Object(members) = &mut told {
        let said = json!({"code": "SG_DECLARE_OK", "text": "申报成功", "text_en": "declared"});
        members.insert("message".into(), said);
    }
    Ok(Json(told))
}

/// The record, when nothing but a signature is missing to declare it.
async fn declarable(
    tx: &Tx,
    person: &Person,
    unified_no: &str,
    seen: Option<i64>,
    action: Action,
    cause: &Cause,
) -> Result<Record, Problem> {
    let record = possible(tx, person, unified_no, seen, action, cause).await?;
    // A delete order declares what customs has approved already; there is nothing in it to judge.
    if !signed::takes_out(&record, action) {
        has_lines(&record)?;
        only_one_of_its_medium(tx, &record).await?;
    }
    Ok(record)
}

/// What is odd about a stored record.
fn warnings_of(record: &Record, central: &Central) -> Vec<FieldError> {
    let body = json!(record.body);
    let checked = Draft::parse(body.clone()).and_then(|draft| draft.check(central.areas(), Some(&body)));
    checked.map(|checked| checked.warnings).unwrap_or_default()
}

/// SG-102: a binding binds something, unless the vehicle is empty.
fn has_lines(record: &Record) -> Result<(), Problem> {
    if record.body.lines.is_empty() && record.body.business_type != BusinessType::EmptyVehicle {
        let (zh, en) = ("非空车申报至少需要一条表体", "declaring needs at least one line");
        return Err(Problem::fields(vec![FieldError::format("lines".into(), "SG-102", zh, en, json!([]))]));
    }
    Ok(())
}

/// SG-107: several records for a medium are allowed, unless the yard says otherwise.
async fn only_one_of_its_medium(tx: &Tx, record: &Record) -> Result<(), Problem> {
    if policy::one_record_per_medium(tx, &record.body.customs_code).await?
        && store::others_with_medium(tx.conn(), record).await? > 0
    {
        let (zh, en) = (
            "该介质已有未办结的绑定记录",
            "the medium already has an open record, and the yard takes one only",
        );
        let value = json!(record.body.medium_key);
        return Err(Problem::fields(vec![FieldError::format("medium_key".into(), "SG-107", zh, en, value)]));
    }
    Ok(())
}
