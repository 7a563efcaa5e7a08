//! 情况说明: typing it, and sending it. Its file comes through `files`.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        explanation::{self, OPEN, SENDING, TYPING},
        lifecycle::Action,
        record::Appointment,
        rules::{Request, judge_request},
        signing as signed,
    },
    SignedRequest, done, explanation_files, judged,
    submission::reason_of,
    taken,
};
use crate::{
    app::Central,
    declaration::{
        attachment, body,
        lifecycle::{self, Cause},
        problem::Problem,
    },
    identity::Person,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EnterRequest {
    version: Option<i64>,
    text: Option<String>,
}

/// The words of the explanation; they are not sent yet.
///
/// # Errors
/// 400, 401, 403, 404, 409 in another status (AC-151, AC-156) or once it was sent (AC-155), 422 with more than 2000 characters (AC-157).
#[utoipa::path(put, path = "/api/v1/appointments/{pre_entry_no}/explanation", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(EnterRequest), example = json!({"version": 4, "text": "船期推迟，货物于工作时间内通关"})),
    responses((status = 200, description = "stored", body = serde_json::Value), (status = 409, description = "status, or sent already"),
              (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn enter(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: EnterRequest = body::read(&bytes)?;
    let text = reason_of(request.text.as_deref());
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    let now = tx.now();
    let mut typed = before.clone();
    // A sent explanation keeps its words; the rule says so.
    if typed.explanation.as_ref().is_none_or(|explanation| explanation.sent_at.is_none()) {
        explanation::typed(&mut typed, text);
    }
    judged(judge_request(TYPING, &Request::about(&typed, now)))?;
    let cause = Cause::by(person.actor());
    let after = lifecycle::apply(&tx, &before, Action::EnterExplanation, &cause, |record| {
        explanation::typed(record, text);
    });
    let after: Appointment = after.await?.unwrap_or(before);
    done(&central, tx, &after, &person).await
}

/// 预约申报 of the explanation; once only (AC-155).
///
/// # Errors
/// 400, 401, 403 without the bound card (AC-016), 404, 409 before the slot or in another status (AC-156), 422 without text and file (AC-157).
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/explanation", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(SignedRequest), example = json!({"version": 5, "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "the explanation waits for customs", body = serde_json::Value),
              (status = 409, description = "status, time or version"), (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn send(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: SignedRequest = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    let files = explanation_files(&tx, &before).await?;
    let now = tx.now();
    let judge = Request { files: &files, ..Request::about(&before, now) };
    judged([TYPING, OPEN, SENDING].iter().flat_map(|rules| judge_request(rules, &judge)).collect())?;
    let act = signed::act(&before, Action::Explain, &files, None).ok_or_else(Problem::not_found)?;
    signed::verify(&central, &tx, &person, request.signature.as_ref(), act).await?;
    let cause = Cause::by(person.actor());
    let after =
        lifecycle::apply(&tx, &before, Action::Explain, &cause, |record| explanation::sent(record, now))
            .await?;
    attachment::freeze(&tx, &number).await?;
    done(&central, tx, &after.unwrap_or(before), &person).await
}
