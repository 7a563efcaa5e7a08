//! 手机盾登录 on the device that has the shield, and what every log-in by a shield asks (PO-052, PO-066, PO-068).
//! Promises: the device finds the account by itself, so nobody learns who exists; a challenge that was answered wrongly is used up; a shield
//! that has signed less often than before is refused and on record.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Assertion, Fault,
    ceremony::{self, Expected},
    challenge::{self, Purpose},
    options, store,
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::{
        Login,
        account::{self, Account, AccountStatus, lock::Rate},
        application,
        caller::Address,
        session::login::{self, wrong_way},
    },
    store::Tx,
};

pub(super) const PER_ADDRESS: Rate = Rate { what: "shield login", most: 200, seconds: 600 };

/// A challenge for the shield of whoever comes; 60 seconds.
///
/// # Errors
/// 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield/challenges", tag = "identity", security(()),
    responses((status = 201, description = "options for the browser", body = serde_json::Value,
               example = json!({"public_key": {"challenge": "mUdO…", "rpId": "portal.example.cn", "userVerification": "required"}, "expires_at": "2025-10-13T00:31:00.000Z"})),
              (status = 429, description = "too often")))]
pub(super) async fn challenge(
    State(central): State<Central>,
    Address(address): Address,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let made = challenge::make(&tx, Purpose::LogIn, None).await?;
    tx.commit().await?;
    let public_key = options::request(&central, &[], &made.text);
    Ok((StatusCode::CREATED, Json(json!({"public_key": public_key, "expires_at": made.expires_at}))))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ByShield {
    #[schema(inline)]
    credential: Assertion,
}

/// Opens the session of the shield's account.
///
/// # Errors
/// 400, 401 (the account is not active), 403 (`PO_SIGNATURE_INVALID`, `PO_LOGIN_METHOD`), 422, 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield", tag = "identity", security(()),
    request_body(content = inline(ByShield), example = json!({"credential": {"id": "tF5…", "type": "public-key",
        "response": {"clientDataJSON": "eyJ0…", "authenticatorData": "SZYN…", "signature": "MEUC…", "userHandle": "MDE5…"}}})),
    responses((status = 201, description = "logged in", body = serde_json::Value, example = json!({"session": "open", "token": "ks_…", "username": "yuanfan_op1", "login": "shield"})),
              (status = 401, description = "the account is not active"), (status = 403, description = "the answer does not hold, or this role logs in otherwise"),
              (status = 429, description = "too often")))]
pub(super) async fn log_in(
    State(central): State<Central>,
    Address(address): Address,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let ByShield { credential } = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let challenge = challenge::take(&tx, Purpose::LogIn, None, &credential.response.client_data).await?;
    let proven = match challenge {
        Some(challenge) => proven(&central, &tx, &challenge, &credential, address.clone()).await?,
        None => Err(Fault::Challenge.into()),
    };
    let opened = match proven {
        Ok(account) => login::open(&tx, &account, Login::Shield, &headers, address).await,
        Err(refused) => Err(refused),
    };
    // What was refused is on record, and its challenge is used up.
    tx.commit().await?;
    opened
}

/// The account whose shield has answered; what is refused is written to the log, so the transaction is to be committed in any case.
pub(super) async fn proven(
    central: &Central,
    tx: &Tx,
    challenge: &[u8],
    credential: &Assertion,
    address: Option<String>,
) -> Result<Result<Account, Problem>, Problem> {
    let Some(shield) = store::of_credential(tx, &credential.id).await? else {
        return Ok(Err(Fault::Unknown.into()));
    };
    let Some(account) = account::by_id(tx.conn(), &shield.account_id).await? else {
        return Ok(Err(Fault::Unknown.into()));
    };
    let logins = &central.config().logins;
    let expected = Expected { rp_id: logins.rp_id(), origins: &logins.origins, challenge };
    let mut judged = ceremony::answered(expected, &shield.key, shield.counter, credential);
    let handle = credential.response.user_handle.as_deref();
    if handle.is_some_and(|handle| handle.trim_end_matches('=') != options::handle(&account.id)) {
        judged = judged.and(Err(Fault::Account));
    }
    if !shield.serves(tx.now()) {
        judged = judged.and(Err(Fault::Expired));
    }
    let counter = match judged {
        Ok(counter) => counter,
        Err(fault) => {
            let action = if fault == Fault::Counter { "login_copied_shield" } else { "login_failed" };
            login::refused(tx, &account.username, action, address).await?;
            return Ok(Err(fault.into()));
        }
    };
    store::used(tx, &shield, counter).await?;
    if account.status != AccountStatus::Active {
        login::refused(tx, &account.username, "login_failed", address).await?;
        return Ok(Err(Problem::unknown_caller()));
    }
    if !application::admits(account.role, Login::Shield) {
        login::refused(tx, &account.username, "login_method", address).await?;
        return Ok(Err(wrong_way()));
    }
    Ok(Ok(account))
}
