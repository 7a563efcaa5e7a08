//! Statements, their signatures, and each way in which one is refused.

mod evidence;
mod trust;
mod verify;

use axum::http::StatusCode;
use protocols::{
    contract::UtcMillis,
    ids::{CardNo, Uscc},
};
use serde_json::{Value, json};

use super::{Act, Signature, SignedFile, Statement, statement as ask, verify as prove};
use crate::{
    declaration::problem::Problem,
    identity::{Declarant, Login, Person, Role, Standing},
    store::Tx,
    test_app::TestApp,
    test_card::{TestCard, holder},
};

const CARD: &str = "8950000004821";
const USCC: &str = "91150781MA0N5XWB9P";

/// The declarant of the first enterprise, as the configuration has him.
fn wang() -> Person {
    declarant("wang", CARD, USCC)
}

fn declarant(name: &str, card_no: &str, uscc: &str) -> Person {
    let card_no = Some(CardNo::parse(card_no).unwrap());
    let declarant =
        Declarant { uscc: Uscc::parse(uscc).unwrap(), card_no, enterprise: None, administrator: false };
    Person {
        account_id: None,
        name: name.into(),
        role: Role::EnterpriseOperator,
        login: Login::Key,
        session_id: None,
        card_no,
        address: None,
        standing: Standing::Declarant(declarant),
    }
}

fn wangs_card() -> TestCard {
    TestCard::of(&holder(CARD, Some(USCC), None))
}

fn act() -> Act {
    Act {
        manual: "appointment",
        number: "202500000000000123".into(),
        version: 3,
        action: "submit",
        fields: json!({"customs_reg_no": "1507962233", "phone": "13816001234", "gross_kg": 32500.5, "remark": "长协煤\n二号"}),
        attachments: vec![SignedFile {
            category: Some("statement".into()),
            sha256: "bb7d0cf1ee44aca0bcc0f739b77b935f13aec2fd537f5c29dedd883dd429ba83".into(),
            size_bytes: 4_194_304,
        }],
    }
}

async fn asked(app: &TestApp, person: &Person, acts: &[Act]) -> Statement {
    let tx = app.central.store().begin().await.unwrap();
    let statement = ask(&tx, person, acts).await.unwrap();
    tx.commit().await.unwrap();
    statement
}

fn signed(card: &TestCard, statement: &Statement) -> Signature {
    serde_json::from_value(card.sign(&json!(statement))).unwrap()
}

/// Verifies and commits; what a caller would see of a refusal.
async fn verified(
    app: &TestApp,
    person: &Person,
    signature: Option<&Signature>,
    acts: &[Act],
) -> Result<CardNo, (StatusCode, Value)> {
    let tx = app.central.store().begin().await.unwrap();
    match prove(&app.central, &tx, person, signature, acts).await {
        Ok(signed) => {
            tx.commit().await.unwrap();
            Ok(signed.card_no())
        }
        Err(problem) => Err(shown(problem).await),
    }
}

async fn shown(problem: Problem) -> (StatusCode, Value) {
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    let response = problem.into_response();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// A refusal with this key that says these English words.
fn refused<T: std::fmt::Debug>(result: Result<T, (StatusCode, Value)>, code: &str, words: &str) {
    let (status, body) = result.unwrap_err();
    assert_eq!((status, body["code"].as_str().unwrap()), (StatusCode::FORBIDDEN, code), "{body}");
    assert!(body["message_en"].as_str().unwrap().contains(words), "{words}: {body}");
}

async fn begun(app: &TestApp) -> Tx {
    app.central.store().begin().await.unwrap()
}

fn at(text: &str) -> UtcMillis {
    UtcMillis::parse(text).unwrap()
}
