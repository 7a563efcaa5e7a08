//! 登录管理: the own sessions, each of which can be ended (PO-070), and those of any account as administrators see them.
//! Promises: each says in which way it began.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{Person, account},
};

/// The open sessions of the own account, newest first.
///
/// # Errors
/// 401, 404 for a key of the configuration.
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "identity",
    responses((status = 200, description = "newest first", body = serde_json::Value, example = json!({"items": []})), (status = 404, description = "no account stands behind this key")))]
pub async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let account_id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    let now = central.store().clock().now();
    let sessions = super::of_account(central.store().read(), account_id, now).await?;
    let item = |session: &super::Session| {
        json!({"id": session.id, "login": session.login, "created_at": session.created_at, "seen_at": session.seen_at,
               "device": session.device, "address": session.address, "this": person.session_id.as_deref() == Some(&*session.id)})
    };
    Ok(Json(json!({ "items": sessions.iter().map(item).collect::<Vec<_>>() })))
}

/// More than anybody reads.
const MOST: u32 = 100;

/// The newest 100 log-ins of an account: how, when, from which device, and what ended them.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/admin/accounts/{account_id}/sessions", tag = "admin", params(("account_id" = String, Path)),
    responses((status = 200, description = "newest first", body = serde_json::Value,
               example = json!({"items": [{"id": "0199…", "login": "card", "created_at": "2025-10-13T00:30:00.000Z", "seen_at": "2025-10-13T00:30:00.000Z",
                                           "device": "Mozilla/5.0", "address": "203.0.113.7", "open": false, "ended_at": "2025-10-13T00:40:00.000Z", "ended_by": "card_removed"}]})),
              (status = 403, description = "not an administrator"), (status = 404, description = "no such account")))]
pub async fn of_account(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    person.must_administer()?;
    let conn = central.store().read();
    account::by_id(conn, &account_id).await?.ok_or_else(Problem::not_found)?;
    let now = central.store().clock().now();
    let sessions = super::history(conn, &account_id, MOST).await?;
    let item = |session: &super::Session| {
        json!({"id": session.id, "login": session.login, "created_at": session.created_at, "seen_at": session.seen_at,
               "device": session.device, "address": session.address, "open": session.is_open(now),
               "ended_at": session.ended_at, "ended_by": session.ended_by})
    };
    Ok(Json(json!({ "items": sessions.iter().map(item).collect::<Vec<_>>() })))
}

/// Ends one of them.
///
/// # Errors
/// 401, 404.
#[utoipa::path(delete, path = "/api/v1/account/sessions/{session_id}", tag = "identity", params(("session_id" = String, Path)),
    responses((status = 204, description = "ended"), (status = 404, description = "no open session of this account")))]
pub async fn end(
    State(central): State<Central>,
    person: Person,
    Path(session_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let account_id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    let tx = central.store().begin().await?;
    if !super::end(&tx, account_id, &session_id, "another_device").await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
