//! Reading the log.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::test_app::{ADMIN, CARDLESS, DECLARANT, OFFICER, TestApp};

/// PO-335: who did what to what, when, with what before and after; for administrators only, and nobody can write in it.
#[tokio::test]
async fn the_log_is_read_by_administrators() {
    let app = TestApp::open().await;
    app.call(Method::PUT, "/api/v1/admin/codes/unit/001", ADMIN, json!({"name": "一"})).await;
    app.central.store().clock().advance(24 * 3600 * 1000);
    app.post("/api/v1/admin/announcements", ADMIN, json!({"title": "通知"})).await;
    let get = async |query: &str| app.get(&format!("/api/v1/admin/audit{query}"), ADMIN).await;
    let (status, all) = get("").await;
    assert_eq!((status, all["total"].as_i64()), (StatusCode::OK, Some(2)));
    let newest = &all["items"][0];
    assert_eq!(
        [
            &newest["actor"],
            &newest["role"],
            &newest["subject"],
            &newest["action"],
            &newest["before"],
            &newest["after"]
        ],
        [
            &json!("root"),
            &json!("platform_admin"),
            &json!("announcement"),
            &json!("SAVE"),
            &json!(null),
            &json!("DRAFT")
        ]
    );
    for (query, found) in [
        ("?subject=codes", 1),
        ("?number=unit/001&action=SET_CODE", 1),
        ("?actor=nobody", 0),
        ("?from=2025-10-13&to=2025-10-13", 1),
        ("?from=2025-10-13&to=2025-10-14&page_size=1", 2),
    ] {
        assert_eq!(get(query).await.1["total"].as_i64(), Some(found), "{query}");
    }
    for (query, status) in [
        ("?from=2025-10-13", StatusCode::UNPROCESSABLE_ENTITY),
        ("?actor=a%07", StatusCode::UNPROCESSABLE_ENTITY),
        ("?colour=red", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(get(query).await.0, status, "{query}");
    }
    for token in [DECLARANT, OFFICER] {
        assert_eq!(app.get("/api/v1/admin/audit", token).await.0, StatusCode::FORBIDDEN);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(
            app.call(method, "/api/v1/admin/audit", ADMIN, json!({})).await.0,
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
}

/// PO-335: whoever may not is refused, and that is on record, without what was sent; who is not known leaves no trace here.
#[tokio::test]
async fn a_refusal_is_on_record() {
    let app = TestApp::open().await;
    let secret = json!({"name": "not-to-be-kept"});
    app.call(Method::PUT, "/api/v1/admin/codes/unit/001", OFFICER, secret).await;
    app.post("/api/v1/smart-gate/records", CARDLESS, json!({})).await;
    app.get("/api/v1/admin/audit", "nobody-at-all").await;
    let (_, log) = app.get("/api/v1/admin/audit?subject=permission", ADMIN).await;
    let said = |entry: &serde_json::Value| {
        [&entry["actor"], &entry["number"], &entry["detail"]["method"]]
            .map(|part| part.as_str().unwrap().to_owned())
    };
    let mut said: Vec<_> = log["items"].as_array().unwrap().iter().map(said).collect();
    said.sort();
    assert_eq!(
        said,
        [["li", "/api/v1/admin/codes/unit/001", "PUT"], ["sun", "/api/v1/smart-gate/records", "POST"]]
    );
    assert!(log["items"][0]["detail"]["request_id"].as_str().is_some_and(|id| id.len() == 36));
    assert!(!log.to_string().contains("not-to-be-kept"));
}
