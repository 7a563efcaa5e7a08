//! Section 10: the officers' side.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{BASE, DESK, File, HEADQUARTERS, World, YONGFA, YUANFAN, bill_form, officer};
use crate::{
    attendance::auto,
    config::{DeskConfig, DeskMode},
};

const FIRST: &str = "222520201000000001";
const SECOND: &str = "222520201000000002";

/// Two declarations of two enterprises at 2225, the second applied for a day later, both with customs.
async fn open() -> (World, [String; 2]) {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.declaration(FIRST, json!({})).await;
    world.declaration(SECOND, json!({"consignee": "3302230456"})).await;
    let first = world.applied(YUANFAN, FIRST).await;
    world.pass(24 * 3600);
    let second = world.applied(YONGFA, SECOND).await;
    world.received(&second).await;
    world.received(&first).await;
    (world, [first, second])
}

async fn work(world: &World, token: &str, query: &str) -> Vec<String> {
    let (status, answer) = world.app.get(&format!("{DESK}?{query}"), token).await;
    assert_eq!(status, StatusCode::OK, "{query}: {answer}");
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item["data_center_no"].as_str().unwrap().to_owned()).collect()
}

/// AE-160: what customs has received for the officer's office, oldest application first, by number, applicant, kind and day.
#[tokio::test]
async fn the_work_list_is_the_offices_oldest_first() {
    let (world, [first, second]) = open().await;
    let own = officer("2225");
    assert_eq!(work(&world, &own, "").await, [first.clone(), second.clone()]);
    assert_eq!(work(&world, &officer("2248"), "").await, Vec::<String>::new());
    for (query, expected) in [
        (format!("number={SECOND}"), vec![&second]),
        (format!("number={first}"), vec![&first]),
        ("applicant=3302230456".to_owned(), vec![&second]),
        ("applicant=%E8%BF%9C%E5%B8%86".to_owned(), vec![&first]),
        ("doc_type=non_declaration".to_owned(), vec![]),
        ("doc_type=declaration&date_from=2020-04-11&date_to=2020-04-11".to_owned(), vec![&second]),
        ("date_from=2020-04-01&date_to=2020-04-10".to_owned(), vec![&first]),
    ] {
        assert_eq!(work(&world, &own, &query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let (status, answer) = world.app.get(&format!("{DESK}?doc_type=x&date_from=2020-04-01"), &own).await;
    assert_eq!((status, answer["fields"].as_array().unwrap().len()), (StatusCode::UNPROCESSABLE_ENTITY, 2));
}

/// AE-004, AE-160: fields, files, who is to be expected, and the inspection instruction; nothing is assumed where that cannot be asked.
#[tokio::test]
async fn an_officer_opens_the_whole_application() {
    let (world, [first, _]) = open().await;
    let own = officer("2225");
    let (_, shown) = world.app.get(&format!("{DESK}/{first}"), &own).await;
    assert_eq!((&shown["contact_name"], &shown["attendance_mode"]), (&json!("王芳"), &json!("absent")));
    assert_eq!(shown["instruction"]["instruction"], true);
    assert_eq!(shown["actions"], json!(["view", "approve", "reject", "receipts"]));
    let file = &shown["attachments"][0];
    let path = format!("{BASE}/{first}/attachments/{}", file["id"].as_str().unwrap());
    let (status, bytes) = world.app.call_raw(axum::http::Method::GET, &path, &own, Value::Null).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, 2000));
    let other = officer("2248");
    for path in [
        format!("{DESK}/{first}"),
        path,
        format!("{BASE}/{first}/receipts"),
        format!("{BASE}/{first}/attachments"),
    ] {
        assert_eq!(world.app.get(&path, &other).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

/// AE-031, AE-161, AE-163, AE-165, AE-166: review numbers count by office and year; the opinion and the decision reach the applicant; final.
#[tokio::test]
async fn a_decision_has_its_review_number_and_is_final() {
    let (world, [first, second]) = open().await;
    let (status, answer) = world.decide("2225", &first, "approve", "  ").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["customs_review_no"], "M22252020000000001");
    assert_eq!(answer["instruction_mark"], json!({"consignee_exempt": true, "attendance_mode": "absent"}));
    world.at("2021-01-01T00:00:00+08:00");
    let (_, answer) = world.decide("2225", &second, "reject", " 声明未加盖公章 ").await;
    assert_eq!(
        (&answer["customs_review_no"], &answer["opinion"]),
        (&json!("M22252021000000001"), &json!("声明未加盖公章"))
    );
    assert_eq!(answer["instruction_mark"], Value::Null);
    let (_, receipts) = world.app.get(&format!("{BASE}/{second}/receipts"), YONGFA).await;
    let newest = &receipts["items"][0];
    assert_eq!((&newest["status_code"], &newest["status_name"]), (&json!("REJECTED"), &json!("不同意")));
    assert_eq!((&newest["text"], &newest["source"]), (&json!("声明未加盖公章"), &json!("customs")));
    let (_, notices) = world.app.get("/api/v1/notices", YONGFA).await;
    let told = &notices["items"][0];
    assert_eq!(
        (&told["record"]["number"], &told["record"]["status"]),
        (&json!(second), &json!("REJECTED")),
        "{notices}"
    );
    for (number, action) in [(&first, "reject"), (&first, "approve"), (&second, "approve")] {
        let (status, answer) = world.decide("2225", number, action, "再想一想").await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::CONFLICT, &json!("PO_STATUS_CONFLICT")),
            "{action}"
        );
    }
    assert_eq!(work(&world, &officer("2225"), "").await, Vec::<String>::new());
}

/// AE-162: released or begun, only 不同意 is left; PO-111: the officer's signature covers the opinion.
#[tokio::test]
async fn agreeing_is_refused_once_it_is_too_late() {
    let (world, [first, _]) = open().await;
    for change in [json!({"released": true}), json!({"inspection_begun": true})] {
        world.declaration(FIRST, change).await;
        let (status, answer) = world.decide("2225", &first, "approve", "").await;
        assert_eq!(
            (status, &answer["fields"][0]["rule"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("AE-162"))
        );
    }
    let (token, path) = (officer("2225"), format!("{DESK}/{first}"));
    let version = world.app.get(&path, &token).await.1["version"].clone();
    let asked = json!({"action": "reject", "version": version, "opinion": "已开始查验"});
    let (_, statement) = world.app.post(&format!("{path}/statements"), &token, asked).await;
    let body =
        json!({"version": version, "opinion": "另有原因", "signature": world.app.sign(&token, &statement)});
    let (_, answer) = world.app.post(&format!("{path}/reject"), &token, body).await;
    assert_eq!(answer["code"], "PO_SIGNATURE_INVALID");
    let (_, answer) = world
        .app
        .post(&format!("{path}/reject"), &token, json!({"version": version, "opinion": "无签名"}))
        .await;
    assert_eq!(answer["code"], "PO_CARD_ABSENT");
    assert_eq!(world.decide("2225", &first, "reject", "已开始查验").await.0, StatusCode::OK);
}

/// AE-169: applications that stand, decisions, and the mean time to them, an office a row, in a period.
#[tokio::test]
async fn figures_are_by_office_and_period() {
    let (world, [first, second]) = open().await;
    world.scope("non_declaration", "2248", false).await;
    world.bill("COSU1", json!({})).await;
    let (_, saved) = world.create(YUANFAN, bill_form("COSU1")).await;
    let bill = saved["data_center_no"].as_str().unwrap().to_owned();
    world.upload(YUANFAN, &bill, &File::of("00000001"), true).await;
    world.apply(YUANFAN, &bill).await;
    // First was applied for at 09:12 on the 10th, second a day later.
    world.at("2020-04-11T10:12:00+08:00");
    world.decide("2225", &first, "approve", "").await;
    world.at("2020-04-11T11:12:00+08:00");
    world.decide("2225", &second, "reject", "材料不全").await;
    let figures = async |token: &str, query: &str| {
        world.app.get(&format!("{DESK}/statistics?{query}"), token).await.1["items"].clone()
    };
    let april = "date_from=2020-04-01&date_to=2020-04-30";
    let ours = json!({"customs_code": "2225", "applications": 2, "approved": 1, "rejected": 1, "mean_seconds_to_decision": (25 + 2) * 3600 / 2});
    let bills = json!({"customs_code": "2248", "applications": 1, "approved": 0, "rejected": 0, "mean_seconds_to_decision": null});
    assert_eq!(figures(HEADQUARTERS, april).await, json!([ours, bills]));
    assert_eq!(figures(&officer("2225"), april).await, json!([ours]));
    assert_eq!(figures(HEADQUARTERS, &format!("{april}&customs_code=2248")).await, json!([bills]));
    let tenth = figures(&officer("2225"), "date_from=2020-04-10&date_to=2020-04-10").await;
    assert_eq!((&tenth[0]["applications"], &tenth[0]["approved"]), (&json!(1), &json!(0)));
    let (status, _) = world.app.get(&format!("{DESK}/statistics?{april}"), YUANFAN).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, answer) = world.app.get(&format!("{DESK}/statistics"), HEADQUARTERS).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_RANGE_REQUIRED")));
}

/// The desk that answers by itself hands over, stores and agrees after its delays; released goods it does not agree to (AE-162), and where
/// customs' facts cannot be had it waits (PO-338).
#[tokio::test]
async fn a_desk_can_answer_by_itself() {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.declaration(FIRST, json!({})).await;
    world.declaration(SECOND, json!({})).await;
    let (first, second) = (world.applied(YUANFAN, FIRST).await, world.applied(YUANFAN, SECOND).await);
    let config = DeskConfig {
        mode: DeskMode::Auto,
        send_delay_ms: 1000,
        approve_delay_ms: 2000,
        ..DeskConfig::default()
    };
    let state = async |number: &str| world.show(YUANFAN, number).await["status"].clone();
    auto::settle_due(&world.app.central, &config).await.unwrap();
    assert_eq!(state(&first).await, "APPLIED");
    world.pass(1);
    auto::settle_due(&world.app.central, &config).await.unwrap();
    assert_eq!(state(&first).await, "CUSTOMS_RECEIVED");
    world.declaration(SECOND, json!({"released": true})).await;
    world.pass(2);
    auto::settle_due(&world.app.central, &config).await.unwrap();
    assert_eq!(state(&first).await, "APPROVED");
    let record = world.show(YUANFAN, &second).await;
    assert_eq!(
        (&record["status"], &record["opinion"]),
        (&json!("REJECTED"), &json!("报关单必须属于未放行的状态"))
    );
}
