//! 提交, and the statements that the card signs before each act.
//! Promises: checks, signature and status are one transaction (PO-245); what counts is the time at which it began (AC-110).

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use protocols::ids::CustomsCode;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        draft::{Checked, Draft},
        facts::{self, SUPPLEMENTARY, Standings},
        lead_time::{self, Submission},
        lifecycle::Action,
        record::Appointment,
        rules::{Entry, Facts, Purpose},
        signing as signed,
    },
    SignedRequest, done, editable, explanation_files, own, same_version, taken, visible,
};
use crate::{
    app::Central,
    declaration::{
        attachment::{self, Attachment},
        body,
        fault::FieldError,
        lifecycle::{self, Cause},
        problem::Problem,
        record::Action as _,
    },
    identity::{
        Person,
        signing::{self, Statement},
    },
    store::Tx,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementRequest {
    action: String,
    version: Option<i64>,
    reason: Option<String>,
}

/// What the card signs for `submit`, `cancel`, `feedback` or `explanation`; the reason of a cancellation is part of it.
///
/// # Errors
/// 400, 401, 403, 404, 409.
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/statements", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "submit", "version": 1})),
    responses((status = 201, description = "the text to be signed, byte for byte", body = serde_json::Value),
              (status = 403, description = "no card is bound, or the application is not yours to act on"),
              (status = 409, description = "version")))]
pub(super) async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    let request: StatementRequest = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    let record = taken(&tx, &number, &person, request.version).await?;
    let reason = reason_of(request.reason.as_deref());
    let unknown = || {
        let value: String = request.action.chars().take(40).collect();
        Problem::fields(vec![FieldError::unknown_code("action".into(), "AC-016", value.into())])
    };
    let action = Action::ALL.iter().copied().find(|action| action.code() == request.action);
    let action = action.ok_or_else(unknown)?;
    let files = files_of(&tx, &record, action).await?;
    let act = signed::act(&record, action, &files, reason).ok_or_else(unknown)?;
    let statement = signing::statement(&tx, &person, &[act]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

/// Blank is none.
pub(super) fn reason_of(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

async fn files_of(tx: &Tx, record: &Appointment, action: Action) -> Result<Vec<Attachment>, Problem> {
    Ok(match action {
        Action::Submit => facts::files(tx.conn(), &record.head.number, SUPPLEMENTARY).await?,
        Action::Explain => explanation_files(tx, record).await?,
        _ => Vec::new(),
    })
}

/// 提交 to customs.
///
/// # Errors
/// 400, 401, 403 without the bound card (AC-013, AC-015, AC-016), 404, 409, 422 with all faults (AC-120), 503.
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/submit", tag = "appointment", params(("pre_entry_no" = String, Path)),
    request_body(content = inline(SignedRequest), example = json!({"version": 1, "signature": {"alg": "SM2-SM3", "certificate": "MIIB...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "申报成功", body = serde_json::Value), (status = 403, description = "no card, or another one"),
              (status = 409, description = "status or version"), (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn submit(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: SignedRequest = body::read(&bytes)?;
    let seen = visible(central.store().read(), &number, &person).await?;
    own(&seen, &person)?;
    same_version(&seen, request.version)?;
    let parties = [&seen.declarant, &seen.consignee].map(|party| Some(party.customs_reg_no.as_ref()));
    let standings = facts::standings(&central, parties).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, request.version).await?;
    editable(&before)?;
    let files = facts::files(tx.conn(), &number, SUPPLEMENTARY).await?;
    let (facts, checked, submission) = judged(&tx, &before, &standings, files.clone()).await?;
    let act = signed::act(&before, Action::Submit, &files, None).ok_or_else(Problem::not_found)?;
    signed::verify(&central, &tx, &person, request.signature.as_ref(), act).await?;
    let now = tx.now();
    let cause = Cause::by(person.actor());
    let after = lifecycle::apply(&tx, &before, Action::Submit, &cause, |record| {
        record.declarant = facts.declarant.party;
        record.consignee = checked.consignee;
        record.content = checked.content;
        record.applied_at = now;
        record.submission = Some(submission);
    });
    let after = after.await?.unwrap_or(before);
    attachment::freeze(&tx, &number).await?;
    done(&central, tx, &after, &person).await
}

/// Everything that a submission is judged by (AC-120), and what of it is kept (AC-085).
async fn judged(
    tx: &Tx,
    before: &Appointment,
    standings: &Standings,
    files: Vec<Attachment>,
) -> Result<(Facts, Checked, Submission), Problem> {
    let draft = Draft::of(before);
    let declarant = &before.declarant.customs_reg_no;
    let facts = facts::gather(tx.conn(), &draft, declarant, standings, files, tx.now()).await?;
    let entry = Entry { draft: &draft, stored: None, facts: &facts, purpose: Purpose::Submit };
    let checked = entry.check().map_err(Problem::fields)?;
    let submission = submission(&entry).ok_or_else(|| Problem::malformed("the application is incomplete"))?;
    Ok((facts, checked, submission))
}

fn submission(entry: &Entry<'_>) -> Option<Submission> {
    let deadline = lead_time::judge(&entry.question()?, entry.now()).ok()?;
    Some(Submission {
        at: entry.facts.now,
        declarant_credit: entry.facts.declarant.credit,
        consignee_credit: entry.facts.consignee.as_ref()?.credit,
        deadline: deadline.instant(),
        deadline_set_by: CustomsCode::parse(&deadline.set_by).ok()?,
        lead_hours: deadline.lead_hours,
    })
}
