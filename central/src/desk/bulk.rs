//! 批量审核: one act on the ticked records, with one signature over all of them.
//! Promises: all or nothing; the answer names the rows at fault; the signed bytes name every record with its version (`contract`
//! section 8, PO-111).

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{outcome, words_of};
use crate::{
    app::Central,
    binding::{
        Record,
        lifecycle::{self, Action},
        removal::{Row, all_possible, countable},
        signing as signed,
    },
    declaration::{body, fault::FieldError, lifecycle::Cause, problem::Problem},
    identity::{
        Person,
        signing::{self, Act, Signature},
    },
    store::Tx,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkRequest {
    act: String,
    text: Option<String>,
    #[schema(inline)]
    records: Vec<Row>,
    #[serde(default)]
    signature: Option<Signature>,
}

/// The same, before it is signed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkStatementRequest {
    act: String,
    text: Option<String>,
    #[schema(inline)]
    records: Vec<Row>,
}

/// What an officer asks for, as far as it can be judged without the records.
struct Asked {
    action: Action,
    cause: Cause,
    records: Vec<Row>,
}

fn asked(person: &Person, request: BulkStatementRequest) -> Result<Asked, Problem> {
    let BulkStatementRequest { act, text, records } = request;
    let action = Action::of_officer(&act).ok_or_else(|| {
        let value = act.chars().take(40).collect::<String>().into();
        Problem::fields(vec![FieldError::unknown_code("act".into(), "SG-150", value)])
    })?;
    let text = words_of(Some(action), text.as_deref())?;
    countable(&records)?;
    let cause = Cause::by(person.actor()).saying(text);
    Ok(Asked { action, cause, records })
}

/// The records, and the acts that are signed.
async fn acts(tx: &Tx, person: &Person, asked: &Asked) -> Result<(Vec<Record>, Vec<Act>), Problem> {
    let records = all_possible(tx, person, &asked.records, asked.action, &asked.cause).await?;
    let act = |record: &Record| signed::decision(record, asked.action, asked.cause.text.as_deref());
    let acts = records.iter().map(act).collect();
    Ok((records, acts))
}

/// 待签内容 of an act on several records.
///
/// # Errors
/// As the act itself, but for the signature.
#[utoipa::path(post, path = "/api/v1/desk/bulk/statements", tag = "desk",
    request_body(content = inline(BulkStatementRequest), example = json!({"act": "approve", "records": [{"unified_no": "202500000000000123", "version": 3}]})),
    responses((status = 201, description = "the bytes to be signed, with their nonce", body = serde_json::Value),
              (status = 409, description = "`fields` names the rows at fault", body = serde_json::Value)))]
pub async fn statements(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    person.decides()?;
    let asked = asked(&person, body::read(&bytes)?)?;
    let tx = central.store().begin().await?;
    let (_, acts) = acts(&tx, &person, &asked).await?;
    let statement = signing::statement(&tx, &person, &acts).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(statement))))
}

/// One act on the ticked records: `approve`, `return`, `hold`, `lift`, `close`, `finish`, `left-port`.
///
/// # Errors
/// 400, 401, 403 without the bound card's signature (PO-111), 409 with the rows at fault, 422.
#[utoipa::path(post, path = "/api/v1/desk/bulk", tag = "desk",
    request_body(content = inline(BulkRequest), example = json!({"act": "return", "text": "舱单已撤销",
        "records": [{"unified_no": "202500000000000123", "version": 3}, {"unified_no": "202500000000000124", "version": 3}],
        "signature": {"alg": "SM2-SM3", "certificate": "MII...", "value": "MEU...", "nonce": "..."}})),
    responses((status = 200, description = "all done", body = serde_json::Value, example = json!({"items": [{"unified_no": "202500000000000123", "status": "REJECTED", "version": 4}]})),
              (status = 409, description = "nothing is done; `fields` names the rows at fault", body = serde_json::Value)))]
pub async fn act_on_all(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.decides()?;
    let BulkRequest { act, text, records, signature } = body::read(&bytes)?;
    let asked = asked(&person, BulkStatementRequest { act, text, records })?;
    let mut tx = central.store().begin().await?;
    let (records, acts) = acts(&tx, &person, &asked).await?;
    signing::verify(&central, &tx, &person, signature.as_ref(), &acts).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        let after = lifecycle::apply(&mut tx, &record, asked.action, &asked.cause, None).await?;
        items.push(outcome(&after.unwrap_or(record)));
    }
    tx.commit().await?;
    Ok(Json(json!({ "items": items })))
}
