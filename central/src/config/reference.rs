//! `[reference]`: the system that has the facts of customs declarations, bills and enterprises.
//! Promises: the token goes over no line that others may hear: plain HTTP to this machine only; a proxy beside the service carries it
//! on. It shows in no log.

use std::net::IpAddr;

use reqwest::{Url, header::HeaderValue};
use serde::Deserialize;

use super::{Wrong, notices::Secret};

/// `[reference]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReferenceConfig {
    /// Base address, such as `http://127.0.0.1:9000/facts`; empty: the register in the store, which an administrator fills.
    pub url: String,
    /// Bearer token, best given as `KAKOU_REFERENCE__TOKEN`; empty: none is sent.
    pub token: Secret,
    /// Milliseconds after which a question counts as unanswered; 3000.
    pub timeout_ms: u32,
}

impl Default for ReferenceConfig {
    fn default() -> Self {
        Self { url: String::new(), token: Secret::default(), timeout_ms: 3000 }
    }
}

pub(super) fn check(config: &ReferenceConfig, wrong: &mut Vec<Wrong>) {
    let mut refuse = |key: &str, why: String| wrong.push(Wrong { key: format!("reference.{key}"), why });
    if let Some(why) = fault_of_url(&config.url) {
        refuse("url", why);
    }
    if !(1..=60_000).contains(&config.timeout_ms) {
        refuse("timeout_ms", "must be from 1 to 60000".into());
    }
    if HeaderValue::from_str(config.token.reveal()).is_err() {
        refuse("token", "holds characters that no header can carry".into());
    }
}

fn fault_of_url(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("must be a URL ({error})")),
    };
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if url.scheme() != "http" {
        Some("must be http: a proxy on this machine speaks TLS to the other system".into())
    } else if !here {
        Some(
            "must name this machine (127.0.0.1, [::1], localhost); a proxy on it carries questions on".into(),
        )
    } else if !plain {
        Some("must be scheme, host, port and path only".into())
    } else {
        None
    }
}
