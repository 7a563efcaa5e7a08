//! Who may ask the card service: pages of the portal, in a browser on this machine.
//! Promises: a request without the portal's origin is refused before anything reads it, one whose `Host` is not this machine too, so that
//! a foreign page can neither ask nor lead a name of its own here; preflights are answered for the portal only, those of private networks
//! included.
//! Source: PO-095; Fetch standard (CORS), Private Network Access.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::service::refusal;

const ASKS_FOR_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const GIVES_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The portal's origin, such as `https://www.singlewindow.cn`.
#[derive(Clone, Debug)]
pub(super) struct Portal(HeaderValue);

impl Portal {
    /// None for what is no origin: a scheme, a host, perhaps a port, and nothing behind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
        (!host.is_empty() && host.chars().all(plain)).then(|| HeaderValue::from_str(text).ok().map(Self))?
    }

    fn asks(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        origins.next() == Some(&self.0) && origins.next().is_none() && is_here(headers)
    }
}

/// Whether the name by which the service is called is this machine's.
pub(super) fn is_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = |text: &str| {
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
    };
    if let Some(rest) = host.strip_prefix("localhost") {
        return port(rest);
    }
    let (address, rest) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(parts) => parts,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    port(rest) && address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Lets the portal through, and nobody else.
pub(super) async fn only_the_portal(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    if !portal.asks(request.headers()) {
        let (zh, en) = ("仅接受单一窗口页面的请求", "only pages of the portal may ask");
        return refusal(StatusCode::FORBIDDEN, "PO_NO_PERMISSION", zh, en).into_response();
    }
    let private = request.headers().contains_key(ASKS_FOR_PRIVATE);
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, portal.0.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if private {
        headers.insert(GIVES_PRIVATE, HeaderValue::from_static("true"));
    }
    response
}
