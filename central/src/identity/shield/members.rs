//! Shields of an enterprise's people, as its administrator sees and withdraws them (PO-040).

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{own, store};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{Person, account::members::member},
};

/// The shields of one account of the own enterprise.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/enterprise/members/{account_id}/shields", tag = "identity", params(("account_id" = String, Path)),
    responses((status = 200, description = "oldest first", body = serde_json::Value, example = json!({"items": []})),
              (status = 403, description = "not an administrator"), (status = 404, description = "not of this enterprise")))]
pub(super) async fn list(
    State(central): State<Central>,
    person: Person,
    Path(account_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let account = member(conn, &person, &account_id).await?;
    let now = central.store().clock().now();
    let shields = store::of_account(conn, &account.id).await?;
    Ok(Json(json!({"items": shields.iter().map(|shield| shield.view(now)).collect::<Vec<_>>()})))
}

/// Withdraws one of them, such as that of a lost phone.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/enterprise/members/{account_id}/shields/{shield_id}", tag = "identity",
    params(("account_id" = String, Path), ("shield_id" = String, Path)),
    responses((status = 204, description = "withdrawn"), (status = 403, description = "not an administrator"), (status = 404, description = "no such shield of this enterprise")))]
pub(super) async fn withdraw(
    State(central): State<Central>,
    person: Person,
    Path((account_id, shield_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let tx = central.store().begin().await?;
    let account = member(tx.conn(), &person, &account_id).await?;
    own::withdrawn(&tx, &person, &account.id, &shield_id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
