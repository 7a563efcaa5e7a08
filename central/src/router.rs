//! Every path of the service, and its OpenAPI document.
//! Promises: each answer has a request number; each path but the first four asks who calls, because its handler takes a caller.

mod document;

use std::sync::LazyLock;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::Central,
    appointment, attendance, binding,
    declaration::{
        audit, calendar, codes, etag, notice, once, own,
        problem::{Problem, REQUEST_ID},
        reference, working_copy,
    },
    desk, gate_feed, gate_identity, identity, portal,
    store::one,
};

/// Where nothing less is said; what gates send has limits of its own (`gate_feed`).
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// 99 lines with two remarks of 1000 escaped characters each fit (SG-090); nothing else of a person is longer.
const MOST_FORM_BYTES: usize = 1024 * 1024;
/// The framework's own refusals are a line.
const MOST_WORDS: usize = 4096;

/// Every documented path of people, every one of gates, and the document, the same for each service of a process: making them takes longer than
/// opening a store.
static API: LazyLock<(Router<Central>, Router<Central>, OpenApi)> = LazyLock::new(|| {
    let (people, _) = people_api().split_for_parts();
    let (gates, _) = gates_api().split_for_parts();
    let (_, document) = api().split_for_parts();
    (people, gates, document::complete(document))
});

/// The service.
pub fn router(central: Central) -> Router {
    let (people, gates, document) = &*API;
    people
        .clone()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/openapi.json", get(async move || Json(document)))
        .fallback(portal::pages)
        .layer(middleware::from_fn_with_state(central.clone(), audit::noted))
        .layer(middleware::from_fn_with_state(central.clone(), working_copy::settle))
        .layer(middleware::from_fn_with_state(central.clone(), once::once))
        .layer(middleware::from_fn(etag::versions))
        // Nothing of that is for gates, and each step costs every one of their calls that waits a few KB (fault C8).
        .merge(gates.clone())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(central.clone(), numbered))
        .with_state(central)
}

/// What is served to gates of other machines, over TLS: their calls and health, and nothing for people.
pub fn gates_router(central: Central) -> Router {
    let (_, gates, _) = &*API;
    gates
        .clone()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .fallback(async || Problem::not_found())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(central.clone(), numbered))
        .with_state(central)
}

/// Every documented path; a module that is added here is in the document, too.
fn api() -> OpenApiRouter<Central> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(people_api()).merge(gates_api())
}

fn people_api() -> OpenApiRouter<Central> {
    let people = OpenApiRouter::new()
        .merge(identity::account::router())
        .merge(identity::session::router())
        .merge(identity::shield::router())
        .merge(identity::third_party::router())
        .merge(binding::api::router())
        .merge(desk::api::router())
        .merge(identity::card::api::router())
        .merge(gate_feed::router())
        .merge(gate_identity::router())
        .merge(reference::api::router())
        .merge(calendar::api::router())
        .merge(appointment::router())
        .merge(attendance::router())
        .merge(codes::router())
        .merge(working_copy::router())
        .merge(own::router())
        .merge(notice::router())
        .merge(audit::router())
        .merge(portal::router())
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES));
    OpenApiRouter::new().merge(people).merge(notice::announcement::open_router())
}

fn gates_api() -> OpenApiRouter<Central> {
    OpenApiRouter::new().merge(gate_feed::gates_router()).merge(gate_identity::gates_router())
}

/// Gives each request a number, counts its answer and logs it without its body or token.
async fn numbered(State(central): State<Central>, request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().to_string();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response =
        REQUEST_ID.scope(id.clone(), async { in_our_form(next.run(request).await).await }).await;
    let status = response.status();
    central.metrics().answered(status.as_u16());
    tracing::debug!(request.id = id, http.status = status.as_u16(), "{method} {path}: {status}");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// What the framework refuses by itself (a parameter that is none, a method that is not there, a body too long) in our form too.
async fn in_our_form(response: Response) -> Response {
    let kind =
        response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // A handler's own answers say what they are; the framework's words are plain text.
    if !response.status().is_client_error() || !(kind.is_empty() || kind.starts_with("text/plain")) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, MOST_WORDS).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    // A part of a path that cannot be what it stands for names nothing that exists.
    if said.starts_with("Invalid URL") {
        return Problem::not_found().into_response();
    }
    let en = if said.is_empty() { parts.status.canonical_reason().unwrap_or("refused") } else { said.trim() };
    let mut problem = Problem::refused_by_framework(parts.status, en).into_response();
    problem
        .headers_mut()
        .extend(parts.headers.into_iter().filter(|(name, _)| name.as_ref() == Some(&header::ALLOW)));
    problem
}

async fn ready(State(central): State<Central>) -> Result<&'static str, Problem> {
    one(central.store().read(), "SELECT COUNT(*) AS yards FROM yard", []).await?;
    if central.is_stopping() { Err(Problem::busy(1)) } else { Ok("ready") }
}

async fn metrics(State(central): State<Central>) -> Response {
    match central.metrics().text() {
        Ok(text) => text.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Kakou central",
    description = "Declarations, customs desk, gate feed. Every path asks for `Authorization: Bearer <token>`."
))]
struct Document;

/// The OpenAPI document.
#[must_use]
pub fn document() -> OpenApi {
    API.2.clone()
}

#[cfg(test)]
mod tests {
    mod access;

    use super::*;
    use crate::test_app::TestApp;
    use axum::http::Method;
    use serde_json::{Value, json};

    /// What is done before anyone is known.
    const OPEN: [&str; 28] = [
        "get /api/v1/identity-providers",
        "get /api/v1/public/announcements",
        "get /api/v1/public/announcements/{number}",
        "get /api/v1/public/portal",
        "get /api/v1/sessions/shield/requests/{request_id}",
        "post /api/v1/captchas",
        "post /api/v1/first-cards",
        "post /api/v1/first-cards/challenges",
        "post /api/v1/first-cards/redeem",
        "post /api/v1/recoveries",
        "post /api/v1/recoveries/redeem",
        "post /api/v1/registrations",
        "post /api/v1/registrations/{account_id}/card",
        "post /api/v1/registrations/{account_id}/card/challenges",
        "post /api/v1/registrations/{account_id}/code",
        "post /api/v1/registrations/{account_id}/confirm",
        "post /api/v1/sessions",
        "post /api/v1/sessions/card",
        "post /api/v1/sessions/card/challenges",
        "post /api/v1/sessions/shield",
        "post /api/v1/sessions/shield/challenges",
        "post /api/v1/sessions/shield/requests",
        "post /api/v1/sessions/shield/requests/{request_id}/confirm",
        "post /api/v1/sessions/shield/requests/{request_id}/refuse",
        "post /api/v1/sessions/shield/requests/{request_id}/session",
        "post /api/v1/sessions/third-party",
        "post /api/v1/sessions/third-party/{provider}",
        "post /gate/v1/enrol",
    ];

    /// Who may: four paths answer anyone, every documented one wants to know who calls.
    #[tokio::test]
    async fn every_documented_path_asks_who_calls() {
        let app = TestApp::open().await;
        for open in ["/healthz", "/readyz", "/metrics", "/api/openapi.json"] {
            assert_eq!(
                app.call_raw(Method::GET, open, "nobody-at-all", Value::Null).await.0,
                StatusCode::OK,
                "{open}"
            );
        }
        let document = serde_json::to_value(document()).unwrap();
        let mut open = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                // What people do before they are known says so in the document.
                if operation["security"] == json!([{}]) {
                    open.push(format!("{method} {path}"));
                    continue;
                }
                let method: Method = method.to_uppercase().parse().unwrap();
                let at = path.replace("{yard_id}", crate::test_app::YARD).replace(['{', '}'], "");
                let at = if at.ends_with("/changes") { format!("{at}?after=0") } else { at };
                let (status, answer) = app.call(method, &at, "nobody-at-all", json!({})).await;
                assert_eq!(
                    (status, &answer["code"]),
                    (StatusCode::UNAUTHORIZED, &json!("PO_LOGIN_FAILED")),
                    "{at}"
                );
            }
        }
        open.sort();
        assert_eq!(open, OPEN);
    }

    /// PO-331: a path that does not exist is a problem too, with its number in the body and in the header.
    #[tokio::test]
    async fn an_unknown_path_is_a_problem() {
        let (status, answer) = TestApp::open().await.get("/api/v2/records", "nobody-at-all").await;
        assert_eq!(
            (status, &answer["code"], &answer["status"]),
            (StatusCode::NOT_FOUND, &json!("PO_NOT_FOUND"), &json!(404))
        );
        assert!(answer["request_id"].as_str().is_some_and(|id| id.len() == 36));
    }

    /// PO-331, PO-332: what no handler ever sees is refused in the same form.
    #[tokio::test]
    async fn a_request_that_reaches_no_handler_gets_a_problem() {
        let app = TestApp::open().await;
        let gate = "gate-token-0708-G02";
        let admin = crate::test_app::ADMIN;
        for (method, path, token, expected) in [
            (Method::GET, "/gate/v1/changes", gate, StatusCode::BAD_REQUEST),
            (Method::GET, "/gate/v1/changes?after=x", gate, StatusCode::BAD_REQUEST),
            (Method::GET, "/gate/v1/changes?after=-1", gate, StatusCode::BAD_REQUEST),
            (Method::PATCH, "/gate/v1/events", gate, StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let (status, answer) = app.call(method, path, token, Value::Null).await;
            assert_eq!((status, &answer["code"]), (expected, &json!("PO_FIELD_FORMAT")), "{path}: {answer}");
            assert!(!answer["message_en"].as_str().unwrap().is_empty() && answer["request_id"].is_string());
        }
        for path in ["/api/v1/admin/yards/7/policy", "/api/v1/admin/accounts/%F3%9C"] {
            assert_eq!(app.get(path, admin).await.1["code"], "PO_NOT_FOUND", "{path}");
        }
        let long = json!("x".repeat(MOST_BYTES));
        assert_eq!(app.post("/gate/v1/events", gate, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn the_document_has_examples() {
        let document = serde_json::to_value(document()).unwrap();
        let create = &document["paths"]["/api/v1/smart-gate/records"]["post"]["requestBody"]["content"]["application/json"];
        assert_eq!(create["example"]["medium_key"], "蒙LK8216");
    }
}
