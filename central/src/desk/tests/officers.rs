//! What officers see and do.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::number;
use crate::{
    binding::lifecycle::Action,
    test_app::{ADMIN, DECLARANT, OFFICER, TestApp, coal, path},
};

async fn sent(app: &TestApp, medium: &str) -> Value {
    let record = app.save(coal(medium)).await;
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    app.central.store().clock().advance(60_000);
    record
}

/// SG-022, PO-044, PO-049: an officer sees what waits in his offices, oldest first, narrowed down by the query page's codes.
#[tokio::test]
async fn what_has_waited_longest_comes_first() {
    let app = TestApp::open().await;
    let first = sent(&app, "蒙LK8201").await;
    let second = sent(&app, "蒙LK8202").await;
    let approved = app.approved(coal("蒙LK8203")).await;
    app.save(coal("蒙LK8204")).await;
    let mut content = coal("蒙LK8203");
    content["version"] = approved["version"].clone();
    app.post(&(path(&approved) + "/change"), DECLARANT, content).await;
    app.declare(&approved).await;
    app.centre_acts(&approved, Action::Deliver).await;
    let work = async |query: &str, token: &str| {
        let (status, answer) = app.get(&format!("/api/v1/desk/work?{query}"), token).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let rows = answer["items"].as_array().unwrap();
        rows.iter().map(|row| number(row).to_owned()).collect::<Vec<_>>()
    };
    let all = [number(&first), number(&second), number(&approved)];
    assert_eq!(work("", OFFICER).await, all);
    assert_eq!(work("page=2&page_size=2", OFFICER).await, all[2..]);
    assert_eq!(work("change_kind=CHANGE", OFFICER).await, all[2..]);
    assert_eq!(work("medium_key=%E8%92%99lk8202&customs_code=0708", OFFICER).await, all[1..2]);
    assert_eq!(work("uscc=91370211MA3C9TQ4X9", OFFICER).await, Vec::<String>::new());
    assert_eq!(work("", "elsewhere-token").await, Vec::<String>::new());
    let (_, answer) = app.get("/api/v1/desk/work", OFFICER).await;
    let row = &answer["items"][0];
    assert_eq!((&row["manual"], &row["waits_s"]), (&json!("smart_gate"), &json!(120)));
    assert_eq!(row["actions"], json!(["view", "approve", "return"]));
    assert_eq!(
        answer["items"][2]["actions"],
        json!(["view", "approve", "return", "hold", "receipts", "slip"])
    );
    for token in [DECLARANT, ADMIN] {
        assert_eq!(app.get("/api/v1/desk/work", token).await.0, StatusCode::FORBIDDEN);
    }
    let (status, answer) = app.get("/api/v1/desk/work?change_kind=OLD&ie_flag=X&page=0", OFFICER).await;
    assert_eq!((status, answer["fields"].as_array().unwrap().len()), (StatusCode::UNPROCESSABLE_ENTITY, 3));
    assert_eq!(app.get("/api/v1/desk/work?status=SAVED", OFFICER).await.0, StatusCode::BAD_REQUEST);
    app.officer(&first, "approve").await;
    assert_eq!(work("", OFFICER).await, all[1..]);
}

fn rows(records: &[(&Value, i64)]) -> Value {
    records
        .iter()
        .map(|(record, version)| json!({"unified_no": record["unified_no"], "version": version}))
        .collect()
}

/// PO-111, PO-216, SG-022, SG-151: one act on several records is all or nothing, and names every row that is at fault.
#[tokio::test]
async fn one_act_on_many_names_the_rows_at_fault() {
    let app = TestApp::open().await;
    let good = sent(&app, "蒙LK8201").await;
    let moved_on = sent(&app, "蒙LK8202").await;
    let draft = app.save(coal("蒙LK8203")).await;
    let gone = json!({"unified_no": "202500000000009999"});
    let records = rows(&[(&good, 3), (&moved_on, 2), (&draft, 1), (&gone, 1)]);
    for path in ["/api/v1/desk/bulk", "/api/v1/desk/bulk/statements"] {
        let (status, answer) = app.post(path, OFFICER, json!({"act": "approve", "records": records})).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
        let faults: Vec<_> = answer["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| format!("{} {}", fault["path"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        let expected =
            ["records[1] PO_VERSION_CONFLICT", "records[2] PO_STATUS_CONFLICT", "records[3] PO_NOT_FOUND"];
        assert_eq!(faults, expected);
        assert_eq!(app.show(&good).await["status"], "SENT");
        let foreign = json!({"act": "approve", "records": rows(&[(&good, 3)])});
        let (_, answer) = app.post(path, "elsewhere-token", foreign.clone()).await;
        assert_eq!(answer["code"], "PO_NOT_FOUND");
        assert_eq!(app.post(path, DECLARANT, foreign).await.0, StatusCode::FORBIDDEN);
        for (body, rule) in [
            (json!({"act": "sign", "records": rows(&[(&good, 3)])}), "SG-150"),
            (json!({"act": "use", "records": rows(&[(&good, 3)])}), "SG-150"),
            (json!({"act": "return", "records": rows(&[(&good, 3)])}), "SG-175"),
            (json!({"act": "approve", "records": []}), "PO-216"),
            (json!({"act": "approve", "records": rows(&[(&good, 3), (&good, 3)])}), "PO-216"),
        ] {
            let (status, answer) = app.post(path, OFFICER, body).await;
            assert_eq!(
                (status, &answer["fields"][0]["rule"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!(rule))
            );
        }
    }
}
