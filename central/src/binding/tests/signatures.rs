//! 电子签名 of a record as people read them: theirs to see, and judged anew.

use axum::http::StatusCode;
use protocols::ids::CardNo;

use super::*;
use crate::{
    binding::lifecycle::Action,
    config::TokenHash,
    store::execute,
    test_app::{CARDLESS, DECLARANT, OFFICER, TestApp, coal, path},
};

async fn signatures(app: &TestApp, record: &Value, token: &str) -> Vec<Value> {
    let (status, answer) = app.get(&(path(record) + "/signatures"), token).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().clone()
}

async fn verified(app: &TestApp, record: &Value, id: &Value, token: &str) -> (StatusCode, Value) {
    app.get(&format!("{}/signatures/{}/verification", path(record), id.as_str().unwrap()), token).await
}

fn told(items: &[Value]) -> Vec<String> {
    let of = |item: &Value| {
        ["action", "card_no", "holder"].map(|name| item[name].as_str().unwrap_or("?").to_owned()).join(" ")
    };
    items.iter().map(of).collect()
}

/// PO-049, PO-099: an enterprise sees what its people have signed, customs sees everything; the text is the one that was signed.
#[tokio::test]
async fn signatures_are_shown_to_whom_they_concern() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let own = signatures(&app, &record, DECLARANT).await;
    assert_eq!(told(&own).len(), 1, "{own:?}");
    assert!(told(&own)[0].starts_with("declare 8950000004821 "));
    let statement: Value = serde_json::from_str(own[0]["statement"].as_str().unwrap()).unwrap();
    assert_eq!((&statement["number"], &statement["version"]), (&record["unified_no"], &own[0]["version"]));
    assert_eq!(signatures(&app, &record, CARDLESS).await, own, "a colleague's");
    let all = signatures(&app, &record, OFFICER).await;
    assert_eq!(
        all.iter().map(|item| item["action"].as_str().unwrap()).collect::<Vec<_>>(),
        ["approve", "declare"]
    );
    for other in ["declarant-91310115MA1H7K2R0J", "elsewhere-token"] {
        assert_eq!(app.get(&(path(&record) + "/signatures"), other).await.0, StatusCode::NOT_FOUND);
        assert_eq!(verified(&app, &record, &own[0]["id"], other).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(verified(&app, &record, &all[0]["id"], DECLARANT).await.0, StatusCode::NOT_FOUND);
    assert_eq!(verified(&app, &record, &all[0]["id"], OFFICER).await.0, StatusCode::OK);
    // A signature is one of its record's.
    let another = app.approved(coal("蒙LK8217")).await;
    assert_eq!(verified(&app, &another, &own[0]["id"], DECLARANT).await.0, StatusCode::NOT_FOUND);
}

/// PO-099: a signature holds when it is judged anew, and no longer where a sign of the text has changed.
#[tokio::test]
async fn a_signature_is_judged_anew() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    app.declare(&record).await;
    let [only] = &signatures(&app, &record, DECLARANT).await[..] else { panic!("one signature") };
    let (_, answer) = verified(&app, &record, &only["id"], DECLARANT).await;
    assert_eq!(
        (&answer["holds"], &answer["verified_at"]),
        (&json!(true), &json!("2025-10-13T00:30:00.000Z"))
    );
    let findings = answer["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 5);
    assert!(
        findings.iter().all(|finding| finding["found_zh"]
            .as_str()
            .unwrap()
            .chars()
            .any(|sign| sign > '\u{2e80}'))
    );
    let tx = app.central.store().begin().await.unwrap();
    let sql = "UPDATE submission_signature SET statement = REPLACE(statement, '8216', '8217')";
    execute(tx.conn(), sql, []).await.unwrap();
    tx.commit().await.unwrap();
    let (_, answer) = verified(&app, &record, &only["id"], DECLARANT).await;
    assert_eq!(answer["holds"], false);
    let failing: Vec<_> =
        answer["findings"].as_array().unwrap().iter().filter(|finding| finding["holds"] == false).collect();
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0]["what"], "signature");
}

/// PO-049, PO-111: a statement over several records is told whole to who signed it; another officer hears of the record asked about only.
#[tokio::test]
async fn a_statement_over_several_records_names_them_to_its_signer_only() {
    let app = TestApp::open_with(|config| {
        let mut colleague = config.people.iter().find(|person| person.name == "li").unwrap().clone();
        colleague.token = TokenHash::of("colleague-token");
        colleague.name = "bai".into();
        colleague.card_no = Some(CardNo::parse("0708000000099").unwrap());
        config.people.push(colleague);
    })
    .await;
    let mut records = Vec::new();
    for key in ["蒙LK8216", "蒙LK8217"] {
        let record = app.save(coal(key)).await;
        app.declare(&record).await;
        app.centre_acts(&record, Action::Deliver).await;
        records.push(record);
    }
    let items: Vec<_> =
        records.iter().map(|record| json!({"unified_no": record["unified_no"], "version": 3})).collect();
    let mut asked = json!({"act": "approve", "text": "同意", "records": items});
    let (status, statement) = app.post("/api/v1/desk/bulk/statements", OFFICER, asked.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{statement}");
    asked["signature"] = app.sign(OFFICER, &statement);
    let (status, answer) = app.post("/api/v1/desk/bulk", OFFICER, asked).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let mine = &signatures(&app, &records[0], OFFICER).await[0];
    assert_eq!((&mine["others"], mine["statement"].is_string()), (&json!(1), true));
    let theirs = &signatures(&app, &records[0], "colleague-token").await[0];
    assert_eq!(
        (&theirs["id"], &theirs["statement"], &theirs["certificate"]),
        (&mine["id"], &Value::Null, &Value::Null)
    );
    let (_, judged) = verified(&app, &records[0], &theirs["id"], "colleague-token").await;
    assert_eq!(judged["holds"], true);
    assert!(!judged.to_string().contains(records[1]["unified_no"].as_str().unwrap()), "{judged}");
}
