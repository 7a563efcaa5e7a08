//! Facts from the register, and from another system on loopback that answers as it is told.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{BillFacts, DeclarationFacts, Standing};
use crate::{
    config::{ReferenceConfig, Secret},
    identity::enterprise::{Credit, Enterprise, EnterpriseKind},
    test_app::{ADMIN, DECLARANT, OFFICER, TestApp},
};

const NUMBER: &str = "222520201000123456";

/// What the other system does when it is asked for a path.
#[derive(Clone)]
enum Answer {
    Says(StatusCode, String),
    /// Takes the question and says nothing.
    Silence,
    /// Sends the caller elsewhere.
    Elsewhere(&'static str),
}

type Script = Arc<BTreeMap<&'static str, Answer>>;

async fn answer(State(script): State<Script>, headers: HeaderMap, request: Request) -> Response {
    let token = headers.get(header::AUTHORIZATION).map(|token| token.as_bytes().to_vec());
    if token.as_deref() != Some(b"Bearer facts-token") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match script.get(request.uri().path()).cloned() {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Answer::Says(status, body)) => (status, body).into_response(),
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::Elsewhere(path)) => (StatusCode::FOUND, [(header::LOCATION, path)]).into_response(),
    }
}

/// The other system, told what to say; its address.
async fn system(script: impl IntoIterator<Item = (&'static str, Answer)>) -> SocketAddr {
    let script: Script = Arc::new(script.into_iter().collect());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(script);
    tokio::spawn(async move { axum::serve(listener, router).await });
    at
}

/// A centre that asks there, and waits so long.
async fn asking(at: SocketAddr, timeout_ms: u32) -> TestApp {
    asking_as("facts-token", at, timeout_ms).await
}

async fn asking_as(token: &str, at: SocketAddr, timeout_ms: u32) -> TestApp {
    let (url, token) = (format!("http://{at}/facts"), Secret::new(token.to_owned()));
    TestApp::open_with(|config| config.reference = ReferenceConfig { url, token, timeout_ms }).await
}

fn says(value: &Value) -> Answer {
    Answer::Says(StatusCode::OK, value.to_string())
}

fn declaration() -> Value {
    json!({
        "declaration_no": NUMBER, "ie_flag": "I", "declarant": "3122240123", "consignee": "3122240123",
        "declaration_port": "2225", "entry_exit_port": "2225", "declared_at": "2020-04-09T02:00:00.000Z", "declared_on": null,
        "released": false, "inspection_customs_code": "2225", "inspection_instruction": true,
        "inspection_begun": false,
    })
}

fn bill(number: &str) -> Value {
    json!({
        "bill_no": number, "parties": ["3122240123"], "inspection_customs_code": "2248",
        "inspection_instruction": true, "inspection_begun": false, "released": false,
    })
}

#[tokio::test]
async fn another_system_is_asked_and_404_means_not_known() {
    let at = system([
        ("/facts/declarations/222520201000123456", says(&declaration())),
        ("/facts/bills/A%2FB*1", says(&bill("A/B*1"))),
        ("/facts/enterprises/3122240123", says(&json!({"credit": "D", "qualified": false}))),
    ])
    .await;
    let app = asking(at, 5000).await;
    let reference = app.central.reference();
    let found = reference.declaration(NUMBER).await.unwrap();
    assert_eq!(found, serde_json::from_value::<Option<DeclarationFacts>>(declaration()).unwrap());
    let found = reference.bill("a/b*1").await.unwrap();
    assert_eq!(found, serde_json::from_value::<Option<BillFacts>>(bill("A/B*1")).unwrap());
    let found = reference.standing("3122240123").await.unwrap();
    assert_eq!(found, Some(Standing { credit: Credit::Dishonest, qualified: false }));

    assert_eq!(reference.declaration("222520201000123457").await.unwrap(), None);
    assert_eq!(reference.bill("A").await.unwrap(), None);
    assert_eq!(reference.standing("3122240124").await.unwrap(), None);
    // What cannot be a number is not even asked for.
    assert_eq!(reference.declaration("../enterprises/3122240123").await.unwrap(), None);
    assert_eq!(reference.standing("..").await.unwrap(), None);
}

/// PO-338: whatever is neither 200 with facts about what was asked nor 404 is no answer; nothing is assumed.
#[tokio::test]
async fn an_answer_that_is_none_says_nothing() {
    let other = Value::String("222520201000123457".into());
    let mut wrong = declaration();
    wrong["declaration_no"] = other;
    let mut half = declaration();
    half.as_object_mut().unwrap().remove("released");
    let at = system([
        (
            "/facts/declarations/222520201000000001",
            Answer::Says(StatusCode::INTERNAL_SERVER_ERROR, declaration().to_string()),
        ),
        ("/facts/declarations/222520201000000002", Answer::Says(StatusCode::NO_CONTENT, String::new())),
        (
            "/facts/declarations/222520201000000003",
            Answer::Elsewhere("/facts/declarations/222520201000123456"),
        ),
        ("/facts/declarations/222520201000000004", Answer::Says(StatusCode::OK, "<html>".into())),
        ("/facts/declarations/222520201000000005", says(&wrong)),
        ("/facts/declarations/222520201000000006", says(&half)),
        ("/facts/declarations/222520201000000007", Answer::Says(StatusCode::OK, "x".repeat(1 << 20))),
        ("/facts/declarations/222520201000123456", says(&declaration())),
    ])
    .await;
    let app = asking(at, 5000).await;
    for last in 1..=7 {
        let number = format!("22252020100000000{last}");
        let answer = app.central.reference().declaration(&number).await;
        assert_eq!(
            answer.map_err(|error| error.to_string()),
            Err("cannot ask the system that has the declaration".into()),
            "{number}"
        );
    }
    assert!(app.central.reference().declaration(NUMBER).await.unwrap().is_some());
    // A number that no path can carry.
    assert!(app.central.reference().bill("..").await.is_err());
}

/// PO-338: a system that is silent, or that is not there, is not reachable.
#[tokio::test]
async fn a_system_that_is_silent_or_absent_is_not_reachable() {
    let at = system([("/facts/bills/COSU1", Answer::Silence)]).await;
    let silent = asking(at, 100).await;
    assert!(silent.central.reference().bill("COSU1").await.is_err());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    assert!(asking(nobody, 5000).await.central.reference().bill("COSU1").await.is_err());
    // Somebody who does not know us gets nothing either.
    let unknown = asking_as("another-token", at, 5000).await;
    assert!(unknown.central.reference().bill("COSU2").await.is_err());
}

/// The register: put, shown, answered from, removed; by an administrator only.
#[tokio::test]
async fn the_register_answers_where_no_other_system_is_named() {
    let app = TestApp::open().await;
    let reference = app.central.reference();
    let path = "/api/v1/admin/reference/declarations/222520201000123456";
    assert_eq!(reference.declaration(NUMBER).await.unwrap(), None);
    assert_eq!(app.get(path, ADMIN).await.0, StatusCode::NOT_FOUND);
    let (status, put) = app.call(Method::PUT, path, ADMIN, declaration()).await;
    assert_eq!((status, &put), (StatusCode::OK, &declaration()));
    assert_eq!(app.get(path, ADMIN).await, (StatusCode::OK, declaration()));
    assert!(!reference.declaration(NUMBER).await.unwrap().unwrap().released);
    let mut released = declaration();
    released["released"] = json!(true);
    released.as_object_mut().unwrap().remove("declaration_no");
    assert_eq!(app.call(Method::PUT, path, ADMIN, released).await.0, StatusCode::OK);
    assert!(reference.declaration(NUMBER).await.unwrap().unwrap().released);

    let bills = "/api/v1/admin/reference/bills/a%2Fb*1";
    assert_eq!(app.call(Method::PUT, bills, ADMIN, bill("A/B*1")).await.0, StatusCode::OK);
    assert_eq!(reference.bill("A/b*1").await.unwrap().unwrap().bill_no.as_ref(), "A/B*1");

    for token in [DECLARANT, OFFICER] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            assert_eq!(app.call(method, path, token, declaration()).await.0, StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(app.call(Method::DELETE, path, ADMIN, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.call(Method::DELETE, path, ADMIN, Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(reference.declaration(NUMBER).await.unwrap(), None);
    assert_eq!(app.call(Method::DELETE, bills, ADMIN, Value::Null).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_no_fact_is_not_put() {
    let app = TestApp::open().await;
    let put = async |number: &str, change: Value| {
        let mut facts = declaration();
        json_patch::merge(&mut facts, &change);
        let path = format!("/api/v1/admin/reference/declarations/{number}");
        app.call(Method::PUT, &path, ADMIN, facts).await
    };
    for (change, path) in [
        (json!({"ie_flag": "X"}), "ie_flag"),
        (json!({"consignee": "31222"}), "consignee"),
        (json!({"declarant": "31222"}), "declarant"),
        (json!({"declaration_no": "222520201000123457"}), "declaration_no"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let (status, answer) = put(NUMBER, change).await;
        assert_eq!((status, &answer["fields"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(path)));
    }
    assert_eq!(put(NUMBER, json!({"released": null})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(put("12", json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let bills = "/api/v1/admin/reference/bills/A1";
    let mut facts = bill("A1");
    facts["parties"] = json!(["3122240123", "x"]);
    let (_, answer) = app.call(Method::PUT, bills, ADMIN, facts).await;
    assert_eq!(answer["fields"][0]["path"], "parties[1]");
    assert_eq!(app.central.reference().declaration(NUMBER).await.unwrap(), None);
}

/// The standing comes from the register of enterprises where no other system is named.
#[tokio::test]
async fn the_standing_is_that_of_the_register_of_enterprises() {
    let dishonest = Enterprise {
        id: "".into(),
        kind: EnterpriseKind::Enterprise,
        name: "失信的".into(),
        uscc: None,
        customs_reg_no: Some("3122240999".into()),
        ciq_no: None,
        country: None,
        foreign_reg_no: None,
        credit: Credit::Dishonest,
        qualified: false,
        has_accounts: false,
    };
    let app = TestApp::open_with(|config| config.enterprises.push(dishonest)).await;
    let found = app.central.reference().standing("3122240999").await.unwrap();
    assert_eq!(found, Some(Standing { credit: Credit::Dishonest, qualified: false }));
    assert_eq!(app.central.reference().standing("3122240998").await.unwrap(), None);
}

#[tokio::test]
async fn the_register_is_closed_where_another_system_has_the_facts() {
    let app = asking(system([]).await, 5000).await;
    for path in ["declarations/222520201000123456", "bills/A1"] {
        let path = format!("/api/v1/admin/reference/{path}");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let (status, answer) = app.call(method, &path, ADMIN, declaration()).await;
            assert_eq!(
                (status, &answer["code"]),
                (StatusCode::CONFLICT, &json!("PO_STATUS_CONFLICT")),
                "{answer}"
            );
        }
    }
}
