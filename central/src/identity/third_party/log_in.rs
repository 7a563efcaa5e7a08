//! 第三方登录: to the provider and back, into a session; or, for an identity that is nobody's, to a password (PO-053, PO-067, PO-068).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    flow, link,
    provider::{Provider, refused},
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::{
        Login,
        account::{self, AccountStatus, lock::Rate},
        application,
        caller::Address,
        session::login::{self, wrong_way},
    },
};

pub(super) const PER_ADDRESS: Rate = Rate { what: "third party login", most: 100, seconds: 600 };

/// Where providers send people back to: a page of the portal, which hands `state` and `code` on.
pub(super) fn redirect(central: &Central) -> String {
    format!("{}/login/third-party", central.config().logins.portal())
}

/// Who else may say who somebody is.
///
/// # Errors
/// None.
#[utoipa::path(get, path = "/api/v1/identity-providers", tag = "identity", security(()),
    responses((status = 200, description = "in the order in which they are shown", body = serde_json::Value,
               example = json!({"items": [{"id": "wechat", "name": "微信", "name_en": "WeChat"}]}))))]
pub(super) async fn providers(State(central): State<Central>) -> Json<Value> {
    let items: Vec<_> = central
        .providers()
        .all()
        .map(|provider| json!({"id": provider.id, "name": provider.name, "name_en": provider.name_en}))
        .collect();
    Json(json!({ "items": items }))
}

/// Begins: the browser goes to the provider and comes back to `/login/third-party` with `state` and `code`.
///
/// # Errors
/// 404, 429, 503 when the provider does not answer.
#[utoipa::path(post, path = "/api/v1/sessions/third-party/{provider}", tag = "identity", security(()), params(("provider" = String, Path)),
    responses((status = 201, description = "go there; a cookie binds the way back to this browser", body = serde_json::Value,
               example = json!({"authorization_url": "https://id.example.cn/authorize?response_type=code&client_id=kakou&state=…"})),
              (status = 404, description = "no such provider"), (status = 429, description = "too often"), (status = 503, description = "the provider does not answer")))]
pub(super) async fn begin(
    State(central): State<Central>,
    Address(address): Address,
    Path(provider): Path<String>,
) -> Result<Response, Problem> {
    let provider = central.providers().of(&provider).ok_or_else(Problem::not_found)?;
    counted(&central, address.as_deref()).await?;
    begun(&central, provider, None).await
}

pub(super) async fn counted(central: &Central, address: Option<&str>) -> Result<(), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.unwrap_or_default()).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn begun(
    central: &Central,
    provider: &Provider,
    account_id: Option<&str>,
) -> Result<Response, Problem> {
    let beginning = provider.begin(central.store().clock().now(), &redirect(central)).await?;
    let tx = central.store().begin().await?;
    let browser = flow::begin(&tx, &provider.config.id, account_id, &beginning).await?;
    tx.commit().await?;
    let answer = json!({"authorization_url": beginning.url});
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    flow::remember(&mut response, &browser);
    Ok(response)
}

/// What the provider gave the browser to bring back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    state: String,
    code: String,
}

impl Back {
    pub(super) fn read(bytes: &Bytes) -> Result<Self, Problem> {
        body::read_secret(bytes, "state and code, both texts")
    }
}

/// Provider and subject of who has come back; outside of any transaction, since the provider takes its time.
pub(super) async fn known(
    central: &Central,
    back: Back,
    account_id: Option<&str>,
    headers: &HeaderMap,
    address: Option<&str>,
) -> Result<(String, String), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.unwrap_or_default()).await?;
    let taken = flow::take(&tx, &back.state, account_id, headers).await?;
    tx.commit().await?;
    let flow = taken.ok_or_else(|| refused("the state is unknown, used, too old, or of another browser"))?;
    let provider = central.providers().of(&flow.provider).ok_or_else(Problem::not_found)?;
    let now = central.store().clock().now();
    let subject = provider.finish(now, &redirect(central), back.code, flow.verifier, flow.nonce).await?;
    Ok((flow.provider, subject))
}

/// Ends: the session of the account that the identity is linked to; for an identity that is nobody's a `link_ticket`, to be sent with one
/// log-in by password.
///
/// # Errors
/// 400, 401 (`PO-053` when the provider's answer does not hold), 403 (`PO_LOGIN_METHOD`), 422, 429, 503.
#[utoipa::path(post, path = "/api/v1/sessions/third-party", tag = "identity", security(()),
    request_body(content = inline(Back), example = json!({"state": "xyz…", "code": "SplxlOBe…"})),
    responses((status = 201, description = "logged in", body = serde_json::Value, example = json!({"session": "open", "token": "ks_…", "username": "yuanfan_op1", "login": "third_party"})),
              (status = 200, description = "linked to nobody: log in once by password, with the ticket", body = serde_json::Value, example = json!({"linked": false, "link_ticket": "kl_…"})),
              (status = 401, description = "state or token does not hold, or the account is not active"), (status = 403, description = "this role logs in by card"),
              (status = 429, description = "too often"), (status = 503, description = "the provider does not answer")))]
pub(super) async fn finish(
    State(central): State<Central>,
    Address(address): Address,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let back = Back::read(&bytes)?;
    let (provider, subject) = known(&central, back, None, &headers, address.as_deref()).await?;
    let tx = central.store().begin().await?;
    let Some(account_id) = link::account_of(tx.conn(), &provider, &subject).await? else {
        let browser = flow::browser(&headers).unwrap_or_default();
        let ticket = flow::issue_ticket(&tx, &provider, &subject, &browser).await?;
        tx.commit().await?;
        let mut response = Json(json!({"linked": false, "link_ticket": ticket})).into_response();
        // The ticket needs the browser's secret as long as it serves itself.
        flow::remember(&mut response, &browser);
        return Ok(response);
    };
    let account = account::by_id(tx.conn(), &account_id).await?;
    let Some(account) = account.filter(|account| account.status == AccountStatus::Active) else {
        login::refused(&tx, &provider, "login_failed", address).await?;
        tx.commit().await?;
        return Err(Problem::unknown_caller());
    };
    if !application::admits(account.role, Login::ThirdParty) {
        login::refused(&tx, &account.username, "login_method", address).await?;
        tx.commit().await?;
        return Err(wrong_way());
    }
    link::used(&tx, &provider, &subject).await?;
    let response = login::open(&tx, &account, Login::ThirdParty, &headers, address).await?;
    tx.commit().await?;
    Ok(response)
}
