//! AE-018 and section 11: what the gateway hands over and reports.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Answer, BASE, GATEWAY, World, YUANFAN, form, officer};
use crate::{config::DeskMode, store::one, test_app::ADMIN};

const NUMBER: &str = "222520201000123456";

async fn applied() -> (World, String) {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.declaration(NUMBER, json!({})).await;
    let number = world.applied(YUANFAN, NUMBER).await;
    (world, number)
}

async fn due(world: &World) -> Vec<Value> {
    let (status, answer) = world.app.get("/api/v1/gateway/attendance-exemptions/messages", GATEWAY).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["items"].as_array().unwrap().clone()
}

fn moved(answer: &Answer, status: &str) {
    assert_eq!(
        (answer.0, &answer.1["applied"], &answer.1["status"]),
        (StatusCode::OK, &json!(true), &json!(status)),
        "{}",
        answer.1
    );
}

fn kept(answer: &Answer, status: &str) {
    assert_eq!(
        (answer.0, &answer.1["applied"], &answer.1["status"]),
        (StatusCode::OK, &json!(false), &json!(status)),
        "{}",
        answer.1
    );
}

/// AE-185, AE-187, AE-195: handed over once; without an answer for 30 minutes again, with the same number; answered, no more.
#[tokio::test]
async fn a_message_without_an_answer_is_sent_again() {
    let (world, number) = applied().await;
    let message_no = format!("{number}-1");
    let first = due(&world).await;
    assert_eq!(
        (first.len(), &first[0]["message_no"], &first[0]["again"]),
        (1, &json!(message_no), &json!(false))
    );
    assert_eq!(
        (&first[0]["form"]["declaration_no"], &first[0]["attendance_mode"]),
        (&json!(NUMBER), &json!("absent"))
    );
    moved(&world.report(&number, "handed_over", json!({})).await, "SENT_TO_CUSTOMS");
    assert!(due(&world).await.is_empty());
    world.pass(30 * 60 - 1);
    assert!(due(&world).await.is_empty());
    world.pass(1);
    let again = due(&world).await;
    assert_eq!((&again[0]["message_no"], &again[0]["again"]), (&json!(message_no), &json!(true)));
    kept(&world.report(&number, "handed_over", json!({})).await, "SENT_TO_CUSTOMS");
    assert!(due(&world).await.is_empty());
    world.pass(30 * 60);
    assert_eq!(due(&world).await.len(), 1);
    moved(&world.report(&number, "stored", json!({})).await, "CUSTOMS_RECEIVED");
    world.pass(24 * 3600);
    assert!(due(&world).await.is_empty());
}

/// AE-186, AE-190: two failed attempts are told, the third ends it; the next application has a new message number.
#[tokio::test]
async fn after_three_failed_attempts_sending_has_failed() {
    let (world, number) = applied().await;
    for attempt in 1..=2 {
        kept(&world.report(&number, "not_handed_over", json!({"text": "线路中断"})).await, "APPLIED");
        assert_eq!(due(&world).await[0]["attempt"], attempt + 1);
    }
    moved(&world.report(&number, "not_handed_over", json!({"text": "线路中断"})).await, "SEND_FAILED");
    assert!(due(&world).await.is_empty());
    let (_, receipts) = world.app.get(&format!("{BASE}/{number}/receipts"), YUANFAN).await;
    assert_eq!(
        (&receipts["items"][0]["text"], &receipts["items"][0]["source"]),
        (&json!("线路中断"), &json!("gateway"))
    );
    let (status, answer) = world.apply(YUANFAN, &number).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (&due(&world).await[0]["message_no"], &due(&world).await[0]["attempt"]),
        (&json!(format!("{number}-2")), &json!(1))
    );
    // A late word about the first message moves nothing.
    kept(
        &world.report(&number, "handed_over", json!({"message_no": format!("{number}-1")})).await,
        "APPLIED",
    );
    moved(&world.report(&number, "handed_over", json!({})).await, "SENT_TO_CUSTOMS");
}

/// AE-188, AE-115, AE-133, AE-189: refused by customs' system, with the reason; saving makes it a draft again, its receipts stay.
#[tokio::test]
async fn what_customs_system_refuses_can_be_mended() {
    let (world, number) = applied().await;
    moved(&world.report(&number, "handed_over", json!({})).await, "SENT_TO_CUSTOMS");
    let (status, answer) = world.report(&number, "refused", json!({})).await;
    assert_eq!((status, &answer["fields"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("AE-188")));
    moved(&world.report(&number, "refused", json!({"text": "报文格式错误"})).await, "RECEIVE_FAILED");
    let (status, saved) = world.save(YUANFAN, &number, form(NUMBER)).await;
    assert_eq!(
        (status, &saved["status"], &saved["submitted_at"]),
        (StatusCode::OK, &json!("SAVED"), &Value::Null)
    );
    let (_, receipts) = world.app.get(&format!("{BASE}/{number}/receipts"), YUANFAN).await;
    let causes: Vec<_> =
        receipts["items"].as_array().unwrap().iter().map(|row| row["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["refuse", "hand_over", "apply"]);
    let (status, answer) = world.apply(YUANFAN, &number).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// PO-233, AE-193, AE-194: repeated reports are taken once, late ones are stored and move nothing, early ones are refused.
#[tokio::test]
async fn reports_are_repeated_and_come_in_any_order() {
    let (world, number) = applied().await;
    let (status, answer) = world.report(&number, "stored", json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("PO_STATUS_CONFLICT")));
    let (status, _) = world.report(&number, "receipt", json!({"text": "早"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let first = json!({"report_no": "R-1"});
    moved(&world.report(&number, "handed_over", first.clone()).await, "SENT_TO_CUSTOMS");
    let (_, answer) = world.report(&number, "handed_over", first).await;
    assert_eq!((&answer["applied"], &answer["repeated"]), (&json!(false), &json!(true)));
    let rows = async || {
        let (_, receipts) = world.app.get(&format!("{BASE}/{number}/receipts"), YUANFAN).await;
        receipts["items"].as_array().unwrap().len()
    };
    assert_eq!(rows().await, 2);
    moved(&world.report(&number, "stored", json!({})).await, "CUSTOMS_RECEIVED");
    for late in ["handed_over", "not_handed_over", "refused"] {
        kept(&world.report(&number, late, json!({"text": "迟到"})).await, "CUSTOMS_RECEIVED");
    }
    assert_eq!(rows().await, 6);
    world.decide("2225", &number, "approve", "").await;
    kept(&world.report(&number, "stored", json!({})).await, "APPROVED");
    moved(&world.report(&number, "receipt", json!({"text": "已通知查验科"})).await, "APPROVED");
    assert_eq!(rows().await, 9);
}

/// AE-167: day and signatory of the inspection, delivered without a change of status.
#[tokio::test]
async fn a_finished_inspection_shows_day_and_signatory() {
    let (world, number) = applied().await;
    world.received(&number).await;
    world.decide("2225", &number, "approve", "").await;
    let (status, answer) = world.report(&number, "inspection_finished", json!({})).await;
    assert_eq!((status, answer["fields"].as_array().unwrap().len()), (StatusCode::UNPROCESSABLE_ENTITY, 2));
    let finished = json!({"finished_on": "2020-04-11", "signed_by": "site_operator"});
    moved(&world.report(&number, "inspection_finished", finished.clone()).await, "APPROVED");
    assert_eq!(world.show(YUANFAN, &number).await["inspection"], finished);
}

/// AE-128: a receipt, too, is an operation.
#[tokio::test]
async fn a_report_counts_as_an_operation() {
    let (world, number) = applied().await;
    world.pass(3600);
    world.report(&number, "handed_over", json!({})).await;
    assert_eq!(world.show(YUANFAN, &number).await["operated_at"], "2020-04-10T02:12:00.000Z");
}

/// AE-018: the gateway's account only.
#[tokio::test]
async fn only_the_gateway_reports() {
    let (world, number) = applied().await;
    let path = format!("/api/v1/gateway/attendance-exemptions/{number}/reports");
    let body = json!({"report_no": "R-1", "report": "handed_over", "message_no": format!("{number}-1")});
    for token in [YUANFAN, &officer("2225"), crate::test_app::ADMIN] {
        assert_eq!(world.app.post(&path, token, body.clone()).await.0, StatusCode::FORBIDDEN);
        let messages = "/api/v1/gateway/attendance-exemptions/messages";
        assert_eq!(world.app.get(messages, token).await.0, StatusCode::FORBIDDEN);
    }
    let nowhere = "/api/v1/gateway/attendance-exemptions/202000000000999999/reports";
    assert_eq!(world.app.post(nowhere, GATEWAY, body).await.0, StatusCode::NOT_FOUND);
}

/// PO-335: every step is in the audit log with its actor, status before and after.
#[tokio::test]
async fn every_step_is_audited() {
    let (world, number) = applied().await;
    world.received(&number).await;
    let sql = "SELECT COUNT(*) AS n FROM audit WHERE subject = 'attendance' AND number = $1";
    let row = one(world.app.central.store().read(), sql, [number.into()]).await.unwrap().unwrap();
    let steps: i64 = crate::store::column(&row, "n").unwrap();
    assert_eq!(steps, 5);
}

/// AE-161: once customs has agreed, the inspection instruction is marked, in the register and, by the gateway, in customs' own system.
#[tokio::test]
async fn the_inspection_instruction_is_marked() {
    let world = World::with(|config| config.desk.mode = DeskMode::Manual).await;
    world.scope("declaration", "2225", false).await;
    world.declaration(NUMBER, json!({})).await;
    let number = world.applied(YUANFAN, NUMBER).await;
    world.received(&number).await;
    let facts = format!("/api/v1/admin/reference/declarations/{NUMBER}");
    assert_eq!(world.app.get(&facts, ADMIN).await.1["instruction_mark"], Value::Null);
    let (status, answer) = world.decide("2225", &number, "approve", "").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let marked = json!({"consignee_exempt": true, "attendance_mode": "absent", "review_no": answer["customs_review_no"]});
    assert_eq!(world.app.get(&facts, ADMIN).await.1["instruction_mark"], marked);
    world.declaration(NUMBER, json!({"instruction_mark": null})).await;
    assert_eq!(world.app.get(&facts, ADMIN).await.1["instruction_mark"], marked, "it is not typed away");
    let due_now = due(&world).await;
    assert_eq!(
        (due_now.len(), &due_now[0]["kind"], &due_now[0]["number"], &due_now[0]["review_no"]),
        (1, &json!("instruction_mark"), &json!(NUMBER), &answer["customs_review_no"])
    );
    let about_mark = |report_no: &str, more: Value| {
        let mut body = json!({"report_no": report_no, "message_no": due_now[0]["message_no"]});
        json_patch::merge(&mut body, &more);
        body
    };
    let path = format!("/api/v1/gateway/attendance-exemptions/{number}/reports");
    let failed = about_mark("R-1", json!({"report": "not_handed_over", "text": "线路中断"}));
    let (status, answer) = world.app.post(&path, GATEWAY, failed).await;
    assert_eq!((status, &answer["applied"]), (StatusCode::OK, &json!(false)), "{answer}");
    assert_eq!(due(&world).await, Vec::<Value>::new());
    world.pass(30 * 60);
    let again = due(&world).await;
    assert_eq!((&again[0]["attempt"], &again[0]["again"]), (&json!(2), &json!(true)));
    let done = about_mark("R-2", json!({"report": "handed_over"}));
    let (status, answer) = world.app.post(&path, GATEWAY, done).await;
    assert_eq!(
        (status, &answer["applied"], &answer["status"]),
        (StatusCode::OK, &json!(true), &json!("APPROVED"))
    );
    world.pass(24 * 3600);
    assert_eq!(due(&world).await, Vec::<Value>::new());
}

/// AE-018, PO-047: the gateway reads the files of what was applied for, byte for byte, and nothing that was not.
#[tokio::test]
async fn the_gateway_reads_what_was_sent() {
    let (world, number) = applied().await;
    let file = due(&world).await[0]["attachments"][0]["id"].as_str().unwrap().to_owned();
    let base = "/api/v1/gateway/attendance-exemptions";
    let get = async |number: &str, file: &str, token: &str| {
        let path = format!("{base}/{number}/attachments/{file}");
        let (status, bytes) = world.app.call_raw(Method::GET, &path, token, Value::Null).await;
        (status, bytes.len())
    };
    assert_eq!(get(&number, &file, GATEWAY).await, (StatusCode::OK, 2000));
    assert_eq!(get(&number, &file, &officer("2225")).await.0, StatusCode::FORBIDDEN);
    world.declaration("222520201000123457", json!({})).await;
    let unsent = world.ready(YUANFAN, "222520201000123457").await;
    let (_, files) = world.app.get(&format!("{BASE}/{unsent}/attachments"), YUANFAN).await;
    assert_eq!(
        get(&unsent, files["items"][0]["id"].as_str().unwrap(), GATEWAY).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(&number, "x", GATEWAY).await.0, StatusCode::NOT_FOUND);
}
