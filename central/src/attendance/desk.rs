//! 海关审批: the officers' side, section 10.
//! Promises: officers see what customs has received for their own offices, and nothing else exists for them (AE-017); a decision is signed with
//! the officer's card (PO-111), final (AE-165), and names the review number.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::{facts_of, known_of, may, stepped},
    apply::StatementRequest,
    lifecycle::{Action, State as Status},
    record::{Decision, DocType, Mark, Record, with},
    rules::{
        Known,
        decision::{self, Answer, Verdict},
    },
    view,
};
use crate::{
    app::Central,
    config::DeskMode,
    declaration::{
        actor::Actor,
        attachment::{self, Attachment},
        body,
        fault::FieldError,
        formats,
        lifecycle::Cause,
        notice::{self, About, Audience, NewNotice},
        numbering,
        problem::Problem,
        query::{self, Conditions, Page, PeriodRule},
        record::{self, Action as _, Record as _, Status as _},
        reference::InstructionMark,
    },
    identity::{
        Person, enterprise,
        signing::{self, Act, Signature, Statement},
    },
    store::{StoreError, Tx},
};

/// What officers may see: customs' system has it.
const SEEN: [Status; 3] = [Status::CustomsReceived, Status::Approved, Status::Rejected];

/// The paths of officers.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(statement))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// The application, if it exists for this officer.
pub(super) async fn visible<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    person: &Person,
) -> Result<Record, Problem> {
    person.officer()?;
    let found = record::find::<Record, C>(conn, number).await?;
    found.filter(|record| sees(person, record)).ok_or_else(Problem::not_found)
}

fn sees(person: &Person, record: &Record) -> bool {
    let of_office = person.officer().is_ok_and(|offices| offices.contains(&record.inspection_customs_code));
    of_office && SEEN.contains(&record.head.status)
}

/// When an application was made.
const SUBMITTED: PeriodRule =
    PeriodRule { names: ["date_from", "date_to"], rule: "AE-160", most_days: None, required: false };

/// 待办 as asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Work {
    /// 数据中心统一编号, 报关单号 or 提运单号.
    number: Option<String>,
    /// 申请单位: its customs code, or a part of its name.
    applicant: Option<String>,
    /// 单据类型.
    doc_type: Option<String>,
    /// The first day of application.
    date_from: Option<String>,
    /// The last day.
    date_to: Option<String>,
    /// From 1.
    page: Option<u64>,
    /// 1 to 100.
    page_size: Option<u64>,
}

impl Work {
    fn conditions(&self, person: &Person) -> Result<(Conditions, Page), Problem> {
        let offices = person.officer()?;
        if offices.is_empty() {
            return Err(Problem::no_permission());
        }
        let mut faults = Vec::new();
        let mut conditions = Conditions::default();
        conditions.one_of("inspection_customs_code", offices.iter().map(|office| office.as_str().into()));
        conditions.equals("status", Status::CustomsReceived.code());
        if let Some(number) = query::text("number", self.number.as_deref(), &mut faults) {
            conditions.add("? IN (number, subject_no)", vec![number.to_ascii_uppercase().into()]);
        }
        if let Some(applicant) = query::text("applicant", self.applicant.as_deref(), &mut faults) {
            if formats::is_customs_reg_no(&applicant) {
                conditions.equals("applicant", &applicant);
            } else {
                conditions.contains("applicant_name", &applicant);
            }
        }
        if let Some(sent) = query::text("doc_type", self.doc_type.as_deref(), &mut faults) {
            match DocType::parse(&sent) {
                Some(kind) => conditions.equals("doc_type", kind.code()),
                None => faults.push(FieldError::unknown_code("doc_type".into(), "AE-120", sent.into())),
            }
        }
        if let Some(period) = SUBMITTED.read(self.date_from.as_deref(), self.date_to.as_deref(), &mut faults)
        {
            conditions.within("submitted_at", period);
        }
        let page = Page::read(self.page, self.page_size, &mut faults);
        query::judged(faults)?;
        Ok((conditions, page))
    }
}

/// 待办: what waits for a decision, oldest first (AE-160).
///
/// # Errors
/// 400, 401, 403, 422.
#[utoipa::path(get, path = "/api/v1/desk/attendance-exemptions", tag = "desk", params(Work),
    responses((status = 200, description = "one page, oldest first", body = serde_json::Value,
               example = json!({"total": 1, "total_is_more": false, "page": 1, "page_size": 10, "items": []})), (status = 422, description = "all faults")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    asked: query::Sent<Work>,
) -> Result<Json<Value>, Problem> {
    person.officer()?;
    let asked = query::read(asked)?;
    let (conditions, page) = asked.conditions(&person)?;
    let conn = central.store().read();
    let total = query::count(conn, Record::TABLE, &conditions, false).await?;
    let found: Vec<Record> = query::page(conn, &conditions, "submitted_at, number", page).await?;
    let items = found.iter().map(|record| view::summary(record, &person)).collect();
    Ok(Json(query::listing(total, page, items)))
}

/// The application with its files and the inspection instruction (AE-160); `instruction` is null where customs' system does not answer.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/desk/attendance-exemptions/{data_center_no}", tag = "desk", params(("data_center_no" = String, Path)),
    responses((status = 200, description = "the application, its files and the instruction", body = serde_json::Value),
              (status = 404, description = "does not exist, or not for this officer")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let conn = central.store().read();
    let record = visible(conn, &number, &person).await?;
    let files = attachment::of_record(conn, &number).await?;
    let known = known_of(&central, &record).await.ok();
    let instruction = view::instruction(known.as_ref().and_then(facts_of));
    Ok(Json(with(view::full(&record, &person, &files), "instruction", instruction)))
}

/// 审批意见 as it counts: trimmed, none when blank.
fn opinion(sent: Option<&str>) -> Option<&str> {
    sent.map(str::trim).filter(|text| !text.is_empty())
}

/// What an officer signs: the application as it was made, and the opinion.
fn decision_of(record: &Record, files: &[Attachment], answer: Answer, opinion: Option<&str>) -> Act {
    let fields = with(record.form.members(), "opinion", json!(opinion));
    Act::on(record, action_of(answer), fields, files)
}

const fn action_of(answer: Answer) -> Action {
    match answer {
        Answer::Agree => Action::Approve,
        Answer::Disagree => Action::Reject,
    }
}

/// The bytes that the officer's card signs, for `approve` or `reject`; the opinion is part of them.
///
/// # Errors
/// 400, 401, 403, 404, 409, 422.
#[utoipa::path(post, path = "/api/v1/desk/attendance-exemptions/{data_center_no}/statements", tag = "desk",
    params(("data_center_no" = String, Path)),
    request_body(content = inline(StatementRequest), example = json!({"action": "reject", "version": 6, "opinion": "声明未加盖公章"})),
    responses((status = 201, description = "sign the bytes of `text`", body = serde_json::Value), (status = 409, description = "status or version")))]
async fn statement(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Statement>), Problem> {
    person.decides()?;
    let request: StatementRequest = body::read(&bytes)?;
    let answer = [Answer::Agree, Answer::Disagree]
        .into_iter()
        .find(|answer| action_of(*answer).code() == request.action)
        .ok_or_else(|| {
            let value: String = request.action.chars().take(40).collect();
            Problem::fields(vec![FieldError::unknown_code("action".into(), "AE-017", value.into())])
        })?;
    let tx = central.store().begin().await?;
    let record = visible(tx.conn(), &number, &person).await?;
    may(&record, request.version, action_of(answer))?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    let act = decision_of(&record, &files, answer, opinion(request.opinion.as_deref()));
    let statement = signing::statement(&tx, &person, &[act]).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(statement)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionRequest {
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    opinion: Option<String>,
    #[serde(default)]
    signature: Option<Signature>,
}

/// 同意 (AE-161, AE-191).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 where the goods are released or the inspection has begun (AE-162), 503 where that cannot be asked.
#[utoipa::path(post, path = "/api/v1/desk/attendance-exemptions/{data_center_no}/approve", tag = "desk", params(("data_center_no" = String, Path)),
    request_body(content = inline(DecisionRequest), example = json!({"version": 6, "opinion": null, "signature": {"alg": "SM2-SM3", "certificate": "MIIC...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "decided, with its review number", body = serde_json::Value), (status = 409, description = "status or version"),
              (status = 422, description = "all faults"), (status = 503, description = "customs' system cannot be asked")))]
async fn approve(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    decide(&central, &person, &number, &bytes, Answer::Agree).await
}

/// 不同意 (AE-163, AE-192).
///
/// # Errors
/// 400, 401, 403, 404, 409, 422 without an opinion.
#[utoipa::path(post, path = "/api/v1/desk/attendance-exemptions/{data_center_no}/reject", tag = "desk", params(("data_center_no" = String, Path)),
    request_body(content = inline(DecisionRequest), example = json!({"version": 6, "opinion": "声明未加盖公章", "signature": {"alg": "SM2-SM3", "certificate": "MIIC...", "value": "MEUC...", "nonce": "..."}})),
    responses((status = 200, description = "decided, with its review number", body = serde_json::Value), (status = 409, description = "status or version"),
              (status = 422, description = "all faults")))]
async fn reject(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    decide(&central, &person, &number, &bytes, Answer::Disagree).await
}

async fn decide(
    central: &Central,
    person: &Person,
    number: &str,
    bytes: &Bytes,
    answer: Answer,
) -> Result<Json<Value>, Problem> {
    person.decides()?;
    let request: DecisionRequest = body::read(bytes)?;
    let opinion = opinion(request.opinion.as_deref());
    let seen = visible(central.store().read(), number, person).await?;
    may(&seen, request.version, action_of(answer))?;
    let known = match answer {
        Answer::Agree => known_of(central, &seen).await?,
        Answer::Disagree => Known::NotAsked,
    };
    query::judged(decision::judge(&Verdict { answer, form: &seen.form, opinion, known: &known }))?;
    let tx = central.store().begin().await?;
    let before = record::take::<Record>(&tx, number).await?.filter(|record| sees(person, record));
    let before = before.ok_or_else(Problem::not_found)?;
    may(&before, request.version, action_of(answer))?;
    let files = attachment::of_record(tx.conn(), number).await?;
    let acts = [decision_of(&before, &files, answer, opinion)];
    signing::verify(central, &tx, person, request.signature.as_ref(), &acts).await?;
    let after = settle(central, &tx, &before, answer, opinion, person.actor()).await?;
    tx.commit().await?;
    Ok(Json(view::full(&after, person, &files)))
}

/// Takes the decision, by an officer or by the desk that answers by itself.
pub(super) async fn settle(
    central: &Central,
    tx: &Tx,
    before: &Record,
    answer: Answer,
    opinion: Option<&str>,
    actor: Actor,
) -> Result<Record, Problem> {
    let review_no = review_no(tx, before).await?;
    let action = action_of(answer);
    let (now, officer) = (tx.now(), actor.operator().into());
    let code = match answer {
        Answer::Agree => Status::Approved.code(),
        Answer::Disagree => Status::Rejected.code(),
    };
    let cause = Cause { code: Some(code), ..Cause::by(actor).saying(opinion.map(ToOwned::to_owned)) };
    // A desk that answers by itself has no gateway to another system.
    let to_hand_over = central.config().desk.mode != DeskMode::Auto;
    let after = stepped(tx, before, action, &cause, |record| {
        record.decision = Some(Decision {
            review_no: review_no.into(),
            opinion: opinion.map(Into::into),
            officer,
            at: now,
        });
        if answer == Answer::Agree {
            record.mark = Some(Mark::of(before.number(), to_hand_over.then_some(now)));
        }
    })
    .await?;
    mark_instruction(central, tx, &after).await?;
    tell(central, tx, &after).await?;
    Ok(after)
}

/// AE-161: the inspection instruction is marked at once where the register has it.
async fn mark_instruction(central: &Central, tx: &Tx, record: &Record) -> Result<(), StoreError> {
    let Some(decision) = record.decision.as_ref().filter(|_| record.mark.is_some()) else { return Ok(()) };
    let mark = InstructionMark {
        consignee_exempt: true,
        attendance_mode: json!(record.attendance_mode),
        review_no: decision.review_no.clone(),
    };
    let number = &record.form.number;
    match record.form.doc_type {
        DocType::Declaration => central.reference().mark_declaration(tx, number, mark).await,
        DocType::NonDeclaration => central.reference().mark_bill(tx, number, mark).await,
    }
}

/// AE-166: the decision reaches the applicant as a notice, too.
async fn tell(central: &Central, tx: &Tx, record: &Record) -> Result<(), StoreError> {
    let applicant = enterprise::by_customs_reg_no(tx.conn(), &record.applicant_customs_code).await?;
    let Some(uscc) = applicant.and_then(|applicant| applicant.uscc) else { return Ok(()) };
    let decision = record.decision.as_ref();
    let (number, state) = (record.number(), record.head.status);
    let kind = if state == Status::Approved { "attendance.approved" } else { "attendance.rejected" };
    let review_no = decision.map(|decision| &*decision.review_no).unwrap_or_default();
    let opinion = decision.and_then(|decision| decision.opinion.as_deref()).unwrap_or_default();
    let notice = NewNotice {
        audience: &Audience::Enterprise(uscc.into()),
        kind,
        title: format!("免于到场协助查验申请 {number}：{}", state.label()),
        body: format!("海关审核编号 {review_no}。{opinion}"),
        record: Some(About { manual: Record::MANUAL, number, status: state.code() }),
        mail_to: Vec::new(),
    };
    notice::create(central, tx, &notice).await
}

/// 海关审核编号 (AE-031): M, office, year, and a serial of office and year.
async fn review_no(tx: &Tx, record: &Record) -> Result<String, StoreError> {
    let (year, _) = numbering::year_and_month(tx.now());
    let office = record.inspection_customs_code;
    let serial = numbering::next(tx, &format!("attendance_review_{office}_{year}")).await?;
    if serial > 999_999_999 {
        return Err(StoreError::Value { what: "review serial", value: serial.to_string() });
    }
    Ok(format!("M{office}{year:04}{serial:09}"))
}
