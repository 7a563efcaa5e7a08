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
    test_app::{ADMIN, CARDLESS, DECLARANT, GATEWAY, OFFICER, TestApp, coal, path},
};

/// Section 11.1: each status by its requirement, code, name on the query page and receipt code.
const STATUSES: &[(&str, &str, &str, Option<&str>)] = &[
    ("SG-153", "SAVED", "暂存", None),
    ("SG-154", "DECLARED", "申报", None),
    ("SG-155", "SENT", "发往内网成功", None),
    ("SG-156", "SEND_FAILED", "发往内网失败", None),
    ("SG-157", "CUSTOMS_APPROVED", "海关审核通过", Some("10")),
    ("SG-158", "REJECTED", "退单", Some("20")),
    ("SG-159", "CLOSED", "已办结", Some("40")),
    ("SG-160", "LOCKED", "已锁定", Some("41")),
    ("SG-161", "UNLOCKED", "解除锁定", Some("42")),
    ("SG-162", "MANUALLY_CLOSED", "人工办结", Some("43")),
    ("SG-163", "LEFT_PORT", "已口岸离场", Some("50")),
];

/// SG-128, SG-152, SG-164, SG-165: eleven statuses are stored, in the words of the query page; the receipt codes lead to them.
#[test]
fn the_statuses_are_those_of_the_manual() {
    let told: Vec<_> = TripStatus::ALL.iter().map(|status| (status.code(), status.label_zh())).collect();
    let mut expected: Vec<_> = STATUSES.iter().map(|(_, code, label, _)| (*code, *label)).collect();
    expected.sort_unstable();
    assert_eq!(
        {
            let mut told = told.clone();
            told.sort_unstable();
            told
        },
        expected
    );
    assert!(TripStatus::parse("UNSAVED").is_none(), "未暂存 exists on the page only");
    for (requirement, code, _, receipt) in STATUSES {
        let Some(receipt) = receipt else { continue };
        let action = Action::of_receipt(receipt).unwrap();
        let leads =
            LIFECYCLE.iter().any(|row| row.action == action && row.to.is_some_and(|to| to.code() == *code));
        assert!(leads, "{requirement}: receipt {receipt} does not lead to {code}");
    }
}

/// SG-150, SG-190: the whole chart as reviewed; an empty place is a refusal.
#[test]
fn the_state_chart_is_the_reviewed_one() {
    let mut grid = String::new();
    for status in TripStatus::ALL {
        for action in Action::ALL {
            if let Some(step) = find(LIFECYCLE, *status, *action) {
                let to = step.to.map_or("(deleted)", TripStatus::code);
                grid += &format!(
                    "{:16} {:15} {:10} {to}\n",
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

/// SG-115, SG-116, SG-139, SG-141, SG-142, SG-144, SG-146, SG-150: the actions offered to the enterprise, and the same refused by the API when not offered.
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
    refused(&["view", "save", "declare", "delete", "copy"]).await;
    app.declare(&record).await;
    refused(&["view", "copy"]).await;
    app.centre_acts(&record, Action::FailDelivery).await;
    refused(&["view", "save", "declare", "delete", "copy"]).await;
    app.declare(&record).await;
    app.centre_acts(&record, Action::Deliver).await;
    refused(&["view", "copy"]).await;
    app.officer(&record, "return").await;
    refused(&["view", "save", "delete", "copy", "receipts"]).await;
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

/// PO-232, SG-170, SG-174, SG-200: the automatic desk answers after its delays, and what waited before a restart is answered after it.
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
    let rows = receipts["items"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["seq"],
                row["status_name"].as_str().unwrap(),
                row["source"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        ["4 海关审核通过 customs", "3 发往内网成功 centre", "2 申报 enterprise", "1 暂存 enterprise"]
    );
    assert_eq!((&rows[0]["code"], &rows[0]["status_code"]), (&json!("10"), &json!("CUSTOMS_APPROVED")));
    assert!(rows.iter().all(|row| row["received_at"] == row["at"] && row.get("text").is_some()));
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
        let (status, answer) = app.post("/api/v1/desk/receipts", GATEWAY, body).await;
        assert_eq!((status, &answer["applied"]), (StatusCode::OK, &json!(false)), "{code}");
        let (_, alerts) = app.get("/api/v1/alerts", OFFICER).await;
        assert_eq!(alerts["items"].as_array().unwrap().last().unwrap()["code"], alert);
        let (_, receipts) = app.get(&(path(&record) + "/receipts"), DECLARANT).await;
        let last = receipts["items"][0].clone();
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

/// SG-125, SG-127, SG-128, SG-129, SG-130, SG-131, SG-132, SG-133, SG-134, SG-135, SG-136, SG-137, SG-138, SG-266, PO-203, PO-204, PO-207, PO-211, PO-217, O16, O17: conditions with AND, newest first, pages.
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
        ("customs_code=0708&medium_type=%20VN%20&status=", 12),
        ("trip_no=2025%25", 0),
        ("medium_type=BC", 0),
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
        ("entry_date_to=2025-10-01", "PO_RANGE_REQUIRED", "SG-134"),
        ("entry_date_from=2025-10-01&entry_date_to=2025-13-01", "PO_FIELD_FORMAT", "SG-134"),
        ("status=NEW", "PO_CODE_UNKNOWN", "SG-128"),
        ("medium_type=QR", "PO_CODE_UNKNOWN", "SG-129"),
        ("business_type=1", "PO_CODE_UNKNOWN", "SG-131"),
        ("customs_code=07080", "PO_CODE_UNKNOWN", "SG-132"),
        ("ie_flag=X", "PO_CODE_UNKNOWN", "SG-133"),
        ("trip_no=%00", "PO_FIELD_FORMAT", "PO-217"),
        ("medium_key=a%00b", "PO_FIELD_FORMAT", "PO-217"),
        ("page_size=101", "PO_FIELD_FORMAT", "PO-204"),
        ("page=0", "PO_FIELD_FORMAT", "PO-204"),
    ] {
        let (status, answer) = app.get(&format!("/api/v1/smart-gate/records?{query}"), DECLARANT).await;
        assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{query}");
        assert_eq!(answer["fields"][0]["rule"], rule, "{query}");
    }
    assert_eq!(app.get("/api/v1/smart-gate/records?colour=red", DECLARANT).await.0, StatusCode::BAD_REQUEST);
    let (_, answer) =
        app.get("/api/v1/smart-gate/records?entry_date_from=2025-10-01&status=NEW&page=0", DECLARANT).await;
    assert_eq!(rules_in(&answer["fields"]), ["SG-128", "SG-134", "PO-204"], "all at once");
    assert_eq!(answer["fields"][1]["message"], "根据录入时间查询时，需要输入查询的起始时间和结束时间");
}

/// SG-126: how many records are in each status, over the conditions of the query.
#[tokio::test]
async fn records_are_counted_by_status() {
    let app = TestApp::open().await;
    for medium in ["蒙LK8201", "蒙LK8202", "蒙LK8203"] {
        app.save(coal(medium)).await;
    }
    app.approved(coal("蒙LK8204")).await;
    let count = async |query: &str, token: &str| {
        let (status, answer) = app.get(&format!("/api/v1/smart-gate/records/counts?{query}"), token).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let of = |code: &str| {
            let rows = answer["items"].as_array().unwrap();
            rows.iter().find(|row| row["status"] == code).unwrap()["count"].as_i64().unwrap()
        };
        (answer["total"].as_i64().unwrap(), of("SAVED"), of("CUSTOMS_APPROVED"), of("LEFT_PORT"))
    };
    assert_eq!(count("", DECLARANT).await, (4, 3, 1, 0));
    assert_eq!(count("medium_key=%E8%92%99LK8204", OFFICER).await, (1, 0, 1, 0));
    assert_eq!(count("", "declarant-91370211MA3C9TQ4X9").await, (0, 0, 0, 0));
    assert_eq!(
        app.get("/api/v1/smart-gate/records/counts?status=NEW", DECLARANT).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// SG-113, PO-171: a copy has header and lines and nothing that the system fills in, and is a new record once it is saved.
#[tokio::test]
async fn a_copy_begins_a_new_record() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    app.officer(&record, "hold").await;
    let (status, copy) = app.get(&(path(&record) + "/copy"), DECLARANT).await;
    assert_eq!(status, StatusCode::OK);
    for name in ["unified_no", "trip_no", "status", "entry_date", "operator", "uscc"] {
        assert!(copy.get(name).is_none(), "{name}");
    }
    let new = app.save(copy).await;
    assert_eq!(
        (&new["status"], &new["medium_key"], &new["lines"]),
        (&json!("SAVED"), &record["medium_key"], &record["lines"])
    );
    assert_ne!(new["trip_no"], record["trip_no"]);
    assert_eq!(
        app.get(&(path(&record) + "/copy"), "declarant-91370211MA3C9TQ4X9").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get(&(path(&record) + "/copy"), CARDLESS).await.0, StatusCode::FORBIDDEN);
}

/// PO-216, SG-143, SG-144, SG-151, SG-177, SG-196: ticked records go together or not at all, and the answer names the rows at fault.
#[tokio::test]
async fn ticked_records_are_deleted_together_or_not_at_all() {
    let app = TestApp::open().await;
    let draft = app.save(coal("蒙LK8201")).await;
    let declared = app.save(coal("蒙LK8202")).await;
    let approved = app.approved(coal("蒙LK8203")).await;
    app.declare(&declared).await;
    let mut content = coal("蒙LK8203");
    content["version"] = approved["version"].clone();
    app.post(&(path(&approved) + "/change"), DECLARANT, content).await;
    let row = async |record: &Value| json!({"unified_no": record["unified_no"], "version": app.show(record).await["version"]});
    let delete = "/api/v1/smart-gate/records/delete";
    let mut old = row(&draft).await;
    old["version"] = json!(9);
    let gone = json!({"unified_no": "202500000000009999", "version": 1});
    let rows = json!([row(&draft).await, row(&declared).await, gone]);
    let (status, answer) = app.post(delete, DECLARANT, json!({"records": rows})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    let faults: Vec<_> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            format!(
                "{} {} {}",
                fault["path"].as_str().unwrap(),
                fault["code"].as_str().unwrap(),
                fault["value"].as_str().unwrap()
            )
        })
        .collect();
    let number = declared["unified_no"].as_str().unwrap();
    assert_eq!(
        faults,
        [
            format!("records[1] PO_STATUS_CONFLICT {number}"),
            "records[2] PO_NOT_FOUND 202500000000009999".into()
        ]
    );
    let (_, answer) = app.post(delete, DECLARANT, json!({"records": [old]})).await;
    assert_eq!(answer["code"], "PO_VERSION_CONFLICT");
    assert_eq!(app.show(&draft).await["status"], "SAVED", "nothing was touched");
    for rows in
        [json!([]), json!([row(&draft).await, row(&draft).await]), json!(vec![row(&draft).await; 101])]
    {
        assert_eq!(
            app.post(delete, DECLARANT, json!({"records": rows})).await.0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let rows = json!([row(&draft).await, row(&approved).await]);
    let (status, answer) = app.post(delete, DECLARANT, json!({"records": rows})).await;
    assert_eq!((status, &answer["deleted"]), (StatusCode::OK, &json!(2)), "{answer}");
    assert_eq!(app.get(&path(&draft), DECLARANT).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        app.show(&approved).await["status"],
        "CUSTOMS_APPROVED",
        "over an approval only the change goes"
    );
    assert_eq!(
        app.post(delete, OFFICER, json!({"records": [row(&approved).await]})).await.0,
        StatusCode::FORBIDDEN
    );
}

/// SG-175, SG-187, SG-199, SG-200, PO-047, PO-111: a message of customs that takes something away says why, and who handed it in stands in the receipt.
#[tokio::test]
async fn a_message_of_customs_says_why_and_through_whom() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    for code in ["20", "41", "43"] {
        for text in [json!(null), json!(" "), json!("长".repeat(1001))] {
            let body = json!({"trip_no": record["trip_no"], "code": code, "text": text});
            let status = app.post("/api/v1/desk/receipts", GATEWAY, body).await.0;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        }
    }
    let body = json!({"trip_no": record["trip_no"], "code": "41", "text": "查验"});
    for token in [OFFICER, DECLARANT, ADMIN] {
        let status = app.post("/api/v1/desk/receipts", token, body.clone()).await.0;
        assert_eq!(status, StatusCode::FORBIDDEN, "what a person decides is an act, and signed");
    }
    assert_eq!(app.post("/api/v1/desk/receipts", GATEWAY, body).await.1["applied"], true);
    let (_, receipts) = app.get(&(path(&record) + "/receipts"), DECLARANT).await;
    let last = &receipts["items"][0];
    assert_eq!((&last["actor"], &last["text"]), (&json!("customs (gateway)"), &json!("查验")));
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
