//! 首次绑卡: how a person who logs in by card only gets the first card bound (PO-068): before that card there is no log-in.
//! Promises: the card is bound by its PIN, and by a code to the mobile that an administrator has registered; nobody learns which names there are.
//! Absent on purpose: everybody else, who binds a card in a session (`change::bind`), and a second card, which an administrator frees the way for.
//! Source: PO-064, PO-068, PO-092, PO-407.

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer,
    binding::{self, Binding, State as Standing},
    challenge::{self, Purpose, answered},
};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        body,
        fault::FieldError,
        problem::Problem,
    },
    identity::{
        Login,
        account::{
            self, Account, AccountStatus,
            code::{self, Purpose as Code},
            folded,
            lock::Rate,
        },
        application,
        caller::Address,
        signing::names,
    },
    store::StoreError,
};

const ASKS_PER_ADDRESS: Rate = Rate { what: "first card", most: 20, seconds: 3600 };
const ASKS_PER_NAME: Rate = Rate { what: "first card name", most: 5, seconds: 3600 };
const TRIES_PER_ADDRESS: Rate = Rate { what: "first card try", most: 60, seconds: 3600 };

/// The account of this name, if it is one that waits for its first card.
async fn waiting<C: ConnectionTrait>(conn: &C, username: &str) -> Result<Option<Account>, StoreError> {
    let found = account::by_username(conn, username).await?;
    let found = found.filter(|account| {
        account.status == AccountStatus::Active
            && !application::admits(account.role, Login::Password)
            && application::admits(account.role, Login::Card)
    });
    let Some(account) = found else { return Ok(None) };
    Ok(binding::of_account(conn, &account.id).await?.is_none().then_some(account))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    username: String,
}

/// Asks for a code to the registered mobile of an officer who has no card yet.
///
/// # Errors
/// 400, 422, 429.
#[utoipa::path(post, path = "/api/v1/first-cards", tag = "cards", security(()),
    request_body(content = inline(Ask), example = json!({"username": "officer_li"})),
    responses((status = 202, description = "if an officer of this name has no card yet, a code is on its way"), (status = 422, description = "no name"),
              (status = 429, description = "too often")))]
pub async fn ask(
    State(central): State<Central>,
    Address(address): Address,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let request: Ask = body::read(&bytes)?;
    let name = folded(&request.username);
    if name.is_empty() {
        return Err(Problem::fields(vec![FieldError::required("username".into(), "PO-054")]));
    }
    let tx = central.store().begin().await?;
    ASKS_PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    ASKS_PER_NAME.count(&tx, &name.chars().take(64).collect::<String>()).await?;
    if let Some(account) = waiting(tx.conn(), &name).await?
        && let Some(mobile) = account.mobile.as_deref()
    {
        code::send(&tx, &account.id, Code::FirstCard, mobile).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// A challenge for the card that is to be bound; 60 seconds.
///
/// # Errors
/// 429.
#[utoipa::path(post, path = "/api/v1/first-cards/challenges", tag = "cards", security(()),
    responses((status = 201, description = "to be signed as it is", body = serde_json::Value,
               example = json!({"challenge": "09bd1f6e…", "expires_at": "2025-10-13T00:31:00.000Z"})), (status = 429, description = "too often")))]
pub async fn challenge(
    State(central): State<Central>,
    Address(address): Address,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let tx = central.store().begin().await?;
    TRIES_PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let made = challenge::make(&tx, Purpose::FirstCard, None).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(made))))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Redeem {
    username: String,
    code: String,
    #[schema(inline)]
    answer: Answer,
}

/// 首次绑卡: with the code and the card's answer the card is the officer's from now on.
///
/// # Errors
/// 400, 403 (`PO_SIGNATURE_INVALID`, `PO_NO_PERMISSION` for the card of an enterprise), 409 when the card is bound already, 422 with a wrong code or for a
/// name that waits for no card, 429.
#[utoipa::path(post, path = "/api/v1/first-cards/redeem", tag = "cards", security(()),
    request_body(content = inline(Redeem), example = json!({"username": "officer_li", "code": "123456", "answer": {"card_no": "2100000123456",
        "challenge": "09bd1f6e…", "signature_alg": "SM2-SM3", "signature": "MEQCIF…", "certificate": "MIIC…"}})),
    responses((status = 201, description = "bound; log in with the card", body = serde_json::Value, example = json!({"card_no": "2100000123456", "state": "bound"})),
              (status = 403, description = "the signature does not hold, or it is an enterprise's card"), (status = 409, description = "the card is bound already"),
              (status = 422, description = "a wrong code, or one that serves no more"), (status = 429, description = "too often")))]
pub async fn redeem(
    State(central): State<Central>,
    Address(address): Address,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let request: Redeem = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    TRIES_PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    // The card first: without a card that is open nobody tries a code.
    let presented = match answered(&central, &tx, Purpose::FirstCard, None, &request.answer).await {
        Ok(presented) => presented,
        Err(refused) => {
            tx.commit().await?;
            return Err(refused);
        }
    };
    let waits = waiting(tx.conn(), &folded(&request.username)).await?;
    let right = match &waits {
        Some(account) => code::redeem(&tx, &account.id, Code::FirstCard, &request.code).await?,
        None => false,
    };
    let Some(account) = waits.filter(|_| right) else {
        // The try counts, so it is kept although it is refused.
        tx.commit().await?;
        let (zh, en) = ("验证码错误或已失效", "a wrong code, or one that serves no more");
        return Err(Problem::fields(vec![FieldError::format("code".into(), "PO-026", zh, en, Value::Null)]));
    };
    if !names(&presented.holder, None, None) {
        return Err(Problem::no_permission());
    }
    if binding::of_card(tx.conn(), presented.holder.card_no).await?.is_some() {
        return Err(Problem::status_conflict("this card is bound to an account already"));
    }
    let bound = Binding::of(&presented, &account.id, tx.now());
    binding::insert(&tx, &bound, &presented).await?;
    let number = bound.card_no.to_string();
    let actor = Actor {
        name: account.username.to_string(),
        role: account.role.code().into(),
        card_no: Some(number.clone()),
        address,
    };
    let after = Some(Standing::Bound.code());
    let entry = Entry {
        actor: &actor,
        subject: "card",
        number: &number,
        action: "bind_first",
        before: None,
        after,
        detail: Value::Null,
    };
    audit::write(&tx, &entry).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({ "card_no": bound.card_no, "state": bound.state }))))
}
