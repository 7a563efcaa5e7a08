//! Who is let near: hosts, origins, headers, log-ins.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{Bench, bench, bench_at, release};

async fn log_in(bench: &Bench) -> String {
    let body = json!({"person": "li", "pin": "730195"});
    let answer = bench.request(Method::POST, "/api/login").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn status_of(bench: &Bench, path: &str, cookie: &str) -> u16 {
    bench.request(Method::GET, path).header("cookie", cookie).send().await.unwrap().status().as_u16()
}

/// fault E5: answers carry what keeps a browser from framing, sniffing, caching and running foreign code.
#[tokio::test]
async fn every_answer_carries_its_protection() {
    let bench = bench().await;
    for path in ["/", "/api/state", "/assets/panel.js", "/nowhere", "/metrics"] {
        let answer = bench.request(Method::GET, path).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }
    let (status, body) = bench.get("/nowhere").await;
    assert!(status == 404 && body.contains("\"code\":\"not_found\""), "{body}");
    let wrong = bench.request(Method::PUT, "/api/state").json(&json!({})).send().await.unwrap();
    assert_eq!(wrong.status(), 405);
    assert_eq!(wrong.headers()["content-type"], "application/problem+json");
}

/// fault E5: a foreign name (DNS rebinding) and a foreign page (CSRF) get nothing, and nothing reaches a lane.
#[tokio::test]
async fn foreign_names_and_pages_are_turned_away() {
    let bench = bench().await;
    let url = format!("http://{}/api/state", bench.address);
    let rebound = bench.http.get(&url).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 421);
    let act = || bench.request(Method::POST, "/api/lanes/OUT1/acts").json(&release());
    let crossing = act().header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(crossing.status(), 403);
    let crossing = act().header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(crossing.status(), 403);
    let form = bench.request(Method::POST, "/api/lanes/OUT1/acts").header("content-type", "text/plain");
    assert_eq!(form.body(release().to_string()).send().await.unwrap().status(), 415);
    assert!(bench.reached().is_empty());
    let own = act().header("origin", format!("http://{}", bench.host)).send().await.unwrap();
    assert_eq!(own.status(), 200);
}

/// fault E5: on this machine reading is free; from elsewhere it needs a log-in, which ends when it is not used.
#[tokio::test]
async fn beyond_this_machine_reading_needs_a_login() {
    let local = bench().await;
    assert_eq!(local.get("/api/state").await.0, 200);
    assert_eq!(local.json("/api/session").await, json!({"required": false, "person": null}));

    let bench = bench_at("10.0.0.5").await;
    for path in ["/api/state", "/api/live", "/api/passages", "/api/passages/v1", "/api/lookup?q=1"] {
        assert_eq!(bench.get(path).await.0, 401, "{path}");
    }
    assert_eq!(bench.act(&release()).await.0, 401, "an act from elsewhere needs both");
    assert!(bench.reached().is_empty());
    for path in ["/", "/assets/panel.js", "/healthz", "/metrics", "/api/session", "/status"] {
        assert_eq!(bench.get(path).await.0, 200, "{path}: the page, probes, and this machine's own programs");
    }
    let cookie = log_in(&bench).await;
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 200);
    let who = bench.request(Method::GET, "/api/session").header("cookie", &cookie).send().await.unwrap();
    assert!(who.text().await.unwrap().contains("\"role\":\"yard_operator\""));
    let acted =
        bench.request(Method::POST, "/api/lanes/OUT1/acts").header("cookie", &cookie).json(&release());
    assert_eq!(acted.send().await.unwrap().status(), 200);

    // fault B1: on the monotonic clock, whatever the wall clock says.
    bench.clock.set_wall(protocols::contract::UtcMillis::from_millis(0));
    bench.clock.advance(Duration::from_secs(599));
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 200);
    bench.clock.advance(Duration::from_secs(599));
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 200, "use keeps it");
    bench.clock.advance(Duration::from_secs(601));
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 401, "it was not used");
}

#[tokio::test]
async fn a_log_in_ends_with_the_shift_and_when_it_is_told_to() {
    let bench = bench_at("10.0.0.5").await;
    let cookie = log_in(&bench).await;
    for _ in 0..71 {
        bench.clock.advance(Duration::from_secs(599));
        assert_eq!(status_of(&bench, "/api/state", &cookie).await, 200);
    }
    bench.clock.advance(Duration::from_secs(700));
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 401, "twelve hours are a shift");

    let cookie = log_in(&bench).await;
    let out = bench.request(Method::POST, "/api/logout").header("cookie", &cookie).json(&json!({}));
    assert_eq!(out.send().await.unwrap().status(), 200);
    assert_eq!(status_of(&bench, "/api/state", &cookie).await, 401);
    for forged in ["", "kakou_panel_1=x", &format!("{cookie}0")] {
        assert_eq!(status_of(&bench, "/api/state", forged).await, 401, "{forged}");
    }
    let (status, told) = bench.post("/api/login", &json!({"person": "li", "pin": "482017"})).await;
    assert_eq!((status, &told["code"]), (403, &json!("wrong_pin")));
}
