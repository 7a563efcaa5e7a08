//! 我的通知: the list in the portal, read and unread, open and done.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Audience, RecordLink};
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        query::{self, Conditions, Page},
    },
    identity::Person,
    store::{StoreError, all, column, execute, one},
};

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(count)).routes(routes!(read, unread))
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only those that are still to do, or only those that are not.
    open: Option<bool>,
    /// Only those that I have read, or only those that I have not.
    read: Option<bool>,
    /// Any part of the title.
    title: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Item {
    id: String,
    #[schema(value_type = String)]
    created_at: UtcMillis,
    kind: String,
    /// 标题.
    title: String,
    /// 内容.
    body: String,
    /// The record that it is about.
    record: Option<RecordLink>,
    /// Still to do: the record is in the state that caused it.
    open: bool,
    /// I have read it.
    read: bool,
}

/// `notice` with, for this person, whether it was read; `$1` is the person.
const MINE: &str = "(SELECT n.id, n.created_at, n.audience, n.kind, n.title, n.body, n.manual, n.number, n.status, n.closed_at, r.at AS read_at
                     FROM notice n LEFT JOIN notice_read r ON r.notice_id = n.id AND r.person = ?) AS mine";

/// What is for this person, and what else was asked for. The first value is the person, for the place in `MINE`.
fn conditions(person: &Person, asked: &Asked, title: Option<&str>) -> (String, String, Vec<Value>) {
    let mut conditions = Conditions::default();
    let audiences: Vec<Value> = Audience::of(person).into_iter().map(Value::from).collect();
    conditions.add("audience IN (?)", audiences);
    match asked.open {
        Some(true) => conditions.add("manual IS NOT NULL AND closed_at IS NULL", Vec::new()),
        Some(false) => conditions.add("(manual IS NULL OR closed_at IS NOT NULL)", Vec::new()),
        None => {}
    }
    match asked.read {
        Some(true) => conditions.add("read_at IS NOT NULL", Vec::new()),
        Some(false) => conditions.add("read_at IS NULL", Vec::new()),
        None => {}
    }
    if let Some(title) = title {
        conditions.contains("title", title);
    }
    let (clause, mut values) = conditions.sql();
    let place = values.len() + 1;
    values.push(person.identity().into());
    (MINE.replace('?', &format!("${place}")), clause, values)
}

/// My notices, newest first.
///
/// # Errors
/// 400, 401, 422.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", params(Asked),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"total": 1, "total_is_more": false,
                   "page": 1, "page_size": 10, "items": [{"id": "01999", "created_at": "2025-10-13T00:30:00.000Z", "kind": "appointment.approved",
                   "title": "预约申请已审核通过", "body": "", "open": true, "read": false,
                   "record": {"manual": "appointment", "number": "202500000000000001", "status": "APPROVED"}}]})),
              (status = 401, description = "not logged in"), (status = 422, description = "a condition breaks a rule")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Asked>,
) -> Result<Json<serde_json::Value>, Problem> {
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    let title = query::text("title", asked.title.as_deref(), &mut faults);
    query::judged(faults)?;
    let (mine, clause, values) = conditions(&person, &asked, title.as_deref());
    let conn = central.store().read();
    let sql = format!(
        "SELECT COUNT(*) AS total FROM (SELECT 1 AS hit FROM {mine} WHERE {clause} LIMIT {}) AS hits",
        query::COUNTED + 1
    );
    let total: i64 = one(conn, &sql, values.clone()).await?.map_or(Ok(0), |row| column(&row, "total"))?;
    let total = query::Total { total: total.min(query::COUNTED), more: total > query::COUNTED };
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT * FROM {mine} WHERE {clause} ORDER BY created_at DESC, id DESC LIMIT {size} OFFSET {offset}"
    );
    let rows = all(conn, &sql, values).await?;
    let items = rows.iter().map(|row| item(row).map(|item| json!(item))).collect::<Result<_, _>>()?;
    Ok(Json(query::listing(total, page, items)))
}

fn item(row: &QueryResult) -> Result<Item, StoreError> {
    let text = |name: &str| column::<String>(row, name);
    let record = match column::<Option<String>>(row, "manual")? {
        None => None,
        Some(manual) => Some(RecordLink { manual, number: text("number")?, status: text("status")? }),
    };
    let closed: Option<i64> = column(row, "closed_at")?;
    let read: Option<i64> = column(row, "read_at")?;
    Ok(Item {
        id: text("id")?,
        created_at: UtcMillis::from_millis(column(row, "created_at")?),
        kind: text("kind")?,
        title: text("title")?,
        body: text("body")?,
        open: record.is_some() && closed.is_none(),
        record,
        read: read.is_some(),
    })
}

#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
struct Counts {
    /// Not read yet.
    unread: i64,
    /// Still to do.
    open: i64,
}

/// How many I have not read, and how many are still to do; each to a thousand.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/v1/notices/count", tag = "notices",
    responses((status = 200, description = "both", body = Counts, example = json!({"unread": 3, "open": 1})), (status = 401, description = "not logged in")))]
async fn count(State(central): State<Central>, person: Person) -> Result<Json<Counts>, Problem> {
    let count = async |asked: Asked| -> Result<i64, StoreError> {
        let (mine, clause, values) = conditions(&person, &asked, None);
        let sql = format!(
            "SELECT COUNT(*) AS total FROM (SELECT 1 AS hit FROM {mine} WHERE {clause} LIMIT 1000) AS hits"
        );
        one(central.store().read(), &sql, values).await?.map_or(Ok(0), |row| column(&row, "total"))
    };
    let unread = count(Asked { read: Some(false), ..Asked::default() }).await?;
    Ok(Json(Counts { unread, open: count(Asked { open: Some(true), ..Asked::default() }).await? }))
}

/// Marks a notice as read.
///
/// # Errors
/// 401, 404.
#[utoipa::path(put, path = "/api/v1/notices/{id}/read", tag = "notices", params(("id" = String, Path)),
    responses((status = 204, description = "read"), (status = 401, description = "not logged in"), (status = 404, description = "not mine")))]
async fn read(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let sql = "INSERT INTO notice_read (notice_id, person, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    mark(&central, &person, &id, sql, true).await
}

/// Marks it as unread.
///
/// # Errors
/// 401, 404.
#[utoipa::path(delete, path = "/api/v1/notices/{id}/read", tag = "notices", params(("id" = String, Path)),
    responses((status = 204, description = "unread"), (status = 401, description = "not logged in"), (status = 404, description = "not mine")))]
async fn unread(
    State(central): State<Central>,
    person: Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    mark(&central, &person, &id, "DELETE FROM notice_read WHERE notice_id = $1 AND person = $2", false).await
}

async fn mark(
    central: &Central,
    person: &Person,
    id: &str,
    sql: &str,
    timed: bool,
) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    let row = one(tx.conn(), "SELECT audience FROM notice WHERE id = $1", [id.into()]).await?;
    let audience: String = row.map_or(Ok(String::new()), |row| column(&row, "audience"))?;
    if !Audience::of(person).contains(&audience) {
        return Err(Problem::not_found());
    }
    let mut values: Vec<Value> = vec![id.into(), person.identity().into()];
    values.extend(timed.then(|| Value::from(tx.now().as_millis())));
    execute(tx.conn(), sql, values).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
