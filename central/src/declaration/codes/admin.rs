//! What the platform's administrators do with code tables (PO-046, PO-339).
//! Promises: nothing is forgotten: a code that no longer holds keeps its days; every change is on record (PO-335).

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Meaning, end, is_table, read_meaning, set, sheet};
use crate::{
    app::Central,
    declaration::{
        audit::{self, Entry},
        body, numbering,
        problem::Problem,
        query::{self, Conditions, Page},
    },
    identity::Person,
    store::{StoreError, Tx, all, column},
};

/// A list of 50,000 codes with both names.
const MOST_LIST_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(tables))
        .routes(routes!(list))
        .routes(routes!(put))
        .routes(routes!(retire))
        .merge(OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(MOST_LIST_BYTES)))
}

/// 参数表 with how many codes it has today.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct TableView {
    name: String,
    title: String,
    title_en: String,
    codes: i64,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Tables {
    items: Vec<TableView>,
}

/// 参数表 of the platform.
///
/// # Errors
/// 401, 403.
#[utoipa::path(get, path = "/api/v1/admin/codes", tag = "codes",
    responses((status = 200, description = "the tables", body = Tables,
               example = json!({"items": [{"name": "unit", "title": "计量单位", "title_en": "units of measure", "codes": 123}]})),
              (status = 401, description = "not logged in"), (status = 403, description = "not an administrator")))]
async fn tables(State(central): State<Central>, person: Person) -> Result<Json<Tables>, Problem> {
    person.must_administer()?;
    let sql = "SELECT name, title, title_en, (SELECT COUNT(*) FROM code WHERE table_name = code_table.name AND valid_from <= $1
               AND (valid_to IS NULL OR valid_to >= $1)) AS codes FROM code_table ORDER BY name";
    let rows = all(central.store().read(), sql, [today(&central).into()]).await?;
    let view = |row| -> Result<TableView, StoreError> {
        let text = |name| column::<String>(row, name);
        Ok(TableView {
            name: text("name")?,
            title: text("title")?,
            title_en: text("title_en")?,
            codes: column(row, "codes")?,
        })
    };
    Ok(Json(Tables { items: rows.iter().map(view).collect::<Result<_, _>>()? }))
}

fn today(central: &Central) -> String {
    numbering::date_in_china(central.store().clock().now())
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Any part of a code or name.
    q: Option<String>,
    page: Option<u64>,
    page_size: Option<u64>,
}

/// Every meaning of the codes of a table, those that have ended and those that are to come included.
///
/// # Errors
/// 401, 403, 404, 422.
#[utoipa::path(get, path = "/api/v1/admin/codes/{table}", tag = "codes", params(("table" = String, Path, example = "unit"), Asked),
    responses((status = 200, description = "one page, by code and day", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": [
                   {"code": "001", "name": "台", "name_en": null, "valid_from": "1970-01-01", "valid_to": null}]})),
              (status = 403, description = "not an administrator"), (status = 404, description = "no such table"),
              (status = 422, description = "a condition breaks a rule")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    Path(table): Path<String>,
    asked: query::Sent<Asked>,
) -> Result<Json<serde_json::Value>, Problem> {
    person.must_administer()?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    let q = query::text("q", asked.q.as_deref(), &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    known(conn, &table).await?;
    let mut conditions = Conditions::default();
    conditions.equals("table_name", &table);
    if let Some(q) = q {
        conditions.contains("code || ' ' || name || ' ' || COALESCE(name_en, '')", &q);
    }
    let total = query::count(conn, "code", &conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT code, name, name_en, valid_from, valid_to FROM code WHERE {clause} ORDER BY code, valid_from LIMIT {size} OFFSET {offset}"
    );
    let rows = all(conn, &sql, values).await?;
    let items =
        rows.iter().map(|row| read_meaning(row).map(|meaning| json!(meaning))).collect::<Result<_, _>>()?;
    Ok(Json(query::listing(total, page, items)))
}

async fn known<C: sea_orm::ConnectionTrait>(conn: &C, table: &str) -> Result<(), Problem> {
    if is_table(conn, table).await? { Ok(()) } else { Err(Problem::not_found()) }
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct NewMeaning {
    /// 中文名称.
    name: String,
    /// The English name.
    name_en: Option<String>,
    /// 生效日期; today where it is absent.
    valid_from: Option<String>,
    /// 失效日期, the last day.
    valid_to: Option<String>,
}

/// Gives a code a meaning from a day on. What it meant before ends the day before.
///
/// # Errors
/// 400, 401, 403, 404, 422.
#[utoipa::path(put, path = "/api/v1/admin/codes/{table}/{code}", tag = "codes",
    params(("table" = String, Path, example = "unit"), ("code" = String, Path, example = "001")),
    request_body(content = inline(NewMeaning), example = json!({"name": "台", "name_en": "set", "valid_from": "2026-01-01"})),
    responses((status = 200, description = "stored", body = Meaning), (status = 403, description = "not an administrator"),
              (status = 404, description = "no such table"), (status = 422, description = "all faults")))]
async fn put(
    State(central): State<Central>,
    person: Person,
    Path((table, code)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Meaning>, Problem> {
    person.must_administer()?;
    let sent: NewMeaning = body::read(&bytes)?;
    let mut faults = Vec::new();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (name_en, from, to) = (text(&sent.name_en), text(&sent.valid_from), text(&sent.valid_to));
    let meaning =
        sheet::meaning("", [&code, &sent.name, &name_en, &from, &to], &today(&central), &mut faults);
    let Some(meaning) = meaning else { return Err(Problem::fields(faults)) };
    let tx = central.store().begin().await?;
    known(tx.conn(), &table).await?;
    set(&tx, &table, &meaning).await?;
    note(&tx, &person, &format!("{table}/{}", meaning.code.code), "SET_CODE", json!(meaning)).await?;
    tx.commit().await?;
    Ok(Json(meaning))
}

async fn note(
    tx: &Tx,
    person: &Person,
    number: &str,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let actor = &person.actor();
    audit::write(tx, &Entry { actor, subject: "codes", number, action, before: None, after: None, detail })
        .await
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct LastDay {
    /// 失效日期, the last day on which the code holds; yesterday where it is absent.
    valid_to: Option<String>,
}

/// Ends a code; records that were submitted with it keep it (PO-339).
///
/// # Errors
/// 400, 401, 403, 404 when it does not hold after that day, 422.
#[utoipa::path(post, path = "/api/v1/admin/codes/{table}/{code}/retire", tag = "codes",
    params(("table" = String, Path, example = "unit"), ("code" = String, Path, example = "001")),
    request_body(content = inline(LastDay), example = json!({"valid_to": "2026-12-31"})),
    responses((status = 204, description = "ended"), (status = 403, description = "not an administrator"),
              (status = 404, description = "no such table or code"), (status = 422, description = "no date")))]
async fn retire(
    State(central): State<Central>,
    person: Person,
    Path((table, code)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<axum::http::StatusCode, Problem> {
    person.must_administer()?;
    let sent: LastDay = body::read(&bytes)?;
    let mut faults = Vec::new();
    let last = match &sent.valid_to {
        Some(last) => sheet::day("valid_to", last, &mut faults).unwrap_or_default(),
        None => super::day_before(&today(&central)),
    };
    query::judged(faults)?;
    let tx = central.store().begin().await?;
    known(tx.conn(), &table).await?;
    if !end(&tx, &table, &code, &last).await? {
        return Err(Problem::not_found());
    }
    note(&tx, &person, &format!("{table}/{code}"), "RETIRE_CODE", json!({ "valid_to": last })).await?;
    tx.commit().await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
struct Imported {
    /// Codes that are new or mean something else now.
    changed: usize,
    /// Codes that were so already.
    same: usize,
}

/// Takes a list as CSV: `code,name_zh,name_en,valid_from,valid_to`, the last three optional. Codes that the list does not have stay.
///
/// # Errors
/// 401, 403, 404, 413, 422 with every fault and its row.
#[utoipa::path(post, path = "/api/v1/admin/codes/{table}/import", tag = "codes", params(("table" = String, Path, example = "hs_code")),
    request_body(content = String, content_type = "text/csv", example = "code,name_zh,name_en\n0809290000,鲜樱桃,Fresh cherries\n"),
    responses((status = 200, description = "taken", body = Imported, example = json!({"changed": 1, "same": 0})),
              (status = 403, description = "not an administrator"), (status = 404, description = "no such table"),
              (status = 413, description = "more than 8 MiB"), (status = 422, description = "nothing was taken")))]
async fn import(
    State(central): State<Central>,
    person: Person,
    Path(table): Path<String>,
    bytes: Bytes,
) -> Result<Json<Imported>, Problem> {
    person.must_administer()?;
    let today = today(&central);
    let sent = sheet::read(&bytes, &today).map_err(Problem::fields)?;
    let tx = central.store().begin().await?;
    known(tx.conn(), &table).await?;
    // The newest meaning of each code, whether it still holds or not.
    let sql = "SELECT code, name, name_en, valid_from, valid_to FROM code WHERE table_name = $1 ORDER BY code, valid_from";
    let rows = all(tx.conn(), sql, [Value::from(table.as_str())]).await?;
    let held: std::collections::HashMap<_, _> = rows
        .iter()
        .map(|row| read_meaning(row).map(|meaning| (meaning.code.code.clone(), meaning)))
        .collect::<Result<_, _>>()?;
    let mut imported = Imported { changed: 0, same: 0 };
    let mut fresh = Vec::new();
    for meaning in sent {
        match held.get(&meaning.code.code) {
            Some(held) if says_so(held, &meaning) => imported.same += 1,
            Some(_) => {
                set(&tx, &table, &meaning).await?;
                imported.changed += 1;
            }
            None => {
                fresh.push(meaning);
                imported.changed += 1;
            }
        }
    }
    super::insert(&tx, &table, &fresh).await?;
    note(&tx, &person, &table, "IMPORT_CODES", json!(imported)).await?;
    tx.commit().await?;
    Ok(Json(imported))
}

/// Whether a list only repeats what is known.
fn says_so(held: &Meaning, sent: &Meaning) -> bool {
    held.code == sent.code && held.valid_to == sent.valid_to && held.valid_from <= sent.valid_from
}
