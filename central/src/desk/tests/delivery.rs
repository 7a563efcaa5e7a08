//! The outbox: what waits, for how long, and that a restart forgets nothing.

use serde_json::json;

use super::{super::settle_due, alerts, number};
use crate::{
    binding::lifecycle::Action,
    config::{DeskConfig, DeskMode},
    declaration::outbox,
    store::column,
    test_app::{DECLARANT, GATEWAY, TestApp, coal, path},
};

async fn rows(app: &TestApp, number: &str) -> Vec<String> {
    let sql = "SELECT state, function FROM outbox WHERE number = $1 ORDER BY put_at, message_no";
    let rows = crate::store::all(app.central.store().read(), sql, [number.into()]).await.unwrap();
    rows.iter()
        .map(|row| {
            format!(
                "{} {}",
                column::<String>(row, "function").unwrap(),
                column::<String>(row, "state").unwrap()
            )
        })
        .collect()
}

/// SG-170, SG-171, SG-172, SG-021: each declaration is a letter of its own, kept until it has left or is given up; a restart forgets none.
#[tokio::test]
async fn every_declaration_is_a_letter_in_the_outbox() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    app.declare(&record).await;
    let app = app.reopened().await;
    assert_eq!(rows(&app, number(&record)).await, ["ADD WAITING"]);
    app.centre_acts(&record, Action::FailDelivery).await;
    app.declare(&record).await;
    let manual = DeskConfig { mode: DeskMode::Manual, ..DeskConfig::default() };
    app.central.store().clock().advance(i64::from(manual.send_delay_ms) - 1);
    settle_due(app.central.store(), &manual).await.unwrap();
    assert_eq!(app.show(&record).await["status"], "DECLARED", "not before its delay");
    app.central.store().clock().advance(1);
    let next = settle_due(app.central.store(), &manual).await.unwrap();
    assert_eq!((app.show(&record).await["status"].clone(), next), (json!("SENT"), None));
    app.officer(&record, "approve").await;
    app.act(DECLARANT, &path(&record), "delete-order", serde_json::Value::Null).await;
    assert_eq!(rows(&app, number(&record)).await, ["ADD FAILED", "ADD SENT", "DEL WAITING"]);
    app.officer(&record, "hold").await;
    assert_eq!(rows(&app, number(&record)).await[2], "DEL WITHDRAWN");
    let store = app.central.store();
    assert_eq!(outbox::next_due(store.read(), 0).await.unwrap(), None);
}

/// PO-047, PO-233: the gateway hands receipts in for every office; one whose number is stored already is not taken again.
#[tokio::test]
async fn the_gateway_hands_receipts_in_once() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    let body = json!({"trip_no": record["trip_no"], "version_no": 1, "message_no": "R1", "code": "20", "text": "舱单不符"});
    let (_, first) = app.post("/api/v1/desk/receipts", GATEWAY, body.clone()).await;
    assert_eq!(first, json!({"applied": true, "known": false, "status": "REJECTED"}));
    let version = app.show(&record).await["version"].clone();
    let (_, again) = app.post("/api/v1/desk/receipts", GATEWAY, body).await;
    assert_eq!(again, json!({"applied": false, "known": true, "status": "REJECTED"}));
    assert_eq!(app.show(&record).await["version"], version);
    assert!(alerts(&app).await.is_empty());
}
