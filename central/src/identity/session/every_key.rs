//! 接口密钥 of all accounts, as the platform's administrators see them: who has which, and the end of one that got into wrong hands (PO-046, PO-330).

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Value, json};

use super::key;
use crate::{
    app::Central,
    declaration::{
        problem::Problem,
        query::{self, Conditions, Page},
    },
    identity::Person,
    store::{StoreError, all, column, execute, from_json},
};

/// Conditions of a list of keys.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// Any part of the user name.
    username: Option<String>,
    /// Any part of the key's name.
    name: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

const KEYS: &str = "api_key JOIN account ON account.id = api_key.account_id";

/// The keys that serve, newest first; what they are is told to nobody.
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/admin/keys", tag = "admin", params(KeyQuery),
    responses((status = 200, description = "one page", body = serde_json::Value, example = json!({"items": [{"id": "0199…", "username": "yuanfan_admin", "name": "ERP",
                   "scopes": ["smart-gate:write"], "created_at": "2025-10-13T00:30:00.000Z"}], "page": 1, "page_size": 10, "total": 1, "total_is_more": false})),
              (status = 403, description = "not an administrator")))]
pub async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<KeyQuery>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let asked = query::read(asked)?;
    let mut faults = Vec::new();
    let mut conditions = Conditions::default();
    conditions.add("api_key.ended_at IS NULL", Vec::new());
    if let Some(name) = query::text("username", asked.username.as_deref(), &mut faults) {
        conditions.contains("account.username_folded", &name);
    }
    if let Some(name) = query::text("name", asked.name.as_deref(), &mut faults) {
        conditions.contains("api_key.name", &name);
    }
    let page = Page::read(asked.page, asked.page_size, &mut faults);
    query::judged(faults)?;
    let conn = central.store().read();
    let total = query::count(conn, KEYS, &conditions, false).await?;
    let (clause, values) = conditions.sql();
    let (size, offset) = (page.size, page.offset());
    let sql = format!(
        "SELECT api_key.id AS id, account.username AS username, api_key.name AS name, api_key.scopes AS scopes, api_key.created_at AS made
         FROM {KEYS} WHERE {clause} ORDER BY api_key.created_at DESC, api_key.id DESC LIMIT {size} OFFSET {offset}"
    );
    let item = |row: &QueryResult| -> Result<Value, StoreError> {
        let text = |name: &str| column::<String>(row, name);
        let scopes: Value = from_json("scopes", &text("scopes")?)?;
        let made = UtcMillis::from_millis(column(row, "made")?);
        Ok(
            json!({"id": text("id")?, "username": text("username")?, "name": text("name")?, "scopes": scopes, "created_at": made}),
        )
    };
    let items = all(conn, &sql, values).await?.iter().map(item).collect::<Result<_, _>>()?;
    Ok(Json(query::listing(total, page, items)))
}

/// Ends the key of any account.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/admin/keys/{key_id}", tag = "admin", params(("key_id" = String, Path)),
    responses((status = 204, description = "ended"), (status = 403, description = "not an administrator"), (status = 404, description = "no such key")))]
pub async fn end(
    State(central): State<Central>,
    person: Person,
    Path(key_id): Path<String>,
) -> Result<StatusCode, Problem> {
    person.must_administer()?;
    let tx = central.store().begin().await?;
    let sql = "UPDATE api_key SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    if execute(tx.conn(), sql, [key_id.clone().into(), tx.now().as_millis().into()]).await? != 1 {
        return Err(Problem::not_found());
    }
    key::note(&tx, &person, &key_id, "end_key").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
