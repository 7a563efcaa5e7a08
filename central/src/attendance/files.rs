//! 随附单据 of an application: section 5.
//! Promises: files come only to a stored record (AE-090), with the card (AE-091); one file a category, a further one takes its place (AE-087);
//! after applying none comes or goes (AE-088, PO-266). Officers who see the application read its files.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api::{applicant, may, own, stepped, taken},
    card, desk,
    lifecycle::Action,
    record::Record,
    rules::CATEGORIES,
    view,
};
use crate::{
    app::Central,
    declaration::{
        attachment::{self, Rules},
        lifecycle::Cause,
        problem::Problem,
        record::Record as _,
        seen::Seen,
    },
    identity::{Person, Standing, signing},
};

/// AE-080..AE-087.
const RULES: Rules = Rules {
    manual: Record::MANUAL,
    categories: CATEGORIES,
    category_rule: "AE-084",
    one_per_category: true,
    most: CATEGORIES.len(),
};

/// The paths of files.
pub(super) fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        .layer(attachment::body_limit())
        .routes(routes!(list))
        .routes(routes!(download, remove))
}

/// 添加文件 (AE-085): the body is the file. The first upload of a session carries the header `x-card-statement`, a signature over a statement of
/// action `upload`.
///
/// # Errors
/// 400, 401, 403 without the card, 404, 409, 413, 415, 422 all faults, 503.
#[utoipa::path(post, path = "/api/v1/attendance-exemptions/{data_center_no}/attachments", tag = "attendance",
    params(("data_center_no" = String, Path), Seen, attachment::FileName,
           ("x-card-statement" = Option<String>, Header, description = "a signature as JSON, once a session")),
    request_body(content = attachment::PdfFile, content_type = "application/pdf"),
    responses((status = 201, description = "the application with its files", body = serde_json::Value),
              (status = 403, description = "no card, or another card"), (status = 409, description = "status or version"),
              (status = 413, description = "PO_FILE_TOO_LARGE"), (status = 415, description = "PO_FILE_NOT_PDF"), (status = 422, description = "all faults")))]
async fn upload(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
    Query(seen): Query<Seen>,
    headers: HeaderMap,
    attachment::Sent(upload): attachment::Sent,
) -> Result<(StatusCode, Json<Value>), Problem> {
    applicant(&person)?;
    let signature = card::sent(&headers)?;
    let found = own(central.store().read(), &number, &person).await?;
    may(&found, seen.version, Action::Upload)?;
    if signature.is_none() && !card::is_shown(&central, &person).await? {
        // Nobody reads a file that will be turned away.
        let tx = central.store().begin().await?;
        signing::verify(&central, &tx, &person, None, &[card::act_of(&found)]).await?;
    }
    let received = attachment::receive(&central, &number, &RULES, upload).await?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person).await?;
    may(&before, seen.version, Action::Upload)?;
    card::prove(&central, &tx, &person, signature.as_ref(), &before).await?;
    attachment::put(&tx, &number, &RULES, received, &person.actor()).await?;
    let after = stepped(&tx, &before, Action::Upload, &Cause::by(person.actor()), |_| ()).await?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(view::full(&after, &person, &files))))
}

/// The application, for whoever may read its files.
async fn readable(central: &Central, number: &str, person: &Person) -> Result<Record, Problem> {
    match &person.standing {
        Standing::Officer(_) => desk::visible(central.store().read(), number, person).await,
        _ => own(central.store().read(), number, person).await,
    }
}

/// The files of an application.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}/attachments", tag = "attendance", params(("data_center_no" = String, Path)),
    responses((status = 200, description = "in the order of upload", body = serde_json::Value), (status = 404, description = "does not exist, or not for this person")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = readable(&central, &number, &person).await?;
    let items = attachment::of_record(central.store().read(), record.number()).await?;
    Ok(Json(json!({ "items": items })))
}

/// A file, byte for byte as it came (PO-265).
///
/// # Errors
/// 401, 403, 404, 503.
#[utoipa::path(get, path = "/api/v1/attendance-exemptions/{data_center_no}/attachments/{id}", tag = "attendance",
    params(("data_center_no" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "the file", body = attachment::PdfFile, content_type = "application/pdf"),
              (status = 404, description = "does not exist, or not for this person")))]
async fn download(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let record = readable(&central, &number, &person).await?;
    let (file, bytes) = attachment::bytes(&central, record.number(), &id, &person.actor()).await?;
    Ok(attachment::download(&file, bytes))
}

/// 删除文件 (AE-015, AE-088).
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(delete, path = "/api/v1/attendance-exemptions/{data_center_no}/attachments/{id}", tag = "attendance",
    params(("data_center_no" = String, Path), ("id" = String, Path), Seen),
    responses((status = 200, description = "the application with the files that are left", body = serde_json::Value),
              (status = 404, description = "does not exist, or not for this person"), (status = 409, description = "status or version")))]
async fn remove(
    State(central): State<Central>,
    person: Person,
    Path((number, id)): Path<(String, String)>,
    Query(seen): Query<Seen>,
) -> Result<Json<Value>, Problem> {
    applicant(&person)?;
    let tx = central.store().begin().await?;
    let before = taken(&tx, &number, &person).await?;
    may(&before, seen.version, Action::RemoveFile)?;
    attachment::remove(&tx, &number, &id, &person.actor()).await?;
    let after = stepped(&tx, &before, Action::RemoveFile, &Cause::by(person.actor()), |_| ()).await?;
    let files = attachment::of_record(tx.conn(), &number).await?;
    tx.commit().await?;
    Ok(Json(view::full(&after, &person, &files)))
}
