//! 忘记用户名/忘记密码: a one-time code to the registered mobile (PO-037).
//! Promises: the answer is the same whether an account has that mobile or not; a reset uses the code up and ends all sessions of the account.

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AccountStatus,
    code::{self, Purpose},
    fields, folded,
    lock::{self, Rate},
    password,
    register::{log, wrong_code},
};
use crate::{
    app::Central,
    declaration::{body, fault::FieldError, problem::Problem, query},
    identity::{caller::Address, session},
};

const PER_ADDRESS: Rate = Rate { what: "recover", most: 10, seconds: 3600 };
const PER_MOBILE: Rate = Rate { what: "recover mobile", most: 5, seconds: 3600 };
const RESETS_PER_ADDRESS: Rate = Rate { what: "reset", most: 30, seconds: 3600 };

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    mobile: String,
}

fn judged_mobile(mobile: &str) -> Result<String, Problem> {
    let mobile = mobile.trim();
    match fields::mobile(mobile, "PO-301") {
        None => Ok(mobile.to_owned()),
        Some(fault) => Err(Problem::fields(vec![fault])),
    }
}

/// Asks for a code to the mobile of an account.
///
/// # Errors
/// 400, 422, 429.
#[utoipa::path(post, path = "/api/v1/recoveries", tag = "identity", security(()),
    request_body(content = inline(Ask), example = json!({"mobile": "13816001234"})),
    responses((status = 202, description = "if an account has this mobile, a code is on its way"),
              (status = 422, description = "not a mobile number"), (status = 429, description = "too often")))]
pub async fn ask(
    State(central): State<Central>,
    Address(address): Address,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let request: Ask = body::read(&bytes)?;
    let mobile = judged_mobile(&request.mobile)?;
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    PER_MOBILE.count(&tx, &mobile).await?;
    let accounts = super::by_mobile(tx.conn(), &mobile).await?;
    // One code serves for all accounts of this mobile; the first of them carries it.
    if let Some(first) = accounts.first() {
        code::send(&tx, &first.id, Purpose::Recover, &mobile).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    mobile: String,
    code: String,
    username: Option<String>,
    new_password: Option<String>,
}

/// With the code: tells the user names of this mobile, after which the code still serves, and with a name and a new password sets that one.
///
/// # Errors
/// 400, 404 when the name is none of this mobile's, 422, 429.
#[utoipa::path(post, path = "/api/v1/recoveries/redeem", tag = "identity", security(()),
    request_body(content = inline(Reset), example = json!({"mobile": "13816001234", "code": "123456", "username": "yuanfan_admin", "new_password": "(8 to 64 characters)"})),
    responses((status = 200, description = "the user names of this mobile; the password was set where one was given", body = serde_json::Value,
               example = json!({"usernames": ["yuanfan_admin"], "password_set": true})),
              (status = 404, description = "none of this mobile's names"), (status = 422, description = "a wrong code or a weak password"), (status = 429, description = "too often")))]
pub async fn reset(
    State(central): State<Central>,
    Address(address): Address,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: Reset =
        body::read_secret(&bytes, "mobile, code and, to set a password, username and new_password")?;
    let mobile = judged_mobile(&request.mobile)?;
    let mut faults = Vec::new();
    if let Some(new_password) = &request.new_password {
        match request.username.as_deref() {
            None => faults.push(FieldError::required("username".into(), "PO-037")),
            Some(username) => password::judge("new_password", new_password, username, &mut faults),
        }
    }
    query::judged(faults)?;
    let hash = match &request.new_password {
        Some(new_password) => Some(password::hash(new_password.clone()).await?),
        None => None,
    };
    let tx = central.store().begin().await?;
    RESETS_PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let accounts = super::by_mobile(tx.conn(), &mobile).await?;
    // Whoever has forgotten both is told the names first, and sets the password with the same code.
    let ends = request.new_password.is_some();
    let right = match accounts.first() {
        Some(first) if ends => code::redeem(&tx, &first.id, Purpose::Recover, &request.code).await?,
        Some(first) => code::holds(&tx, &first.id, Purpose::Recover, &request.code).await?,
        None => false,
    };
    if !right {
        tx.commit().await?;
        return Err(wrong_code());
    }
    let usernames: Vec<_> = accounts.iter().map(|account| account.username.clone()).collect();
    if let (Some(hash), Some(username)) = (hash, request.username.as_deref()) {
        let wanted = folded(username);
        let mut account = accounts
            .into_iter()
            .find(|account| folded(&account.username) == wanted && account.status != AccountStatus::Closed)
            .ok_or_else(Problem::not_found)?;
        account.password_hash = Some(hash);
        super::update(&tx, &mut account).await?;
        session::end_all(&tx, &account.id, "password_reset", None).await?;
        lock::clear(&tx, &wanted).await?;
        log(&tx, &account, "reset_password", address).await?;
    }
    tx.commit().await?;
    Ok(Json(json!({"usernames": usernames, "password_set": request.new_password.is_some()})))
}
