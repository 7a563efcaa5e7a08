//! 门禁: what every request must be before a handler sees it, and what every answer carries.
//! Promises: a browser that was led here under a foreign name (DNS rebinding) or from a foreign page (CSRF) gets nothing and does nothing;
//! no page frames the panel; no answer is kept in a cache; no request holds a handler longer than its time.
//! The port of a Host header is not compared: a browser sends the one that it connected to, and a tunnel may have another.
//! Source: fault E5 (ASVS 5.0 V3, V4); WHATWG Fetch (Origin, Sec-Fetch-Site); decision record 0020.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    problem::Problem,
    server::{App, peer},
};

/// 访问方式: how the panel is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Host names beside its address and `localhost`, in lower case.
    pub names: Vec<Box<str>>,
    /// A log-in that was not used for so long has ended.
    pub login_idle: Duration,
}

/// What each answer carries. Scripts and styles come from here only, nothing is inline.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Longer than any answer takes; acts may wait for a lane, and the live state never ends.
const HANDLER_TIME: Duration = Duration::from_secs(15);
/// The longest time box, a PIN check's queue, and the lane's word.
const ACT_TIME: Duration = Duration::from_secs(140);

impl Access {
    /// True when reading needs a log-in: the panel is reachable from other machines.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        !self.listen.ip().is_loopback()
    }

    /// True for a Host header under which this panel is meant.
    fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let here = self.listen.ip();
        match name.parse::<IpAddr>() {
            // An address cannot be rebound; what reached any of ours is meant for us.
            Ok(_) if here.is_unspecified() => true,
            Ok(address) => address == here || (address.is_loopback() && here.is_loopback()),
            Err(_) if name == "localhost" => here.is_loopback() || here.is_unspecified(),
            Err(_) => self.names.iter().any(|known| **known == *name),
        }
    }

    /// True when the other end is this machine.
    fn is_here(&self, peer: SocketAddr) -> bool {
        peer.ip().to_canonical().is_loopback() || peer.ip() == self.listen.ip()
    }
}

/// The guard itself; wraps every route.
pub(super) async fn guard(Shared(app): Shared<App>, request: Request, next: Next) -> Response {
    let limit = match request.uri().path() {
        "/api/live" => None,
        path if path.ends_with("/acts") => Some(ACT_TIME),
        _ => Some(HANDLER_TIME),
    };
    let mut response = match admit(&app, &request) {
        Err(problem) => problem.into_response(),
        Ok(()) => match limit {
            None => next.run(request).await,
            Some(limit) => tokio::time::timeout(limit, next.run(request))
                .await
                .unwrap_or_else(|_| Problem::busy().into_response()),
        },
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn admit(app: &App, request: &Request) -> Result<(), Problem> {
    let (path, headers) = (request.uri().path(), request.headers());
    if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        // Probes name no vehicle and no person, and are asked under whatever name a monitor knows.
        return Ok(());
    }
    let access = &app.state.access;
    let host = text(headers, &header::HOST).unwrap_or_default();
    if !access.is_ours(host) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "foreign_host",
            "请使用卡口本机的地址访问",
            "this panel is not called so; use its own address, or add the name to panel.names",
        ));
    }
    same_origin(request.method(), headers, host)?;
    let open =
        matches!(path, "/api/login" | "/api/session") || !(path.starts_with("/api/") || path == "/status");
    let is_here = path == "/status" && peer(request).is_some_and(|peer| access.is_here(peer));
    if !open && !is_here && access.needs_login() && app.sessions.touch(headers, path != "/api/live").is_none()
    {
        return Err(Problem::not_logged_in());
    }
    Ok(())
}

/// A page of another origin may neither act nor read here. What is no browser sends neither header.
fn same_origin(method: &Method, headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    let foreign = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "拒绝来自其他页面的请求",
            "requests from other pages are refused",
        )
    };
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    let origin = text(headers, &header::ORIGIN);
    // A link from elsewhere may open the page itself; nothing else.
    let opens_page = *method == Method::GET
        && text(headers, &HeaderName::from_static("sec-fetch-mode")) == Some("navigate");
    if !opens_page && site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(foreign());
    }
    let own = |origin: &str| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    if origin.is_some_and(|origin| !own(origin)) {
        return Err(foreign());
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let kind = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "wrong_type",
                "请求必须是 application/json",
                "the request must be application/json",
            ));
        }
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(listen: &str, names: &[&str]) -> Access {
        let names = names.iter().map(|name| (*name).into()).collect();
        Access { listen: listen.parse().unwrap(), names, login_idle: Duration::from_secs(60) }
    }

    /// fault E5: a foreign name that leads to this machine (DNS rebinding) is not this panel.
    #[test]
    fn only_the_panels_own_names_are_answered() {
        let local = access("127.0.0.1:8081", &["gate2.yard.example"]);
        for host in ["127.0.0.1:8081", "localhost:8081", "127.0.0.1:9000", "[::1]:8081", "Gate2.Yard.example"]
        {
            assert!(local.is_ours(host), "{host}");
        }
        for host in [
            "",
            "evil.example:8081",
            "10.0.0.5:8081",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "a b",
        ] {
            assert!(!local.is_ours(host), "{host}");
        }
        let lan = access("10.0.0.5:8081", &[]);
        assert!(
            lan.is_ours("10.0.0.5:8081") && !lan.is_ours("10.0.0.6:8081") && !lan.is_ours("localhost:8081")
        );
        let any = access("0.0.0.0:8081", &[]);
        assert!(any.is_ours("10.0.0.6:8081") && any.is_ours("localhost") && !any.is_ours("gate2:8081"));
        assert!(!local.needs_login() && lan.needs_login() && any.needs_login());
    }

    /// fault E5: cross-site requests are refused by Origin, by Sec-Fetch-Site, and by what a form can send.
    #[test]
    fn a_foreign_page_can_neither_read_nor_act() {
        let refused = |method: Method, pairs: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
            }
            same_origin(&method, &headers, "127.0.0.1:8081").err().map(|problem| problem.code)
        };
        let json = ("content-type", "application/json; charset=utf-8");
        let own = ("origin", "http://127.0.0.1:8081");
        assert_eq!(refused(Method::POST, &[json, own, ("sec-fetch-site", "same-origin")]), None);
        assert_eq!(refused(Method::POST, &[json]), None, "no browser");
        assert_eq!(refused(Method::GET, &[("sec-fetch-site", "none")]), None);
        assert_eq!(
            refused(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]),
            None
        );
        for pairs in [
            &[json, ("origin", "http://evil.example")][..],
            &[json, ("origin", "http://127.0.0.1:3000")],
            &[json, ("origin", "null")],
            &[json, own, ("sec-fetch-site", "cross-site")],
            &[json, ("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(refused(Method::POST, pairs), Some("foreign_origin"), "{pairs:?}");
        }
        assert_eq!(refused(Method::GET, &[("sec-fetch-site", "cross-site")]), Some("foreign_origin"));
        assert_eq!(refused(Method::POST, &[own, ("content-type", "text/plain")]), Some("wrong_type"));
        assert_eq!(refused(Method::POST, &[own]), Some("wrong_type"));
    }
}
