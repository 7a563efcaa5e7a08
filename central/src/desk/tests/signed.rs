//! 电子签名 of decisions: one over one record, one over many, and each way in which a decision is refused and leaves nothing behind.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::number;
use crate::{
    binding::lifecycle::Action,
    identity::signing::evidence,
    store::{column, one},
    test_app::{DECLARANT, OFFICER, TestApp, coal, desk_path, path},
};

const BULK: &str = "/api/v1/desk/bulk";

async fn sent(app: &TestApp, medium: &str) -> Value {
    let record = app.save(coal(medium)).await;
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    app.show(&record).await
}

/// What was signed about a record by officers, oldest first, as it says itself; each proves itself again.
async fn decisions(app: &TestApp, record: &Value) -> Vec<Value> {
    let (conn, mut told) = (app.central.store().read(), Vec::new());
    for kept in evidence::of_number(conn, number(record)).await.unwrap() {
        let findings = evidence::examine(app.central.cards(), conn, &kept).await.unwrap();
        assert!(findings.iter().all(|finding| finding.holds), "{findings:?}");
        if kept.card_no == "0708000000017" {
            told.push(serde_json::from_str(&kept.statement).unwrap());
        }
    }
    told
}

async fn signatures(app: &TestApp) -> i64 {
    let sql = "SELECT COUNT(*) AS n FROM submission_signature";
    column(&one(app.central.store().read(), sql, []).await.unwrap().unwrap(), "n").unwrap()
}

/// PO-111, PO-098, PO-099, SG-183, SG-185, SG-187, SG-268: every act of an officer is signed, with the words that the enterprise reads.
#[tokio::test]
async fn each_decision_of_an_officer_is_signed() {
    let app = TestApp::open().await;
    let record = sent(&app, "蒙LK8216").await;
    for act in ["approve", "hold", "lift", "close", "left-port"] {
        let (status, answer) = app.officer(&record, act).await;
        assert_eq!(status, StatusCode::OK, "{act}: {answer}");
    }
    let (returned, finished) = (sent(&app, "蒙LK8217").await, app.approved(coal("蒙LK8218")).await);
    app.officer(&returned, "return").await;
    app.officer(&finished, "finish").await;
    let mut told = Vec::new();
    for record in [&record, &returned, &finished] {
        for statement in decisions(&app, record).await {
            assert_eq!(
                (&statement["kind"], &statement["number"]),
                (&json!("smart_gate"), &record["unified_no"])
            );
            assert_eq!(statement["fields"], json!({"text": "布控"}));
            told.push(format!("{} {}", statement["version"], statement["action"].as_str().unwrap()));
        }
    }
    let first = ["3 approve", "4 hold", "5 lift", "6 close", "7 left-port"];
    assert_eq!(told, [&first[..], &["3 return"], &["3 approve", "4 finish"]].concat());
}

/// PO-094, PO-103, PO-111, SG-151: without the officer's own card over this very act nothing is decided and nothing is stored.
#[tokio::test]
async fn a_decision_that_the_card_does_not_prove_is_none() {
    let app = TestApp::open().await;
    let record = sent(&app, "蒙LK8216").await;
    let asked = json!({"action": "return", "version": 3, "text": "舱单不符"});
    let statements = desk_path(&record) + "/statements";
    let (status, statement) = app.post(&statements, OFFICER, asked.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{statement}");
    let good = app.sign(OFFICER, &statement);
    let kept = signatures(&app).await;
    for (act, version, text, signature, code) in [
        ("return", 3, "舱单不符", Value::Null, "PO_CARD_ABSENT"),
        ("return", 3, "舱单不符", app.sign("elsewhere-token", &statement), "PO_CARD_MISMATCH"),
        ("return", 3, "箱号不符", good.clone(), "PO_SIGNATURE_INVALID"),
        ("approve", 3, "舱单不符", good.clone(), "PO_SIGNATURE_INVALID"),
        ("return", 2, "舱单不符", good.clone(), "PO_VERSION_CONFLICT"),
        ("hold", 3, "舱单不符", good.clone(), "PO_STATUS_CONFLICT"),
    ] {
        let body = json!({"version": version, "text": text, "signature": signature});
        let (_, answer) = app.post(&format!("{}/{act}", desk_path(&record)), OFFICER, body).await;
        assert_eq!(answer["code"], code, "{act} {version} {text}: {answer}");
        assert_eq!(app.show(&record).await, record);
        assert_eq!(signatures(&app).await, kept);
    }
    for (token, body, status) in [
        ("elsewhere-token", asked.clone(), StatusCode::NOT_FOUND),
        (DECLARANT, asked, StatusCode::FORBIDDEN),
        (OFFICER, json!({"action": "declare", "version": 3}), StatusCode::UNPROCESSABLE_ENTITY),
        (OFFICER, json!({"action": "return", "version": 3}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(app.post(&statements, token, body).await.0, status);
    }
    let body = json!({"version": 3, "text": "舱单不符", "signature": good});
    let act = desk_path(&record) + "/return";
    assert_eq!(app.post(&act, OFFICER, body.clone()).await.0, StatusCode::OK);
    assert_eq!(app.post(&act, OFFICER, body).await.0, StatusCode::CONFLICT);
}

/// PO-111, PO-216, PO-098, PO-099, SG-200; `contract` section 8: one PIN signs one list; the signed bytes name every record of it with its
/// version, each record has the proof, and a list that was changed after it was signed is refused as a whole.
#[tokio::test]
async fn one_signature_decides_about_a_whole_list() {
    let app = TestApp::open().await;
    let mut records = Vec::new();
    for medium in ["蒙LK8201", "蒙LK8202", "蒙LK8203"] {
        records.push(sent(&app, medium).await);
    }
    let rows = |records: &[Value]| -> Value {
        let row = |record: &Value| json!({"unified_no": record["unified_no"], "version": record["version"]});
        records.iter().map(row).collect()
    };
    let mut asked = json!({"act": "return", "text": "舱单不符", "records": rows(&records)});
    let (status, statement) = app.post(&format!("{BULK}/statements"), OFFICER, asked.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{statement}");
    let good = app.sign(OFFICER, &statement);
    let kept = signatures(&app).await;
    let mut swapped = records.clone();
    swapped.swap(0, 1);
    for (records, text, signature, code) in [
        (rows(&records), "舱单不符", Value::Null, "PO_CARD_ABSENT"),
        (rows(&records), "舱单不符", app.sign("elsewhere-token", &statement), "PO_CARD_MISMATCH"),
        (rows(&records[..2]), "舱单不符", good.clone(), "PO_SIGNATURE_INVALID"),
        (rows(&swapped), "舱单不符", good.clone(), "PO_SIGNATURE_INVALID"),
        (rows(&records), "箱号不符", good.clone(), "PO_SIGNATURE_INVALID"),
    ] {
        let body = json!({"act": "return", "text": text, "records": records, "signature": signature});
        let (_, answer) = app.post(BULK, OFFICER, body).await;
        assert_eq!(answer["code"], code, "{answer}");
    }
    assert_eq!(signatures(&app).await, kept);
    asked["signature"] = good;
    let (status, answer) = app.post(BULK, OFFICER, asked.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(signatures(&app).await, kept + 1, "one signature for all three");
    for record in &records {
        let after = app.show(record).await;
        assert_eq!((&after["status"], &after["version"]), (&json!("REJECTED"), &json!(4)));
        let [statement] = &decisions(&app, record).await[..] else { panic!("{record}") };
        let named: Vec<_> = statement["acts"].as_array().unwrap().iter().map(|act| &act["number"]).collect();
        assert_eq!(named, records.iter().map(|record| &record["unified_no"]).collect::<Vec<_>>());
        assert!(statement["acts"].as_array().unwrap().iter().all(|act| act["version"] == 3));
        let (_, receipts) = app.get(&(path(record) + "/receipts"), OFFICER).await;
        assert_eq!(
            (&receipts["items"][0]["text"], &receipts["items"][0]["actor"]),
            (&json!("舱单不符"), &json!("li"))
        );
    }
    assert_eq!(app.post(BULK, OFFICER, asked).await.0, StatusCode::CONFLICT);
}
