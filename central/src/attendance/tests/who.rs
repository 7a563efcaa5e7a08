//! Who may: state x action x actor through the router. What the table offers is what `actions` shows; everything else is refused, and
//! changes nothing.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{
    BASE, CARDLESS, DESK, File, GATEWAY, HEADQUARTERS, World, YONGFA, YUANFAN, form, officer,
};
use crate::test_app::ADMIN;

const NUMBER: &str = "222520201000123456";

/// A record in this state.
async fn in_state(state: &str) -> (World, String) {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.declaration(NUMBER, json!({})).await;
    let number = world.ready(YUANFAN, NUMBER).await;
    if state != "SAVED" {
        assert_eq!(world.apply(YUANFAN, &number).await.0, StatusCode::OK);
    }
    let failed = json!({"text": "线路中断"});
    match state {
        "SEND_FAILED" => {
            for _ in 0..3 {
                world.report(&number, "not_handed_over", failed.clone()).await;
            }
        }
        "SENT_TO_CUSTOMS" | "RECEIVE_FAILED" => drop(world.report(&number, "handed_over", json!({})).await),
        "CUSTOMS_RECEIVED" | "APPROVED" | "REJECTED" => world.received(&number).await,
        _ => {}
    }
    match state {
        "RECEIVE_FAILED" => drop(world.report(&number, "refused", failed).await),
        "APPROVED" => drop(world.decide("2225", &number, "approve", "").await),
        "REJECTED" => drop(world.decide("2225", &number, "reject", "材料不全").await),
        _ => {}
    }
    (world, number)
}

/// What this person gets for each act on the record, without taking it: the acts carry a version that never was.
async fn tried(world: &World, number: &str, token: &str) -> String {
    let mut body = form(NUMBER);
    body["version"] = json!(999);
    let acts = [
        ("view", Method::GET, format!("{BASE}/{number}"), Value::Null),
        ("save", Method::PUT, format!("{BASE}/{number}"), body),
        ("delete", Method::DELETE, format!("{BASE}/{number}?version=999"), Value::Null),
        ("apply", Method::POST, format!("{BASE}/{number}/apply"), json!({"version": 999})),
        (
            "statement",
            Method::POST,
            format!("{BASE}/{number}/statements"),
            json!({"action": "apply", "version": 999}),
        ),
        (
            "upload",
            Method::POST,
            format!("{BASE}/{number}/attachments?version=999&category=00000002&file_name=a.pdf"),
            Value::Null,
        ),
        ("open", Method::GET, format!("{DESK}/{number}"), Value::Null),
        ("approve", Method::POST, format!("{DESK}/{number}/approve"), json!({"version": 999})),
        ("reject", Method::POST, format!("{DESK}/{number}/reject"), json!({"version": 999, "opinion": "不"})),
    ];
    let mut line = String::new();
    for (name, method, path, body) in acts {
        let (status, answer) = world.app.call(method, &path, token, body).await;
        let told = match answer["code"].as_str() {
            Some("PO_VERSION_CONFLICT") => "may".to_owned(),
            Some("PO_STATUS_CONFLICT" | "AE_DELETE_FORBIDDEN") => "409".to_owned(),
            _ => status.as_u16().to_string(),
        };
        line += &format!(" {name}={told}");
    }
    line
}

/// AE-013, AE-131, AE-016, AE-017, AE-019, AE-103, AE-104, AE-105, AE-106, AE-107, AE-108, AE-109, AE-110, AE-111, AE-112, AE-113, AE-114,
/// AE-132, AE-134, PO-049, PO-215, PO-337: the reviewed table.
#[tokio::test]
async fn who_may_do_what_in_which_state() {
    let mut table = String::new();
    for state in [
        "SAVED",
        "APPLIED",
        "SENT_TO_CUSTOMS",
        "SEND_FAILED",
        "CUSTOMS_RECEIVED",
        "RECEIVE_FAILED",
        "APPROVED",
        "REJECTED",
    ] {
        let (world, number) = in_state(state).await;
        let before = world.show(YUANFAN, &number).await;
        assert_eq!(before["status"], state);
        let actions: Vec<_> =
            before["actions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        table += &format!("{state}: {}\n", actions.join(" "));
        for (who, token) in [
            ("applicant", YUANFAN),
            ("no card", CARDLESS),
            ("stranger", YONGFA),
            ("officer", &officer("2225")),
            ("elsewhere", &officer("2248")),
            ("headquarters", HEADQUARTERS),
            ("gateway", GATEWAY),
            ("admin", ADMIN),
        ] {
            table += &format!("  {who:<12}{}\n", tried(&world, &number, token).await);
        }
        assert_eq!(world.show(YUANFAN, &number).await, before, "{state}: something changed");
    }
    assert_eq!(table, include_str!("who.txt"), "{table}");
}

/// AE-102, AE-106, AE-107: a new record can always be begun, whatever became of others.
#[tokio::test]
async fn a_new_one_can_always_be_begun() {
    let (world, _) = in_state("APPROVED").await;
    let other = "222520201000123457";
    world.declaration(other, json!({})).await;
    let (status, saved) = world.create(YUANFAN, form(other)).await;
    assert_eq!((status, &saved["status"]), (StatusCode::CREATED, &json!("SAVED")));
    let number = saved["data_center_no"].as_str().unwrap();
    assert_eq!(world.upload(YUANFAN, number, &File::of("00000003"), true).await.0, StatusCode::CREATED);
}
