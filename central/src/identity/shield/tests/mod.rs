//! Mobile shields through the API, and what of their answers is believed.

mod ceremony;
mod log_in;
mod own;
pub(crate) mod phone;
mod signature;

use axum::http::StatusCode;
use phone::Phone;
use serde_json::{Value, json};

use crate::{
    identity::{Login, account::tests::registered, session::tests::opened},
    test_app::TestApp,
};

const NOBODY: &str = "";
const SHIELDS: &str = "/api/v1/account/shields";

fn yuanfan() -> Value {
    json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": "Harbour-2024x", "mobile": "13816001234",
           "enterprise_name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K", "customs_reg_no": "3122240123", "agreements_accepted": true})
}

/// A centre with one enterprise; its administrator's account and a session by password.
async fn with_account() -> (TestApp, String, String) {
    let app = TestApp::open().await;
    let account = registered(&app, yuanfan()).await;
    let token = opened(&app, &account, Login::Password).await;
    (app, account, token)
}

/// What the browser is asked for.
async fn asked(app: &TestApp, token: &str, purpose: &str) -> Value {
    let path = format!("{SHIELDS}/challenges");
    let (status, answer) = app.post(&path, token, json!({ "purpose": purpose })).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["public_key"].clone()
}

/// Applies for a shield on this phone; its key.
async fn applied(app: &TestApp, token: &str, phone: &Phone) -> String {
    let options = asked(app, token, "apply").await;
    let body = json!({"name": "我的手机", "credential": phone.make(&options)});
    let (status, answer) = app.post(SHIELDS, token, body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

/// What a log-in on the same device is asked for.
async fn log_in_options(app: &TestApp) -> Value {
    app.post("/api/v1/sessions/shield/challenges", NOBODY, Value::Null).await.1["public_key"].clone()
}

async fn logs_in(app: &TestApp, credential: Value) -> (StatusCode, Value) {
    app.post("/api/v1/sessions/shield", NOBODY, json!({ "credential": credential })).await
}

fn said((status, answer): (StatusCode, Value)) -> (u16, String) {
    (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
}

fn invalid() -> (u16, String) {
    (403, "PO_SIGNATURE_INVALID".into())
}
