//! 海关网关: what is to be handed over to customs, and what the gateway reports of it (AE-018, AE-185..AE-188, AE-193, AE-195).
//! Promises: a report with a number that was taken already is taken once; one that would move an application backwards, or that speaks of an
//! earlier message, is stored and shown and moves nothing (PO-233); any other that the table does not have is a 409 (AE-194), and the
//! gateway repeats it later.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    response::Response,
};
use chrono::NaiveDate;
use protocols::contract::UtcMillis;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::stepped,
    lifecycle::{Action, State as Status},
    record::{Inspection, Mark, Message, Record, Signatory},
    store,
};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        attachment, body,
        fault::FieldError,
        lifecycle::{self, Cause},
        problem::Problem,
        query, receipt,
        record::{self, Action as _},
        words,
    },
    identity::Person,
    store::Tx,
};

/// AE-195.
const ANSWER_WITHIN_MS: i64 = 30 * 60 * 1000;
/// AE-186.
const ATTEMPTS: u32 = 3;
/// Messages in one answer.
const MOST: u64 = 100;
/// Characters of a number of a report or a message.
const LONGEST_NO: usize = 64;

/// The paths of the gateway.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(messages)).routes(routes!(report)).routes(routes!(file))
}

/// How many.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Many {
    /// 1 to 100; as many as there can be unless said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

/// What is to be handed over now: new applications, those that could not be handed over yet, and those without an answer for 30 minutes, with
/// the same message number (`kind` `application`); and the marks of inspection instructions, once customs has agreed (`instruction_mark`,
/// AE-161). Asking changes nothing.
///
/// # Errors
/// 400, 401, 403.
#[utoipa::path(get, path = "/api/v1/gateway/attendance-exemptions/messages", tag = "gateway", params(Many),
    responses((status = 200, description = "longest due first", body = serde_json::Value,
               example = json!({"items": [{"kind": "application", "message_no": "202000000000000001-1", "data_center_no": "202000000000000001", "attempt": 1, "again": false}]}))))]
async fn messages(
    State(central): State<Central>,
    person: Person,
    Query(many): Query<Many>,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
    let (conn, now) = (central.store().read(), central.store().clock().now());
    let mut items = Vec::new();
    for record in store::due(conn, now, query::few(many.limit, MOST)?).await? {
        if let Some(mark) = record.mark.as_ref().filter(|mark| mark.due_at.is_some()) {
            items.push(mark_item(&record, mark));
            continue;
        }
        let Some(message) = &record.message else { continue };
        let files = attachment::of_record(conn, record.number()).await?;
        items.push(json!({
            "kind": "application", "message_no": message.no, "data_center_no": record.number(), "attempt": message.failures + 1,
            "again": record.head.status == Status::SentToCustoms, "submitted_at": record.submitted_at,
            "applicant_customs_code": record.applicant_customs_code, "applicant_name": record.applicant_name,
            "inspection_customs_code": record.inspection_customs_code, "attendance_mode": record.attendance_mode,
            "form": record.form.members(), "attachments": files,
        }));
    }
    Ok(Json(json!({ "items": items })))
}

/// A file of an application that was sent to customs, byte for byte as it came.
///
/// # Errors
/// 401, 403, 404, 503.
#[utoipa::path(get, path = "/api/v1/gateway/attendance-exemptions/{data_center_no}/attachments/{id}", tag = "gateway",
    params(("data_center_no" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "the file", body = attachment::PdfFile, content_type = "application/pdf"),
              (status = 404, description = "does not exist, or was not sent")))]
async fn file(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    person.must_be_gateway()?;
    let conn = central.store().read();
    let record = record::find::<Record, _>(conn, &number).await?.ok_or_else(Problem::not_found)?;
    let files = attachment::of_record(conn, &number).await?;
    // What is not sent is nobody's but the enterprise's.
    files.iter().find(|file| *file.id == *id && file.frozen).ok_or_else(Problem::not_found)?;
    let (file, bytes) = attachment::bytes(&central, record.number(), &id, &person.actor()).await?;
    Ok(attachment::download(&file, bytes))
}

/// AE-161: what customs' system has to write on the instruction.
fn mark_item(record: &Record, mark: &Mark) -> Value {
    json!({
        "kind": "instruction_mark", "message_no": mark.no, "data_center_no": record.number(), "attempt": mark.failures + 1,
        "again": mark.failures > 0, "doc_type": record.form.doc_type, "number": record.form.number, "consignee_exempt": true,
        "attendance_mode": record.attendance_mode, "inspection_customs_code": record.inspection_customs_code,
        "review_no": record.decision.as_ref().map(|decision| &decision.review_no),
    })
}

/// 网关报告.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Report {
    /// The report's own number; a repeated one is taken once.
    report_no: String,
    /// What is reported.
    report: Said,
    /// The message that it is about, where it is about one.
    #[serde(default)]
    message_no: Option<String>,
    /// The words of customs, or why it failed.
    #[serde(default)]
    text: Option<String>,
    /// The day of the inspection.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    finished_on: Option<NaiveDate>,
    /// Who signed the inspection record.
    #[serde(default)]
    signed_by: Option<Signatory>,
}

/// What a gateway can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GatewayReport)]
pub(super) enum Said {
    /// Handed over to the customs network.
    HandedOver,
    /// An attempt to hand it over failed.
    NotHandedOver,
    /// Customs' system stored it.
    Stored,
    /// Customs' system refused it.
    Refused,
    /// A further receipt.
    Receipt,
    /// The inspection is finished.
    InspectionFinished,
}

impl Said {
    /// The action in the table.
    const fn action(self) -> Action {
        match self {
            Self::HandedOver => Action::HandOver,
            Self::NotHandedOver => Action::GiveUp,
            Self::Stored => Action::Store,
            Self::Refused => Action::Refuse,
            Self::Receipt => Action::Note,
            Self::InspectionFinished => Action::Finish,
        }
    }

    const fn is_of_message(self) -> bool {
        matches!(self, Self::HandedOver | Self::NotHandedOver | Self::Stored | Self::Refused)
    }

    /// How far a message is when this is said of it.
    const fn stage(self) -> u8 {
        match self {
            Self::HandedOver | Self::NotHandedOver => 1,
            Self::Stored | Self::Refused => 2,
            Self::Receipt | Self::InspectionFinished => 3,
        }
    }
}

/// How far the message of an application in this state is.
const fn stage(state: Status) -> u8 {
    match state {
        Status::Saved | Status::Applied => 0,
        Status::SentToCustoms => 1,
        Status::CustomsReceived => 2,
        Status::SendFailed | Status::ReceiveFailed | Status::Approved | Status::Rejected => 3,
    }
}

/// A report of the gateway: `handed_over`, `not_handed_over`, `stored`, `refused`, `receipt`, `inspection_finished`.
///
/// # Errors
/// 400, 401, 403, 404, 409 where the report comes too early, 422 all faults.
#[utoipa::path(post, path = "/api/v1/gateway/attendance-exemptions/{data_center_no}/reports", tag = "gateway", params(("data_center_no" = String, Path)),
    request_body(content = inline(Report), example = json!({"report_no": "R-20200410-000117", "report": "handed_over", "message_no": "202000000000000001-1"})),
    responses((status = 200, description = "stored; applied or not, repeated or not", body = serde_json::Value,
               example = json!({"applied": true, "repeated": false, "status": "SENT_TO_CUSTOMS", "version": 4})),
              (status = 409, description = "too early"), (status = 422, description = "all faults")))]
async fn report(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    person.must_be_gateway()?;
    let report: Report = body::read(&bytes)?;
    let text = checked(&report)?;
    let tx = central.store().begin().await?;
    let before = record::take::<Record>(&tx, &number).await?.ok_or_else(Problem::not_found)?;
    if receipt::is_taken(&tx, &number, &report.report_no).await? {
        return Ok(answer(&before, false, true));
    }
    let (after, applied) = settle(&tx, &before, &report, text, person.actor()).await?;
    tx.commit().await?;
    Ok(answer(&after, applied, false))
}

fn answer(record: &Record, applied: bool, repeated: bool) -> Json<Value> {
    let head = &record.head;
    Json(json!({
        "applied": applied, "repeated": repeated, "status": head.status, "version": head.version,
    }))
}

/// The members that this kind of report needs; its words.
fn checked(report: &Report) -> Result<Option<String>, Problem> {
    let mut faults = Vec::new();
    let good = |no: &str| (1..=LONGEST_NO).contains(&no.chars().count()) && !no.chars().any(char::is_control);
    for (path, no) in [("report_no", Some(&report.report_no)), ("message_no", report.message_no.as_ref())] {
        if no.is_some_and(|no| !good(no)) {
            let (zh, en) = ("编号为1至64个字符", "1 to 64 characters");
            faults.push(FieldError::format(path.into(), "PO-233", zh, en, Value::Null));
        }
    }
    if report.report.is_of_message() && report.message_no.is_none() {
        faults.push(FieldError::required("message_no".into(), "AE-195"));
    }
    let needed = match report.report {
        Said::NotHandedOver => Some("AE-186"),
        Said::Refused => Some("AE-188"),
        Said::Receipt => Some("AE-193"),
        Said::HandedOver | Said::Stored | Said::InspectionFinished => None,
    };
    if report.report == Said::InspectionFinished {
        for (path, absent) in
            [("finished_on", report.finished_on.is_none()), ("signed_by", report.signed_by.is_none())]
        {
            faults.extend(absent.then(|| FieldError::required(path.into(), "AE-167")));
        }
    }
    let text = words::read("text", report.text.as_deref(), needed).unwrap_or_else(|wrong| {
        faults.extend(wrong);
        None
    });
    query::judged(faults)?;
    Ok(text)
}

/// The one place where a report meets an application; tells what became of it, and whether it moved.
async fn settle(
    tx: &Tx,
    before: &Record,
    report: &Report,
    text: Option<String>,
    actor: Actor,
) -> Result<(Record, bool), Problem> {
    let said = report.report;
    let cause = Cause {
        code: Some(said.action().code()),
        message_no: Some(report.report_no.clone()),
        ..Cause::by(actor).saying(text)
    };
    let now = tx.now();
    let of_mark = |mark: &&Mark| said.is_of_message() && Some(&*mark.no) == report.message_no.as_deref();
    if let Some(mark) = before.mark.as_ref().filter(of_mark) {
        return settle_mark(tx, before, mark, said, &cause).await;
    }
    if !said.is_of_message() {
        lifecycle::way::<Record>(before.head.status, said.action())
            .map_err(|refused| Problem::status_conflict(refused.to_string()))?;
        let inspection =
            report.finished_on.zip(report.signed_by).filter(|_| said == Said::InspectionFinished);
        let after = lifecycle::note(tx, before, said.action().code(), &cause, |record| {
            if let Some((finished_on, signed_by)) = inspection {
                record.inspection =
                    Some(Inspection { finished_on: finished_on.to_string().into(), signed_by });
            }
        })
        .await?;
        return Ok((after, true));
    }
    let current =
        before.message.as_ref().filter(|message| Some(&*message.no) == report.message_no.as_deref());
    let in_order = said.stage() > stage(before.head.status) && before.head.status != Status::Saved;
    let failed_before = before.message.as_ref().map_or(0, |message| message.failures);
    match (current, in_order) {
        // Customs' system answers only what was handed over: that report has not come yet.
        (Some(_), true) if said == Said::NotHandedOver && failed_before + 1 < ATTEMPTS => {
            let after = noted(tx, before, said, &cause, |message| message.failures += 1).await?;
            Ok((after, false))
        }
        (Some(_), true) => Ok((moved(tx, before, said, &cause).await?, true)),
        // Sent again: the answer is waited for anew.
        (Some(_), false) if said.stage() == 1 && before.head.status == Status::SentToCustoms => {
            let due_at = Some(later(now));
            Ok((noted(tx, before, said, &cause, |message| message.due_at = due_at).await?, false))
        }
        (Some(_), false) | (None, _) => Ok((noted(tx, before, said, &cause, |_| ()).await?, false)),
    }
}

/// The mark was handed over, or is tried again later; what customs has is not put off by a report that comes late.
async fn settle_mark(
    tx: &Tx,
    before: &Record,
    mark: &Mark,
    said: Said,
    cause: &Cause,
) -> Result<(Record, bool), Problem> {
    let failed = matches!(said, Said::NotHandedOver | Said::Refused);
    let open = mark.due_at.is_some();
    let after = Mark {
        failures: mark.failures + u32::from(failed && open),
        due_at: (failed && open).then(|| later(tx.now())),
        no: mark.no.clone(),
    };
    let noted = lifecycle::note(tx, before, said.action().code(), cause, |record| record.mark = Some(after));
    Ok((noted.await?, open && !failed))
}

/// Takes the step of a report about the message that is under way.
pub(super) async fn moved(tx: &Tx, before: &Record, said: Said, cause: &Cause) -> Result<Record, Problem> {
    let due_at = (said == Said::HandedOver).then(|| later(tx.now()));
    stepped(tx, before, said.action(), cause, |record| {
        if let Some(message) = &mut record.message {
            message.due_at = due_at;
        }
    })
    .await
}

async fn noted(
    tx: &Tx,
    before: &Record,
    said: Said,
    cause: &Cause,
    change: impl FnOnce(&mut Message),
) -> Result<Record, Problem> {
    let after = lifecycle::note(tx, before, said.action().code(), cause, |record| {
        if let Some(message) = &mut record.message {
            change(message);
        }
    });
    Ok(after.await?)
}

fn later(now: UtcMillis) -> UtcMillis {
    UtcMillis::from_millis(now.as_millis() + ANSWER_WITHIN_MS)
}
