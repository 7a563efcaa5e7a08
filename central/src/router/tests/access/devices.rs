//! What people have beside cards: a phone with a shield on it, and a browser that comes back from another provider of identities.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::BodyExt;
use protocols::contract::UtcMillis;
use serde_json::{Value, json};

use super::things::NOW;
use crate::{
    config::Config,
    identity::{shield::tests::phone::Phone, third_party::tests::provider::TestProvider},
    test_app::TestApp,
};

/// The phones that have a shield, by seat, and the provider.
pub(super) struct Devices {
    pub(super) phones: BTreeMap<String, Phone>,
    provider: TestProvider,
}

impl Devices {
    /// No phone yet, and a provider whose tokens are of the moment at which everything is asked.
    pub(super) async fn made() -> Self {
        let now = UtcMillis::parse(NOW).unwrap().as_millis();
        Self { phones: BTreeMap::new(), provider: TestProvider::start(now / 1000).await }
    }

    /// Puts the provider into the configuration.
    pub(super) fn configured(&self, config: &mut Config) {
        config.identity_providers = vec![self.provider.configured()];
    }

    /// A browser that begins here, if it may, and logs in at the provider as this person: its cookie, and what it brings back.
    pub(super) async fn back(
        &self,
        app: &TestApp,
        token: &str,
        to_link: bool,
        subject: &str,
    ) -> Option<(String, Value)> {
        let (path, body) = if to_link {
            ("/api/v1/account/identities/authorizations", json!({"provider": "wechat"}))
        } else {
            ("/api/v1/sessions/third-party/wechat", Value::Null)
        };
        let (status, cookie, answer) = sent(app, path, token, None, body).await;
        if status != StatusCode::CREATED {
            return None;
        }
        let (state, code) = self.provider.logs_in(answer["authorization_url"].as_str().unwrap(), subject);
        Some((cookie.unwrap(), json!({"state": state, "code": code})))
    }
}

/// Posts as a browser that keeps a cookie; the status, the cookie that it gets and the answer.
pub(super) async fn sent(
    app: &TestApp,
    path: &str,
    token: &str,
    cookie: Option<&str>,
    body: Value,
) -> (StatusCode, Option<String>, Value) {
    let mut request = Request::post(path);
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let response = app.send(request.body(body).unwrap()).await;
    let cookie = response.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(ToOwned::to_owned);
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, cookie, serde_json::from_slice(&bytes).unwrap_or_default())
}
