//! 企业身份核验: right after the mobile code, a card of the enterprise says that the enterprise knows of the account (PO-036).
//! Promises: the certificate names the very enterprise that was registered; the challenge serves this registration alone, once, for 60
//! seconds. The card is bound to nobody by this (PO-092 asks for a logged-in person).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    Account, AccountStatus,
    lock::Rate,
    register::{log, settle},
};
use crate::{
    app::Central,
    declaration::{body, problem::Problem},
    identity::{
        caller::Address,
        card::{
            Answer,
            challenge::{self, Purpose, answered},
        },
        enterprise,
        signing::names,
    },
    store::Tx,
};

const PER_ADDRESS: Rate = Rate { what: "verify by card", most: 60, seconds: 3600 };

/// A registration whose mobile is confirmed and whose enterprise is not.
async fn waiting(tx: &Tx, account_id: &str) -> Result<Account, Problem> {
    let account = super::by_id(tx.conn(), account_id).await?.ok_or_else(Problem::not_found)?;
    let waits =
        account.status == AccountStatus::Pending && account.mobile_confirmed && !account.identity_verified;
    if waits {
        Ok(account)
    } else {
        Err(Problem::status_conflict("confirm the mobile first; a verified registration needs no card"))
    }
}

/// A challenge for a card of the enterprise; 60 seconds.
///
/// # Errors
/// 404, 409 unless the mobile is confirmed and the enterprise is not, 429.
#[utoipa::path(post, path = "/api/v1/registrations/{account_id}/card/challenges", tag = "identity", security(()), params(("account_id" = String, Path)),
    responses((status = 201, description = "to be signed as it is", body = serde_json::Value,
               example = json!({"challenge": "09bd1f6e…", "expires_at": "2025-10-13T00:31:00.000Z"})),
              (status = 404, description = "no such registration"), (status = 409, description = "mobile not confirmed, or verified already"), (status = 429, description = "too often")))]
pub async fn challenge(
    State(central): State<Central>,
    Address(address): Address,
    Path(account_id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let account = waiting(&tx, &account_id).await?;
    let made = challenge::make(&tx, Purpose::Verify, Some(&account.id)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!(made))))
}

/// The card of the enterprise has answered: the account is usable (PO-036, PO-401).
///
/// # Errors
/// 400, 403 (`PO_SIGNATURE_INVALID`, `PO_NO_PERMISSION` for the card of another enterprise), 404, 409, 422, 429.
#[utoipa::path(post, path = "/api/v1/registrations/{account_id}/card", tag = "identity", security(()), params(("account_id" = String, Path)),
    request_body(content = inline(Answer), example = json!({"card_no": "2100000123456", "challenge": "09bd1f6e…",
        "signature_alg": "SM2-SM3", "signature": "MEQCIF…", "certificate": "MIIC…"})),
    responses((status = 200, description = "verified", body = serde_json::Value, example = json!({"account_status": "active"})),
              (status = 403, description = "the signature does not hold, or it is another enterprise's card"), (status = 404, description = "no such registration"),
              (status = 409, description = "mobile not confirmed, or verified already"), (status = 429, description = "too often")))]
pub async fn verify(
    State(central): State<Central>,
    Address(address): Address,
    Path(account_id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let answer: Answer = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let mut account = waiting(&tx, &account_id).await?;
    let presented = match answered(&central, &tx, Purpose::Verify, Some(&account.id), &answer).await {
        Ok(presented) => presented,
        Err(refused) => {
            // A challenge that was answered wrongly is used up all the same.
            tx.commit().await?;
            return Err(refused);
        }
    };
    let enterprise = match account.enterprise_id.as_deref() {
        Some(id) => enterprise::by_id(tx.conn(), id).await?,
        None => None,
    };
    // An agency abroad has no credit code, and so no card: the administrator verifies it.
    let same = enterprise.is_some_and(|enterprise| {
        let (uscc, code) = (enterprise.uscc.as_deref(), enterprise.customs_reg_no.as_deref());
        uscc.is_some() && names(&presented.holder, uscc, code)
    });
    if !same {
        tx.commit().await?;
        return Err(Problem::no_permission());
    }
    account.identity_verified = true;
    settle(&mut account);
    super::update(&tx, &mut account).await?;
    log(&tx, &account, "verify_by_card", address).await?;
    tx.commit().await?;
    Ok(Json(json!({ "account_status": account.status })))
}
