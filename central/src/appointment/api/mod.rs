//! The JSON face of the manual: what an enterprise does with applications.
//! `entry`: 暂存, 删除, 复制 · `prepare`: what the page asks while somebody types · `submission`: 提交, and what is signed · `files`: 随附补充材料 ·
//! `feedback` · `cancellation` · `explanation` · `query`: 查询 and 回执 · `signatures`: 电子签名.
//! Promises: an application of third parties is a 404, and only its declarant acts (AC-020); each act names the version that the person saw
//! (AC-215); all faults come back at once.

mod cancellation;
mod entry;
mod explanation;
mod feedback;
mod files;
mod prepare;
mod query;
mod signatures;
mod submission;

use axum::{Json, http::StatusCode};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    facts::EXPLANATION,
    lifecycle::State,
    record::Appointment,
    rules::told,
    view::{self, Part},
};
use crate::{
    app::Central,
    declaration::{
        attachment,
        fault::FieldError,
        problem::Problem,
        record::{self, Record, Status},
        seen,
    },
    identity::{Person, Standing, signing::Signature},
    store::{StoreError, Tx},
};

/// The paths of the enterprise.
pub(super) fn router() -> OpenApiRouter<Central> {
    let files = OpenApiRouter::new().routes(routes!(files::add)).layer(attachment::body_limit());
    OpenApiRouter::new()
        .routes(routes!(query::list, entry::create))
        .routes(routes!(entry::delete_many))
        .routes(routes!(prepare::consignee))
        .routes(routes!(prepare::deadline))
        .routes(routes!(entry::show, entry::save, entry::delete))
        .routes(routes!(entry::copy))
        .routes(routes!(submission::statement))
        .routes(routes!(submission::submit))
        .routes(routes!(cancellation::cancel))
        .routes(routes!(feedback::enter, feedback::send))
        .routes(routes!(explanation::enter, explanation::send))
        .routes(routes!(files::download, files::remove))
        .routes(routes!(query::receipts))
        .routes(routes!(signatures::list))
        .routes(routes!(signatures::verify))
        .merge(files)
}

/// What goes with an act that is signed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignedRequest {
    version: Option<i64>,
    signature: Option<Signature>,
}

/// The customs code of the person's enterprise, whose card is bound to the account (AC-013, AC-014).
pub(super) fn own_code(person: &Person) -> Result<&str, Problem> {
    let declarant = person.declarant()?;
    declarant.bound_card().map_err(|problem| problem.citing("AC-013"))?;
    Ok(declarant.applicant().map_err(|problem| problem.citing("AC-013"))?.customs_reg_no)
}

/// Who has no bound card works with no application, whether there is one or not (AC-013, PO-091).
fn with_card(person: &Person) -> Result<(), Problem> {
    if matches!(person.standing, Standing::Declarant(_)) { own_code(person).map(drop) } else { Ok(()) }
}

/// The application, if it exists for this person (AC-020).
pub(super) async fn visible<C: ConnectionTrait>(
    conn: &C,
    number: &str,
    person: &Person,
) -> Result<Appointment, Problem> {
    with_card(person)?;
    let record: Appointment = record::find(conn, number).await?.ok_or_else(Problem::not_found)?;
    view::part(&record, person).map(|_| record).ok_or_else(Problem::not_found)
}

/// The application, which nobody else changes until the transaction ends, if the person may act on it and saw this version of it.
async fn taken(tx: &Tx, number: &str, person: &Person, seen: Option<i64>) -> Result<Appointment, Problem> {
    with_card(person)?;
    let record: Appointment = record::take(tx, number).await?.ok_or_else(Problem::not_found)?;
    own(&record, person)?;
    same_version(&record, seen)?;
    Ok(record)
}

/// AC-020: only the declarant acts.
fn own(record: &Appointment, person: &Person) -> Result<(), Problem> {
    match view::part(record, person) {
        Some(Part::Declarant) => Ok(()),
        Some(_) => Err(Problem::no_permission().citing("AC-020")),
        None => Err(Problem::not_found()),
    }
}

/// AC-215: the act names the version that the person saw.
pub(super) fn same_version(record: &Appointment, seen: Option<i64>) -> Result<(), Problem> {
    seen::same_version(record.head.version, seen, "AC-215").map_err(|problem| match problem.status() {
        StatusCode::CONFLICT => problem.citing("AC-215"),
        _ => problem,
    })
}

/// The faults as one answer, if there are any: 409 when it is the wrong moment for the act, 422 otherwise.
pub(super) fn judged(faults: Vec<FieldError>) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    let moment = faults.iter().all(|fault| fault.code == "PO_STATUS_CONFLICT");
    let problem = Problem::fields(faults);
    Err(if moment { problem.with_status(StatusCode::CONFLICT) } else { problem })
}

/// AC-121, AC-201, AC-080: only a draft is edited and submitted.
fn editable(record: &Appointment) -> Result<(), Problem> {
    let status = record.head.status;
    let rule = match status {
        State::Draft => return Ok(()),
        State::Rejected => "AC-201",
        _ => "AC-121",
    };
    let (zh, en) = ("仅暂存的申请可修改、提交", "only a draft can be edited and submitted");
    judged(vec![told("", rule, "PO_STATUS_CONFLICT", zh, en, status.code().into())])
}

/// The application as this person sees it now.
async fn answer<C: ConnectionTrait>(
    conn: &C,
    record: &Appointment,
    person: &Person,
    now: protocols::contract::UtcMillis,
) -> Result<Json<Value>, StoreError> {
    let files = attachment::of_record(conn, &record.head.number).await?;
    Ok(Json(view::full(record, &files, person, now)))
}

/// Ends the transaction of an act, and answers with the application as it is now.
async fn done(
    central: &Central,
    tx: Tx,
    after: &Appointment,
    person: &Person,
) -> Result<Json<Value>, Problem> {
    let now = tx.now();
    tx.commit().await?;
    Ok(answer(central.store().read(), after, person, now).await?)
}

/// Files of the explanation.
async fn explanation_files(tx: &Tx, record: &Appointment) -> Result<Vec<attachment::Attachment>, StoreError> {
    super::facts::files(tx.conn(), &record.head().number, EXPLANATION).await
}
