//! 预约通关查询, and the receipts of an application.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{
    super::{
        record::Appointment,
        search::{self, ORDER},
        view,
    },
    visible,
};
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        query::{self, listing},
        receipt,
        record::Record,
    },
    identity::Person,
};

/// 预约通关查询 of an enterprise: `enterprise_type` `A` as declarant, `B` with a consignee (AC-160..AC-172).
///
/// # Errors
/// 400, 401, 403, 422 with all faults of the query.
#[utoipa::path(get, path = "/api/v1/appointments", tag = "appointment",
    params(search::Query),
    responses((status = 200, description = "one page, latest slot first", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": []})),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<search::Query>,
) -> Result<Json<Value>, Problem> {
    let asked = query::read(asked)?;
    // AC-089: who may not apply may still look.
    let own = super::own_code(&person)?;
    let now = central.store().clock().now();
    let asked = asked.read(own, now)?;
    let conn = central.store().read();
    let total = query::count(conn, Appointment::TABLE, &asked.conditions, asked.count_all).await?;
    let records: Vec<Appointment> = query::page(conn, &asked.conditions, ORDER, asked.page).await?;
    let items = records.iter().map(|record| view::summary(record, &person, now)).collect();
    Ok(Json(listing(total, asked.page, items)))
}

/// 回执 of an application, newest first (AC-173).
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/appointments/{pre_entry_no}/receipts", tag = "appointment", params(("pre_entry_no" = String, Path)),
    responses((status = 200, description = "every step with time, who and why (AC-216)", body = serde_json::Value,
               example = json!({"items": [{"seq": 2, "received_at": "2018-10-19T01:10:00.000Z", "status_code": "ACCEPTED", "status_name": "已受理", "text": null, "source": "customs"}]})),
              (status = 404, description = "does not exist, or not for this person")))]
pub(super) async fn receipts(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(central.store().read(), &number, &person).await?;
    let rows = receipt::of_record(central.store().read(), &record.head.number).await?;
    let mut items: Vec<_> = (1..).zip(&rows).map(|(seq, row)| view::receipt(seq, row)).collect();
    items.reverse();
    Ok(Json(json!({ "items": items })))
}
