//! Section 5: the files of an application, and the card that an upload needs.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Answer, BASE, File, World, YUANFAN, YUANFAN_2, form};
use crate::{
    attendance::{card, record::Record},
    declaration::record,
    identity::{
        Declarant, Login, Person, Role, Standing, enterprise,
        signing::{self, Signature},
    },
    test_card::{TestCard, holder},
};
use protocols::ids::{CardNo, Uscc};

const NUMBER: &str = "222520201000123456";

async fn saved() -> (World, String) {
    let world = World::open().await;
    world.scope("declaration", "2225", false).await;
    world.declaration(NUMBER, json!({})).await;
    let (_, saved) = world.create(YUANFAN, form(NUMBER)).await;
    let number = saved["data_center_no"].as_str().unwrap().to_owned();
    (world, number)
}

fn categories(record: &Value) -> Vec<&str> {
    record["attachments"].as_array().unwrap().iter().map(|file| file["category"].as_str().unwrap()).collect()
}

/// AE-015, AE-085, AE-087, AE-088, AE-201: one file a category, a further one takes its place; files go until the application is made.
#[tokio::test]
async fn one_category_has_one_file() {
    let (world, number) = saved().await;
    for category in ["00000001", "00000003", "00000002"] {
        assert_eq!(world.upload(YUANFAN, &number, &File::of(category), true).await.0, StatusCode::CREATED);
    }
    let bigger = File { bytes: crate::declaration::attachment::sample::pdf(1, 3000), ..File::of("00000003") };
    let (status, record) = world.upload(YUANFAN_2, &number, &bigger, true).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut found = categories(&record);
    found.sort_unstable();
    assert_eq!(found, ["00000001", "00000002", "00000003"]);
    let files = record["attachments"].as_array().unwrap();
    let other = files.iter().find(|file| file["category"] == "00000003").unwrap();
    assert_eq!((&other["size_bytes"], &other["uploaded_by"]), (&json!(3000), &json!("2100000123457")));
    let entrusted = files.iter().find(|file| file["category"] == "00000001").unwrap();
    let path = format!("{BASE}/{number}/attachments/{}", entrusted["id"].as_str().unwrap());
    let remove = async |version: &Value| {
        world.app.call(Method::DELETE, &format!("{path}?version={version}"), YUANFAN, Value::Null).await
    };
    assert_eq!(remove(&json!(1)).await.1["code"], "PO_VERSION_CONFLICT");
    let (status, record) = remove(&record["version"]).await;
    assert_eq!((status, categories(&record).len()), (StatusCode::OK, 2));
    assert_eq!(remove(&record["version"]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.apply(YUANFAN, &number).await.0, StatusCode::OK);
}

/// AE-108, AE-183, PO-266, PO-420, PO-421: frozen with the application; free again when it never reached customs.
#[tokio::test]
async fn files_are_frozen_with_the_application() {
    let (world, number) = saved().await;
    world.upload(YUANFAN, &number, &File::of("00000002"), true).await;
    assert_eq!(world.apply(YUANFAN, &number).await.0, StatusCode::OK);
    let record = world.show(YUANFAN, &number).await;
    assert_eq!(record["attachments"][0]["frozen"], true);
    let file = record["attachments"][0]["id"].as_str().unwrap();
    let remove = format!("{BASE}/{number}/attachments/{file}?version={}", record["version"]);
    assert_eq!(
        world.app.call(Method::DELETE, &remove, YUANFAN, Value::Null).await.1["code"],
        "PO_STATUS_CONFLICT"
    );
    assert_eq!(
        world.upload(YUANFAN, &number, &File::of("00000003"), true).await.1["code"],
        "PO_STATUS_CONFLICT"
    );
    for _ in 0..3 {
        world.report(&number, "not_handed_over", json!({"text": "线路中断"})).await;
    }
    let (status, record) = world.upload(YUANFAN, &number, &File::of("00000002"), true).await;
    assert_eq!((status, &record["status"]), (StatusCode::CREATED, &json!("SAVED")), "{record}");
    assert_eq!(record["attachments"][0]["frozen"], false);
}

/// AE-014, AE-091, PO-093, PO-094, PO-107: no upload without the card, with another one, or with a signature over something else; nothing is
/// stored then. A program's key has no session, so that each of its uploads is signed.
#[tokio::test]
async fn an_upload_needs_the_bound_card() {
    let (world, number) = saved().await;
    let file = File::of("00000002");
    let refused = |answer: &Answer, code: &str| {
        assert_eq!((answer.0, &answer.1["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{}", answer.1);
    };
    refused(&world.upload(YUANFAN, &number, &file, false).await, "PO_CARD_ABSENT");
    assert_eq!(world.upload(YUANFAN, &number, &file, true).await.0, StatusCode::CREATED);
    refused(&world.upload(YUANFAN, &number, &file, false).await, "PO_CARD_ABSENT");
    let other = holder("2100000999999", Some("91310115MA1K3ABC2K"), Some("3122240123"));
    world.app.hold(YUANFAN, TestCard::of(&other));
    refused(&world.upload(YUANFAN, &number, &file, true).await, "PO_CARD_MISMATCH");
    let record = world.show(YUANFAN, &number).await;
    assert_eq!((categories(&record), &record["version"]), (vec!["00000002"], &json!(2)));
}

/// AE-090: nothing can be uploaded before the first save.
#[tokio::test]
async fn files_come_after_the_first_save() {
    let (world, _) = saved().await;
    let path = format!("{BASE}/202000000000999999/attachments?version=1&category=00000002&file_name=a.pdf");
    assert_eq!(world.app.post(&path, YUANFAN, Value::Null).await.0, StatusCode::NOT_FOUND);
}

/// AE-014, PO-102, PO-107: a session shows its card with the first upload; another session, or another card bound since, shows it anew.
#[tokio::test]
async fn a_session_shows_its_card_once() {
    let (world, number) = saved().await;
    let central = &world.app.central;
    let conn = central.store().read();
    let record = record::find::<Record, _>(conn, &number).await.unwrap().unwrap();
    let enterprise = enterprise::by_customs_reg_no(conn, "3122240123").await.unwrap();
    let person = |session: &str, card: &str| {
        let card_no = CardNo::parse(card).ok();
        let uscc = Uscc::parse("91310115MA1K3ABC2K").unwrap();
        let enterprise = enterprise.clone();
        Person {
            account_id: None,
            name: "wang".into(),
            role: Role::EnterpriseOperator,
            login: Login::Password,
            session_id: Some(session.into()),
            card_no,
            address: None,
            standing: Standing::Declarant(Declarant { uscc, card_no, enterprise, administrator: false }),
        }
    };
    let prove = async |person: &Person, signature: Option<&Signature>| {
        let tx = central.store().begin().await.unwrap();
        let proved = card::prove(central, &tx, person, signature, &record).await.is_ok();
        if proved {
            tx.commit().await.unwrap();
        }
        proved
    };
    let first = person("session-1", "2100000123456");
    assert!(!prove(&first, None).await);
    let tx = central.store().begin().await.unwrap();
    let statement = signing::statement(&tx, &first, &[card::act_of(&record)]).await.unwrap();
    tx.commit().await.unwrap();
    let signature = serde_json::from_value(world.app.sign(YUANFAN, &json!(statement))).unwrap();
    assert!(prove(&first, Some(&signature)).await);
    assert!(prove(&first, None).await);
    assert!(!prove(&first, Some(&signature)).await, "a nonce serves once");
    assert!(!prove(&person("session-2", "2100000123456"), None).await);
    assert!(!prove(&person("session-1", "2100000123457"), None).await);
}
