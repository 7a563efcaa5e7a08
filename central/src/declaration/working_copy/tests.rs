//! What people type and do not save.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::{Value, json};

use super::*;
use crate::test_app::{ADMIN, CARDLESS, DECLARANT, TestApp, coal};

const MINE: &str = "/api/v1/working-copies/smart-gate/new-1";

async fn keys(app: &TestApp, token: &str) -> Vec<String> {
    let (status, answer) = app.get("/api/v1/working-copies", token).await;
    assert_eq!(status, StatusCode::OK);
    answer["items"].as_array().unwrap().iter().map(|copy| copy["key"].as_str().unwrap().to_owned()).collect()
}

/// PO-413: what is left on the page is offered again, to its person only; it can be changed and thrown away.
#[tokio::test]
async fn what_is_typed_is_kept_for_its_person() {
    let app = TestApp::open().await;
    let typed = json!({"medium_key": "蒙LK", "lines": [{}]});
    for content in [&json!(1), &typed] {
        assert_eq!(app.call(Method::PUT, MINE, DECLARANT, content.clone()).await.0, StatusCode::NO_CONTENT);
    }
    let (status, kept) = app.reopened().await.get(MINE, DECLARANT).await;
    assert_eq!((status, &kept["content"], &kept["manual"]), (StatusCode::OK, &typed, &json!("smart-gate")));
    assert_eq!(kept["updated_at"], "2025-10-13T00:30:00.000Z");
    for other in [CARDLESS, ADMIN, "declarant-91310115MA1H7K2R0J"] {
        assert_eq!(app.get(MINE, other).await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.call(Method::DELETE, MINE, other, Value::Null).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.get("/api/v1/working-copies?manual=appointment", DECLARANT).await.1, json!({"items": []}));
    assert_eq!(app.call(Method::DELETE, MINE, DECLARANT, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get(MINE, DECLARANT).await.0, StatusCode::NOT_FOUND);
}

/// PO-241, PO-413: the copy goes when its record is saved, and not when the record is refused.
#[tokio::test]
async fn a_copy_ends_with_the_save_of_its_record() {
    let app = TestApp::open().await;
    app.call(Method::PUT, MINE, DECLARANT, json!({})).await;
    for (content, left) in [(json!({}), 1), (coal("蒙LK8216"), 0)] {
        let request = Request::post("/api/v1/smart-gate/records")
            .header("authorization", format!("Bearer {DECLARANT}"))
            .header("x-working-copy", "smart-gate/new-1")
            .body(Body::from(content.to_string()));
        app.send(request.unwrap()).await;
        assert_eq!(keys(&app, DECLARANT).await.len(), left, "{content}");
    }
}

/// What one person can make the centre keep is bounded, in size, number and time.
#[tokio::test]
async fn copies_are_bounded() {
    let app = TestApp::open().await;
    let put = async |key: &str, body: Value| {
        app.call(Method::PUT, &format!("/api/v1/working-copies/smart-gate/{key}"), DECLARANT, body).await.0
    };
    for place in 0..MOST {
        assert_eq!(put(&format!("new-{place}"), json!({})).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(put("new-100", json!({})).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(put("new-0", json!("x".repeat(1024 * 1024 - 2))).await, StatusCode::NO_CONTENT);
    assert_eq!(put("new-0", json!("x".repeat(1024 * 1024 - 1))).await, StatusCode::PAYLOAD_TOO_LARGE);
    for key in ["%20", "a%2Fb", &"x".repeat(65)] {
        assert_eq!(put(key, json!({})).await, StatusCode::UNPROCESSABLE_ENTITY, "{key}");
    }
    let clock = app.central.store().clock();
    clock.advance(KEPT_DAYS * DAY_MS);
    assert_eq!(put("new-7", json!({})).await, StatusCode::NO_CONTENT);
    forget(app.central.store()).await.unwrap();
    assert_eq!(keys(&app, DECLARANT).await.len(), 100);
    clock.advance(1);
    forget(app.central.store()).await.unwrap();
    assert_eq!(keys(&app, DECLARANT).await, ["new-7"]);
}
