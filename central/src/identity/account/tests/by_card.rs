//! An enterprise's card confirms its registration right after the mobile code.

use super::*;
use crate::test_card::{TestCard, holder};

fn card(uscc: &str, customs_reg_no: &str) -> TestCard {
    TestCard::of(&holder("2100000123456", Some(uscc), Some(customs_reg_no)))
}

/// PO-036, PO-401: the mobile first, then a card of the very enterprise; the account is usable at once, and no administrator had a hand in it.
#[tokio::test]
async fn a_card_of_the_enterprise_verifies_its_registration() {
    let app = TestApp::open().await;
    let (_, answer) = register(&app, yuanfan()).await;
    let path = format!("/api/v1/registrations/{}", answer["account_id"].as_str().unwrap());
    let (by_card, challenges) = (format!("{path}/card"), format!("{path}/card/challenges"));
    assert_eq!(app.post(&challenges, NOBODY, Value::Null).await.0, StatusCode::CONFLICT, "before the mobile");
    let sent = code(&app, "13816001234").await.unwrap();
    app.post(&format!("{path}/confirm"), NOBODY, json!({ "code": sent })).await;
    let shows = async |card: TestCard| {
        let (status, challenge) = app.post(&challenges, NOBODY, Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{challenge}");
        let (status, answer) = app.post(&by_card, NOBODY, card.answer(&challenge)).await;
        (status.as_u16(), answer["code"].clone(), answer["account_status"].clone())
    };
    let refused = |code: &str| (403, json!(code), Value::Null);
    assert_eq!(shows(card("91150781MA0N5XWB9P", "3122240123")).await, refused("PO_NO_PERMISSION"));
    assert_eq!(shows(card("91310115MA1K3ABC2K", "3122240124")).await, refused("PO_NO_PERMISSION"));
    let own = card("91310115MA1K3ABC2K", "3122240123");
    let (_, others) = app.post("/api/v1/sessions/card/challenges", NOBODY, Value::Null).await;
    let (_, answer) = app.post(&by_card, NOBODY, own.answer(&others)).await;
    assert_eq!(answer["code"], "PO_SIGNATURE_INVALID", "a challenge for logging in");
    let (_, late) = app.post(&challenges, NOBODY, Value::Null).await;
    app.central.store().clock().advance(60_001);
    assert_eq!(app.post(&by_card, NOBODY, own.answer(&late)).await.1["code"], "PO_SIGNATURE_INVALID");
    assert_eq!(shows(own).await, (200, Value::Null, json!("active")));
    assert_eq!(app.post(&challenges, NOBODY, Value::Null).await.0, StatusCode::CONFLICT, "once");
    let id = path.rsplit('/').next().unwrap();
    let (_, account) = app.get(&format!("/api/v1/admin/accounts/{id}"), ADMIN).await;
    assert_eq!((&account["status"], &account["identity_verified"]), (&json!("active"), &json!(true)));
}

/// PO-036: an agency abroad has no credit code, so no card verifies it; of two registrations, the challenge of one serves not the other.
#[tokio::test]
async fn a_card_verifies_no_other_registration() {
    let app = TestApp::open().await;
    let agency = json!({"user_kind": "enterprise", "username": "ccic_hamburg", "password": "Harbour-2024x", "mobile": "13816001235",
        "enterprise_name": "CCIC Hamburg", "is_overseas_agency": true, "country": "德国", "foreign_reg_no": "HRB 12345", "agreements_accepted": true});
    let mut paths = Vec::new();
    for request in [agency, yuanfan()] {
        let mobile = request["mobile"].as_str().unwrap().to_owned();
        let (_, answer) = register(&app, request).await;
        let path = format!("/api/v1/registrations/{}", answer["account_id"].as_str().unwrap());
        let sent = code(&app, &mobile).await.unwrap();
        app.post(&format!("{path}/confirm"), NOBODY, json!({ "code": sent })).await;
        paths.push(path);
    }
    let cardless = TestCard::of(&holder("2100000123457", None, None));
    let (_, challenge) = app.post(&format!("{}/card/challenges", paths[0]), NOBODY, Value::Null).await;
    let (status, answer) = app.post(&format!("{}/card", paths[0]), NOBODY, cardless.answer(&challenge)).await;
    assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("PO_NO_PERMISSION")));
    let (_, challenge) = app.post(&format!("{}/card/challenges", paths[0]), NOBODY, Value::Null).await;
    let own = card("91310115MA1K3ABC2K", "3122240123");
    let (_, answer) = app.post(&format!("{}/card", paths[1]), NOBODY, own.answer(&challenge)).await;
    assert_eq!(answer["code"], "PO_SIGNATURE_INVALID");
    assert_eq!(
        app.post("/api/v1/registrations/nobody/card/challenges", NOBODY, Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
}
