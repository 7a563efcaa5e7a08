//! Signatures of shields over statements, where a phone submits.

use serde_json::{Value, json};

use super::*;
use crate::{
    declaration::problem::Problem,
    identity::{
        Person,
        shield::signature::{self, ShieldSignature, ShieldSigned, ShieldStatement},
        signing::{Act, SignedFile},
    },
    store::execute,
};

const NUMBER: &str = "202500000000000123";

fn act(fields: Value) -> Act {
    let file = SignedFile { category: None, sha256: "ab".repeat(32), size_bytes: 7 };
    Act {
        manual: "remote",
        number: NUMBER.into(),
        version: 3,
        action: "submit",
        fields,
        attachments: vec![file],
    }
}

async fn statement(app: &TestApp, person: &Person, acts: &[Act]) -> Option<ShieldStatement> {
    let tx = app.central.store().begin().await.unwrap();
    let statement = signature::statement(&app.central, &tx, person, acts).await.unwrap();
    tx.commit().await.unwrap();
    statement
}

async fn verified(
    app: &TestApp,
    person: &Person,
    signature: Option<&ShieldSignature>,
    acts: &[Act],
) -> Result<Option<ShieldSigned>, Problem> {
    let tx = app.central.store().begin().await.unwrap();
    let verified = signature::verify(&app.central, &tx, person, signature, acts).await?;
    tx.commit().await.unwrap();
    Ok(verified)
}

fn signed(phone: &mut Phone, statement: &ShieldStatement) -> ShieldSignature {
    let credential = phone.answer(&statement.public_key);
    serde_json::from_value(json!({"nonce": statement.statement.nonce, "credential": credential})).unwrap()
}

/// PO-105, PO-098, PO-099, PO-103: the account's shield signs the statement's hash; the nonce serves once; what is kept still holds later,
/// and does not once a byte of it is changed.
#[tokio::test]
async fn the_shield_of_the_account_signs() {
    for mut phone in [Phone::es256(), Phone::eddsa()] {
        let (app, _, token) = with_account().await;
        let shield = applied(&app, &token, &phone).await;
        let (person, acts) = (app.person(&token).await, [act(json!({"result": "符合"}))]);
        let asked = statement(&app, &person, &acts).await.unwrap();
        let own = phone::text(&<sha2::Sha256 as sha2::Digest>::digest(&asked.statement.text));
        assert_eq!(asked.public_key["challenge"], own);
        assert_eq!(asked.public_key["allowCredentials"][0]["id"], phone::text(&phone.id));
        let good = signed(&mut phone, &asked);
        let done = verified(&app, &person, Some(&good), &acts).await.unwrap().unwrap();
        assert_eq!(done.shield_id(), shield);
        let again = signed(&mut phone, &asked);
        let refused = verified(&app, &person, Some(&again), &acts).await.unwrap_err();
        assert_eq!(refused.code(), "PO_SIGNATURE_INVALID", "a nonce served twice");
        let kept = signature::of_number(app.central.store().read(), NUMBER).await.unwrap();
        assert!(kept.len() == 1 && kept[0].holds && kept[0].statement == asked.statement.text, "{kept:?}");
        let tx = app.central.store().begin().await.unwrap();
        let sql = "UPDATE shield_signature SET statement = REPLACE(statement, '符合', '不符')";
        execute(tx.conn(), sql, []).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!signature::of_number(app.central.store().read(), NUMBER).await.unwrap()[0].holds);
    }
}

/// PO-105: whoever has a shield signs by it; other fields, another record, another version, another person's shield and a wrong flag are no
/// signature.
#[tokio::test]
async fn what_was_not_signed_is_refused() {
    let (app, _, token) = with_account().await;
    let (mut phone, acts) = (Phone::es256(), [act(json!({"result": "符合"}))]);
    applied(&app, &token, &phone).await;
    let person = app.person(&token).await;
    let refused = async |signature: Option<&ShieldSignature>, acts: &[Act]| {
        verified(&app, &person, signature, acts).await.unwrap_err().code()
    };
    assert_eq!(refused(None, &acts).await, "PO_SIGNATURE_INVALID");
    let others = [
        Act { fields: json!({"result": "不符"}), ..acts[0].clone() },
        Act { number: "202500000000000124".into(), ..acts[0].clone() },
        Act { version: 4, ..acts[0].clone() },
        Act { action: "withdraw", ..acts[0].clone() },
        Act { attachments: Vec::new(), ..acts[0].clone() },
    ];
    for other in others {
        let asked = statement(&app, &person, &acts).await.unwrap();
        assert_eq!(refused(Some(&signed(&mut phone, &asked)), &[other]).await, "PO_SIGNATURE_INVALID");
    }
    let wrong: [fn(&mut Phone); 4] = [
        |phone| phone.flags = 1,
        |phone| phone.origin = "https://evil.example.cn".into(),
        |phone| phone.rp_id = "example.cn".into(),
        |phone| phone.counter = 0,
    ];
    for wrong in wrong {
        let asked = statement(&app, &person, &acts).await.unwrap();
        let mut bad = phone.clone();
        wrong(&mut bad);
        assert_eq!(refused(Some(&signed(&mut bad, &asked)), &acts).await, "PO_SIGNATURE_INVALID");
    }
    let asked = statement(&app, &person, &acts).await.unwrap();
    assert_eq!(refused(Some(&signed(&mut Phone::es256(), &asked)), &acts).await, "PO_SIGNATURE_INVALID");
    app.central.store().clock().advance(300_001);
    assert_eq!(refused(Some(&signed(&mut phone, &asked)), &acts).await, "PO_SIGNATURE_INVALID", "too late");
    assert!(signature::of_number(app.central.store().read(), NUMBER).await.unwrap().is_empty());
}

/// PO-105: without a shield the session and the audit record stand in its place.
#[tokio::test]
async fn an_account_without_a_shield_acts_by_its_session() {
    let (app, _, token) = with_account().await;
    let (person, acts) = (app.person(&token).await, [act(json!({}))]);
    assert!(statement(&app, &person, &acts).await.is_none());
    assert!(verified(&app, &person, None, &acts).await.unwrap().is_none());
}
