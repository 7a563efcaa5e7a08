//! Log-in by a shield: on its own device, and by a code on another screen.

use super::*;
use crate::store::{all, column};

const REQUESTS: &str = "/api/v1/sessions/shield/requests";

/// PO-052, PO-066: the shield that answers opens the session of its account, once a challenge, within 60 seconds; the session says so.
#[tokio::test]
async fn a_shield_opens_a_session_on_its_own_device() {
    let (app, account, token) = with_account().await;
    for mut phone in [Phone::es256(), Phone::eddsa()] {
        applied(&app, &token, &phone).await;
        phone.user_handle = Some(phone::text(account.as_bytes()));
        let options = log_in_options(&app).await;
        assert_eq!(
            (&options["allowCredentials"], &options["userVerification"]),
            (&json!([]), &json!("required"))
        );
        let (status, answer) = logs_in(&app, phone.answer(&options)).await;
        assert_eq!((status, &answer["login"]), (StatusCode::CREATED, &json!("shield")), "{answer}");
        let own = answer["token"].as_str().unwrap();
        let (_, who) = app.get("/api/v1/session", own).await;
        assert_eq!((&who["username"], &who["login"]), (&json!("yuanfan_admin"), &json!("shield")));
        assert_eq!(said(logs_in(&app, phone.answer(&options)).await), invalid(), "a challenge served twice");
        let late = log_in_options(&app).await;
        app.central.store().clock().advance(60_001);
        assert_eq!(said(logs_in(&app, phone.answer(&late)).await), invalid());
    }
}

/// PO-066: what a wrong answer names is used up; a copy that counts less is refused and on record; a shield of nobody opens nothing.
#[tokio::test]
async fn a_wrong_answer_opens_nothing() {
    let (app, _, token) = with_account().await;
    let mut phone = Phone::es256();
    phone.counter = 7;
    applied(&app, &token, &phone).await;
    let wrong: [fn(&mut Phone); 10] = [
        |phone| phone.flags = 0b001,
        |phone| phone.flags = 0b100,
        |phone| phone.flags = 0,
        |phone| phone.rp_id = "portal.example.cn".into(),
        |phone| phone.origin = "http://localhost:8081".into(),
        |phone| phone.origin = "https://localhost:8080".into(),
        |phone| phone.cross_origin = true,
        |phone| phone.ceremony = Some("webauthn.create"),
        |phone| phone.counter = 5,
        |phone| phone.user_handle = Some(phone::text(b"another account")),
    ];
    for (place, wrong) in wrong.into_iter().enumerate() {
        let mut bad = phone.clone();
        wrong(&mut bad);
        let options = log_in_options(&app).await;
        assert_eq!(said(logs_in(&app, bad.answer(&options)).await), invalid(), "{place}");
        assert_eq!(said(logs_in(&app, phone.answer(&options)).await), invalid(), "{place}: a used challenge");
    }
    let other = Phone { id: phone.id.clone(), counter: 100, ..Phone::eddsa() };
    for mut bad in [other, Phone::es256()] {
        let options = log_in_options(&app).await;
        assert_eq!(said(logs_in(&app, bad.answer(&options)).await), invalid());
    }
    let mut answer = phone.answer(&log_in_options(&app).await);
    answer["response"]["clientDataJSON"] =
        json!(phone::text(br#"{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost:8080"}"#));
    assert_eq!(said(logs_in(&app, answer).await), invalid(), "a challenge that nobody made");
    let rows =
        all(app.central.store().read(), "SELECT action FROM audit WHERE action = 'login_copied_shield'", [])
            .await;
    assert_eq!(rows.unwrap().len(), 1);
    let options = log_in_options(&app).await;
    assert_eq!(
        logs_in(&app, phone.answer(&options)).await.0,
        StatusCode::CREATED,
        "and the right one still opens"
    );
}

struct Screen {
    request: Value,
}

impl Screen {
    async fn asks(app: &TestApp, username: Option<&str>) -> Self {
        let body = username.map_or(json!({}), |username| json!({ "username": username }));
        let (status, request) = app.post(REQUESTS, NOBODY, body).await;
        assert_eq!(status, StatusCode::CREATED, "{request}");
        Self { request }
    }

    fn path(&self) -> String {
        format!("{REQUESTS}/{}", self.request["request_id"].as_str().unwrap())
    }

    async fn collects(&self, app: &TestApp) -> (StatusCode, Value) {
        let body = json!({"poll_token": self.request["poll_token"]});
        app.post(&format!("{}/session", self.path()), NOBODY, body).await
    }

    /// The phone reads the code and confirms.
    async fn confirmed(&self, app: &TestApp, phone: &mut Phone) -> (StatusCode, Value) {
        let (_, shown) = app.get(&self.path(), NOBODY).await;
        let body = json!({"credential": phone.answer(&shown["public_key"])});
        app.post(&format!("{}/confirm", self.path()), NOBODY, body).await
    }
}

/// PO-066: the screen shows a code, a phone that nobody is logged in on confirms it, and the screen gets the session, once.
#[tokio::test]
async fn a_screen_is_logged_in_by_a_phone() {
    let (app, _, token) = with_account().await;
    let mut phone = Phone::es256();
    applied(&app, &token, &phone).await;
    let screen = Screen::asks(&app, None).await;
    let id = screen.request["request_id"].as_str().unwrap();
    assert_eq!(screen.request["qr"], format!("http://localhost:8080/shield?request={id}"));
    assert_eq!(screen.collects(&app).await, (StatusCode::OK, json!({"state": "waiting"})));
    let (_, shown) = app.get(&screen.path(), NOBODY).await;
    assert_eq!(shown["code"], screen.request["code"]);
    assert!(!shown.to_string().contains("kp_"), "the phone learns the screen's token: {shown}");
    assert_eq!(screen.confirmed(&app, &mut phone).await, (StatusCode::OK, json!({"state": "confirmed"})));
    assert_eq!(app.get(&screen.path(), NOBODY).await.0, StatusCode::NOT_FOUND);
    let guess = json!({"poll_token": format!("kp_{}", "0".repeat(64))});
    assert_eq!(app.post(&format!("{}/session", screen.path()), NOBODY, guess).await.0, StatusCode::NOT_FOUND);
    let (status, session) = screen.collects(&app).await;
    assert_eq!((status, &session["login"]), (StatusCode::CREATED, &json!("shield")), "{session}");
    assert_eq!(
        app.get("/api/v1/session", session["token"].as_str().unwrap()).await.1["username"],
        "yuanfan_admin"
    );
    assert_eq!(screen.collects(&app).await.0, StatusCode::CONFLICT);
}

/// PO-066: what was refused, has waited for 60 seconds, confirmed or not, or was confirmed by a shield that was withdrawn since opens
/// nothing; a wrong answer leaves it waiting.
#[tokio::test]
async fn a_request_that_was_refused_or_is_too_old_opens_nothing() {
    let (app, _, token) = with_account().await;
    let mut phone = Phone::es256();
    applied(&app, &token, &phone).await;
    let screen = Screen::asks(&app, None).await;
    assert_eq!(said(screen.confirmed(&app, &mut Phone::es256()).await), invalid());
    assert_eq!(screen.collects(&app).await.1, json!({"state": "waiting"}));
    let refused = app.post(&format!("{}/refuse", screen.path()), NOBODY, Value::Null).await;
    assert_eq!(refused, (StatusCode::OK, json!({"state": "refused"})));
    assert_eq!(screen.collects(&app).await.0, StatusCode::CONFLICT);
    assert_eq!(screen.confirmed(&app, &mut phone).await.0, StatusCode::NOT_FOUND);
    let late = Screen::asks(&app, None).await;
    let (_, shown) = app.get(&late.path(), NOBODY).await;
    app.central.store().clock().advance(60_001);
    let body = json!({"credential": phone.answer(&shown["public_key"])});
    assert_eq!(app.post(&format!("{}/confirm", late.path()), NOBODY, body).await.0, StatusCode::NOT_FOUND);
    assert_eq!(late.collects(&app).await.0, StatusCode::CONFLICT);
    let unhurried = Screen::asks(&app, None).await;
    unhurried.confirmed(&app, &mut phone).await;
    app.central.store().clock().advance(60_001);
    assert_eq!(unhurried.collects(&app).await.0, StatusCode::CONFLICT);
    // A phone is lost between its word and the session.
    let lost = Screen::asks(&app, None).await;
    let mut stolen = Phone::eddsa();
    let shield = applied(&app, &token, &stolen).await;
    assert_eq!(lost.confirmed(&app, &mut stolen).await.0, StatusCode::OK);
    let path = format!("{SHIELDS}/{shield}");
    let withdrawn = app.call(axum::http::Method::DELETE, &path, &token, Value::Null).await.0;
    assert_eq!((withdrawn, lost.collects(&app).await.0), (StatusCode::NO_CONTENT, StatusCode::CONFLICT));
    // The challenge of one request is none of another's.
    let (one, two) = (Screen::asks(&app, None).await, Screen::asks(&app, None).await);
    let (_, shown) = app.get(&one.path(), NOBODY).await;
    let body = json!({"credential": phone.answer(&shown["public_key"])});
    assert_eq!(said(app.post(&format!("{}/confirm", two.path()), NOBODY, body).await), invalid());
}

/// PO-066: a request that names an account is found by that account's phone and confirmed by no other; nobody learns which names exist, and
/// a name is not asked for ever.
#[tokio::test]
async fn a_request_may_name_an_account() {
    let (app, _, token) = with_account().await;
    let new = json!({"username": "yuanfan_op1", "password": "Harbour-2024x", "mobile": "13816001240"});
    let member =
        app.post("/api/v1/enterprise/members", &token, new).await.1["id"].as_str().unwrap().to_owned();
    let operator = opened(&app, &member, Login::Password).await;
    let (mut own, mut others) = (Phone::es256(), Phone::eddsa());
    applied(&app, &operator, &own).await;
    applied(&app, &token, &others).await;
    let screen = Screen::asks(&app, Some("Yuanfan_OP1")).await;
    let list = "/api/v1/account/shield-requests";
    let (_, waiting) = app.get(list, &operator).await;
    assert_eq!(waiting["items"][0]["request_id"], screen.request["request_id"]);
    assert_eq!(app.get(list, &token).await.1["items"], json!([]));
    assert_eq!(said(screen.confirmed(&app, &mut others).await), invalid());
    assert_eq!(screen.confirmed(&app, &mut own).await.0, StatusCode::OK);
    assert_eq!(screen.collects(&app).await.1["username"], "yuanfan_op1");
    let members = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let nobody = Screen::asks(&app, Some("nobody_here")).await;
    assert_eq!(members(&nobody.request), members(&screen.request));
    for _ in 0..9 {
        Screen::asks(&app, Some("nobody_here")).await;
    }
    let (status, _) = app.post(REQUESTS, NOBODY, json!({"username": "nobody_here"})).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

/// PO-335: log-ins by a shield, taken and refused, are in the audit log with their way; no token is.
#[tokio::test]
async fn log_ins_by_a_shield_are_on_record() {
    let (app, _, token) = with_account().await;
    let mut phone = Phone::es256();
    applied(&app, &token, &phone).await;
    let options = log_in_options(&app).await;
    let (_, answer) = logs_in(&app, phone.answer(&options)).await;
    logs_in(&app, Phone { flags: 1, ..phone.clone() }.answer(&log_in_options(&app).await)).await;
    let rows = all(
        app.central.store().read(),
        "SELECT action, actor, detail FROM audit WHERE subject = 'session' ORDER BY id",
        [],
    )
    .await;
    let told: Vec<(String, String, String)> = rows
        .unwrap()
        .iter()
        .map(|row| {
            (column(row, "action").unwrap(), column(row, "actor").unwrap(), column(row, "detail").unwrap())
        })
        .collect();
    let name = "yuanfan_admin".to_owned();
    assert_eq!(
        told,
        [
            ("login".to_owned(), name.clone(), "\"shield\"".to_owned()),
            ("login_failed".to_owned(), name, "null".to_owned())
        ]
    );
    assert!(answer["token"].as_str().is_some_and(|token| token.starts_with("ks_")));
}
