//! 随附补充材料 and the file of the explanation: PDF files, until they are submitted.
//! Promises: a file moves the version, so what was signed before it does not fit any more (AC-080).

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        explanation,
        facts::{EXPLANATION, SUPPLEMENTARY},
        lifecycle::Action,
        record::Appointment,
        rules::{MOST_FILES, Request, judge_request},
    },
    done, editable, judged, own, same_version, taken, visible,
};
use crate::{
    app::Central,
    declaration::{
        attachment::{self, FileName, PdfFile, Rules, Sent},
        lifecycle::{self, Cause},
        problem::Problem,
        seen::Seen,
    },
    identity::Person,
    store::Tx,
};

/// 类别 of a file that is sent without one.
const fn rules_of(explains: bool) -> Rules {
    let (categories, most): (&'static [&'static str], usize) =
        if explains { (&[EXPLANATION], explanation::MOST_FILES) } else { (&[SUPPLEMENTARY], MOST_FILES) };
    Rules { manual: "appointment", categories, category_rule: "AC-074", one_per_category: false, most }
}

/// What stands in the query of an upload beside the name.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Upload {
    version: Option<i64>,
}

/// The step that a file of this kind is, if it may come or go now.
fn step(record: &Appointment, explains: bool, tx: &Tx) -> Result<Action, Problem> {
    if !explains {
        return editable(record).map(|()| Action::Save);
    }
    judged(judge_request(explanation::TYPING, &Request::about(record, tx.now())))
        .map(|()| Action::EnterExplanation)
}

/// 上传/保存 of a file: `category` is `supplementary` (the default) or `explanation`; the body is the file.
///
/// # Errors
/// 401, 403, 404, 409, 413, 415, 422 with all that is wrong with the file (AC-074..AC-079, AC-153), 503.
#[utoipa::path(post, path = "/api/v1/appointments/{pre_entry_no}/attachments", tag = "appointment",
    params(("pre_entry_no" = String, Path), ("version" = i64, Query), FileName),
    request_body(content = PdfFile, content_type = "application/pdf"),
    responses((status = 201, description = "the application with the file", body = serde_json::Value), (status = 409, description = "status or version"),
              (status = 413, description = "too large"), (status = 415, description = "no PDF"), (status = 422, description = "all faults", body = serde_json::Value)))]
pub(super) async fn add(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    Query(upload): Query<Upload>,
    Sent(mut sent): Sent,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let category = sent.category.get_or_insert_with(|| SUPPLEMENTARY.to_owned());
    let explains = category == EXPLANATION;
    let rules = rules_of(explains);
    let seen = visible(central.store().read(), &number, &person).await?;
    own(&seen, &person)?;
    same_version(&seen, upload.version)?;
    let received = attachment::receive(&central, &number, &rules, sent).await;
    let received = received.map_err(|problem| of_the_manual(problem, explains))?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, upload.version).await?;
    let action = step(&before, explains, &tx)?;
    let actor = person.actor();
    attachment::put(&tx, &number, &rules, received, &actor)
        .await
        .map_err(|problem| of_the_manual(problem, explains))?;
    let after = lifecycle::apply(&tx, &before, action, &Cause::by(actor), |_| {}).await?.unwrap_or(before);
    Ok((StatusCode::CREATED, done(&central, tx, &after, &person).await?))
}

/// The portal's rules about files under the numbers that this manual gives them.
fn of_the_manual(problem: Problem, explains: bool) -> Problem {
    problem.renamed(|fault| match fault.code {
        _ if explains => "AC-153",
        "PO_TOO_MANY_FILES" => "AC-074",
        "PO_FILE_TOO_LARGE" => "AC-075",
        "PO_FILE_PAGE_TOO_LARGE" => "AC-077",
        "PO_FILE_NOT_PDF" | "PO_FILE_ACTIVE_CONTENT" => "AC-079",
        _ => fault.rule,
    })
}

/// The bytes of a file.
///
/// # Errors
/// 401, 404, 503.
#[utoipa::path(get, path = "/api/v1/appointments/{pre_entry_no}/attachments/{id}", tag = "appointment",
    params(("pre_entry_no" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "the file", content_type = "application/pdf"), (status = 404, description = "does not exist, or not for this person")))]
pub(super) async fn download(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    visible(central.store().read(), &number, &person).await?;
    let (file, bytes) = attachment::bytes(&central, &number, &id, &person.actor()).await?;
    Ok(attachment::download(&file, bytes))
}

/// Removes a file that is not submitted (AC-080).
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(delete, path = "/api/v1/appointments/{pre_entry_no}/attachments/{id}", tag = "appointment",
    params(("pre_entry_no" = String, Path), ("id" = String, Path), Seen),
    responses((status = 200, description = "the application without the file", body = serde_json::Value), (status = 409, description = "status or version")))]
pub(super) async fn remove(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
    Query(seen): Query<Seen>,
) -> Result<Json<Value>, Problem> {
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person, seen.version).await?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    let file = files.iter().find(|file| *file.id == *id).ok_or_else(Problem::not_found)?;
    let action = step(&before, file.category.as_deref() == Some(EXPLANATION), &tx)?;
    let actor = person.actor();
    attachment::remove(&tx, &number, &id, &actor).await?;
    let after = lifecycle::apply(&tx, &before, action, &Cause::by(actor), |_| {}).await?.unwrap_or(before);
    done(&central, tx, &after, &person).await
}
