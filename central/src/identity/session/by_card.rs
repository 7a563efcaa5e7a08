//! 卡介质登录: a card that answers a challenge opens the session of the account to which it is bound (PO-051, PO-063, PO-064, PO-068).
//! The PIN stays on the user's machine; what a card is, `identity::card` knows. A session that a card opened ends when the page reports that
//! the card was pulled out (PO-096); from then on its token is answered with `PO_CARD_REMOVED`.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};

use super::login;
use crate::{
    app::Central,
    declaration::{
        audit::{self, Entry},
        body,
        problem::Problem,
    },
    identity::{
        Login, Person,
        account::{self, AccountStatus, lock::Rate},
        caller::Address,
        card::{self, Answer, refusal},
    },
};

const PER_ADDRESS: Rate = Rate { what: "card login", most: 200, seconds: 600 };

/// A challenge for a card of whoever comes; 60 seconds.
///
/// # Errors
/// 429.
#[utoipa::path(post, path = "/api/v1/sessions/card/challenges", tag = "identity", security(()),
    responses((status = 201, description = "to be signed as it is", body = serde_json::Value,
               example = json!({"challenge": "09bd1f6e…", "expires_at": "2025-10-13T00:31:00.000Z"}))))]
pub async fn challenge(
    State(central): State<Central>,
    Address(address): Address,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let challenge = card::log_in_challenge(&tx).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(challenge))))
}

/// Opens the session of the card's account.
///
/// # Errors
/// 400, 401 (`PO_CARD_UNBOUND`, or the account is not active), 403 (`PO_SIGNATURE_INVALID`, a suspended card), 422, 429.
#[utoipa::path(post, path = "/api/v1/sessions/card", tag = "identity", security(()),
    request_body(content = inline(Answer), example = json!({"card_no": "2100000123456", "challenge": "09bd1f6e…",
        "signature_alg": "SM2-SM3", "signature": "MEQCIF…", "certificate": "MIIC…"})),
    responses((status = 201, description = "logged in", body = serde_json::Value, example = json!({"session": "open", "token": "ks_…", "username": "yuanfan_op1", "login": "card"})),
              (status = 403, description = "the signature does not hold, or the card is suspended or bound to nobody")))]
pub async fn by_card(
    State(central): State<Central>,
    Address(address): Address,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let answer: Answer = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let proof = match card::prove(&tx, &central, &answer).await {
        Ok(proof) => proof,
        Err(refused) => {
            // A challenge that was answered wrongly is used up all the same.
            tx.commit().await?;
            return Err(refused);
        }
    };
    let Some(binding) = &proof.binding else {
        login::refused(&tx, &proof.card_no().to_string(), "login_unbound_card", address).await?;
        tx.commit().await?;
        return Err(refusal::unbound());
    };
    let account = account::by_id(tx.conn(), &binding.account_id).await?;
    let Some(account) = account.filter(|account| account.status == AccountStatus::Active) else {
        login::refused(&tx, &proof.card_no().to_string(), "login_failed", address).await?;
        tx.commit().await?;
        return Err(Problem::unknown_caller());
    };
    let response = login::open(&tx, &account, Login::Card, &headers, address).await?;
    tx.commit().await?;
    Ok(response)
}

/// The card was pulled out of its reader: the session ends (PO-096, PO-412).
///
/// # Errors
/// 401, 403 (`PO_CARD_REMOVED` when it was reported before), 409 for a session that no card opened.
#[utoipa::path(post, path = "/api/v1/session/card-removed", tag = "identity",
    responses((status = 204, description = "ended; put the card in again and log in"), (status = 403, description = "reported before"),
              (status = 409, description = "this session was opened in another way, and goes on")))]
pub async fn removed(State(central): State<Central>, person: Person) -> Result<StatusCode, Problem> {
    let (Some(account_id), Some(session_id), Login::Card) =
        (person.account_id.as_deref(), person.session_id.as_deref(), person.login)
    else {
        return Err(Problem::status_conflict("only a session that a card opened ends with its card"));
    };
    let tx = central.store().begin().await?;
    super::end(&tx, account_id, session_id, super::CARD_REMOVED).await?;
    let entry = Entry {
        actor: &person.actor(),
        subject: "session",
        number: session_id,
        action: "card_removed",
        before: Some("open"),
        after: Some("ended"),
        detail: serde_json::Value::Null,
    };
    audit::write(&tx, &entry).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
