//! 回调: a notice as a signed message to a program.
//! Promises: the receiver can tell that the message is ours and new: `X-Kakou-Signature: sha256=<hex>` is HMAC-SHA256 with the shared secret over
//! `X-Kakou-Timestamp`, a full stop and the body. Redirects are not followed: the address is the operator's word.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Outgoing;
use crate::config::WebhookConfig;

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Hooks<'a> {
    hooks: &'a [WebhookConfig],
    client: Option<reqwest::Client>,
}

impl<'a> Hooks<'a> {
    pub(super) fn new(hooks: &'a [WebhookConfig]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        Self { hooks, client: client.ok() }
    }

    pub(super) async fn send(&self, name: &str, notice: &Outgoing, now_ms: i64) -> Result<(), String> {
        let Some(hook) = self.hooks.iter().find(|hook| hook.name == name) else {
            return Err("the configuration has no such webhook any more".into());
        };
        let client = self.client.as_ref().ok_or("no HTTP client")?;
        let body = serde_json::to_string(notice).map_err(|error| error.to_string())?;
        let timestamp = (now_ms / 1000).to_string();
        let signature = sign(hook.secret.reveal(), &timestamp, &body).ok_or("the secret cannot be used")?;
        let request = client
            .post(&hook.url)
            .header("content-type", "application/json")
            .header("x-kakou-timestamp", timestamp)
            .header("x-kakou-signature", format!("sha256={signature}"))
            .body(body);
        // The error's own words name the address, which may carry a key of the receiver.
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("answered {}", answer.status())) }
    }
}

pub(super) fn sign(secret: &str, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    Some(hex::encode(mac.finalize().into_bytes()))
}
