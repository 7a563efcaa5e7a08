//! Logging in by card: the examples of the specification, and what is done to a card meanwhile.

use super::*;

/// The specification's examples: what is changed of the valid one, and what is said to it.
const EXAMPLES: &str = include_str!("log_in.json");

/// PO-V03, PO-X08, PO-X09, PO-X10, PO-063, PO-064, PO-101.
#[tokio::test]
async fn the_examples_of_the_specification_hold() {
    let examples: Vec<Value> = serde_json::from_str(EXAMPLES).unwrap();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let app = TestApp::open().await;
        let context = &example["context"];
        let card = card(CARD, USCC);
        if let Some(account) = context["card_bound_to"].as_str() {
            bind(&app, &person(account, USCC, None, false), &card).await.unwrap();
        }
        let tx = begun(&app).await;
        let challenge = log_in_challenge(&tx).await.unwrap();
        tx.commit().await.unwrap();
        app.central.store().clock().advance(context["challenge_age_seconds"].as_i64().unwrap() * 1000);
        let mut answer = answer(&card, &challenge);
        answer.signature_alg = example["request"]["signature_alg"].as_str().unwrap().into();
        let tx = begun(&app).await;
        let result = prove(&tx, &app.central, &answer).await;
        let result = result.and_then(|proof| proof.account_id().map(ToOwned::to_owned));
        let said = match done(tx, result).await {
            Ok(account) => json!({ "username": account }),
            Err((_, code, _)) => json!({ "code": code }),
        };
        assert_eq!(said, example["expect"], "{}", example["id"]);
    }
}

/// PO-063: a challenge opens one session; the PIN is nowhere in what is sent.
#[tokio::test]
async fn a_challenge_is_answered_once() {
    let app = TestApp::open().await;
    let own = card(CARD, USCC);
    bind(&app, &operator(), &own).await.unwrap();
    let tx = begun(&app).await;
    let challenge = log_in_challenge(&tx).await.unwrap();
    tx.commit().await.unwrap();
    for expected in [None, Some("PO_SIGNATURE_INVALID")] {
        let tx = begun(&app).await;
        let result = prove(&tx, &app.central, &answer(&own, &challenge)).await;
        assert_eq!(done(tx, result).await.err().map(|(_, code, _)| code).as_deref(), expected);
    }
}

/// PO-063, PO-094: the number beside the certificate is not believed, and another card's signature proves nothing.
#[tokio::test]
async fn a_card_answers_for_itself() {
    let app = TestApp::open().await;
    let (own, other) = (card(CARD, USCC), card("2100000123457", USCC));
    bind(&app, &operator(), &own).await.unwrap();
    let tx = begun(&app).await;
    let challenge = log_in_challenge(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let good = answer(&own, &challenge);
    let others = answer(&other, &challenge);
    for wrong in [
        Answer { card_no: "2100000123457".into(), ..good.clone() },
        Answer { signature: others.signature.clone(), ..good.clone() },
        Answer { challenge: "0".repeat(64), ..good.clone() },
        Answer { card_no: CARD.into(), ..others },
    ] {
        let tx = begun(&app).await;
        let result = prove(&tx, &app.central, &wrong).await;
        assert_eq!(refusal(done(tx, result).await), forbidden("PO_SIGNATURE_INVALID"), "{wrong:?}");
    }
}

/// PO-104: a card that was reported lost opens no session.
#[tokio::test]
async fn a_lost_card_logs_nobody_in() {
    let app = TestApp::open().await;
    let own = card(CARD, USCC);
    bind(&app, &operator(), &own).await.unwrap();
    report_lost(&app, &person("yuanfan_admin", USCC, None, true), CARD).await.unwrap();
    let tx = begun(&app).await;
    let challenge = log_in_challenge(&tx).await.unwrap();
    let result = prove(&tx, &app.central, &answer(&own, &challenge)).await;
    assert_eq!(refusal(done(tx, result).await), forbidden("PO_NO_PERMISSION"));
}

/// PO-365, PO-366: the messages of cards, in the words of the specification.
#[tokio::test]
async fn the_messages_have_the_words_of_the_specification() {
    use super::super::refusal::{removed, unbound};
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    for (problem, code, words) in [
        (unbound(), "PO_CARD_UNBOUND", "该卡介质未绑定账号"),
        (removed(), "PO_CARD_REMOVED", "卡介质已拔出，请重新插入并登录"),
    ] {
        let body = problem.into_response().into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&body["code"], &body["message"], &body["status"]),
            (&json!(code), &json!(words), &json!(403))
        );
    }
}
