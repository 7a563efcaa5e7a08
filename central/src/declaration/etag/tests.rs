//! Versions in the head of requests and answers.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::test_app::{DECLARANT, TestApp, coal, path};

async fn send(
    app: &TestApp,
    method: Method,
    path: &str,
    head: (&str, &str),
    body: &Value,
) -> (StatusCode, Option<String>, Value) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {DECLARANT}"))
        .header(head.0, head.1)
        .body(body);
    let response = app.send(request.unwrap()).await;
    let status = response.status();
    let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, tag, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// PO-333: what is read carries its version; who has it is told so; a list has none.
#[tokio::test]
async fn a_version_is_an_etag() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let at = path(&record);
    let none = ("x-nothing", "");
    let (status, tag, body) = send(&app, Method::GET, &at, none, &Value::Null).await;
    assert_eq!((status, tag.as_deref(), &body["version"]), (StatusCode::OK, Some("\"1\""), &json!(1)));
    for known in ["\"1\"", "W/\"1\"", "\"0\", \"1\""] {
        let (status, tag, body) = send(&app, Method::GET, &at, ("if-none-match", known), &Value::Null).await;
        assert_eq!((status, tag.as_deref(), body), (StatusCode::NOT_MODIFIED, Some("\"1\""), Value::Null));
    }
    assert_eq!(
        send(&app, Method::GET, &at, ("if-none-match", "\"2\""), &Value::Null).await.0,
        StatusCode::OK
    );
    assert_eq!(send(&app, Method::GET, "/api/v1/smart-gate/records", none, &Value::Null).await.1, None);
}

/// PO-333: `If-Match` is the version that a write names.
#[tokio::test]
async fn a_write_may_name_its_version_in_the_head() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let at = path(&record);
    let put = async |tag: &str, body: &Value| send(&app, Method::PUT, &at, ("if-match", tag), body).await;
    let (status, tag, _) = put("\"1\"", &coal("蒙LK8217")).await;
    assert_eq!((status, tag.as_deref()), (StatusCode::OK, Some("\"2\"")));
    let (status, _, answer) = put("\"1\"", &coal("蒙LK8218")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_VERSION_CONFLICT")));
    let mut both = coal("蒙LK8218");
    both["version"] = json!(2);
    assert_eq!(put("\"2\"", &both).await.0, StatusCode::OK);
    let (status, _, answer) = put("\"3\"", &both).await;
    assert_eq!((status, &answer["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO-333")));
    for bad in ["7", "\"x\"", "\"1\", \"2\""] {
        assert_eq!(put(bad, &both).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(
        put("*", &both).await.0,
        StatusCode::CONFLICT,
        "anything matches, and the body names version 2"
    );
    let delete =
        async |at: &str, tag: &str| send(&app, Method::DELETE, at, ("if-match", tag), &Value::Null).await.0;
    assert_eq!(delete(&format!("{at}?version=2"), "\"3\"").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(delete(&at, "\"2\"").await, StatusCode::CONFLICT);
    assert_eq!(delete(&at, "\"3\"").await, StatusCode::NO_CONTENT);
}
