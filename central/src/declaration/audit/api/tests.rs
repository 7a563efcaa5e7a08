//! Reading the log.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::test_app::{ADMIN, DECLARANT, OFFICER, TestApp};

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
