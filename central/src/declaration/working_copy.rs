//! 录入草稿: what a person is typing and has not saved, kept for them at the centre.
//! Promises: kept by person, whatever becomes of the session (PO-413) or the machine; nobody else sees it; it is no record: no number, no rule
//! is asked. It goes when its record is saved, when its person throws it away, or thirty days after its last change.
//! Source: spec PO-096, PO-241, PO-413.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderName, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use protocols::contract::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{fault::FieldError, problem::Problem, query};
use crate::{
    app::Central,
    identity::Person,
    store::{Store, StoreError, all, column, execute, from_json, one},
};

/// Names the copy that a saved record was typed in: `appointment/202500000000000001`.
const SAVED_FROM: HeaderName = HeaderName::from_static("x-working-copy");
const KEPT_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Copies of one person.
const MOST: i64 = 100;
const LONGEST_MANUAL: usize = 32;
const LONGEST_KEY: usize = 64;

/// The paths.
pub fn router() -> OpenApiRouter<Central> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, put, delete))
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Copy {
    /// The manual.
    manual: String,
    /// The record's number, or a name that the page gave to a new record.
    key: String,
    /// When it was last changed.
    #[schema(value_type = String)]
    updated_at: UtcMillis,
    /// What was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Value>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Copies {
    items: Vec<Copy>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Of {
    /// Of this manual only.
    manual: Option<String>,
}

/// What I have typed and not saved, newest first, without its content.
///
/// # Errors
/// 400, 401.
#[utoipa::path(get, path = "/api/v1/working-copies", tag = "working copies", params(Of),
    responses((status = 200, description = "mine", body = Copies, example = json!({"items": [
                   {"manual": "appointment", "key": "new-1", "updated_at": "2025-10-13T00:30:00.000Z"}]})),
              (status = 401, description = "not logged in")))]
async fn list(
    State(central): State<Central>,
    person: Person,
    of: query::Sent<Of>,
) -> Result<Json<Copies>, Problem> {
    let of = query::read(of)?;
    let sql = "SELECT manual, key, updated_at FROM working_copy WHERE person = $1 AND (manual = $2 OR $2 = '') ORDER BY updated_at DESC, key";
    let rows =
        all(central.store().read(), sql, [person.identity().into(), of.manual.unwrap_or_default().into()])
            .await?;
    let copy = |row| -> Result<Copy, StoreError> {
        let updated_at = UtcMillis::from_millis(column(row, "updated_at")?);
        Ok(Copy { manual: column(row, "manual")?, key: column(row, "key")?, updated_at, content: None })
    };
    Ok(Json(Copies { items: rows.iter().map(copy).collect::<Result<_, _>>()? }))
}

/// One of them with its content.
///
/// # Errors
/// 401, 404.
#[utoipa::path(get, path = "/api/v1/working-copies/{manual}/{key}", tag = "working copies",
    params(("manual" = String, Path, example = "appointment"), ("key" = String, Path, example = "new-1")),
    responses((status = 200, description = "as it was put", body = Copy, example = json!({
                   "manual": "appointment", "key": "new-1", "updated_at": "2025-10-13T00:30:00.000Z", "content": {"contact_name": "王"}})),
              (status = 401, description = "not logged in"), (status = 404, description = "nothing is kept under this key")))]
async fn show(
    State(central): State<Central>,
    person: Person,
    Path((manual, key)): Path<(String, String)>,
) -> Result<Json<Copy>, Problem> {
    let sql = "SELECT updated_at, doc FROM working_copy WHERE person = $1 AND manual = $2 AND key = $3";
    let values = [person.identity().into(), manual.clone().into(), key.clone().into()];
    let row = one(central.store().read(), sql, values).await?.ok_or_else(Problem::not_found)?;
    let content = from_json("working copy", &column::<String>(&row, "doc")?)?;
    let updated_at = UtcMillis::from_millis(column(&row, "updated_at")?);
    Ok(Json(Copy { manual, key, updated_at, content: Some(content) }))
}

/// Keeps what is being typed: any JSON of at most 1 MiB; what was kept under the key before is replaced.
///
/// # Errors
/// 400, 401, 413, 422.
#[utoipa::path(put, path = "/api/v1/working-copies/{manual}/{key}", tag = "working copies",
    params(("manual" = String, Path, example = "appointment"), ("key" = String, Path, example = "new-1")),
    request_body(content = Value, example = json!({"contact_name": "王"})),
    responses((status = 204, description = "kept"), (status = 400, description = "no JSON"), (status = 401, description = "not logged in"),
              (status = 413, description = "more than 1 MiB"), (status = 422, description = "not a key, or too many copies")))]
async fn put(
    State(central): State<Central>,
    person: Person,
    Path((manual, key)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let content: Value =
        serde_json::from_slice(&bytes).map_err(|error| Problem::malformed(error.to_string()))?;
    named(&manual, &key)?;
    let tx = central.store().begin().await?;
    let others =
        "SELECT COUNT(*) AS copies FROM working_copy WHERE person = $1 AND NOT (manual = $2 AND key = $3)";
    let place = [person.identity().into(), manual.into(), key.into()];
    let copies: i64 =
        one(tx.conn(), others, place.clone()).await?.map_or(Ok(0), |row| column(&row, "copies"))?;
    if copies >= MOST {
        let (zh, en) = (
            format!("最多保留{MOST}份未保存的录入内容"),
            format!("at most {MOST} copies of a person; delete some"),
        );
        return Err(Problem::fields(vec![FieldError::format("key".into(), "PO-413", zh, en, MOST.into())]));
    }
    let sql = "INSERT INTO working_copy (person, manual, key, updated_at, doc) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (person, manual, key) DO UPDATE SET updated_at = $4, doc = $5";
    let [person, manual, key] = place;
    execute(tx.conn(), sql, [person, manual, key, tx.now().as_millis().into(), content.to_string().into()])
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn named(manual: &str, key: &str) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let fits = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    for (path, text, longest) in [("manual", manual, LONGEST_MANUAL), ("key", key, LONGEST_KEY)] {
        if !fits(text, longest) {
            let (zh, en) = ("仅限字母、数字、-、_和.", format!("1 to {longest} letters, digits, -, _ and ."));
            let value = text.chars().take(LONGEST_KEY).collect::<String>().into();
            faults.push(FieldError::format(path.into(), "PO-413", zh, en, value));
        }
    }
    super::query::judged(faults)
}

/// Throws it away.
///
/// # Errors
/// 401, 404.
#[utoipa::path(delete, path = "/api/v1/working-copies/{manual}/{key}", tag = "working copies",
    params(("manual" = String, Path, example = "appointment"), ("key" = String, Path, example = "new-1")),
    responses((status = 204, description = "gone"), (status = 401, description = "not logged in"),
              (status = 404, description = "nothing is kept under this key")))]
async fn delete(
    State(central): State<Central>,
    person: Person,
    Path((manual, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let gone = drop_copy(central.store(), &person.identity(), &manual, &key).await?;
    if gone { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

async fn drop_copy(store: &Store, person: &str, manual: &str, key: &str) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let sql = "DELETE FROM working_copy WHERE person = $1 AND manual = $2 AND key = $3";
    let gone = execute(tx.conn(), sql, [person.into(), manual.into(), key.into()]).await?;
    tx.commit().await?;
    Ok(gone > 0)
}

/// The layer around all that people write: a write that succeeded ends the copy that it was typed in, where it names one with
/// `X-Working-Copy`. After the write, not in it: a copy that outlives its record is a question to a person, one that is gone before it is a loss.
pub async fn settle(State(central): State<Central>, request: Request, next: Next) -> Response {
    let named = request
        .headers()
        .get(SAVED_FROM)
        .and_then(|named| named.to_str().ok())
        .and_then(|named| named.split_once('/'));
    let named = named.map(|(manual, key)| (manual.to_owned(), key.to_owned()));
    let (Some((manual, key)), false) = (named, *request.method() == Method::GET) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let person =
        <Person as axum::extract::FromRequestParts<Central>>::from_request_parts(&mut parts, &central).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    if let (Ok(person), true) = (person, response.status().is_success())
        && let Err(error) = drop_copy(central.store(), &person.identity(), &manual, &key).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "a working copy outlives its record");
    }
    response
}

/// Drops what nobody has changed for thirty days.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let before = tx.now().as_millis() - KEPT_DAYS * DAY_MS;
    execute(tx.conn(), "DELETE FROM working_copy WHERE updated_at < $1", [before.into()]).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests;
