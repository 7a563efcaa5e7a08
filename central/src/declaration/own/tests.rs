//! What people keep for themselves: theirs, there again, and bounded.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::{ADMIN, CARDLESS, DECLARANT, OFFICER, TestApp};

const SETTINGS: &str = "/api/v1/account/settings";
const QUERIES: &str = "/api/v1/saved-queries";

async fn set(app: &TestApp, token: &str, change: Value) -> (StatusCode, Value) {
    app.call(Method::PATCH, SETTINGS, token, change).await
}

/// PO-183, PO-202: columns and page size are kept per person and list; what a change does not name stays.
#[tokio::test]
async fn settings_are_kept_for_their_person() {
    let app = TestApp::open().await;
    assert_eq!(app.get(SETTINGS, DECLARANT).await, (StatusCode::OK, json!({"lists": {}})));
    set(
        &app,
        DECLARANT,
        json!({"language": "en", "page_size": 50, "lists": {"smart-gate": {"hidden": ["trip_no"]}}}),
    )
    .await;
    set(&app, DECLARANT, json!({"dark": true, "lists": {"appointments": {"widths": {"slot": 120}}}})).await;
    let kept = json!({"language": "en", "dark": true, "page_size": 50, "lists": {
        "smart-gate": {"hidden": ["trip_no"], "widths": {}}, "appointments": {"hidden": [], "widths": {"slot": 120}}}});
    assert_eq!(app.reopened().await.get(SETTINGS, DECLARANT).await, (StatusCode::OK, kept));
    for other in [CARDLESS, OFFICER, ADMIN] {
        assert_eq!(app.get(SETTINGS, other).await.1, json!({"lists": {}}));
    }
    // A list that is named is replaced as a whole.
    let (_, all) = set(&app, DECLARANT, json!({"lists": {"smart-gate": {}}})).await;
    assert_eq!(all["lists"]["smart-gate"], json!({"hidden": [], "widths": {}}));
}

/// Settings have a known shape and a bounded size; a change that has another changes nothing.
#[tokio::test]
async fn settings_have_their_shape() {
    let app = TestApp::open().await;
    for wrong in [
        json!({"colour": "red"}),
        json!({"density": "tiny"}),
        json!({"language": "fr"}),
        json!({"page_size": 11}),
        json!({"page_size": -1}),
        json!({"lists": {"a b": {}}}),
        json!({"lists": {"a": {"hidden": [""]}}}),
        json!({"lists": {"a": {"widths": {"b": 23}}}}),
        json!({"lists": {"a": {"hidden": vec!["x"; 61]}}}),
        json!({"lists": {"a": {"more": 1}}}),
        json!([]),
    ] {
        let (status, answer) = set(&app, DECLARANT, wrong.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {answer}");
    }
    let long = json!({"language": "zh", "lists": {"a": {"hidden": ["x".repeat(16 * 1024)]}}});
    assert_eq!(set(&app, DECLARANT, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    for place in 0..40 {
        assert_eq!(
            set(&app, DECLARANT, json!({"lists": {format!("list-{place}"): {}}})).await.0,
            StatusCode::OK
        );
    }
    assert_eq!(
        set(&app, DECLARANT, json!({"lists": {"one-more": {}}})).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(app.get(SETTINGS, DECLARANT).await.1["language"], Value::Null);
}

async fn save(app: &TestApp, token: &str, name: &str, is_default: bool) -> (StatusCode, Value) {
    let body = json!({"manual": "smart_gate", "name": name, "conditions": {"status": "SENT", "entry_date_from": "today-7"}, "is_default": is_default});
    app.post(QUERIES, token, body).await
}

async fn names(app: &TestApp, token: &str) -> Vec<(String, bool)> {
    let (_, all) = app.get(&format!("{QUERIES}?manual=smart_gate"), token).await;
    let of =
        |item: &Value| (item["name"].as_str().unwrap().to_owned(), item["is_default"].as_bool().unwrap());
    all["items"].as_array().unwrap().iter().map(of).collect()
}

/// PO-049: conditions under a name are their person's; one at most is the one to begin with; a name stands once.
#[tokio::test]
async fn queries_are_saved_under_their_names() {
    let app = TestApp::open().await;
    let (status, sent) = save(&app, DECLARANT, " 待审核 ", true).await;
    assert_eq!((status, &sent["name"]), (StatusCode::CREATED, &json!("待审核")));
    let (status, back) = save(&app, DECLARANT, "退单", true).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut expected = [("待审核".to_owned(), false), ("退单".to_owned(), true)];
    expected.sort();
    assert_eq!(names(&app, DECLARANT).await, expected);
    assert_eq!(save(&app, DECLARANT, "退单", false).await.1["fields"][0]["path"], "name");
    assert_eq!(save(&app, OFFICER, "退单", false).await.0, StatusCode::CREATED);

    let path = format!("{QUERIES}/{}", sent["id"].as_str().unwrap());
    let change = json!({"name": "在途", "conditions": {"status": "DECLARED"}, "is_default": true});
    for other in [OFFICER, CARDLESS, ADMIN] {
        assert_eq!(app.call(Method::PUT, &path, other, change.clone()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.call(Method::DELETE, &path, other, Value::Null).await.0, StatusCode::NOT_FOUND);
    }
    let (status, now) = app.call(Method::PUT, &path, DECLARANT, change).await;
    assert_eq!((status, &now["conditions"]), (StatusCode::OK, &json!({"status": "DECLARED"})));
    assert_eq!(names(&app, DECLARANT).await.iter().filter(|(_, is_default)| *is_default).count(), 1);
    let taken = json!({"name": "退单", "conditions": {}});
    assert_eq!(app.call(Method::PUT, &path, DECLARANT, taken).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = format!("{QUERIES}/{}", back["id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &gone, DECLARANT, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(names(&app.reopened().await, DECLARANT).await, [("在途".to_owned(), true)]);
    assert_eq!(app.get(&format!("{QUERIES}?manual=appointment"), DECLARANT).await.1, json!({"items": []}));
}

/// PO-217, PO-332: names and conditions are texts without control characters, and there are so many and no more.
#[tokio::test]
async fn saved_queries_are_bounded() {
    let app = TestApp::open().await;
    for (wrong, path) in [
        (json!({"manual": "a b", "name": "x", "conditions": {}}), "manual"),
        (json!({"manual": "a", "name": " ", "conditions": {}}), "name"),
        (json!({"manual": "a", "name": "x".repeat(41), "conditions": {}}), "name"),
        (json!({"manual": "a", "name": "x", "conditions": {"s": "\u{7}"}}), "conditions.s"),
        (json!({"manual": "a", "name": "x", "conditions": {"s": 1}}), "conditions.s"),
        (json!({"manual": "a", "name": "x", "conditions": {"": "x"}}), "conditions."),
    ] {
        let (status, answer) = app.post(QUERIES, DECLARANT, wrong).await;
        assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(path)));
    }
    for place in 0..100 {
        assert_eq!(save(&app, DECLARANT, &format!("query {place}"), false).await.0, StatusCode::CREATED);
    }
    assert_eq!(save(&app, DECLARANT, "one more", false).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

const TEMPLATES: &str = "/api/v1/entry-templates";

async fn template(app: &TestApp, token: &str, name: &str, scope: &str) -> (StatusCode, Value) {
    let body = json!({"manual": "smart_gate", "name": name, "scope": scope, "content": {"values": {"customs_code": "0708"}}});
    app.post(TEMPLATES, token, body).await
}

async fn offered(app: &TestApp, token: &str) -> Vec<String> {
    let (_, all) = app.get(&format!("{TEMPLATES}?manual=smart_gate"), token).await;
    let of = |item: &Value| {
        format!("{} {} {} {}", item["name"], item["scope"], item["made_by"], item["mine_to_change"])
    };
    all["items"].as_array().unwrap().iter().map(|item| of(item).replace('"', "")).collect()
}

/// PO-049: a person's templates are the person's; the enterprise's are seen by its people and nobody else, and changed by who made them.
#[tokio::test]
async fn templates_are_ones_own_or_the_enterprises() {
    let app = TestApp::open().await;
    let (status, own) = template(&app, DECLARANT, "a", "own").await;
    assert_eq!((status, &own["content"]["values"]["customs_code"]), (StatusCode::CREATED, &json!("0708")));
    let (_, shared) = template(&app, DECLARANT, "b", "enterprise").await;
    assert_eq!(offered(&app, DECLARANT).await, ["a own wang true", "b enterprise wang true"]);
    assert_eq!(offered(&app, CARDLESS).await, ["b enterprise wang false"]);
    let at = |template: &Value| format!("{TEMPLATES}/{}", template["id"].as_str().unwrap());
    for other in ["declarant-91310115MA1H7K2R0J", OFFICER, ADMIN] {
        assert!(offered(&app, other).await.is_empty());
        assert_eq!(app.get(&at(&shared), other).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.get(&at(&own), CARDLESS).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.get(&at(&shared), CARDLESS).await.1["content"], shared["content"]);
    let renamed = json!({"name": "c"});
    assert_eq!(app.call(Method::PUT, &at(&shared), CARDLESS, renamed.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.call(Method::DELETE, &at(&shared), CARDLESS, Value::Null).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.call(Method::PUT, &at(&shared), DECLARANT, renamed).await.0, StatusCode::OK);
    assert_eq!(
        app.get(&at(&shared), CARDLESS).await.1["content"],
        shared["content"],
        "a name changes no content"
    );
    // A name stands once among those of its owner.
    assert_eq!(template(&app, DECLARANT, "a", "own").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(template(&app, CARDLESS, "c", "enterprise").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(template(&app, CARDLESS, "a", "own").await.0, StatusCode::CREATED);
    assert_eq!(template(&app, OFFICER, "a", "enterprise").await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        app.call(Method::DELETE, &at(&shared), DECLARANT, Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(offered(&app.reopened().await, CARDLESS).await, ["a own sun true"]);
}

/// What was entered last is its person's and the newest.
#[tokio::test]
async fn what_was_used_last_is_kept() {
    let app = TestApp::open().await;
    let path = "/api/v1/last-used/smart_gate";
    assert_eq!(app.get(path, DECLARANT).await, (StatusCode::OK, json!({"updated_at": null, "values": {}})));
    for code in ["0708", "2225"] {
        let body = json!({"values": {"customs_code": code}});
        assert_eq!(app.call(Method::PUT, path, DECLARANT, body).await.0, StatusCode::NO_CONTENT);
    }
    let (_, kept) = app.get(path, DECLARANT).await;
    assert_eq!(kept, json!({"updated_at": "2025-10-13T00:30:00.000Z", "values": {"customs_code": "2225"}}));
    assert_eq!(app.get(path, CARDLESS).await.1["values"], json!({}));
    for (path, body) in
        [(path, json!({"values": []})), (path, json!({})), ("/api/v1/last-used/a%20b", json!({"values": {}}))]
    {
        assert_eq!(app.call(Method::PUT, path, DECLARANT, body).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// PO-049: a manual is any word, so that what one person keeps is bounded over all of them together; what is there can still be replaced.
#[tokio::test]
async fn what_is_kept_for_all_manuals_is_bounded() {
    let app = TestApp::open().await;
    let keep = async |manual: usize| {
        let at = format!("/api/v1/last-used/manual-{manual}");
        app.call(Method::PUT, &at, DECLARANT, json!({"values": {}})).await.0
    };
    for manual in 0..500 {
        assert_eq!(keep(manual).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(keep(500).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(keep(499).await, StatusCode::NO_CONTENT);
    let heavy = json!({"values": {"remark": "x".repeat(128 * 1024)}});
    let (status, _) = app.call(Method::PUT, "/api/v1/last-used/manual-1", DECLARANT, heavy).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
