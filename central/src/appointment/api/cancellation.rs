//! 取消预约.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        cancellation::{self, CANCELLATION},
        lifecycle::Action,
        rules::{Request, judge_request},
        signing as signed,
    },
    done, judged,
    submission::reason_of,
    taken,
};
use crate::{
    app::Central,
    declaration::{
        body,
        lifecycle::{self, Cause},
        problem::Problem,
    },
    identity::{Person, signing::Signature},
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelRequest {
    version: Option<i64>,
    reason: Option<String>,
    signature: Option<Signature>,
}

/// 取消预约: asks customs to cancel; the status stays until it answers (AC-147).
///
/// # Errors
/// 400, 401, 403 without the bound card (AC-016), or as the consignee (AC-020), 404, 409 in another status or after the start (AC-144..AC-147), 422.
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/cancel", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(CancelRequest), example = json!({"version": 4, "reason": "船期推迟", "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "the cancellation waits for customs", body = serde_json::Value),
              (status = 403, description = "no card, another one, or not the declarant"), (status = 409, description = "status, time or version")))]
pub(super) async fn cancel(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: CancelRequest = body::read(&bytes)?;
    let reason = reason_of(request.reason.as_deref());
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    let now = tx.now();
    let judge = Request { reason, ..Request::about(&before, now) };
    judged(judge_request(CANCELLATION, &judge))?;
    let act = signed::act(&before, Action::Cancel, &[], reason).ok_or_else(Problem::not_found)?;
    signed::verify(&central, &tx, &person, request.signature.as_ref(), act).await?;
    let cause = Cause::by(person.actor()).saying(reason.map(ToOwned::to_owned));
    let after = lifecycle::apply(&tx, &before, Action::Cancel, &cause, |record| {
        cancellation::requested(record, now, reason);
    });
    let after = after.await?.unwrap_or(before);
    done(&central, tx, &after, &person).await
}
