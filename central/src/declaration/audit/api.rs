//! What an administrator reads of the log (PO-335).

use axum::{Json, extract::State};
use protocols::contract::UtcMillis;
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        query::{self, Conditions, Page, PeriodRule},
    },
    identity::Person,
    store::{StoreError, all, column, from_json},
};

/// The paths.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list))
}

const PERIOD: PeriodRule =
    PeriodRule { names: ["from", "to"], rule: "PO-207", most_days: None, required: false };

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The manual, `identity`, `attachment`, `codes` ...
    subject: Option<String>,
    /// The record, account, card or table.
    number: Option<String>,
    /// The user name of who acted.
    actor: Option<String>,
    /// The number of the card of who acted.
    card_no: Option<String>,
    /// What was done.
    action: Option<String>,
    /// The first day, `YYYY-MM-DD`.
    from: Option<String>,
    /// The last day.
    to: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

/// 操作日志, newest first.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/audit", tag = "audit", params(Asked),
    responses((status = 200, description = "one page", body = Value, example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10,
                   "items": [{"id": "01999", "at": "2025-10-13T00:30:00.000Z", "actor": "wang", "role": "enterprise_operator", "card_no": "8950000004821",
                              "address": null, "subject": "attachment", "number": "202500000000000001", "action": "DOWNLOAD", "before": null,
                              "after": null, "detail": {"file_name": "statement.pdf"}}]})),
              (status = 401, description = "not logged in"), (status = 403, description = "not an administrator"),
              (status = 422, description = "a condition breaks a rule")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let mut conditions = Conditions::default();
    for (name, sent) in [
        ("subject", &asked.subject),
        ("number", &asked.number),
        ("actor", &asked.actor),
        ("card_no", &asked.card_no),
        ("action", &asked.action),
    ] {
        if let Some(text) = query::text(name, sent.as_deref(), &mut faults) {
            conditions.equals(name, &text);
        }
    }
    if let Some(period) = PERIOD.read(asked.from.as_deref(), asked.to.as_deref(), &mut faults) {
        conditions.within("at", period);
    }
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, "audit", &conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql =
        format!("SELECT * FROM audit WHERE {clause} ORDER BY at DESC, id DESC LIMIT {size} OFFSET {offset}");
    let rows = all(conn, &sql, values).await?;
    Ok(Json(query::listing(total, page, rows.iter().map(entry).collect::<Result<_, _>>()?)))
}

fn entry(row: &QueryResult) -> Result<Value, StoreError> {
    let text = |name: &str| column::<String>(row, name);
    let perhaps = |name: &str| column::<Option<String>>(row, name);
    let detail: Value = from_json("audit detail", &text("detail")?)?;
    Ok(json!({
        "id": text("id")?, "at": UtcMillis::from_millis(column(row, "at")?), "actor": text("actor")?, "role": text("role")?,
        "card_no": perhaps("card_no")?, "address": perhaps("address")?, "subject": text("subject")?, "number": text("number")?,
        "action": text("action")?, "before": perhaps("before")?, "after": perhaps("after")?, "detail": detail,
    }))
}

#[cfg(test)]
mod tests;
