//! Log-in by OpenID Connect through the API, with a provider on loopback.

pub(crate) mod provider;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use provider::{SECRET, TestProvider, Wrong};
use serde_json::{Value, json};

use crate::{
    config::{ClientSecret, IdentityProviderConfig, Secret},
    identity::{
        Login,
        account::tests::registered,
        session::tests::{by_password, opened},
    },
    store::execute,
    test_app::{ADMIN, TestApp},
};

const SESSIONS: &str = "/api/v1/sessions/third-party";
const IDENTITIES: &str = "/api/v1/account/identities";
/// When tests begin: 2025-10-13T00:30:00Z.
const NOW_S: i64 = 1_760_315_400;

fn yuanfan() -> Value {
    json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": "Harbour-2024x", "mobile": "13816001234",
           "enterprise_name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K", "customs_reg_no": "3122240123", "agreements_accepted": true})
}

fn wang() -> Value {
    json!({"user_kind": "individual", "username": "wang_fang", "password": "Harbour-2024x", "mobile": "13816001236",
           "person_name": "王芳", "id_type": "resident_id", "id_number": "11010519491231002X", "agreements_accepted": true})
}

async fn with_provider() -> (TestApp, TestProvider) {
    let provider = TestProvider::start(NOW_S).await;
    let app = TestApp::open_with(|config| config.identity_providers = vec![provider.configured()]).await;
    (app, provider)
}

/// A browser, with the cookie that it keeps.
#[derive(Clone)]
struct Browser<'a> {
    app: &'a TestApp,
    cookie: Option<String>,
    /// Of a session, for what asks for one.
    token: String,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, cookie: None, token: String::new() }
    }

    fn of(app: &'a TestApp, token: &str) -> Self {
        Self { app, cookie: None, token: token.to_owned() }
    }

    async fn post(&mut self, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(Method::POST).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let response = self.app.send(request.body(body).unwrap()).await;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            if cookie.starts_with("kakou_third_party=") {
                assert!(
                    ["HttpOnly", "Secure", "SameSite=Strict"].iter().all(|part| cookie.contains(part)),
                    "{cookie}"
                );
                self.cookie = cookie.split(';').next().map(ToOwned::to_owned);
            }
        }
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// To the provider and back; what is to be sent.
    async fn comes_back(&mut self, provider: &TestProvider, subject: &str) -> Value {
        let (status, answer) = self.post(&format!("{SESSIONS}/wechat"), Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let (state, code) = provider.logs_in(answer["authorization_url"].as_str().unwrap(), subject);
        json!({"state": state, "code": code})
    }

    /// The same for an account that links.
    async fn comes_back_to_link(&mut self, provider: &TestProvider, subject: &str) -> Value {
        let path = format!("{IDENTITIES}/authorizations");
        let (status, answer) = self.post(&path, json!({"provider": "wechat"})).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let (state, code) = provider.logs_in(answer["authorization_url"].as_str().unwrap(), subject);
        json!({"state": state, "code": code})
    }

    async fn links(&mut self, provider: &TestProvider, subject: &str) -> (StatusCode, Value) {
        let back = self.comes_back_to_link(provider, subject).await;
        self.post(IDENTITIES, back).await
    }

    async fn logs_in(&mut self, provider: &TestProvider, subject: &str) -> (StatusCode, Value) {
        let back = self.comes_back(provider, subject).await;
        self.post(SESSIONS, back).await
    }
}

fn said((status, answer): (StatusCode, Value)) -> (u16, String) {
    (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
}

fn nobody() -> (u16, String) {
    (401, "PO-053".into())
}

/// PO-053, PO-067: an identity that is linked opens its account's session, whichever of both algorithms signs, also after the provider's keys
/// have changed; it is listed without the provider's name of the person, and opens nothing once it is unlinked.
#[tokio::test]
async fn a_linked_identity_opens_its_accounts_session() {
    let (app, provider) = with_provider().await;
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Password).await;
    let providers = app.get("/api/v1/identity-providers", "").await.1;
    assert_eq!(providers["items"], json!([{"id": "wechat", "name": "微信", "name_en": "WeChat"}]));
    let (status, linked) = Browser::of(&app, &token).links(&provider, "openid-1").await;
    assert_eq!((status, &linked["provider"]), (StatusCode::CREATED, &json!("wechat")), "{linked}");
    let mut by_provider = String::new();
    for wrong in [Wrong::Nothing, Wrong::Rsa] {
        provider.answers(wrong);
        let (status, answer) = Browser::new(&app).logs_in(&provider, "openid-1").await;
        assert_eq!((status, &answer["login"]), (StatusCode::CREATED, &json!("third_party")), "{answer}");
        by_provider = answer["token"].as_str().unwrap().to_owned();
        assert_eq!(app.get("/api/v1/session", &by_provider).await.1["username"], "yuanfan_admin");
    }
    provider.answers(Wrong::Nothing);
    provider.rotates();
    assert_eq!(Browser::new(&app).logs_in(&provider, "openid-1").await.0, StatusCode::CREATED);
    let (_, list) = app.get(IDENTITIES, &token).await;
    assert!(list["items"][0]["used_at"].is_string() && !list.to_string().contains("openid-1"), "{list}");
    let path = format!("{IDENTITIES}/{}", linked["id"].as_str().unwrap());
    let unlink = async || app.call(Method::DELETE, &path, &token, Value::Null).await.0.as_u16();
    assert_eq!((unlink().await, unlink().await), (204, 404));
    assert_eq!(app.get("/api/v1/session", &by_provider).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/api/v1/session", &token).await.0, StatusCode::OK);
    assert_eq!(Browser::new(&app).logs_in(&provider, "openid-1").await.1["linked"], json!(false));
}

/// PO-053: a token with another nonce, audience, issuer or key, one that has run out, one that nobody signed and one signed by our own secret
/// open nothing, though the identity is linked.
#[tokio::test]
async fn a_bad_token_opens_nothing() {
    let (app, provider) = with_provider().await;
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Password).await;
    Browser::of(&app, &token).links(&provider, "openid-1").await;
    for wrong in [
        Wrong::Nonce,
        Wrong::NoNonce,
        Wrong::Audience,
        Wrong::TwoAudiences,
        Wrong::Issuer,
        Wrong::Expired,
        Wrong::AlgNone,
        Wrong::UnknownKey,
        Wrong::OtherKey,
        Wrong::Hmac,
        Wrong::NoToken,
        Wrong::Code,
        Wrong::NotJson,
    ] {
        provider.answers(wrong);
        let (status, answer) = Browser::new(&app).logs_in(&provider, "openid-1").await;
        assert!(!answer.to_string().contains(SECRET), "{answer}");
        assert_eq!(said((status, answer)), nobody(), "{wrong:?}");
    }
    provider.answers(Wrong::Nothing);
    assert_eq!(Browser::new(&app).logs_in(&provider, "openid-1").await.0, StatusCode::CREATED);
}

/// PO-053: what comes back belongs to the browser that went, serves once, within ten minutes, and for what it was begun for.
#[tokio::test]
async fn the_way_back_belongs_to_one_browser() {
    let (app, provider) = with_provider().await;
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Password).await;
    Browser::of(&app, &token).links(&provider, "openid-1").await;
    let mut browser = Browser::new(&app);
    let back = browser.comes_back(&provider, "openid-1").await;
    let mut other = Browser::new(&app);
    assert_eq!(said(other.post(SESSIONS, back.clone()).await), nobody(), "no cookie");
    other.comes_back(&provider, "openid-2").await;
    assert_eq!(said(other.post(SESSIONS, back.clone()).await), nobody(), "another one's cookie");
    assert_eq!(browser.post(SESSIONS, back.clone()).await.0, StatusCode::CREATED);
    assert_eq!(said(browser.post(SESSIONS, back).await), nobody(), "a state served twice");
    let mut forged = browser.comes_back(&provider, "openid-1").await;
    forged["state"] = "0".repeat(22).into();
    assert_eq!(said(browser.post(SESSIONS, forged).await), nobody());
    let late = browser.comes_back(&provider, "openid-1").await;
    app.central.store().clock().advance(600_001);
    assert_eq!(said(browser.post(SESSIONS, late).await), nobody());
    // What was begun to link is no log-in, and links to nobody else.
    let stranger = opened(&app, &registered(&app, wang()).await, Login::Password).await;
    let mut linking = Browser::of(&app, &token);
    let back = linking.comes_back_to_link(&provider, "openid-3").await;
    assert_eq!(said(linking.post(SESSIONS, back.clone()).await), nobody());
    let mut theirs = Browser { token: stranger, ..linking.clone() };
    assert_eq!(said(theirs.post(IDENTITIES, back).await), nobody());
}

/// PO-067: an identity that is nobody's is led to a password once, in its own browser, and is linked then.
#[tokio::test]
async fn an_unlinked_identity_logs_in_once_by_password() {
    let (app, provider) = with_provider().await;
    registered(&app, yuanfan()).await;
    let mut browser = Browser::new(&app);
    let (status, answer) = browser.logs_in(&provider, "openid-1").await;
    assert_eq!((status, &answer["linked"]), (StatusCode::OK, &json!(false)), "{answer}");
    assert!(answer["token"].is_null());
    let with_ticket = async |browser: &mut Browser<'_>, ticket: &Value| {
        let mut body = by_password(&app, "yuanfan_admin").await;
        body["link_ticket"] = ticket.clone();
        browser.post("/api/v1/sessions", body).await
    };
    let ticket = &answer["link_ticket"];
    let elsewhere = with_ticket(&mut Browser::new(&app), ticket).await;
    assert_eq!(said(elsewhere), (409, "PO_STATUS_CONFLICT".into()), "another browser");
    assert_eq!(with_ticket(&mut browser, ticket).await.0, StatusCode::CREATED);
    assert_eq!(said(with_ticket(&mut browser, ticket).await), (409, "PO_STATUS_CONFLICT".into()), "used");
    let (status, answer) = browser.logs_in(&provider, "openid-1").await;
    assert_eq!((status, &answer["username"]), (StatusCode::CREATED, &json!("yuanfan_admin")));
    let (_, answer) = browser.logs_in(&provider, "openid-2").await;
    app.central.store().clock().advance(600_001);
    assert_eq!(said(with_ticket(&mut browser, &answer["link_ticket"]).await).0, 409, "too late");
}

/// PO-067: one identity links to one account.
#[tokio::test]
async fn an_identity_is_one_accounts() {
    let (app, provider) = with_provider().await;
    let first = opened(&app, &registered(&app, yuanfan()).await, Login::Password).await;
    let second = opened(&app, &registered(&app, wang()).await, Login::Password).await;
    assert_eq!(Browser::of(&app, &first).links(&provider, "openid-1").await.0, StatusCode::CREATED);
    for token in [&first, &second] {
        let again = Browser::of(&app, token).links(&provider, "openid-1").await;
        assert_eq!(said(again), (409, "PO_STATUS_CONFLICT".into()));
    }
    let (_, list) = app.get(IDENTITIES, &second).await;
    let path =
        format!("{IDENTITIES}/{}", app.get(IDENTITIES, &first).await.1["items"][0]["id"].as_str().unwrap());
    assert_eq!(list["items"], json!([]));
    assert_eq!(app.call(Method::DELETE, &path, &second, Value::Null).await.0, StatusCode::NOT_FOUND);
}

/// PO-068, PO-074, PO-389: no session of an officer or an agency comes from another provider, even where an identity is linked.
#[tokio::test]
async fn officers_and_agencies_do_not_come_by_another_provider() {
    let (app, provider) = with_provider().await;
    let officer = json!({"username": "officer_li", "role": "customs_officer", "customs_codes": ["0708"], "mobile": "13816001239"});
    let officer =
        app.post("/api/v1/admin/accounts", ADMIN, officer).await.1["id"].as_str().unwrap().to_owned();
    let agency = json!({"user_kind": "enterprise", "username": "ccic_hamburg", "password": "Harbour-2024x", "mobile": "13816001235",
        "enterprise_name": "CCIC Hamburg", "is_overseas_agency": true, "country": "德国", "foreign_reg_no": "HRB 12345", "agreements_accepted": true});
    let agency = registered(&app, agency).await;
    let mut browser = Browser::new(&app);
    let (_, answer) = browser.logs_in(&provider, "openid-9").await;
    let mut body = by_password(&app, "ccic_hamburg").await;
    body["link_ticket"] = answer["link_ticket"].clone();
    assert_eq!(said(browser.post("/api/v1/sessions", body).await), (403, "PO_LOGIN_METHOD".into()));
    for (account, subject) in [(officer, "openid-7"), (agency, "openid-8")] {
        let tx = app.central.store().begin().await.unwrap();
        let sql = "INSERT INTO linked_identity (id, provider, subject, account_id, linked_at) VALUES ($1, 'wechat', $2, $3, 0)";
        execute(tx.conn(), sql, [subject.into(), subject.into(), account.into()]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = Browser::new(&app).logs_in(&provider, subject).await;
        assert_eq!(said(refused), (403, "PO_LOGIN_METHOD".into()));
    }
}

/// PO-338, PO-385: a provider that does not answer is not guessed at; one that nobody configured does not exist.
#[tokio::test]
async fn a_provider_that_does_not_answer_is_told() {
    let gone = IdentityProviderConfig {
        id: "alipay".into(),
        name: "支付宝".into(),
        name_en: "Alipay".into(),
        issuer: "http://127.0.0.1:9".into(),
        client_id: "kakou".into(),
        client_secret: ClientSecret::Given(Secret::new(SECRET.into())),
    };
    let app = TestApp::open_with(|config| config.identity_providers = vec![gone]).await;
    assert!(!format!("{:?}", app.central.providers()).contains(SECRET));
    let begun = Browser::new(&app).post(&format!("{SESSIONS}/alipay"), Value::Null).await;
    assert_eq!(begun.1["message"], "系统暂时无法获取数据，请稍后再试");
    assert_eq!(said(begun), (503, "PO_UPSTREAM_UNAVAILABLE".into()));
    let begun = Browser::new(&app).post(&format!("{SESSIONS}/wechat"), Value::Null).await;
    assert_eq!(said(begun), (404, "PO_NOT_FOUND".into()));
}
