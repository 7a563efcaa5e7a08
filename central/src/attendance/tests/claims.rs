//! AE-022, AE-063, AE-064, AE-116, AE-117, AE-196: which application has a number, and until when.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::{File, World, YUANFAN, YUANFAN_2, bill_form, form};

const NUMBER: &str = "222520201000123456";
const BILL: &str = "COSU6257841230";

async fn open() -> World {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.scope("non_declaration", "2248", false).await;
    world.scope("non_declaration", "2225", false).await;
    world.declaration(NUMBER, json!({})).await;
    world.bill(BILL, json!({})).await;
    world
}

async fn ready_bill(world: &World, bill_no: &str) -> String {
    let (status, saved) = world.create(YUANFAN, bill_form(bill_no)).await;
    assert_eq!(status, StatusCode::CREATED, "{saved}");
    let number = saved["data_center_no"].as_str().unwrap().to_owned();
    assert_eq!(world.upload(YUANFAN, &number, &File::of("00000002"), true).await.0, StatusCode::CREATED);
    number
}

fn duplicate(answer: &(StatusCode, Value), rule: &str) {
    let (status, body) = answer;
    assert_eq!((*status, &body["code"]), (StatusCode::CONFLICT, &json!("AE_DUPLICATE")), "{body}");
    assert_eq!(body["fields"][0]["rule"], rule);
}

/// AE-022, AE-104, AE-117: two drafts of one declaration may be there; of two operators who apply at the same moment, one succeeds.
#[tokio::test]
async fn of_two_who_apply_at_once_one_succeeds() {
    let world = open().await;
    for round in 0..4 {
        let declaration_no = format!("2225202010001000{round:02}");
        world.declaration(&declaration_no, json!({})).await;
        let first = world.ready(YUANFAN, &declaration_no).await;
        let second = world.ready(YUANFAN_2, &declaration_no).await;
        let both = tokio::join!(world.apply(YUANFAN, &first), world.apply(YUANFAN_2, &second));
        let (won, lost) = if both.0.0.is_success() { (both.0, both.1) } else { (both.1, both.0) };
        assert_eq!(won.0, StatusCode::OK, "{}", won.1);
        duplicate(&lost, "AE-022");
        let states = [world.show(YUANFAN, &first).await, world.show(YUANFAN, &second).await];
        let applied = states.iter().filter(|record| record["status"] == "APPLIED").count();
        let saved = states.iter().filter(|record| record["status"] == "SAVED").count();
        assert_eq!((applied, saved), (1, 1));
    }
}

/// AE-022, AE-116, AE-196, AE-203: taken from applying on, also for entering; free after a failure or a refusal, never after consent.
#[tokio::test]
async fn a_declaration_is_taken_until_customs_refuses_or_it_never_arrives() {
    let world = open().await;
    let other = world.ready(YUANFAN, NUMBER).await;
    let number = world.applied(YUANFAN, NUMBER).await;
    duplicate(&world.create(YUANFAN, form(NUMBER)).await, "AE-022");
    duplicate(&world.save(YUANFAN, &other, form(NUMBER)).await, "AE-022");
    duplicate(&world.apply(YUANFAN, &other).await, "AE-022");
    for _ in 0..3 {
        assert_eq!(
            world.report(&number, "not_handed_over", json!({"text": "线路中断"})).await.0,
            StatusCode::OK
        );
    }
    assert_eq!(world.show(YUANFAN, &number).await["status"], "SEND_FAILED");
    // The other one may have it now, and then the first may not any more.
    assert_eq!(world.apply(YUANFAN, &other).await.0, StatusCode::OK);
    duplicate(&world.apply(YUANFAN, &number).await, "AE-022");
    assert_eq!(world.report(&other, "handed_over", json!({})).await.0, StatusCode::OK);
    assert_eq!(world.report(&other, "refused", json!({"text": "报文格式错误"})).await.0, StatusCode::OK);
    assert_eq!(world.apply(YUANFAN, &number).await.0, StatusCode::OK);
    world.received(&number).await;
    assert_eq!(world.decide("2225", &number, "reject", "材料不全").await.0, StatusCode::OK);
    let again = world.applied(YUANFAN, NUMBER).await;
    world.received(&again).await;
    assert_eq!(world.decide("2225", &again, "approve", "").await.0, StatusCode::OK);
    world.pass(3 * 366 * 24 * 3600);
    world.scope("declaration", "2225", false).await;
    duplicate(&world.create(YUANFAN, form(NUMBER)).await, "AE-022");
}

/// AE-063, AE-064, AE-092: a bill is the same at the same office whatever its letters' case; an agreement blocks it for 365 days.
#[tokio::test]
async fn a_bill_is_taken_at_its_office_for_a_year() {
    let world = open().await;
    let number = ready_bill(&world, BILL).await;
    assert_eq!(world.apply(YUANFAN, &number).await.0, StatusCode::OK);
    duplicate(&world.create(YUANFAN, bill_form(&BILL.to_lowercase())).await, "AE-063");
    world.bill(BILL, json!({"inspection_customs_code": "2225"})).await;
    assert_eq!(world.create(YUANFAN, bill_form(BILL)).await.0, StatusCode::CREATED);
    world.bill(BILL, json!({})).await;
    world.received(&number).await;
    assert_eq!(world.decide("2248", &number, "approve", "").await.0, StatusCode::OK);
    world.pass(365 * 24 * 3600);
    duplicate(&world.create(YUANFAN, bill_form(BILL)).await, "AE-063");
    world.pass(1);
    let again = ready_bill(&world, BILL).await;
    assert_eq!(world.apply(YUANFAN, &again).await.0, StatusCode::OK);
    duplicate(&world.create(YUANFAN, bill_form(BILL)).await, "AE-063");
}
