//! 重新发送验证码: the code of a registration once more, to the mobile that it named.
//! Promises: not within a minute of the last one, and five times an hour, so that nobody's telephone is flooded; an earlier code serves no more.
//! Source: spec PO-026, PO-036.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    AccountStatus,
    code::{self, Purpose},
    lock::Rate,
    register::log,
};
use crate::{app::Central, declaration::problem::Problem, identity::caller::Address};

/// A person waits so long for a message before asking for another.
const PAUSE_MS: i64 = 60_000;
const PER_ADDRESS: Rate = Rate { what: "resend", most: 20, seconds: 3600 };
const PER_ACCOUNT: Rate = Rate { what: "resend account", most: 5, seconds: 3600 };

/// 重新发送: another code to the mobile of a registration that is not confirmed yet.
///
/// # Errors
/// 404, 409 when the mobile is confirmed already, 429 within a minute of the last code.
#[utoipa::path(post, path = "/api/v1/registrations/{account_id}/code", tag = "identity", security(()), params(("account_id" = String, Path)),
    responses((status = 202, description = "a new code is on its way; the one before serves no more"), (status = 404, description = "no such registration"),
              (status = 409, description = "confirmed already"), (status = 429, description = "too often; `Retry-After` says when")))]
pub async fn resend(
    State(central): State<Central>,
    Address(address): Address,
    Path(account_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let counted = central.store().begin().await?;
    PER_ADDRESS.count(&counted, address.as_deref().unwrap_or_default()).await?;
    counted.commit().await?;
    let tx = central.store().begin().await?;
    let account = super::by_id(tx.conn(), &account_id).await?.ok_or_else(Problem::not_found)?;
    let mobile = account.mobile.as_deref().filter(|_| !account.mobile_confirmed);
    let Some(mobile) = mobile.filter(|_| account.status == AccountStatus::Pending) else {
        return Err(Problem::status_conflict("the mobile is confirmed already"));
    };
    if let Some(sent) = code::last_sent(&tx, &account.id, Purpose::ConfirmMobile).await? {
        let left_ms = sent.as_millis() + PAUSE_MS - tx.now().as_millis();
        if left_ms > 0 {
            return Err(Problem::too_often(u32::try_from(left_ms / 1000 + 1).unwrap_or(u32::MAX)));
        }
    }
    PER_ACCOUNT.count(&tx, &account.id).await?;
    code::send(&tx, &account.id, Purpose::ConfirmMobile, mobile).await?;
    log(&tx, &account, "resend_code", address).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}
