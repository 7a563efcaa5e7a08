//! 删除: one record, or several ticked ones.
//! Promises: of several either all go or none, and the answer names the rows at fault (PO-216); over an approval only the open version
//! goes (SG-196).
//! Source: spec SG-118, SG-143, SG-144, SG-177, SG-196, SG-201; PO-216, PO-242, PO-243.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{same_version, visible},
    lifecycle::{self, Action},
    record::Record,
};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        lifecycle::{ApplyError, Cause},
        problem::Problem,
        seen::Seen,
    },
    identity::Person,
    store::Tx,
};

/// Rows of one request.
const MOST_ROWS: usize = 100;

/// 删除.
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(delete, path = "/api/v1/smart-gate/records/{unified_no}", tag = "smart-gate", params(("unified_no" = String, Path), Seen),
    responses((status = 204, description = "删除成功"), (status = 409, description = "status or version")))]
pub async fn delete(
    State(central): State<Central>,
    person: Person,
    Path(unified_no): Path<String>,
    Query(seen): Query<Seen>,
) -> Result<StatusCode, Problem> {
    let declarant = person.declarant()?;
    declarant.bound_card()?;
    let mut tx = central.store().begin().await?;
    let before = visible(tx.conn(), &unified_no, &person).await?;
    same_version(&before, seen.version)?;
    lifecycle::apply(&mut tx, &before, Action::Delete, &Cause::by(person.actor()), None).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 勾选行: a ticked record as the person saw it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// 数据中心统一编号.
    pub unified_no: String,
    /// `version` of the record as displayed (SG-151).
    pub version: Option<i64>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteRequest {
    #[schema(inline)]
    records: Vec<Row>,
}

/// 删除 of the ticked records, all or none.
///
/// # Errors
/// 400, 401, 403, 409 with the rows at fault, 422.
#[utoipa::path(post, path = "/api/v1/smart-gate/records/delete", tag = "smart-gate",
    request_body(content = inline(DeleteRequest), example = json!({"records": [{"unified_no": "202500000000000123", "version": 1}]})),
    responses((status = 200, description = "删除成功", body = serde_json::Value, example = json!({"deleted": 1})),
              (status = 409, description = "none is deleted; `fields` names the rows at fault", body = serde_json::Value)))]
pub async fn delete_many(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let declarant = person.declarant()?;
    declarant.bound_card()?;
    let request: DeleteRequest = body::read(&bytes)?;
    countable(&request.records)?;
    let mut tx = central.store().begin().await?;
    let cause = Cause::by(person.actor());
    let records = all_possible(&tx, &person, &request.records, Action::Delete, &cause).await?;
    for record in &records {
        lifecycle::apply(&mut tx, record, Action::Delete, &cause, None).await?;
    }
    tx.commit().await?;
    Ok(Json(json!({ "deleted": records.len() })))
}

/// At least one row, not too many, none twice.
///
/// # Errors
/// 422.
pub fn countable(rows: &[Row]) -> Result<(), Problem> {
    let numbers: BTreeSet<_> = rows.iter().map(|row| &row.unified_no).collect();
    if (1..=MOST_ROWS).contains(&rows.len()) && numbers.len() == rows.len() {
        return Ok(());
    }
    let (zh, en) = ("请勾选1至100条不重复的数据", "1 to 100 records, none of them twice");
    Err(Problem::fields(vec![FieldError::format("records".into(), "PO-216", zh, en, rows.len().into())]))
}

/// The records of these rows, when the act is possible for each; otherwise all the rows at fault.
///
/// # Errors
/// 409 with a fault for each row that is not there, has moved on, or does not allow the act.
pub async fn all_possible(
    tx: &Tx,
    person: &Person,
    rows: &[Row],
    action: Action,
    cause: &Cause,
) -> Result<Vec<Record>, Problem> {
    let (mut records, mut faults) = (Vec::with_capacity(rows.len()), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let judged = match visible(tx.conn(), &row.unified_no, person).await {
            Err(problem) => Err(problem),
            Ok(record) => same_version(&record, row.version).and_then(|()| {
                lifecycle::moved(&record, action, cause, tx.now()).map_err(ApplyError::from)?;
                Ok(record)
            }),
        };
        match judged {
            Ok(record) => records.push(record),
            Err(problem) if problem.status().is_server_error() => return Err(problem),
            Err(problem) => {
                let value = row.unified_no.chars().take(40).collect::<String>().into();
                faults.push(problem.of_row(format!("records[{place}]"), "PO-216", value));
            }
        }
    }
    if faults.is_empty() { Ok(records) } else { Err(Problem::rows(faults)) }
}
