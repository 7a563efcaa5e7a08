//! 扫码登录请求: a log-in on a screen without a shield, confirmed on a phone that has one (PO-066).
//! The screen asks for a request and shows its QR code, or names an account, whose phone then finds it; the phone shows the request's code,
//! to be compared, and confirms it by the shield; the screen collects the session.
//! ```text
//! WAITING -> CONFIRMED -> TAKEN          60 seconds in all
//!        \-> REFUSED <-/    when the shield is withdrawn
//! ```
//! Promises: who has seen the QR code can confirm or refuse, and nothing else: the session goes to who holds the poll token, once. A name that
//! nobody has gets the same answer as one that somebody has.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocols::{base64::Alphabet::Url, contract::UtcMillis};
use rand::RngExt;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Assertion, Fault,
    challenge::{self, SERVES_MS},
    log_in::{PER_ADDRESS, proven},
    options,
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::{
        Login,
        account::{self, AccountStatus, folded, lock::Rate},
        caller::Address,
        secret,
        session::login,
    },
    store::{StoreError, Tx, all, column, execute, one},
};

const PER_NAME: Rate = Rate { what: "shield request", most: 10, seconds: 600 };

/// 扫码登录请求 as stored.
struct Request {
    id: String,
    poll_hash: String,
    code: String,
    challenge: String,
    state: String,
    username_folded: Option<String>,
    account_id: Option<String>,
    device: Option<String>,
    address: Option<String>,
    expires_at: UtcMillis,
}

const COLUMNS: &str =
    "id, poll_hash, code, challenge, state, username_folded, account_id, device, address, expires_at";

impl Request {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            id: column(row, "id")?,
            poll_hash: column(row, "poll_hash")?,
            code: column(row, "code")?,
            challenge: column(row, "challenge")?,
            state: column(row, "state")?,
            username_folded: column(row, "username_folded")?,
            account_id: column(row, "account_id")?,
            device: column(row, "device")?,
            address: column(row, "address")?,
            expires_at: UtcMillis::from_millis(column(row, "expires_at")?),
        })
    }

    /// What the phone shows of it.
    fn view(&self) -> Value {
        json!({"request_id": self.id, "code": self.code, "device": self.device, "address": self.address, "expires_at": self.expires_at})
    }
}

/// A request that still waits, or 404.
async fn waiting<C: ConnectionTrait>(conn: &C, id: &str, now: UtcMillis) -> Result<Request, Problem> {
    let found = of_id(conn, id).await?;
    found
        .filter(|request| request.state == "waiting" && now <= request.expires_at)
        .ok_or_else(Problem::not_found)
}

async fn of_id<C: ConnectionTrait>(conn: &C, id: &str) -> Result<Option<Request>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM shield_request WHERE id = $1");
    one(conn, &sql, [id.into()]).await?.as_ref().map(Request::read).transpose()
}

/// Takes a request from one state into the next; false when another one was quicker.
async fn step(tx: &Tx, id: &str, from: &str, to: &str, account_id: Option<&str>) -> Result<bool, StoreError> {
    let sql = "UPDATE shield_request SET state = $3, account_id = $4 WHERE id = $1 AND state = $2";
    let account_id = account_id.map(ToOwned::to_owned);
    Ok(execute(tx.conn(), sql, [id.into(), from.into(), to.into(), account_id.into()]).await? == 1)
}

/// What this account's shields have confirmed and no screen has collected serves no more.
pub(super) async fn forget_confirmed(tx: &Tx, account_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE shield_request SET state = 'refused' WHERE account_id = $1 AND state = 'confirmed'";
    execute(tx.conn(), sql, [account_id.into()]).await?;
    Ok(())
}

/// The requests that name this account and wait.
pub(super) async fn waiting_for<C: ConnectionTrait>(
    conn: &C,
    username: &str,
    now: UtcMillis,
) -> Result<Vec<Value>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM shield_request WHERE username_folded = $1 AND expires_at >= $2 AND state = 'waiting'
         ORDER BY expires_at DESC, id"
    );
    let rows = all(conn, &sql, [folded(username).into(), now.as_millis().into()]).await?;
    rows.iter().map(|row| Ok(Request::read(row)?.view())).collect()
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Ask {
    username: Option<String>,
}

/// Asks for a log-in that a phone is to confirm; with a `username` the phone of that account finds the request by itself.
///
/// # Errors
/// 400, 422, 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield/requests", tag = "identity", security(()),
    request_body(content = inline(Ask), example = json!({"username": "yuanfan_op1"})),
    responses((status = 201, description = "show `qr` as a code and `code` beside it; collect the session with `poll_token`", body = serde_json::Value,
               example = json!({"request_id": "9f3c…", "poll_token": "kp_…", "code": "47", "qr": "https://portal.example.cn/shield?request=9f3c…", "expires_at": "2025-10-13T00:31:00.000Z"})),
              (status = 429, description = "too often")))]
pub(super) async fn ask(
    State(central): State<Central>,
    Address(address): Address,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let asked: Ask = body::read(&bytes)?;
    let name = asked.username.as_deref().map(folded).filter(|name| !name.is_empty());
    let name = name.map(|name| name.chars().take(64).collect::<String>());
    let device = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let device = device.map(|device| device.chars().take(200).collect::<String>());
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    if let Some(name) = &name {
        // A phone that is asked again and again is confirmed in the end: each name is asked seldom.
        PER_NAME.count(&tx, name).await?;
    }
    let now = tx.now().as_millis();
    execute(tx.conn(), "DELETE FROM shield_request WHERE expires_at < $1", [(now - SERVES_MS).into()])
        .await?;
    let (id, poll_token) = (hex::encode(rand::random::<[u8; 16]>()), format!("kp_{}", secret::draw()));
    let code = format!("{:02}", rand::rng().random_range(10..100));
    let expires_at = UtcMillis::from_millis(now + SERVES_MS);
    let sql = "INSERT INTO shield_request (id, poll_hash, code, challenge, state, username_folded, account_id, device, address, created_at, expires_at)
               VALUES ($1, $2, $3, $4, 'waiting', $5, NULL, $6, $7, $8, $9)";
    let values = [
        id.clone().into(),
        secret::hash(&poll_token).into(),
        code.clone().into(),
        challenge::draw().into(),
        name.into(),
        device.into(),
        address.into(),
        now.into(),
        expires_at.as_millis().into(),
    ];
    execute(tx.conn(), sql, values).await?;
    tx.commit().await?;
    let qr = format!("{}/shield?request={id}", central.config().logins.portal());
    let answer =
        json!({"request_id": id, "poll_token": poll_token, "code": code, "qr": qr, "expires_at": expires_at});
    Ok((StatusCode::CREATED, Json(answer)))
}

/// What the phone shows before it confirms, and what its browser is asked for.
///
/// # Errors
/// 404 when it waits no more, 429.
#[utoipa::path(get, path = "/api/v1/sessions/shield/requests/{request_id}", tag = "identity", security(()), params(("request_id" = String, Path)),
    responses((status = 200, description = "the code to compare, from where it comes, and options for the browser", body = serde_json::Value,
               example = json!({"request_id": "9f3c…", "code": "47", "device": "Mozilla/5.0", "address": "203.0.113.7", "expires_at": "2025-10-13T00:31:00.000Z",
                                "public_key": {"challenge": "mUdO…", "rpId": "portal.example.cn", "userVerification": "required"}})),
              (status = 404, description = "waits no more")))]
pub(super) async fn show(
    State(central): State<Central>,
    Address(address): Address,
    Path(request_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    counted(&central, address.as_deref()).await?;
    let now = central.store().clock().now();
    let request = waiting(central.store().read(), &request_id, now).await?;
    let mut view = request.view();
    if let Some(members) = view.as_object_mut() {
        members.insert("public_key".into(), options::request(&central, &[], &request.challenge));
    }
    Ok(Json(view))
}

async fn counted(central: &Central, address: Option<&str>) -> Result<(), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.unwrap_or_default()).await?;
    Ok(tx.commit().await?)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    #[schema(inline)]
    credential: Assertion,
}

/// The phone confirms: its shield has signed the request's challenge.
///
/// # Errors
/// 400, 401 (the account is not active), 403 (`PO_SIGNATURE_INVALID`, `PO_LOGIN_METHOD`), 404 when it waits no more, 422, 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield/requests/{request_id}/confirm", tag = "identity", security(()), params(("request_id" = String, Path)),
    request_body(content = inline(Confirmation), example = json!({"credential": {"id": "tF5…", "type": "public-key",
        "response": {"clientDataJSON": "eyJ0…", "authenticatorData": "SZYN…", "signature": "MEUC…"}}})),
    responses((status = 200, description = "the screen may collect its session", body = serde_json::Value, example = json!({"state": "confirmed"})),
              (status = 403, description = "the answer does not hold, or of another account than the one named"), (status = 404, description = "waits no more")))]
pub(super) async fn confirm(
    State(central): State<Central>,
    Address(address): Address,
    Path(request_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let Confirmation { credential } = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let request = waiting(tx.conn(), &request_id, tx.now()).await?;
    let challenge = Url.decode(&request.challenge).unwrap_or_default();
    let account = match proven(&central, &tx, &challenge, &credential, address.clone()).await? {
        Ok(account) => account,
        Err(refused) => {
            // The refusal is on record; the request still waits, for the phone of the right one.
            tx.commit().await?;
            return Err(refused);
        }
    };
    if request.username_folded.as_ref().is_some_and(|name| *name != folded(&account.username)) {
        login::refused(&tx, &account.username, "login_failed", address).await?;
        tx.commit().await?;
        return Err(Fault::Account.into());
    }
    if !step(&tx, &request.id, "waiting", "confirmed", Some(&account.id)).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(Json(json!({"state": "confirmed"})))
}

/// The person did not ask for it: it serves nobody any more.
///
/// # Errors
/// 404 when it waits no more, 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield/requests/{request_id}/refuse", tag = "identity", security(()), params(("request_id" = String, Path)),
    responses((status = 200, description = "refused", body = serde_json::Value, example = json!({"state": "refused"})), (status = 404, description = "waits no more")))]
pub(super) async fn refuse(
    State(central): State<Central>,
    Address(address): Address,
    Path(request_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let request = waiting(tx.conn(), &request_id, tx.now()).await?;
    step(&tx, &request.id, "waiting", "refused", None).await?;
    let name = request.username_folded.unwrap_or_default();
    login::refused(&tx, &name, "login_refused", address).await?;
    tx.commit().await?;
    Ok(Json(json!({"state": "refused"})))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Poll {
    poll_token: String,
}

/// The screen asks whether the phone has confirmed, every second or two; the first time that it has, the answer is the session.
///
/// # Errors
/// 400, 401 (the account is not active any more), 404 for a wrong token, 409 when it was refused, has run out or was collected, 422, 429.
#[utoipa::path(post, path = "/api/v1/sessions/shield/requests/{request_id}/session", tag = "identity", security(()), params(("request_id" = String, Path)),
    request_body(content = inline(Poll), example = json!({"poll_token": "kp_…"})),
    responses((status = 200, description = "not yet", body = serde_json::Value, example = json!({"state": "waiting"})),
              (status = 201, description = "logged in", body = serde_json::Value, example = json!({"session": "open", "token": "ks_…", "username": "yuanfan_op1", "login": "shield"})),
              (status = 404, description = "no such request, or not its token"), (status = 409, description = "refused, run out, or collected already")))]
pub(super) async fn collect(
    State(central): State<Central>,
    Address(address): Address,
    Path(request_id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let Poll { poll_token } = body::read_secret(&bytes, "poll_token")?;
    let hash = secret::hash(&poll_token);
    let found = of_id(central.store().read(), &request_id).await?;
    let found = found.filter(|request| bool::from(request.poll_hash.as_bytes().ct_eq(hash.as_bytes())));
    let Some(request) = found else {
        // Who guesses is counted; who has the token may ask every second.
        counted(&central, address.as_deref()).await?;
        return Err(Problem::not_found());
    };
    let now = central.store().clock().now();
    if request.state == "waiting" && now <= request.expires_at {
        return Ok(Json(json!({"state": "waiting"})).into_response());
    }
    let (true, Some(account_id)) =
        (request.state == "confirmed" && now <= request.expires_at, &request.account_id)
    else {
        return Err(Problem::status_conflict(
            "the request was refused, has run out, or its session was collected",
        ));
    };
    let tx = central.store().begin().await?;
    if !step(&tx, &request.id, "confirmed", "taken", Some(account_id)).await? {
        return Err(Problem::status_conflict("its session was collected"));
    }
    let account = account::by_id(tx.conn(), account_id).await?;
    let account = account.filter(|account| account.status == AccountStatus::Active);
    let account = account.ok_or_else(Problem::unknown_caller)?;
    let response = login::open(&tx, &account, Login::Shield, &headers, address).await?;
    tx.commit().await?;
    Ok(response)
}
