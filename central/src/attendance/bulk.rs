//! 批量删除: ticked records go together, or none of them (AE-132, PO-216).

use std::collections::BTreeSet;

use axum::{body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::{applicant, can_be_deleted, moved_not, taken},
    lifecycle::{Action, move_on},
};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, lifecycle::Cause, problem::Problem},
    identity::Person,
};

/// A page of the list at its longest.
const MOST: usize = 100;

/// The path of the deletion of several.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(delete))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Request {
    #[schema(inline)]
    items: Vec<Ticked>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ticked {
    data_center_no: String,
    version: i64,
}

/// Deletes the ticked applications, all or none; `fields` names the rows at fault.
///
/// # Errors
/// 400, 401, 403, 409 where a row does not exist, has moved on or cannot be deleted, 422 for none or too many.
#[utoipa::path(post, path = "/api/v1/attendance-exemptions/delete", tag = "attendance",
    request_body(content = inline(Request), example = json!({"items": [{"data_center_no": "202000000000000001", "version": 2}]})),
    responses((status = 204, description = "all are deleted"), (status = 409, description = "none is; `fields` names the rows at fault", body = serde_json::Value),
              (status = 422, description = "none or too many are named")))]
async fn delete(State(central): State<Central>, person: Person, bytes: Bytes) -> Result<StatusCode, Problem> {
    applicant(&person)?;
    let request: Request = body::read(&bytes)?;
    let numbers: BTreeSet<_> = request.items.iter().map(|ticked| &ticked.data_center_no).collect();
    if numbers.len() != request.items.len() || !(1..=MOST).contains(&numbers.len()) {
        let (zh, en) = ("请选择1至100条不同的记录", "tick 1 to 100 records, each once");
        let fault = FieldError::format("items".into(), "PO-216", zh, en, json!(request.items.len()));
        return Err(Problem::fields(vec![fault]));
    }
    let tx = central.store().begin().await?;
    let mut faults = Vec::new();
    // In the order of numbers, so that two of these never wait for each other.
    let mut rows: Vec<_> = request.items.iter().enumerate().collect();
    rows.sort_by(|(_, a), (_, b)| a.data_center_no.cmp(&b.data_center_no));
    for (place, ticked) in rows {
        let fault = |code, rule, zh: &str, en: &str| {
            let value = json!(ticked.data_center_no);
            FieldError { code, ..FieldError::format(format!("items[{place}]"), rule, zh, en, value) }
        };
        let before = match taken(&tx, &ticked.data_center_no, &person).await {
            Ok(before) => before,
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
                faults.push(fault("PO_NOT_FOUND", "PO-049", "数据不存在", "there is no such thing"));
                continue;
            }
            Err(problem) => return Err(problem),
        };
        if !can_be_deleted(&before) {
            let zh = "当前状态不允许删除";
            faults.push(fault("AE_DELETE_FORBIDDEN", "AE-132", zh, "cannot be deleted in this status"));
        } else if before.head.version != ticked.version {
            let zh = "数据已被更新，请刷新后重试";
            faults.push(fault("PO_VERSION_CONFLICT", "PO-333", zh, "the record has moved on; reload it"));
        } else if faults.is_empty() {
            move_on(&tx, &before, Action::Delete, &Cause::by(person.actor()), |_| ())
                .await
                .map_err(|error| moved_not(error, &before.form))?;
        }
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults).with_status(StatusCode::CONFLICT));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
