//! Every path of the service, and its OpenAPI document.
//! Promises: each answer has a request number; each path but the first four asks who calls, because its handler takes a caller.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use utoipa::OpenApi;

use crate::{
    app::Central,
    binding::api as records,
    declaration::problem::{Problem, REQUEST_ID},
    desk::api as desk,
    gate_feed::{alert, changes, deny, hello, intake::api as intake, overview, policy, snapshot},
    store::one,
};

/// 500 events with all their readings fit many times over.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The service.
pub fn router(central: Central) -> Router {
    let records = Router::new()
        .route("/records", get(records::list).post(records::create))
        .route("/records/{unified_no}", get(records::show).put(records::update).delete(records::delete))
        .route("/records/{unified_no}/declare", post(records::declare))
        .route("/records/{unified_no}/receipts", get(records::receipts));
    let desk = Router::new()
        .route("/records/{unified_no}/{act}", post(desk::act))
        .route("/receipts", post(desk::receive))
        .route("/deny", get(deny::list).post(deny::add))
        .route("/deny/remove", post(deny::remove));
    let admin = Router::new()
        .route("/yards/{yard_id}/policy", get(policy::get_yard).put(policy::put_yard))
        .route("/yards/{yard_id}/lanes/{gate_id}/{lane_id}", get(policy::get_lane).put(policy::put_lane));
    let gate = Router::new()
        .route("/hello", post(hello::hello))
        .route("/snapshot", get(snapshot::snapshot))
        .route("/changes", get(changes::changes))
        .route("/events", post(intake::events))
        .route("/status", post(hello::status));
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/openapi.json", get(async || Json(document())))
        .nest("/api/v1/smart-gate", records)
        .nest("/api/v1/desk", desk)
        .nest("/api/v1/admin", admin)
        .route("/api/v1/gates", get(overview::gates))
        .route("/api/v1/gates/{gate_id}/events", get(overview::events))
        .route("/api/v1/alerts", get(alert::list))
        .nest("/gate/v1", gate)
        .fallback(async || Problem::not_found())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(central.clone(), numbered))
        .with_state(central)
}

/// Gives each request a number, counts its answer and logs it without its body or token.
async fn numbered(State(central): State<Central>, request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().to_string();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let status = response.status();
    central.metrics().answered(status.as_u16());
    tracing::debug!(request.id = id, http.status = status.as_u16(), "{method} {path}: {status}");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
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

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kakou central",
        description = "Declarations, customs desk, gate feed. Every path asks for `Authorization: Bearer <token>`."
    ),
    paths(
        records::create,
        records::list,
        records::show,
        records::update,
        records::delete,
        records::declare,
        records::receipts,
        desk::act,
        desk::receive,
        deny::list,
        deny::add,
        deny::remove,
        overview::gates,
        overview::events,
        alert::list,
        policy::get_yard,
        policy::put_yard,
        policy::get_lane,
        policy::put_lane,
        hello::hello,
        hello::status,
        snapshot::snapshot,
        changes::changes,
        intake::events,
    )
)]
struct Document;

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;
    use axum::http::Method;
    use serde_json::{Value, json};

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
        let mut asked = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let at = path.replace("{yard_id}", crate::test_app::YARD).replace(['{', '}'], "");
                let at = if at.ends_with("/changes") { format!("{at}?after=0") } else { at };
                let (status, answer) = app.call(method, &at, "nobody-at-all", json!({})).await;
                assert_eq!(
                    (status, &answer["code"]),
                    (StatusCode::UNAUTHORIZED, &json!("PO_LOGIN_FAILED")),
                    "{at}"
                );
                asked += 1;
            }
        }
        assert_eq!(asked, 24);
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

    #[test]
    fn the_document_has_examples() {
        let document = serde_json::to_value(document()).unwrap();
        let create = &document["paths"]["/api/v1/smart-gate/records"]["post"]["requestBody"]["content"]["application/json"];
        assert_eq!(create["example"]["medium_key"], "蒙LK8216");
    }
}
