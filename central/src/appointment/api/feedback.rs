//! 预约通关报关单号反馈: typing declaration numbers, and sending them.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        facts::{self, typed_numbers},
        feedback::{self, AGREEMENT, OPEN, ROWS, SENDING, TYPING},
        lifecycle::Action,
        record::Appointment,
        rules::{Request, RequestRule, judge_request},
        signing as signed, store,
    },
    SignedRequest, done, judged, own, same_version, taken, visible,
};
use crate::{
    app::Central,
    declaration::{
        body,
        fault::FieldError,
        lifecycle::{self, Cause},
        problem::Problem,
        reference::DeclarationFacts,
    },
    identity::Person,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EnterRequest {
    version: Option<i64>,
    declaration_nos: Vec<String>,
}

/// Numbers of one request; AC-128 refuses more than 50 in all.
const MOST_NUMBERS: usize = 1000;

fn judge(
    rules: &[&[RequestRule]],
    record: &Appointment,
    register: &BTreeMap<String, DeclarationFacts>,
    taken: &[String],
    now: UtcMillis,
) -> Vec<FieldError> {
    let request = Request { register, taken, ..Request::about(record, now) };
    rules.iter().flat_map(|rules| judge_request(rules, &request)).collect()
}

/// 新增 of declaration numbers: takes the place of those that are typed and not sent, and tells where the register differs (AC-126, AC-137).
///
/// # Errors
/// 400, 401, 403, 404, 409 before approval, after the window, or while something stands against it, 422 for numbers that are none, 503.
#[utoipa::path(put, path = "/api/v1/appointments/{pre_entry_no}/feedback", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(EnterRequest), example = json!({"version": 4, "declaration_nos": ["222520181000204511"]})),
    responses((status = 200, description = "stored; `differences` would refuse the sending", body = serde_json::Value),
              (status = 409, description = "status, time or version"), (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn enter(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: EnterRequest = body::read(&bytes)?;
    if request.declaration_nos.len() > MOST_NUMBERS {
        let (zh, en) = ("一次最多录入1000个报关单号", "at most 1000 numbers in one request");
        let fault = FieldError::format(
            "declaration_nos".into(),
            "AC-128",
            zh,
            en,
            json!(request.declaration_nos.len()),
        );
        return Err(Problem::fields(vec![fault]));
    }
    let seen = visible(central.store().read(), &number, &person).await?;
    own(&seen, &person)?;
    same_version(&seen, request.version)?;
    let numbers: Vec<String> =
        request.declaration_nos.iter().map(|number| number.trim().to_owned()).collect();
    let register =
        if numbers.len() <= 50 { facts::declarations(&central, &numbers).await? } else { BTreeMap::new() };
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    let now = tx.now();
    judged(judge(&[TYPING], &before, &register, &[], now))?;
    let retyped = Appointment { feedback: feedback::retyped(&before, &numbers), ..before.clone() };
    let elsewhere = store::taken(tx.conn(), &number, &numbers).await?;
    judged(judge(&[ROWS], &retyped, &register, &elsewhere, now))?;
    let differences = judge(&[AGREEMENT], &retyped, &register, &[], now);
    let cause = Cause::by(person.actor());
    let after = lifecycle::apply(&tx, &before, Action::EnterFeedback, &cause, |record| {
        record.feedback = retyped.feedback
    });
    let after = after.await?.unwrap_or(before);
    let mut shown = done(&central, tx, &after, &person).await?;
    if let Some(members) = shown.0.as_object_mut() {
        members.insert("differences".into(), json!(differences));
    }
    Ok(shown)
}

/// 提交 of the declaration numbers that are typed (AC-127).
///
/// # Errors
/// 400, 401, 403 without the bound card (AC-016), 404, 409 outside of the window (AC-125), 422 with every difference (AC-138), 503.
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/feedback", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(SignedRequest), example = json!({"version": 5, "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "the numbers wait for customs", body = serde_json::Value),
              (status = 409, description = "status, time or version"), (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn send(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: SignedRequest = body::read(&bytes)?;
    let seen = visible(central.store().read(), &number, &person).await?;
    own(&seen, &person)?;
    same_version(&seen, request.version)?;
    let numbers = typed_numbers(&seen);
    let register = facts::declarations(&central, &numbers).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    let now = tx.now();
    judged(judge(&[TYPING, OPEN], &before, &register, &[], now))?;
    // A number is tied before it is judged: of two applications that send it at the same moment one finds it taken.
    let mut elsewhere = Vec::new();
    for declaration_no in &numbers {
        if !store::tie(&tx, &number, declaration_no).await? {
            elsewhere.push(declaration_no.clone());
        }
    }
    judged(judge(&[ROWS, AGREEMENT, SENDING], &before, &register, &elsewhere, now))?;
    let act = signed::act(&before, Action::Feedback, &[], None).ok_or_else(Problem::not_found)?;
    signed::verify(&central, &tx, &person, request.signature.as_ref(), act).await?;
    let cause = Cause::by(person.actor());
    let after =
        lifecycle::apply(&tx, &before, Action::Feedback, &cause, |record| feedback::sent(record, now))
            .await?;
    done(&central, tx, &after.unwrap_or(before), &person).await
}
