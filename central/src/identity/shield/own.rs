//! 手机盾证书管理: the own shields: apply, list, rename, renew, withdraw (PO-038, PO-066).
//! Promises: a program's key keeps none; each step is in the audit log, without the credential.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Assertion, Fault, Registration,
    ceremony::{self, Expected},
    challenge::{self, Purpose},
    options, request,
    store::{self, Shield},
};
use crate::{
    app::Central,
    declaration::{
        audit::{self, Entry},
        body,
        fault::FieldError,
        problem::Problem,
    },
    identity::{
        Login, Person,
        account::{self, Account},
        application,
        session::{self, login::wrong_way},
    },
    store::Tx,
};

/// More than one person has phones.
const MOST: usize = 10;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The account of a person who came in a way that may keep shields, in a role that may log in by one.
async fn keeper(central: &Central, person: &Person) -> Result<Account, Problem> {
    if person.login == Login::Key {
        return Err(Problem::no_permission());
    }
    let id = person.account_id.as_deref().ok_or_else(Problem::not_found)?;
    if !application::admits(person.role, Login::Shield) {
        return Err(wrong_way());
    }
    account::by_id(central.store().read(), id).await?.ok_or_else(Problem::not_found)
}

pub(super) async fn note(tx: &Tx, person: &Person, id: &str, action: &str) -> Result<(), Problem> {
    let actor = &person.actor();
    let entry = Entry {
        actor,
        subject: "shield",
        number: id,
        action,
        before: None,
        after: None,
        detail: Value::Null,
    };
    Ok(audit::write(tx, &entry).await?)
}

/// What a session can ask for; who logs in has none yet.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    /// A new shield.
    Apply,
    /// One that is to serve longer.
    Renew,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(inline)]
    purpose: Wanted,
}

/// What the phone's browser is asked for; `purpose`: `apply` or `renew`.
///
/// # Errors
/// 400, 401, 403 (`PO_LOGIN_METHOD` for officers and agencies, or a key), 404, 422.
#[utoipa::path(post, path = "/api/v1/account/shields/challenges", tag = "identity",
    request_body(content = inline(Asked), example = json!({"purpose": "apply"})),
    responses((status = 201, description = "options for the browser, 60 seconds", body = serde_json::Value,
               example = json!({"public_key": {"challenge": "mUdO…", "rp": {"id": "portal.example.cn"}}, "expires_at": "2025-10-13T00:31:00.000Z"})),
              (status = 403, description = "this role logs in by card, or a key of a program asks"), (status = 422, description = "not a purpose")))]
pub(super) async fn challenge(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = keeper(&central, &person).await?;
    let Asked { purpose } = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let known = store::of_account(tx.conn(), &account.id).await?;
    let serves = match purpose {
        Wanted::Apply => Purpose::Apply,
        Wanted::Renew => Purpose::Renew,
    };
    let made = challenge::make(&tx, serves, Some(&account.id)).await?;
    tx.commit().await?;
    let public_key = match purpose {
        Wanted::Apply => options::creation(&central, &account, &known, &made.text),
        Wanted::Renew => options::request(&central, &known, &made.text),
    };
    Ok((StatusCode::CREATED, Json(json!({"public_key": public_key, "expires_at": made.expires_at}))))
}

/// The own shields.
///
/// # Errors
/// 401, 403, 404 for a key of the configuration.
#[utoipa::path(get, path = "/api/v1/account/shields", tag = "identity",
    responses((status = 200, description = "oldest first, without those withdrawn", body = serde_json::Value,
               example = json!({"items": [{"id": "0199…", "name": "我的手机", "algorithm": "ES256", "state": "active", "applied_at": "2025-10-13T00:30:00.000Z",
                                           "used_at": null, "not_after": "2028-10-12T00:30:00.000Z"}]})),
              (status = 403, description = "this role has none, or a key of a program asks")))]
pub(super) async fn list(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let account = keeper(&central, &person).await?;
    let now = central.store().clock().now();
    let shields = store::of_account(central.store().read(), &account.id).await?;
    Ok(Json(json!({"items": shields.iter().map(|shield| shield.view(now)).collect::<Vec<_>>()})))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Application {
    name: String,
    #[schema(inline)]
    credential: Registration,
}

fn named(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if (1..=50).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let (zh, en) = ("名称为1至50个字符", "1 to 50 characters");
    let value = name.chars().take(60).collect::<String>().into();
    Err(Problem::fields(vec![FieldError::format("name".into(), "PO-066", zh, en, value)]))
}

fn serves_until(central: &Central, now: UtcMillis) -> UtcMillis {
    UtcMillis::from_millis(now.as_millis() + i64::from(central.config().logins.shield_days) * DAY_MS)
}

/// 申请: the credential that the phone has made is a shield of the account from now on.
///
/// # Errors
/// 400, 401, 403 (`PO_SIGNATURE_INVALID`, `PO_LOGIN_METHOD`), 404, 409 with ten shields or a known one, 422.
#[utoipa::path(post, path = "/api/v1/account/shields", tag = "identity",
    request_body(content = inline(Application), example = json!({"name": "我的手机", "credential": {"id": "tF5…", "type": "public-key",
        "response": {"clientDataJSON": "eyJ0…", "attestationObject": "o2Nm…"}}})),
    responses((status = 201, description = "a shield of the account", body = serde_json::Value, example = json!({"id": "0199…", "name": "我的手机", "state": "active"})),
              (status = 403, description = "what the phone made is not what was asked for"), (status = 409, description = "ten are enough, or it is known already")))]
pub(super) async fn apply(
    State(central): State<Central>,
    person: Person,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = keeper(&central, &person).await?;
    let asked: Application = body::read(&bytes)?;
    let name = named(&asked.name)?;
    let tx = central.store().begin().await?;
    let client_data = asked.credential.client_data();
    let challenge = challenge::take(&tx, Purpose::Apply, Some(&account.id), client_data).await?;
    let challenge = challenge.ok_or(Fault::Challenge)?;
    let logins = &central.config().logins;
    let expected = Expected { rp_id: logins.rp_id(), origins: &logins.origins, challenge: &challenge };
    let made = ceremony::made(expected, &asked.credential)?;
    if store::of_account(tx.conn(), &account.id).await?.len() >= MOST {
        return Err(Problem::status_conflict("the account has ten shields already"));
    }
    let shield = Shield {
        id: uuid::Uuid::now_v7().to_string(),
        credential_id: made.id,
        account_id: account.id.to_string(),
        name,
        key: made.key,
        counter: made.counter,
        applied_at: tx.now(),
        used_at: None,
        not_after: serves_until(&central, tx.now()),
    };
    if !store::insert(&tx, &shield).await? {
        return Err(Problem::status_conflict("this credential is a shield already, or was one"));
    }
    note(&tx, &person, &shield.id, "apply_shield").await?;
    let view = shield.view(tx.now());
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// Gives a shield another name.
///
/// # Errors
/// 400, 401, 403, 404, 422.
#[utoipa::path(put, path = "/api/v1/account/shields/{shield_id}", tag = "identity", params(("shield_id" = String, Path)),
    request_body(content = inline(Name), example = json!({"name": "公司手机"})),
    responses((status = 204, description = "renamed"), (status = 404, description = "no such shield of this account"), (status = 422, description = "not a name")))]
pub(super) async fn rename(
    State(central): State<Central>,
    person: Person,
    Path(shield_id): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let account = keeper(&central, &person).await?;
    let name = named(&body::read::<Name>(&bytes)?.name)?;
    let tx = central.store().begin().await?;
    if !store::rename(&tx, &account.id, &shield_id, &name).await? {
        return Err(Problem::not_found());
    }
    note(&tx, &person, &shield_id, "rename_shield").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Renewal {
    #[schema(inline)]
    credential: Assertion,
}

/// 更新: the shield shows that it is still in the holder's hand, and serves a full term again, run out or not.
///
/// # Errors
/// 400, 401, 403 (`PO_SIGNATURE_INVALID`), 404, 422.
#[utoipa::path(post, path = "/api/v1/account/shields/{shield_id}/renew", tag = "identity", params(("shield_id" = String, Path)),
    request_body(content = inline(Renewal), example = json!({"credential": {"id": "tF5…", "type": "public-key",
        "response": {"clientDataJSON": "eyJ0…", "authenticatorData": "SZYN…", "signature": "MEUC…"}}})),
    responses((status = 200, description = "as it is now", body = serde_json::Value, example = json!({"id": "0199…", "state": "active", "not_after": "2028-10-12T00:30:00.000Z"})),
              (status = 403, description = "another shield answered, or not rightly"), (status = 404, description = "no such shield of this account")))]
pub(super) async fn renew(
    State(central): State<Central>,
    person: Person,
    Path(shield_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let account = keeper(&central, &person).await?;
    let Renewal { credential } = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let mine = store::of_account(tx.conn(), &account.id).await?;
    if !mine.iter().any(|shield| shield.id == shield_id) {
        return Err(Problem::not_found());
    }
    let client_data = &credential.response.client_data;
    let challenge = challenge::take(&tx, Purpose::Renew, Some(&account.id), client_data).await?;
    let challenge = challenge.ok_or(Fault::Challenge)?;
    let shield = store::of_credential(&tx, &credential.id).await?.ok_or(Fault::Unknown)?;
    if shield.id != shield_id {
        return Err(Fault::Account.into());
    }
    let logins = &central.config().logins;
    let expected = Expected { rp_id: logins.rp_id(), origins: &logins.origins, challenge: &challenge };
    let counter = ceremony::answered(expected, &shield.key, shield.counter, &credential)?;
    store::used(&tx, &shield, counter).await?;
    let not_after = serves_until(&central, tx.now());
    store::renew(&tx, &shield.id, not_after).await?;
    note(&tx, &person, &shield.id, "renew_shield").await?;
    let view = Shield { not_after, used_at: Some(tx.now()), ..shield }.view(tx.now());
    tx.commit().await?;
    Ok(Json(view))
}

/// 撤销: the shield serves no more, and the sessions end that shields of this account have opened.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/v1/account/shields/{shield_id}", tag = "identity", params(("shield_id" = String, Path)),
    responses((status = 204, description = "withdrawn"), (status = 404, description = "no such shield of this account")))]
pub(super) async fn withdraw(
    State(central): State<Central>,
    person: Person,
    Path(shield_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let account = keeper(&central, &person).await?;
    let tx = central.store().begin().await?;
    withdrawn(&tx, &person, &account.id, &shield_id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn withdrawn(
    tx: &Tx,
    person: &Person,
    account_id: &str,
    shield_id: &str,
) -> Result<(), Problem> {
    if !store::withdraw(tx, account_id, shield_id).await? {
        return Err(Problem::not_found());
    }
    session::end_way(tx, account_id, Login::Shield, "shield_withdrawn").await?;
    request::forget_confirmed(tx, account_id).await?;
    note(tx, person, shield_id, "withdraw_shield").await
}

/// Log-ins elsewhere that name this account and wait for its shield.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/account/shield-requests", tag = "identity",
    responses((status = 200, description = "newest first; each with its code, to be compared", body = serde_json::Value,
               example = json!({"items": [{"request_id": "9f3c…", "code": "47", "device": "Mozilla/5.0", "address": "203.0.113.7", "expires_at": "2025-10-13T00:31:00.000Z"}]})),
              (status = 403, description = "this role has no shields")))]
pub(super) async fn requests(State(central): State<Central>, person: Person) -> Result<Json<Value>, Problem> {
    let account = keeper(&central, &person).await?;
    let now = central.store().clock().now();
    let items = request::waiting_for(central.store().read(), &account.username, now).await?;
    Ok(Json(json!({ "items": items })))
}
