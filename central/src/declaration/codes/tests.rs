//! Code tables over the API: searching, keeping, importing, and what a code meant on a day.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::test_app::{ADMIN, DECLARANT, OFFICER, TestApp};

async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let (status, answer) = app.get(&format!("/api/v1/codes/{query}"), DECLARANT).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().iter().map(|code| code["code"].as_str().unwrap().to_owned()).collect()
}

async fn import(app: &TestApp, table: &str, csv: &str) -> (StatusCode, Value) {
    let (status, bytes) =
        app.call_text(Method::POST, &format!("/api/v1/admin/codes/{table}/import"), ADMIN, csv).await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// PO-167, PO-168: code by prefix, name by any part, without regard to case; equal code, code prefix, name prefix, other; at most 50.
#[tokio::test]
async fn typing_finds_codes_and_names_in_order() {
    let app = TestApp::open().await;
    let list = "code,name_zh,name_en\n20,Zwanzig,\n2,zwei,two\n201,Other,x\n7,mit 2 Teilen,\n8,2 am Anfang,\n9,nichts,\n";
    assert_eq!(import(&app, "unit", list).await, (StatusCode::OK, json!({"changed": 6, "same": 0})));
    let ours = |found: Vec<String>| {
        found.into_iter().filter(|code| code.len() < 3 || code == "201").collect::<Vec<_>>()
    };
    assert_eq!(ours(found(&app, "unit?q=2").await), ["2", "20", "201", "8", "7"]);
    assert_eq!(found(&app, "unit?q=ZWE").await, ["2"]);
    assert_eq!(found(&app, "unit?q=%25").await, Vec::<String>::new(), "a wildcard is a character");
    assert_eq!(found(&app, "customs_office?q=").await.len(), 50);
    assert_eq!(found(&app, "customs_office?q=2225").await, ["2225"]);
    assert!(found(&app, "customs_office?q=%E5%A4%96%E6%B8%AF").await.contains(&"2225".to_owned()));
    assert_eq!(found(&app, "country?q=china").await[0], "CHN");
}

/// PO-168, SG-100: where a binding is declared, offices that have a yard go before others that match as well; an office that is meant exactly stays first.
#[tokio::test]
async fn offices_with_a_yard_are_offered_first() {
    let app = TestApp::open().await;
    let all = found(&app, "customs_office?yards_first=true").await;
    assert_eq!(
        all[..5].iter().filter(|code| ["0708", "2225", "4227", "5304", "2233"].contains(&&***code)).count(),
        5
    );
    assert_eq!(all.len(), 50);
    let (_, answer) = app.get("/api/v1/codes/customs_office?q=070&yards_first=true", DECLARANT).await;
    let marked: Vec<_> =
        answer["items"].as_array().unwrap().iter().map(|one| (&one["code"], &one["has_yard"])).collect();
    assert_eq!(marked[0], (&json!("0708"), &json!(true)));
    assert!(
        marked.len() > 1 && marked[1..].iter().all(|(_, has_yard)| **has_yard == json!(false)),
        "{answer}"
    );
    assert_eq!(found(&app, "customs_office?q=0701&yards_first=true").await, ["0701"]);
    let (_, answer) = app.get("/api/v1/codes/customs_office?q=0708", DECLARANT).await;
    assert_eq!(answer["items"][0].get("has_yard"), None, "{answer}");
}

/// PO-312: an HS code is looked for by four digits or more; PO-217, PO-313: what a condition may be.
#[tokio::test]
async fn a_search_has_rules() {
    let app = TestApp::open().await;
    assert_eq!(found(&app, "hs_code?q=0809").await, ["0809290000"]);
    assert_eq!(found(&app, "hs_code?q=%E6%A8%B1%E6%A1%83").await, ["0809290000"]);
    for (path, status, rule) in [
        ("hs_code?q=080", StatusCode::UNPROCESSABLE_ENTITY, "PO-312"),
        ("unit?q=a%07", StatusCode::UNPROCESSABLE_ENTITY, "PO-217"),
        ("unit?q=a&on=2025-13-01", StatusCode::UNPROCESSABLE_ENTITY, "PO-313"),
        ("units?q=a", StatusCode::NOT_FOUND, ""),
        ("unit?p=a", StatusCode::BAD_REQUEST, ""),
    ] {
        let (found, answer) = app.get(&format!("/api/v1/codes/{path}"), OFFICER).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert_eq!(answer["fields"][0]["rule"].as_str().unwrap_or_default(), rule, "{path}");
    }
}

async fn meant(app: &TestApp, code: &str, on: &str) -> Option<String> {
    find(app.central.store().read(), "unit", code, on).await.unwrap().map(|code| code.name.into())
}

/// PO-339: a code has days; a new name does not change what it meant before, and one that has ended is offered no more.
#[tokio::test]
async fn a_code_keeps_what_it_meant() {
    let app = TestApp::open().await;
    let put = async |code: &str, body: Value| {
        app.call(Method::PUT, &format!("/api/v1/admin/codes/unit/{code}"), ADMIN, body).await
    };
    let (status, stored) = put("001", json!({"name": "台套", "valid_from": "2026-01-01"})).await;
    assert_eq!((status, &stored["valid_from"]), (StatusCode::OK, &json!("2026-01-01")));
    assert_eq!(meant(&app, "001", "2025-12-31").await.as_deref(), Some("台"));
    assert_eq!(meant(&app, "001", "2026-01-01").await.as_deref(), Some("台套"));
    put("001", json!({"name": "台（套）", "valid_from": "2026-01-01"})).await;
    assert_eq!(meant(&app, "001", "2026-01-01").await.as_deref(), Some("台（套）"));

    let retire = async |body: Value| app.post("/api/v1/admin/codes/unit/002/retire", ADMIN, body).await.0;
    assert_eq!(retire(json!({"valid_to": "2025-12-31"})).await, StatusCode::NO_CONTENT);
    assert_eq!(meant(&app, "002", "2025-12-31").await.as_deref(), Some("座"));
    assert_eq!(meant(&app, "002", "2026-01-01").await, None);
    assert_eq!(found(&app, "unit?q=002&on=2025-12-31").await, ["002"]);
    assert_eq!(found(&app, "unit?q=002&on=2026-01-01").await, Vec::<String>::new());
    assert_eq!(retire(json!({"valid_to": "2025-12-31"})).await, StatusCode::NOT_FOUND);
    assert_eq!(retire(json!({})).await, StatusCode::NO_CONTENT, "yesterday");
    assert_eq!(meant(&app, "002", "2025-10-13").await, None);

    let (_, answer) = app.get("/api/v1/admin/codes/unit?q=001", ADMIN).await;
    assert_eq!((answer["total"].as_i64(), &answer["items"][0]["valid_to"]), (Some(2), &json!("2025-12-31")));
    for (body, rule) in [
        (json!({"name": " "}), "PO-339"),
        (json!({"name": "x", "valid_from": "2026-02-30"}), "PO-313"),
        (json!({"name": "x", "valid_from": "2026-02-02", "valid_to": "2026-02-01"}), "PO-339"),
        (json!({"name": "长".repeat(301)}), "PO-339"),
    ] {
        let (status, answer) = put("001", body).await;
        assert_eq!(
            (status, &answer["fields"][0]["rule"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule)),
            "{answer}"
        );
    }
}

/// A list is taken whole or not at all, with every fault and its row; it is read as spreadsheet programs write it.
#[tokio::test]
async fn a_list_is_imported() {
    let app = TestApp::open().await;
    let (status, answer) =
        import(&app, "hs_code", "\u{feff}code,name_zh\r\n2701121000,炼焦煤\r\n0809290000,鲜樱桃\r\n").await;
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({"changed": 2, "same": 0})),
        "a name without its English one is another one"
    );
    let again = import(&app, "hs_code", "代码,中文名称\n2701121000,炼焦煤\n").await;
    assert_eq!(again, (StatusCode::OK, json!({"changed": 0, "same": 1})));
    let bad = "code,name_zh,valid_from\n1,一,\n,二,\n3,,\n4,四,yesterday\n1,又一,\n";
    let (status, answer) = import(&app, "hs_code", bad).await;
    let paths: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    assert_eq!(
        (status, paths),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            vec!["rows[3].code", "rows[4].name", "rows[5].valid_from", "rows[6].code"]
        )
    );
    assert_eq!(found(&app, "hs_code?q=%E4%B8%80").await, Vec::<String>::new(), "nothing of it was taken");
    for bad in ["", "name_zh\nx\n", "code,name_zh\n\u{1}\u{2}"] {
        assert_eq!(import(&app, "hs_code", bad).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
    }
    assert_eq!(import(&app, "nothing", "code,name_zh\n1,a\n").await.0, StatusCode::NOT_FOUND);
}

/// PO-046: only an administrator keeps tables; a restart does not undo what was changed.
#[tokio::test]
async fn tables_belong_to_administrators() {
    let app = TestApp::open().await;
    for token in [DECLARANT, OFFICER] {
        for (method, path) in [
            (Method::GET, "/api/v1/admin/codes"),
            (Method::GET, "/api/v1/admin/codes/unit"),
            (Method::PUT, "/api/v1/admin/codes/unit/1"),
            (Method::POST, "/api/v1/admin/codes/unit/1/retire"),
            (Method::POST, "/api/v1/admin/codes/unit/import"),
        ] {
            assert_eq!(app.call(method, path, token, json!({})).await.0, StatusCode::FORBIDDEN, "{path}");
        }
    }
    app.call(Method::PUT, "/api/v1/admin/codes/unit/001", ADMIN, json!({"name": "换"})).await;
    let again = app.reopened().await;
    assert_eq!(meant(&again, "001", "2025-10-13").await.as_deref(), Some("换"));
    let (_, tables) = again.get("/api/v1/admin/codes", ADMIN).await;
    let names: Vec<_> =
        tables["items"].as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap()).collect();
    let expected =
        "country currency customs_office hs_code packaging port supervision_mode transport_mode unit";
    assert_eq!(names.join(" "), expected);
    assert!(tables["items"].as_array().unwrap().iter().all(|table| table["codes"].as_i64() > Some(9)));
}
