//! `[centre]`: where the centre is and how the gate speaks to it.
//! Promises: a token never goes over a line that others may hear: plain HTTP to this machine only; anything else is TLS with the gate's
//! own certificate, which takes the token's place.
//! Source: `contract` section 3; `design` section 4 (Enrol).

use std::{net::IpAddr, time::Duration};

use reqwest::Url;

use super::{secret::Secret, section::Section};

/// 中心: the line to the central service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Centre {
    /// `url`, default `http://127.0.0.1:8080`: `https` with the certificate that `gate-agent enrol` gets, and with receipts that the centre has signed,
    /// or `http` to this machine only, where there is no authority to verify receipts by and they are taken unsigned.
    pub url: Url,
    /// `token` or `token_file`, one of them required with `http`, none taken with `https`: the gate's bearer token.
    pub token: Option<Secret>,
    /// `long_poll_s`, default 8: how long the centre may hold a request for changes open; a dead line is noticed 5 s later.
    pub long_poll: Duration,
    /// `request_timeout_s`, default 13: beyond what a request may wait by itself, the line is dead after this (fault C2).
    pub request_timeout: Duration,
    /// `status_s`, default 10: the live state is told at every change, and at least this often.
    pub status_every: Duration,
    /// `compare_s`, default 86400: how often the whole index is held against the centre's, by a chance of each gate's own around it.
    pub compare_every: Duration,
    /// `retry_min_ms`, default 1000: first pause after a failure, doubled with jitter.
    pub retry_min: Duration,
    /// `retry_max_s`, default 30: longest pause after failures.
    pub retry_max: Duration,
}

impl Centre {
    pub(super) const URL: &str = "http://127.0.0.1:8080";

    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let has_url = section.has("url");
        let url = section.parsed("url", centre_url);
        let url = if has_url { url } else { centre_url(Self::URL).ok() };
        let token = match url.as_ref().map(Url::scheme) {
            Some("https") => {
                for key in ["token", "token_file"] {
                    let rule = "must not stand beside an https url: the gate's certificate takes its place";
                    section.refuse_unseen(key, rule);
                }
                Some(None)
            }
            Some(_) => Secret::required(&mut section, "token").map(Some),
            // Whether one is needed is known when the address is right.
            None => Some(Secret::read(&mut section, "token")),
        };
        let read = (
            section.seconds("long_poll_s", 8, 0..=60),
            section.seconds("request_timeout_s", 13, 1..=120),
            section.seconds("status_s", 10, 1..=600),
            section.seconds("compare_s", 86_400, 1..=604_800),
            section.millis("retry_min_ms", 1000, 10..=60_000),
            section.seconds("retry_max_s", 30, 1..=600),
        );
        section.finish();
        let (long_poll, request_timeout, status_every, compare_every, retry_min, retry_max) = read;
        let (url, token) = (url?, token?);
        Some(Self {
            url,
            token,
            long_poll,
            request_timeout,
            status_every,
            compare_every,
            retry_min,
            retry_max,
        })
    }
}

/// A base address that the gate may speak with.
fn centre_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL ({error})"))?;
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match url.scheme() {
        "http" if !here => Err(format!(
            "must be https, or name this machine (127.0.0.1, [::1], localhost): over plain http the gate's token could be overheard on the way to {host}"
        )),
        "http" | "https" if !plain || url.path() != "/" => {
            Err("must be scheme, host and port only".to_owned())
        }
        "http" | "https" => Ok(url),
        other => Err(format!("must be https or http, {other} is not spoken")),
    }
}
