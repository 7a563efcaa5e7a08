//! Shields of an account: applied for, listed, renamed, renewed, withdrawn.

use axum::http::Method;

use super::*;
use crate::test_app::{ADMIN, OFFICER};

const DAY_MS: i64 = 24 * 3600 * 1000;

async fn list(app: &TestApp, token: &str) -> Vec<Value> {
    app.get(SHIELDS, token).await.1["items"].as_array().unwrap().clone()
}

/// PO-066: a shield is applied for, listed, renamed and withdrawn; no key handle is told, and what is withdrawn does not come back.
#[tokio::test]
async fn an_account_keeps_its_shields() {
    let (app, _, token) = with_account().await;
    let (phone, second) = (Phone::es256(), Phone::eddsa());
    let id = applied(&app, &token, &phone).await;
    applied(&app, &token, &second).await;
    let shields = list(&app, &token).await;
    let told = |name: &str| shields.iter().map(|shield| shield[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        (told("algorithm"), told("state")),
        (vec![json!("ES256"), json!("EdDSA")], vec![json!("active"); 2])
    );
    assert!(!json!(shields).to_string().contains(&phone::text(&phone.id)), "{shields:?}");
    let path = format!("{SHIELDS}/{id}");
    let rename =
        async |name: &str| app.call(Method::PUT, &path, &token, json!({ "name": name })).await.0.as_u16();
    assert_eq!((rename("公司手机").await, rename(" ").await), (204, 422));
    assert_eq!(list(&app, &token).await[0]["name"], "公司手机");
    let withdraw = async || app.call(Method::DELETE, &path, &token, Value::Null).await.0.as_u16();
    assert_eq!((withdraw().await, withdraw().await, list(&app, &token).await.len()), (204, 404, 1));
    let options = asked(&app, &token, "apply").await;
    let body = json!({"name": "又来", "credential": phone.make(&options)});
    assert_eq!(said(app.post(SHIELDS, &token, body).await), (409, "PO_STATUS_CONFLICT".into()));
}

/// PO-066: what the phone made answers the challenge of this account, once, within 60 seconds, and was asked for to make a credential.
#[tokio::test]
async fn an_application_answers_its_own_challenge() {
    let (app, _, token) = with_account().await;
    let other = json!({"user_kind": "individual", "username": "wang_fang", "password": "Harbour-2024x", "mobile": "13816001236",
        "person_name": "王芳", "id_type": "resident_id", "id_number": "11010519491231002X", "agreements_accepted": true});
    let stranger = opened(&app, &registered(&app, other).await, Login::Password).await;
    let phone = Phone::es256();
    let apply = async |options: &Value| {
        said(app.post(SHIELDS, &token, json!({"name": "手机", "credential": phone.make(options)})).await)
    };
    assert_eq!(apply(&asked(&app, &stranger, "apply").await).await, invalid());
    assert_eq!(apply(&asked(&app, &token, "renew").await).await, invalid());
    assert_eq!(apply(&log_in_options(&app).await).await, invalid());
    let late = asked(&app, &token, "apply").await;
    app.central.store().clock().advance(60_001);
    assert_eq!(apply(&late).await, invalid());
    let good = asked(&app, &token, "apply").await;
    assert_eq!((apply(&good).await.0, apply(&good).await), (201, invalid()));
    assert_eq!(
        good["authenticatorSelection"],
        json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"})
    );
    let (status, answer) =
        app.post(&format!("{SHIELDS}/challenges"), &token, json!({"purpose": "log_in"})).await;
    assert_eq!((status.as_u16(), &answer["fields"][0]["path"]), (422, &json!("purpose")));
}

/// PO-066: a shield runs out and is renewed by itself, no other one in its place.
#[tokio::test]
async fn a_shield_runs_out_and_is_renewed() {
    let (app, account, token) = with_account().await;
    let (mut phone, mut other) = (Phone::es256(), Phone::eddsa());
    let id = applied(&app, &token, &phone).await;
    applied(&app, &token, &other).await;
    app.central.store().clock().advance(1095 * DAY_MS + 1);
    let options = log_in_options(&app).await;
    assert_eq!(said(logs_in(&app, phone.answer(&options)).await), invalid());
    let token = opened(&app, &account, Login::Password).await;
    assert_eq!(list(&app, &token).await[0]["state"], "expired");
    let path = format!("{SHIELDS}/{id}/renew");
    let options = asked(&app, &token, "renew").await;
    let answer = app.post(&path, &token, json!({"credential": other.answer(&options)})).await;
    assert_eq!(said(answer), invalid());
    let options = asked(&app, &token, "renew").await;
    let (status, shield) = app.post(&path, &token, json!({"credential": phone.answer(&options)})).await;
    assert_eq!((status.as_u16(), &shield["state"]), (200, &json!("active")), "{shield}");
    let options = log_in_options(&app).await;
    assert_eq!(logs_in(&app, phone.answer(&options)).await.0, StatusCode::CREATED);
}

/// PO-040: an enterprise's administrator sees the shields of its people and withdraws them; nobody else's exist.
#[tokio::test]
async fn an_administrator_withdraws_the_shield_of_a_lost_phone() {
    let (app, _, admin) = with_account().await;
    let new = json!({"username": "yuanfan_op1", "password": "Harbour-2024x", "mobile": "13816001240"});
    let member =
        app.post("/api/v1/enterprise/members", &admin, new).await.1["id"].as_str().unwrap().to_owned();
    let operator = opened(&app, &member, Login::Password).await;
    let mut phone = Phone::es256();
    let id = applied(&app, &operator, &phone).await;
    let options = log_in_options(&app).await;
    let by_shield = logs_in(&app, phone.answer(&options)).await.1["token"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/enterprise/members/{member}/shields");
    let one = format!("{path}/{id}");
    assert_eq!(app.get(&path, &operator).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.get(&path, &admin).await.1["items"][0]["id"], json!(id));
    let withdraw = async |token: &str| app.call(Method::DELETE, &one, token, Value::Null).await.0.as_u16();
    assert_eq!((withdraw(&operator).await, withdraw(OFFICER).await, withdraw(&admin).await), (403, 403, 204));
    assert_eq!(app.get("/api/v1/session", &by_shield).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/api/v1/session", &operator).await.0, StatusCode::OK);
    let options = log_in_options(&app).await;
    assert_eq!(said(logs_in(&app, phone.answer(&options)).await), invalid());
}

/// PO-068, PO-074, PO-389: officers log in by card only, agencies by password or card; neither has shields or links, whatever session they
/// came by, and a key of a program keeps neither.
#[tokio::test]
async fn who_logs_in_otherwise_has_no_shield() {
    let app = TestApp::open().await;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001239"});
    let officer =
        app.post("/api/v1/admin/accounts", ADMIN, officer).await.1["id"].as_str().unwrap().to_owned();
    let agency = json!({"user_kind": "enterprise", "username": "ccic_hamburg", "password": "Harbour-2024x", "mobile": "13816001235",
        "enterprise_name": "CCIC Hamburg", "is_overseas_agency": true, "country": "德国", "foreign_reg_no": "HRB 12345", "agreements_accepted": true});
    let agency = registered(&app, agency).await;
    for account in [officer, agency] {
        let token = opened(&app, &account, Login::Card).await;
        let asks = app.post(&format!("{SHIELDS}/challenges"), &token, json!({"purpose": "apply"})).await;
        assert_eq!(said(asks), (403, "PO_LOGIN_METHOD".into()));
        assert_eq!(
            said(app.get("/api/v1/account/identities", &token).await),
            (403, "PO_LOGIN_METHOD".into())
        );
    }
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Key).await;
    assert_eq!(said(app.get(SHIELDS, &token).await), (403, "PO_NO_PERMISSION".into()));
    assert_eq!(said(app.get("/api/v1/account/identities", &token).await), (403, "PO_NO_PERMISSION".into()));
    assert_eq!(app.get(SHIELDS, ADMIN).await.0, StatusCode::FORBIDDEN);
}
