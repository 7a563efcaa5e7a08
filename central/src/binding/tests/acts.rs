//! What may be done in which status, the query, and the receipts.

use axum::http::{Method, StatusCode};
use protocols::rules::TripStatus;

use super::{
    super::lifecycle::{Action, LIFECYCLE},
    *,
};
use crate::{
    config::DeskConfig,
    declaration::lifecycle::find,
    desk,
    test_app::{CARDLESS, DECLARANT, OFFICER, TestApp, coal, path},
};

/// SG-150, SG-190: the whole chart as reviewed; an empty place is a refusal.
#[test]
fn the_state_chart_is_the_reviewed_one() {
    let mut grid = String::new();
    for status in TripStatus::ALL {
        for action in Action::ALL {
            if let Some(step) = find(LIFECYCLE, *status, *action) {
                let to = step.to.map_or("(deleted)", TripStatus::code);
                grid += &format!(
                    "{:16} {:13} {:10} {to}\n",
                    status.code(),
                    format!("{action:?}"),
                    format!("{:?}", step.by)
                );
            }
        }
    }
    assert_eq!(
        grid,
        include_str!("../golden/lifecycle.txt"),
        "the chart differs from the reviewed one:\n{grid}"
    );
}

/// SG-139, SG-142, SG-144, SG-146, SG-150: the actions offered to the enterprise, and the same refused by the API when not offered.
#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let refused = async |expected: &[&str]| {
        let seen = app.show(&record).await;
        let offered = seen["actions"].as_array().unwrap().clone();
        assert_eq!(offered, expected, "{}", seen["status"]);
        let version = seen["version"].as_i64().unwrap();
        let mut body = coal("蒙LK8216");
        body["version"] = json!(version);
        if !expected.contains(&"save") {
            assert_eq!(app.call(Method::PUT, &path(&record), DECLARANT, body).await.0, StatusCode::CONFLICT);
        }
        if !expected.contains(&"declare") {
            let (status, answer) =
                app.post(&(path(&record) + "/declare"), DECLARANT, json!({"version": version})).await;
            assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_STATUS_CONFLICT")));
        }
        if !expected.contains(&"delete") {
            let delete = format!("{}?version={version}", path(&record));
            assert_eq!(
                app.call(Method::DELETE, &delete, DECLARANT, Value::Null).await.0,
                StatusCode::CONFLICT
            );
        }
        let receipts = app.get(&(path(&record) + "/receipts"), DECLARANT).await.0;
        assert_eq!(receipts == StatusCode::OK, expected.contains(&"receipts"));
    };
    refused(&["view", "save", "declare", "delete"]).await;
    app.declare(&record).await;
    refused(&["view"]).await;
    app.centre_acts(&record, Action::FailDelivery).await;
    refused(&["view", "save", "declare", "delete"]).await;
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    refused(&["view"]).await;
    app.officer(&record, "return").await;
    refused(&["view", "save", "delete", "receipts"]).await;
}

/// SG-151, PO-333, O15: an act on an older version than the present one is refused and changes nothing.
#[tokio::test]
async fn an_older_version_is_refused() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    for seen in [json!({"version": 2}), json!({"version": 0})] {
        let (status, answer) = app.post(&(path(&record) + "/declare"), DECLARANT, seen).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_VERSION_CONFLICT")));
    }
    let (status, answer) = app.post(&(path(&record) + "/declare"), DECLARANT, json!({})).await;
    assert_eq!((status, rules_in(&answer["fields"])), (StatusCode::UNPROCESSABLE_ENTITY, vec!["SG-151"]));
    assert_eq!(app.show(&record).await["status"], "SAVED");
}

/// SG-170, SG-174: the automatic desk answers after its delays, and what waited before a restart is answered after it.
#[tokio::test]
async fn the_automatic_desk_answers_after_its_delays() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    app.declare(&record).await;
    let config = DeskConfig::default();
    let settle = async |app: &TestApp, millis| {
        app.central.store().clock().advance(millis);
        desk::settle_due(app.central.store(), &config).await.unwrap();
        app.show(&record).await["status"].clone()
    };
    assert_eq!(settle(&app, 499).await, "DECLARED");
    assert_eq!(settle(&app, 1).await, "SENT");
    assert_eq!(settle(&app, 1499).await, "SENT");
    let app = app.reopened().await;
    assert_eq!(settle(&app, 2000).await, "CUSTOMS_APPROVED");
    let (_, receipts) = app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let steps: Vec<_> =
        receipts["items"].as_array().unwrap().iter().map(|row| row["to"].as_str().unwrap()).collect();
    assert_eq!(steps, ["SAVED", "DECLARED", "SENT", "CUSTOMS_APPROVED"], "SG-200");
    assert_eq!(receipts["items"][3]["code"], "10");
}

/// SG-165, SG-190: a receipt with an unknown code, or one that fits no status, is stored, raises an alert and changes nothing.
#[tokio::test]
async fn a_receipt_that_fits_nothing_is_kept_and_raised() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    for (code, alert) in
        [("99", "unknown_receipt"), ("50", "receipt_out_of_place"), ("42", "receipt_out_of_place")]
    {
        let body = json!({"trip_no": record["trip_no"], "code": code, "text": "?"});
        let (status, answer) = app.post("/api/v1/desk/receipts", OFFICER, body).await;
        assert_eq!((status, &answer["applied"]), (StatusCode::OK, &json!(false)), "{code}");
        let (_, alerts) = app.get("/api/v1/alerts", OFFICER).await;
        assert_eq!(alerts["items"].as_array().unwrap().last().unwrap()["code"], alert);
        let (_, receipts) = app.get(&(path(&record) + "/receipts"), DECLARANT).await;
        let last = receipts["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["code"], &last["kind"]), (&json!(code), &json!("unapplied")));
        assert_eq!(app.show(&record).await["status"], "CUSTOMS_APPROVED");
    }
}

/// SG-151, SG-176, SG-268, SG-187, SG-188: customs takes an approval back, finishes, closes; the reason is asked for where it is needed.
#[tokio::test]
async fn customs_moves_approved_records_on() {
    let app = TestApp::open().await;
    for (acts, status) in [
        (vec!["return"], "REJECTED"),
        (vec!["finish", "left-port"], "LEFT_PORT"),
        (vec!["close", "left-port"], "LEFT_PORT"),
        (vec!["hold"], "LOCKED"),
        (vec!["hold", "lift", "return"], "REJECTED"),
        (vec!["hold", "close"], "MANUALLY_CLOSED"),
    ] {
        let record = app.approved(coal("蒙LK8216")).await;
        for act in &acts {
            let (answer, body) = app.officer(&record, act).await;
            assert_eq!(answer, StatusCode::OK, "{acts:?} {act}: {body}");
        }
        assert_eq!(app.show(&record).await["status"], status, "{acts:?}");
    }
    let record = app.approved(coal("蒙LK8216")).await;
    for act in ["return", "hold", "close"] {
        let path = format!("/api/v1/desk/records/{}/{act}", record["unified_no"].as_str().unwrap());
        let version = app.show(&record).await["version"].clone();
        for (body, rule) in [
            (json!({"version": version, "text": " "}), None),
            (json!({"version": version, "text": "长".repeat(1001)}), None),
            (json!({"text": "布控"}), Some("SG-151")),
        ] {
            let (status, answer) = app.post(&path, OFFICER, body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
            assert!(rule.is_none_or(|rule| answer["fields"][0]["rule"] == rule), "{answer}");
        }
        let old = json!({"version": 1, "text": "布控"});
        assert_eq!(app.post(&path, OFFICER, old).await.1["code"], "PO_VERSION_CONFLICT");
    }
    app.officer(&record, "hold").await;
    assert_eq!(app.officer(&record, "hold").await.0, StatusCode::CONFLICT, "a second hold changes nothing");
}

/// SG-127..SG-136, SG-138, PO-203, PO-204, PO-217, O16, O17: conditions with AND, newest first, pages.
#[tokio::test]
async fn the_query_finds_what_its_conditions_say() {
    let app = TestApp::open().await;
    for n in 0..12 {
        app.save(coal(&format!("蒙LK82{n:02}"))).await;
        app.central.store().clock().advance(24 * 3600 * 1000);
    }
    let first = app.get("/api/v1/smart-gate/records?page_size=100", DECLARANT).await.1["items"][11].clone();
    let trip = first["trip_no"].as_str().unwrap();
    for (query, total) in [
        ("", 12),
        ("status=SAVED", 12),
        ("status=DECLARED", 0),
        ("medium_type=VN&medium_key=%E8%92%99l%C2%B7k8203", 1),
        ("business_type=1000000000&customs_code=0708&ie_flag=I", 12),
        ("ie_flag=E", 0),
        ("entry_date_from=2025-10-14&entry_date_to=2025-10-15", 2),
        (&format!("trip_no=%20{trip}%20"), 1),
        ("status=&medium_key=%20&count_all=true", 12),
    ] {
        let (status, found) = app.get(&format!("/api/v1/smart-gate/records?{query}"), DECLARANT).await;
        assert_eq!((status, &found["total"]), (StatusCode::OK, &json!(total)), "{query}: {found}");
        assert_eq!(found["total_is_more"], json!(false));
    }
    let (_, second) = app.get("/api/v1/smart-gate/records?page=2", DECLARANT).await;
    assert_eq!(
        (second["items"].as_array().unwrap().len(), &second["items"][1]["trip_no"]),
        (2, &json!(trip))
    );
    assert_eq!(app.get("/api/v1/smart-gate/records?page=9", DECLARANT).await.1["items"], json!([]));
    for (query, code, rule) in [
        ("entry_date_from=2025-10-01", "PO_RANGE_REQUIRED", "SG-134"),
        ("entry_date_from=2025-10-20&entry_date_to=2025-10-01", "PO_RANGE_REVERSED", "SG-135"),
        ("entry_date_from=yesterday&entry_date_to=2025-10-01", "PO_FIELD_FORMAT", "SG-134"),
        ("status=NEW", "PO_CODE_UNKNOWN", "SG-128"),
        ("medium_key=a%00b", "PO_FIELD_FORMAT", "PO-217"),
        ("page_size=101", "PO_FIELD_FORMAT", "PO-204"),
        ("page=0", "PO_FIELD_FORMAT", "PO-204"),
    ] {
        let (status, answer) = app.get(&format!("/api/v1/smart-gate/records?{query}"), DECLARANT).await;
        assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{query}");
        assert_eq!(answer["fields"][0]["rule"], rule, "{query}");
    }
    assert_eq!(app.get("/api/v1/smart-gate/records?colour=red", DECLARANT).await.0, StatusCode::BAD_REQUEST);
}

/// SG-175, SG-187, SG-199, SG-200: a message of customs that takes something away says why, and who handed it in stands in the receipt.
#[tokio::test]
async fn a_message_of_customs_says_why_and_through_whom() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    for code in ["20", "41", "43"] {
        for text in [json!(null), json!(" "), json!("长".repeat(1001))] {
            let body = json!({"trip_no": record["trip_no"], "code": code, "text": text});
            let status = app.post("/api/v1/desk/receipts", OFFICER, body).await.0;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        }
    }
    let body = json!({"trip_no": record["trip_no"], "code": "41", "text": "查验"});
    assert_eq!(app.post("/api/v1/desk/receipts", OFFICER, body).await.1["applied"], true);
    let (_, receipts) = app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let last = receipts["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["actor"], &last["text"]), (&json!("customs (li)"), &json!("查验")));
}

/// SG-018: without a card a person looks, is offered nothing else, and may not delete.
#[tokio::test]
async fn without_a_card_there_is_nothing_to_do_but_look() {
    let app = TestApp::open().await;
    let record = app.save(coal("蒙LK8216")).await;
    let (_, seen) = app.get(&path(&record), CARDLESS).await;
    assert_eq!(seen["actions"], json!(["view"]));
    let delete = path(&record) + "?version=1";
    assert_eq!(app.call(Method::DELETE, &delete, CARDLESS, Value::Null).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.show(&record).await["status"], "SAVED");
}
