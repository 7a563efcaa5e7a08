//! The driver's paper and the key that the centre makes for it.

use axum::http::{Method, StatusCode};
use protocols::{barcode::slip::SlipKey, ids::TripNo};

use super::*;
use crate::{
    binding::lifecycle::Action,
    test_app::{DECLARANT, OFFICER, TestApp, coal, path},
};

const RECORDS: &str = "/api/v1/smart-gate/records";

/// The same trip, bound by a bar code whose key the centre makes.
fn by_slip() -> Value {
    let mut sent = coal("");
    sent["medium_type"] = json!("BC");
    sent["generate"] = json!(true);
    sent
}

async fn slip_of(app: &TestApp, record: &Value, token: &str) -> (StatusCode, Value) {
    app.get(&(path(record) + "/slip"), token).await
}

fn text_of<'a>(slip: &'a Value, label: &str) -> Vec<&'a str> {
    let rows = slip["lines"].as_array().unwrap().iter().filter(|row| row["label"] == label);
    rows.map(|row| row["text"].as_str().unwrap()).collect()
}

/// Contract section 2, the slip: twenty characters with a check, another each time; a save that sends it back keeps it.
#[tokio::test]
async fn the_centre_makes_a_key_that_is_another_each_time() {
    let app = TestApp::open().await;
    let mut keys = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let stored = app.save(by_slip()).await;
        let key = stored["medium_key"].as_str().unwrap();
        assert_eq!(SlipKey::parse(key).unwrap().as_str(), key);
        assert!(keys.insert(key.to_owned()), "{key} twice");
    }
    let stored = app.save(by_slip()).await;
    let (status, kept) = app.call(Method::PUT, &path(&stored), DECLARANT, app.show(&stored).await).await;
    assert_eq!((status, &kept["medium_key"]), (StatusCode::OK, &stored["medium_key"]), "{kept}");
    let (_, other) = app
        .call(Method::PUT, &path(&stored), DECLARANT, json_merged(by_slip(), &json!({"version": 2})))
        .await;
    assert_ne!(other["medium_key"], stored["medium_key"], "asked for again it is a new one: {other}");
    assert!(SlipKey::parse(other["medium_key"].as_str().unwrap()).is_ok());
}

fn json_merged(mut into: Value, more: &Value) -> Value {
    into.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    into
}

/// SG-043: a key is made for a bar code that has none, and for nothing else.
#[tokio::test]
async fn a_key_is_made_for_nothing_but_a_bar_code_without_one() {
    let app = TestApp::open().await;
    for (change, faults) in [
        (json!({"medium_type": "VN"}), vec!["SG-043", "SG-043"]),
        (json!({"medium_type": "VN", "medium_key": "蒙LK8216"}), vec!["SG-043"]),
        (json!({"medium_key": "SZ25101600000931"}), vec!["SG-043"]),
        (json!({"medium_type": null}), vec!["SG-043", "SG-042"]),
        (json!({"generate": false}), vec!["SG-043"]),
        (json!({"generate": "yes"}), vec!["PO-332"]),
    ] {
        let (status, answer) = app.post(RECORDS, DECLARANT, json_merged(by_slip(), &change)).await;
        assert_eq!(
            (status, rules_in(&answer["fields"])),
            (StatusCode::UNPROCESSABLE_ENTITY, faults),
            "{change}"
        );
    }
}

/// Contract section 2, the slip; SG-126: a bar code's paper holds its key, twice; people read the rest in the manual's words.
#[tokio::test]
async fn the_paper_of_a_bar_code_holds_its_key() {
    let app = TestApp::open().await;
    let record = app.approved(by_slip()).await;
    assert!(record["actions"].as_array().unwrap().contains(&json!("slip")), "{}", record["actions"]);
    let (status, slip) = slip_of(&app, &record, DECLARANT).await;
    assert_eq!((status, &slip["carries"]), (StatusCode::OK, &json!("medium_key")), "{slip}");
    let key = &record["medium_key"];
    assert_eq!(slip["symbols"], json!([{"kind": "code_128", "text": key}, {"kind": "qr", "text": key}]));
    for (label, text) in [
        ("绑定介质类型", "条形码"),
        ("绑定介质关键信息", key.as_str().unwrap()),
        ("车次确认编号", record["trip_no"].as_str().unwrap()),
        ("数据中心统一编号", record["unified_no"].as_str().unwrap()),
        ("关区代码", "0708 乌拉特关"),
        ("进出口标志", "进口"),
        ("业务类型", "报关"),
        ("提单", "MGL2510130087"),
        ("单证状态", "海关审核通过"),
        ("打印时间", "2025-10-13 08:30"),
    ] {
        assert_eq!(text_of(&slip, label), [text], "{slip}");
    }
    assert_eq!((&slip["status"], &slip["trip_no"]), (&json!("CUSTOMS_APPROVED"), &record["trip_no"]));
}

/// SG-219; contract section 2, the slip: any other medium's paper holds the trip number, and never the medium.
#[tokio::test]
async fn the_paper_of_another_medium_holds_the_trip_number() {
    let app = TestApp::open().await;
    for (medium_type, key) in [("VN", "蒙LK8216"), ("VE", "E28011606000020000000001"), ("IC", "4A7F21C3")] {
        let record = app.approved(json_merged(coal(key), &json!({"medium_type": medium_type}))).await;
        let (status, slip) = slip_of(&app, &record, DECLARANT).await;
        assert_eq!((status, &slip["carries"]), (StatusCode::OK, &json!("trip_no")), "{slip}");
        let trip_no = &record["trip_no"];
        assert_eq!(
            slip["symbols"],
            json!([{"kind": "code_128", "text": trip_no}, {"kind": "qr", "text": trip_no}])
        );
        assert!(TripNo::parse(slip["symbols"][0]["text"].as_str().unwrap()).is_ok());
        assert_eq!(text_of(&slip, "绑定介质关键信息"), [key]);
    }
}

/// Decision 0018: a paper is of what customs has approved and the gates may use; before and after there is none.
#[tokio::test]
async fn there_is_a_paper_while_the_gates_have_an_entry() {
    let app = TestApp::open().await;
    let record = app.save(by_slip()).await;
    let has_paper = async |expected: bool| {
        let seen = app.show(&record).await;
        let (status, answer) = slip_of(&app, &record, DECLARANT).await;
        let due = if expected { StatusCode::OK } else { StatusCode::CONFLICT };
        assert_eq!(status, due, "{}: {answer}", seen["status"]);
        assert_eq!(seen["actions"].as_array().unwrap().contains(&json!("slip")), expected, "{seen}");
        if !expected {
            assert_eq!(answer["code"], "PO_STATUS_CONFLICT");
        }
    };
    has_paper(false).await;
    app.declare(&record).await;
    has_paper(false).await;
    app.centre_acts(&record, Action::Deliver).await;
    has_paper(false).await;
    app.officer(&record, "approve").await;
    has_paper(true).await;
    app.officer(&record, "hold").await;
    has_paper(true).await;
    app.officer(&record, "lift").await;
    has_paper(true).await;
    // Done with, but the vehicle may still be inside, and its driver may have lost the paper.
    app.officer(&record, "finish").await;
    has_paper(true).await;
    app.officer(&record, "left-port").await;
    has_paper(false).await;

    let taken_back = app.approved(by_slip()).await;
    app.officer(&taken_back, "return").await;
    assert_eq!(slip_of(&app, &taken_back, DECLARANT).await.0, StatusCode::CONFLICT);
}

/// SG-022, PO-332: whoever does not see the record sees no paper of it either.
#[tokio::test]
async fn a_paper_is_for_who_sees_the_record() {
    let app = TestApp::open().await;
    let record = app.approved(by_slip()).await;
    for (token, expected) in [
        (DECLARANT, StatusCode::OK),
        (OFFICER, StatusCode::OK),
        ("declarant-91370211MA3C9TQ4X9", StatusCode::NOT_FOUND),
        ("elsewhere-token", StatusCode::NOT_FOUND),
        ("nobody-at-all", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(slip_of(&app, &record, token).await.0, expected, "{token}");
    }
}

/// A typed key that a scanner's end would cut makes no paper that would not open.
#[tokio::test]
async fn a_key_that_no_paper_gives_back_is_told() {
    let app = TestApp::open().await;
    let record = app.approved(json_merged(coal("]C1SZ2510"), &json!({"medium_type": "BC"}))).await;
    let (status, answer) = slip_of(&app, &record, DECLARANT).await;
    assert_eq!(
        (status, &answer["fields"][0]["path"], &answer["fields"][0]["value"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("medium_key"), &json!("]C1SZ2510")),
        "{answer}"
    );
}
