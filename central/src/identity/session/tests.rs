//! Logging in, being logged in, and being logged out, through the API.

mod ends;
mod words;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Beginning, begin, captcha};
use crate::{
    identity::{Login, account::tests::registered},
    store::{all, column},
    test_app::{ADMIN, OFFICER, TestApp, coal, path},
    test_card::{TestCard, holder},
};

const NOBODY: &str = "";

/// A session of this account, as a log-in of this kind opens it; its token.
pub(in crate::identity) async fn opened(app: &TestApp, account_id: &str, login: Login) -> String {
    let tx = app.central.store().begin().await.unwrap();
    let beginning = Beginning { account_id, login, device: None, address: None };
    let (_, token) = begin(&tx, beginning).await.unwrap();
    tx.commit().await.unwrap();
    token
}

/// The body of a log-in by password, with a fresh captcha.
pub(in crate::identity) async fn by_password(app: &TestApp, username: &str) -> Value {
    let (id, text) = drawn(app).await;
    request(username, "Harbour-2024x", &id, &text)
}

fn yuanfan() -> Value {
    json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": "Harbour-2024x", "mobile": "13816001234",
           "enterprise_name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K", "customs_reg_no": "3122240123", "agreements_accepted": true})
}

/// Logs in with a fresh captcha.
async fn log_in(app: &TestApp, username: &str, password: &str) -> (StatusCode, Value) {
    let (id, text) = drawn(app).await;
    app.post("/api/v1/sessions", NOBODY, request(username, password, &id, &text.to_lowercase())).await
}

async fn drawn(app: &TestApp) -> (String, String) {
    let tx = app.central.store().begin().await.unwrap();
    let drawn = captcha::issue(&tx).await.unwrap();
    tx.commit().await.unwrap();
    drawn
}

fn request(username: &str, password: &str, captcha_id: &str, captcha: &str) -> Value {
    json!({"username": username, "password": password, "captcha_id": captcha_id, "captcha": captcha, "agreements_accepted": true})
}

async fn token(app: &TestApp) -> String {
    let (status, answer) = log_in(app, "yuanfan_admin", "Harbour-2024x").await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

async fn with_account() -> TestApp {
    let app = TestApp::open().await;
    registered(&app, yuanfan()).await;
    app
}

/// SG-013, SG-017, SG-018, SG-019, PO-090, PO-092, PO-108: a person who is in by name, password and captcha looks up records, enters some
/// once a card is bound to the account, and declares with that card all the same.
#[tokio::test]
async fn a_password_enters_and_the_card_declares() {
    let app = with_account().await;
    let token = token(&app).await;
    let records = "/api/v1/smart-gate/records";
    let (status, answer) = app.post(records, &token, coal("沪DK8216")).await;
    assert_eq!((status, &answer["message"]), (StatusCode::FORBIDDEN, &json!("您无权限操作该数据")));
    assert_eq!(app.get(records, &token).await.0, StatusCode::OK);
    let card = TestCard::of(&holder("2100000123456", Some("91310115MA1K3ABC2K"), Some("3122240123")));
    let (_, challenge) = app.post("/api/v1/cards/challenges", &token, json!({"purpose": "bind"})).await;
    let (status, bound) = app.post("/api/v1/cards/bind", &token, card.answer(&challenge)).await;
    assert!(status.is_success(), "{bound}");
    let (status, record) = app.post(records, &token, coal("沪DK8216")).await;
    assert_eq!((status, &record["operator"]), (StatusCode::CREATED, &json!("2100000123456")), "{record}");
    assert_eq!(app.get(records, &token).await.1["total"], 1);
    let unsigned = app.post(&(path(&record) + "/declare"), &token, json!({"version": 1})).await;
    assert_eq!((unsigned.0, &unsigned.1["code"]), (StatusCode::FORBIDDEN, &json!("PO_CARD_ABSENT")));
    app.hold(&token, card);
    let (status, declared) = app.act(&token, &path(&record), "declare", Value::Null).await;
    assert_eq!((status, &declared["status"]), (StatusCode::OK, &json!("DECLARED")), "{declared}");
}

/// PO-050, PO-069, PO-120, PO-123, and the example PO-V02: in by name, password and captcha, in whatever case; out for good.
#[tokio::test]
async fn a_person_logs_in_and_out() {
    let app = with_account().await;
    let (status, answer) = log_in(&app, "YUANFAN_admin", "Harbour-2024x").await;
    assert_eq!(
        (status, &answer["session"], &answer["role"]),
        (StatusCode::CREATED, &json!("open"), &json!("enterprise_admin"))
    );
    let token = answer["token"].as_str().unwrap();
    let (status, who) = app.get("/api/v1/session", token).await;
    assert_eq!(
        (status, &who["username"], &who["login"]),
        (StatusCode::OK, &json!("yuanfan_admin"), &json!("password"))
    );
    assert!(answer["ends_at"].is_string() && who["ends_at"] == answer["ends_at"], "{answer} {who}");
    let (_, account) = app.get("/api/v1/account", token).await;
    assert_eq!(account["enterprise"]["customs_reg_no"], "3122240123");
    assert_eq!(
        app.call(Method::DELETE, "/api/v1/session", token, Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get("/api/v1/session", token).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.call(Method::DELETE, "/api/v1/session", ADMIN, Value::Null).await.0, StatusCode::CONFLICT);
}

/// PO-069: the browser's cookie is http-only, secure and same-site, opens what the token opens, and nothing that another site asks for.
#[tokio::test]
async fn the_cookie_is_the_browsers_own() {
    let app = with_account().await;
    let (id, text) = drawn(&app).await;
    let body = request("yuanfan_admin", "Harbour-2024x", &id, &text);
    let response = app.respond(Method::POST, "/api/v1/sessions", NOBODY, body).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let ask = async |method: Method, path: &str, site: &str| {
        app.with_headers(method, path, &[("cookie", pair), ("sec-fetch-site", site)]).await
    };
    assert_eq!(ask(Method::GET, "/api/v1/session", "same-origin").await, StatusCode::OK);
    assert_eq!(ask(Method::DELETE, "/api/v1/session", "cross-site").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(Method::DELETE, "/api/v1/session", "same-origin").await, StatusCode::NO_CONTENT);
}

/// PO-060, PO-061, PO-062, PO-057, and the examples PO-X05, PO-X06, PO-X07: what is wrong is told, and of a name nothing is.
#[tokio::test]
async fn a_wrong_log_in_is_refused_and_tells_nothing() {
    let app = with_account().await;
    let (id, text) = drawn(&app).await;
    let other = if text == "YEBQ" { "YEBR" } else { "YEBQ" };
    let try_it = async |body: Value| app.post("/api/v1/sessions", NOBODY, body).await;
    let (status, answer) = try_it(request("yuanfan_admin", "Harbour-2024x", &id, other)).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_CAPTCHA_WRONG")));
    let (_, answer) = try_it(request("yuanfan_admin", "Harbour-2024x", &id, &text)).await;
    assert_eq!(answer["code"], "PO_CAPTCHA_WRONG", "a captcha served twice");
    let (id, text) = drawn(&app).await;
    app.central.store().clock().advance(300_001);
    assert_eq!(
        try_it(request("yuanfan_admin", "Harbour-2024x", &id, &text)).await.1["code"],
        "PO_CAPTCHA_WRONG"
    );
    let wrong = log_in(&app, "yuanfan_admin", "wrong").await;
    let without_number = |(status, mut answer): (StatusCode, Value)| {
        answer["request_id"].take();
        (status, answer)
    };
    assert_eq!((wrong.0, &wrong.1["code"]), (StatusCode::UNAUTHORIZED, &json!("PO_LOGIN_FAILED")));
    assert_eq!(without_number(wrong), without_number(log_in(&app, "nobody_here", "wrong").await));
    let (_, answer) = try_it(json!({"username": "yuanfan_admin"})).await;
    let codes: Vec<_> =
        answer["fields"].as_array().unwrap().iter().map(|fault| fault["code"].clone()).collect();
    assert!(codes.contains(&json!("PO_AGREEMENT_REQUIRED")) && codes.contains(&json!("PO_FIELD_REQUIRED")));
    let (status, answer) = try_it(json!({"username": "x", "password": ["Harbour-2024x"]})).await;
    assert!(
        status == StatusCode::UNPROCESSABLE_ENTITY && !answer.to_string().contains("Harbour"),
        "{answer}"
    );
}

/// PO-062, PO-402, PO-403: five failures in a quarter of an hour lock the name for a quarter of an hour, whether somebody has it or not.
#[tokio::test]
async fn guessing_is_stopped() {
    for (name, opens_again) in [("yuanfan_admin", true), ("nobody_here", false)] {
        let app = with_account().await;
        for _ in 0..5 {
            assert_eq!(log_in(&app, name, "wrong").await.1["code"], "PO_LOGIN_FAILED");
        }
        assert_eq!(log_in(&app, name, "Harbour-2024x").await.1["code"], "PO_ACCOUNT_LOCKED");
        app.central.store().clock().advance(15 * 60 * 1000 - 1);
        assert_eq!(log_in(&app, name, "Harbour-2024x").await.1["code"], "PO_ACCOUNT_LOCKED");
        app.central.store().clock().advance(2);
        let (status, _) = log_in(&app, name, "Harbour-2024x").await;
        assert_eq!(status == StatusCode::CREATED, opens_again);
    }
    let app = with_account().await;
    for _ in 0..4 {
        log_in(&app, "yuanfan_admin", "wrong").await;
    }
    app.central.store().clock().advance(15 * 60 * 1000 + 1);
    log_in(&app, "yuanfan_admin", "wrong").await;
    token(&app).await;
}

/// PO-069: half an hour without activity ends a session, and twelve hours in any case.
#[tokio::test]
async fn a_session_ends_by_itself() {
    let app = with_account().await;
    let idle = token(&app).await;
    app.central.store().clock().advance(32 * 60 * 1000);
    assert_eq!(app.get("/api/v1/session", &idle).await.0, StatusCode::UNAUTHORIZED);
    let busy = token(&app).await;
    let end = app.get("/api/v1/session", &busy).await.1["ends_at"].clone();
    for _ in 0..28 {
        app.central.store().clock().advance(25 * 60 * 1000);
        let (status, told) = app.get("/api/v1/session", &busy).await;
        assert_eq!((status, &told["ends_at"]), (StatusCode::OK, &end), "activity does not move it");
    }
    app.central.store().clock().advance(25 * 60 * 1000);
    assert_eq!(app.get("/api/v1/session", &busy).await.0, StatusCode::UNAUTHORIZED, "after 12 hours");
}

/// PO-068, PO-389: an officer gets no session by a password, right as it may be.
#[tokio::test]
async fn officers_log_in_by_card_only() {
    let app = TestApp::open().await;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001239"});
    app.post("/api/v1/admin/accounts", ADMIN, officer).await;
    let mut account = crate::identity::account::by_username(app.central.store().read(), "officer_li")
        .await
        .unwrap()
        .unwrap();
    account.password_hash =
        Some(crate::identity::account::password::hash("Harbour-2024x".into()).await.unwrap());
    let tx = app.central.store().begin().await.unwrap();
    crate::identity::account::update(&tx, &mut account).await.unwrap();
    tx.commit().await.unwrap();
    let (status, answer) = log_in(&app, "officer_li", "Harbour-2024x").await;
    assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("PO_LOGIN_METHOD")));
}

/// PO-070, PO-069: sessions are listed and ended one by one; a new password ends them all.
#[tokio::test]
async fn a_person_sees_and_ends_the_own_sessions() {
    let app = with_account().await;
    let (here, there) = (token(&app).await, token(&app).await);
    let (_, list) = app.get("/api/v1/account/sessions", &here).await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let other = items.iter().find(|item| item["this"] == json!(false)).unwrap();
    let path = format!("/api/v1/account/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &path, &here, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.call(Method::DELETE, &path, &here, Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/api/v1/session", &there).await.0, StatusCode::UNAUTHORIZED);
    let change = json!({"password": "wrong", "new_password": "Harbour-2025y"});
    assert_eq!(
        app.call(Method::PUT, "/api/v1/account/password", &here, change).await.0,
        StatusCode::FORBIDDEN
    );
    let change = json!({"password": "Harbour-2024x", "new_password": "Harbour-2025y"});
    assert_eq!(
        app.call(Method::PUT, "/api/v1/account/password", &here, change).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get("/api/v1/session", &here).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&app, "yuanfan_admin", "Harbour-2025y").await.0, StatusCode::CREATED);
}

/// PO-022, PO-040, PO-041, PO-404, PO-406: an administrator makes operators, who cannot; stopping one ends the sessions; a closed name stays taken.
#[tokio::test]
async fn an_enterprise_keeps_its_operators() {
    let app = with_account().await;
    let admin = token(&app).await;
    let members = "/api/v1/enterprise/members";
    let new = json!({"username": "yuanfan_op1", "password": "Harbour-2024x", "mobile": "13816001240"});
    let (status, member) = app.post(members, &admin, new.clone()).await;
    assert_eq!((status, &member["role"]), (StatusCode::CREATED, &json!("enterprise_operator")), "{member}");
    let (_, answer) = log_in(&app, "yuanfan_op1", "Harbour-2024x").await;
    let operator = answer["token"].as_str().unwrap().to_owned();
    assert_eq!(app.post(members, &operator, new.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.post(members, OFFICER, new.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get(members, &admin).await.1["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.post("/api/v1/account/close", &admin, Value::Null).await.0, StatusCode::CONFLICT);
    let act = |act: &str| format!("{members}/{}/{act}", member["id"].as_str().unwrap());
    let (status, _) = app.post(&act("disable"), &admin, json!({"reason": "已离职"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(app.get("/api/v1/session", &operator).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&app, "yuanfan_op1", "Harbour-2024x").await.1["code"], "PO_LOGIN_FAILED");
    assert_eq!(app.post(&act("enable"), &admin, Value::Null).await.0, StatusCode::OK);
    let (_, answer) = log_in(&app, "yuanfan_op1", "Harbour-2024x").await;
    let operator = answer["token"].as_str().unwrap().to_owned();
    assert_eq!(app.post("/api/v1/account/close", &operator, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.post(members, &admin, new).await.1["fields"][0]["rule"], "PO-024");
}

/// PO-330: a key of an account does what its scopes say, and makes no keys.
#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let app = with_account().await;
    let person = token(&app).await;
    let keys = "/api/v1/account/keys";
    let (_, answer) =
        app.post(keys, &person, json!({"name": "ERP", "scopes": ["admin:write", "smart-gate:read"]})).await;
    assert_eq!(answer["fields"][0]["path"], "scopes[0]");
    let (status, made) = app.post(keys, &person, json!({"name": "ERP", "scopes": ["smart-gate:read"]})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let key = made["key"].as_str().unwrap();
    assert_eq!(app.get("/api/v1/smart-gate/records", key).await.0, StatusCode::OK);
    assert_eq!(app.post("/api/v1/smart-gate/records", key, json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get(keys, key).await.0, StatusCode::FORBIDDEN);
    assert!(!app.get(keys, &person).await.1.to_string().contains("kk_"), "a key is told again");
    let path = format!("{keys}/{}", made["id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &path, &person, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/v1/smart-gate/records", key).await.0, StatusCode::UNAUTHORIZED);
}

/// PO-335: log-ins, taken and refused, and log-outs are in the audit log, and no password is.
#[tokio::test]
async fn log_ins_are_written_down() {
    let app = with_account().await;
    log_in(&app, "yuanfan_admin", "Wrong-2024x").await;
    let here = token(&app).await;
    app.call(Method::DELETE, "/api/v1/session", &here, Value::Null).await;
    let rows =
        all(app.central.store().read(), "SELECT * FROM audit WHERE subject = 'session' ORDER BY id", [])
            .await
            .unwrap();
    let said: Vec<String> = rows.iter().map(|row| column(row, "action").unwrap()).collect();
    assert_eq!(said, ["login_failed", "login", "logout"]);
    let actors: Vec<String> = rows.iter().map(|row| column(row, "actor").unwrap()).collect();
    assert_eq!(actors, ["yuanfan_admin", "yuanfan_admin", "yuanfan_admin"]);
}
