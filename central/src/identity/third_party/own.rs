//! 第三方账号关联: the identities of the own account: list, link, unlink (PO-038, PO-067).
//! Promises: a program's key links nothing; a link is made in the browser and for the account that began it.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    link,
    log_in::{Back, begun, counted, known},
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::{
        Login, Person,
        account::{self, Account},
        application,
        session::{self, login::wrong_way},
    },
};

/// The account of a person who came in a way that may link, in a role that may log in by third parties.
async fn keeper(central: &Central, person: &Person) -> Result<Account, Problem> {
    if person.login == Login::Key {
        return Err(Problem::no_permission());
    }
    let id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    if !application::admits(person.role, Login::ThirdParty) {
        return Err(wrong_way());
    }
    account::by_id(central.store().read(), id).await?.ok_or_else(Problem::not_found)
}

/// The own identities; the provider's name of a person is not said.
///
/// # Errors
/// 401, 403 (`PO_LOGIN_METHOD` for officers and agencies, or a key), 404 for a key of the configuration.
#[utoipa::path(get, path = "/api/v1/account/identities", tag = "identity",
    responses((status = 200, description = "oldest first", body = serde_json::Value,
               example = json!({"items": [{"id": "0199…", "provider": "wechat", "linked_at": "2025-10-13T00:30:00.000Z", "used_at": null}]})),
              (status = 403, description = "this role logs in by card, or a key of a program asks")))]
pub(super) async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let account = keeper(&central, &person).await?;
    let items = link::of_account(central.store().read(), &account.id).await?;
    Ok(Json(json!({ "items": items })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    provider: String,
}

/// Begins to link: the browser goes to the provider and comes back to `/login/third-party` with `state` and `code`.
///
/// # Errors
/// 400, 401, 403, 404, 422, 429, 503.
#[utoipa::path(post, path = "/api/v1/account/identities/authorizations", tag = "identity",
    request_body(content = inline(Asked), example = json!({"provider": "wechat"})),
    responses((status = 201, description = "go there; a cookie binds the way back to this browser", body = serde_json::Value,
               example = json!({"authorization_url": "https://id.example.cn/authorize?response_type=code&client_id=kakou&state=…"})),
              (status = 403, description = "this role logs in by card, or a key of a program asks"), (status = 404, description = "no such provider"),
              (status = 429, description = "too often"), (status = 503, description = "the provider does not answer")))]
pub(super) async fn begin(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let account = keeper(&central, &person).await?;
    let asked: Asked = body::read(&bytes)?;
    let provider = central.providers().of(&asked.provider).ok_or_else(Problem::not_found)?;
    counted(&central, person.address.as_deref()).await?;
    begun(&central, provider, Some(&account.id)).await
}

/// Ends: the identity is the account's from now on.
///
/// # Errors
/// 400, 401 (`PO-053` when the provider's answer does not hold), 403, 404, 409 when it is linked already, 422, 429, 503.
#[utoipa::path(post, path = "/api/v1/account/identities", tag = "identity",
    request_body(content = inline(Back), example = json!({"state": "xyz…", "code": "SplxlOBe…"})),
    responses((status = 201, description = "linked", body = serde_json::Value, example = json!({"id": "0199…", "provider": "wechat"})),
              (status = 401, description = "state or token does not hold"), (status = 403, description = "this role logs in by card, or a key of a program asks"),
              (status = 409, description = "linked already, to this account or another"), (status = 503, description = "the provider does not answer")))]
pub(super) async fn link(
    State(central): State<Central>,
    person: Person,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = keeper(&central, &person).await?;
    let back = Back::read(&bytes)?;
    let (provider, subject) =
        known(&central, back, Some(&account.id), &headers, person.address.as_deref()).await?;
    let tx = central.store().begin().await?;
    let id = link::link(&tx, &account, &person.actor(), &provider, &subject).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": id, "provider": provider}))))
}

/// Takes an identity from the account; the sessions end that other providers have opened.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/account/identities/{identity_id}", tag = "identity", params(("identity_id" = String, Path)),
    responses((status = 204, description = "unlinked"), (status = 403, description = "a key of a program asks"), (status = 404, description = "no such identity of this account")))]
pub(super) async fn unlink(
    State(central): State<Central>,
    person: Person,
    Path(identity_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let account = keeper(&central, &person).await?;
    let tx = central.store().begin().await?;
    if !link::unlink(&tx, &account.id, &identity_id, &person.actor()).await? {
        return Err(Problem::not_found());
    }
    session::end_way(&tx, &account.id, Login::ThirdParty, "identity_unlinked").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
