//! 版本标记: the version of a record as HTTP knows it: `ETag` on what is read, `If-None-Match` and `If-Match` on what is asked (PO-333).
//! Promises: one layer for all records, whatever their manual: an answer whose member `version` is a number carries it as `ETag`; `If-Match`
//! becomes the version that a write names. A write that names two different ones is refused.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{fault::FieldError, problem::Problem};

/// What is longer is no record.
const MOST_BYTES: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
struct Versioned {
    version: i64,
}

/// The layer around all that people read and write.
pub async fn versions(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/v1/") {
        return next.run(request).await;
    }
    if *request.method() == Method::GET {
        let known = request.headers().get(header::IF_NONE_MATCH).cloned();
        return tagged(next.run(request).await, known.as_ref()).await;
    }
    match named(request).await {
        Ok(request) => tagged(next.run(request).await, None).await,
        Err(problem) => problem.into_response(),
    }
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let headers = response.headers();
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !(response.status().is_success() && json) || headers.contains_key(header::ETAG) {
        return response;
    }
    // Answers are in memory already, or have no end: those that tell no length are left alone.
    if !HttpBody::size_hint(response.body()).exact().is_some_and(|size| size <= MOST_BYTES as u64) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return Problem::upstream("the answer broke off").into_response();
    };
    let version = serde_json::from_slice::<Versioned>(&bytes).ok().map(|versioned| versioned.version);
    let Some(tag) = version.and_then(|version| HeaderValue::from_str(&format!("\"{version}\"")).ok()) else {
        return Response::from_parts(head, bytes.into());
    };
    let same = known.and_then(|known| known.to_str().ok()).is_some_and(|known| {
        known
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one.as_bytes() == tag.as_bytes())
    });
    head.headers.insert(header::ETAG, tag);
    // What a record shows depends on who asks.
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    head.headers.insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
    if same {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, bytes.into())
}

/// The request with the version of `If-Match` where a client without that header would have put it.
async fn named(request: Request) -> Result<Request, Problem> {
    let Some(wanted) = request.headers().get(header::IF_MATCH).filter(|wanted| *wanted != "*") else {
        return Ok(request);
    };
    let text = wanted.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
    let version: i64 = text
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::malformed("If-Match takes the ETag of one record, such as \"7\""))?;
    let (mut parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("application/json");
    if parts.method == Method::DELETE || !kind.starts_with("application/json") {
        parts.uri = in_query(&parts.uri, version)?;
        return Ok(Request::from_parts(parts, body));
    }
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return Err(Problem::refused_by_framework(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"));
    };
    let members = if bytes.is_empty() { Ok(Map::new()) } else { serde_json::from_slice(&bytes) };
    // What is no object is refused by the one who asked for an object.
    let Ok(mut members) = members else { return Ok(Request::from_parts(parts, bytes.into())) };
    match members.get("version") {
        None | Some(Value::Null) => {
            members.insert("version".into(), version.into());
        }
        Some(named) if named.as_i64() == Some(version) => {}
        Some(named) => return Err(differ(named.clone())),
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(parts, Value::Object(members).to_string().into()))
}

fn in_query(uri: &Uri, version: i64) -> Result<Uri, Problem> {
    let query = uri.query().unwrap_or_default();
    if let Some(named) = query.split('&').find_map(|pair| pair.strip_prefix("version=")) {
        return if named == version.to_string() { Ok(uri.clone()) } else { Err(differ(named.into())) };
    }
    let and = if query.is_empty() { "" } else { "&" };
    let text = format!("{}?{query}{and}version={version}", uri.path());
    text.parse().map_err(|_| Problem::malformed("the query cannot be read"))
}

fn differ(named: Value) -> Problem {
    let (zh, en) = ("与If-Match的版本不一致", "names another version than If-Match");
    Problem::fields(vec![FieldError::format("version".into(), "PO-333", zh, en, named)])
}

#[cfg(test)]
mod tests;
