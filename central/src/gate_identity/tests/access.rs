//! Who reaches what: every call of a gate, by every kind of client. A client without a certificate that counts reaches health, enrolment
//! and, while its certificate could be renewed, renewal.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::{
    contract::{EventType, UtcMillis},
    ids::{GateId, YardId},
    ikey::Period,
    rules::LaneDirection,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DAY, End, GATE, Line, csr, told};
use crate::{
    connection::PlainPeer,
    gate_identity::{authority::Authorities, issue::Asked},
    router,
    test_app::{ADMIN, TestApp, TestGate, YARD},
};

/// Every call of a gate, valid but for who makes it.
fn calls() -> Vec<(&'static str, Method, &'static str, Value)> {
    let status = json!({"gate_id": GATE, "at": "2025-10-13T00:30:00.000Z", "head": null, "index_revision": null, "index_age_s": null, "lanes": []});
    vec![
        ("health", Method::GET, "/healthz", Value::Null),
        ("ready", Method::GET, "/readyz", Value::Null),
        ("enrol", Method::POST, "/gate/v1/enrol", json!({"code": "00000-00000-00000-00000", "csr": csr()})),
        ("renew", Method::POST, "/gate/v1/renew", json!({"csr": csr()})),
        (
            "hello",
            Method::POST,
            "/gate/v1/hello",
            json!({"gate_id": GATE, "store_id": "s1", "version": "0.1.0"}),
        ),
        ("status", Method::POST, "/gate/v1/status", status),
        ("snapshot", Method::GET, "/gate/v1/snapshot", Value::Null),
        ("changes", Method::GET, "/gate/v1/changes?after=0", Value::Null),
        ("events", Method::POST, "/gate/v1/events", json!({"gate_id": GATE, "epoch": 1, "events": []})),
        ("people", Method::GET, "/api/v1/session", Value::Null),
        ("metrics", Method::GET, "/metrics", Value::Null),
    ]
}

/// A certificate for the gate that the table of the centre does not have, by these authorities.
fn stray(authorities: &Authorities, app: &TestApp) -> End {
    let now = app.central.store().clock().now();
    let until = UtcMillis::from_millis(now.as_millis() + DAY);
    let (gate, yard) = (GateId::parse(GATE).unwrap(), YardId::parse(YARD).unwrap());
    let asked = Asked::read(&csr()).unwrap();
    let period = Period { from: now, until };
    let (certificate, _) = authorities.certify_gate(&gate, &yard, &asked.key, period).unwrap();
    End { certificate, answer: Value::Null }
}

/// Who shows what, and how each call of a gate is answered.
type Shown<'a> = (&'a str, Option<&'a [u8]>, Vec<String>);

/// fault C9, fault C10: an unauthenticated or foreign client reaches health and enrolment only, and each refusal says why.
#[tokio::test]
async fn only_a_certificate_that_counts_opens_the_line() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = Authorities::open(elsewhere.path(), app.central.store().clock().now()).unwrap();

    let own = line.enrol(GATE).await;
    let other = line.enrol("0708-G03").await;
    let revoked = line.enrol("0708-G04").await;
    app.post("/api/v1/admin/gates/0708-G04/revocation", ADMIN, json!({"reason": "失窃"})).await;
    let (expired, replaced) = (line.enrol("0708-G05").await, line.enrol("0708-G06").await);
    // Renewed at the end of its time, and in use: the one before is a copy then.
    line.wait(40 * DAY);
    let mut later = Vec::new();
    for (end, gate) in [(&own, GATE), (&other, "0708-G03"), (&replaced, "0708-G06")] {
        let renewed = End::of(line.renew(end, &csr()).await.1);
        let body = json!({"gate_id": gate, "store_id": "s1", "version": "0.1.0"});
        assert_eq!(line.post("/gate/v1/hello", Some(&renewed), body).await.0, StatusCode::OK, "{gate}");
        later.push(renewed);
    }
    line.wait(6 * DAY);

    let refused = |code: &str| vec![code.to_owned(); 6];
    let opened = |open: [&str; 6]| open.map(ToOwned::to_owned).to_vec();
    let unknown = stray(&app.central.gate_authorities().unwrap(), &app);
    let junk = b"no certificate".as_slice();
    let shown: [Shown<'_>; 9] = [
        ("nothing", None, refused("GATE_CERTIFICATE_NEEDED")),
        ("junk", Some(junk), refused("GATE_CERTIFICATE_FOREIGN")),
        (
            "of another authority",
            Some(stray(&foreign, &app).certificate.der().to_vec().leak()),
            refused("GATE_CERTIFICATE_FOREIGN"),
        ),
        ("unknown", Some(unknown.certificate.der()), refused("GATE_CERTIFICATE_UNKNOWN")),
        ("revoked", Some(revoked.certificate.der()), refused("GATE_CERTIFICATE_REVOKED")),
        ("replaced", Some(replaced.certificate.der()), refused("GATE_CERTIFICATE_SUPERSEDED")),
        // What has expired may ask for a renewal, and gets nothing but its place in a queue.
        ("expired", Some(expired.certificate.der()), {
            let mut cells = refused("GATE_CERTIFICATE_EXPIRED");
            cells[0] = "202".into();
            cells
        }),
        // Another gate may read its own yard's index, and say nothing in this one's name.
        (
            "another gate's",
            Some(later[1].certificate.der()),
            opened([
                "GATE_RENEWAL_EARLY",
                "PO_NO_PERMISSION",
                "PO_NO_PERMISSION",
                "200",
                "200",
                "PO_NO_PERMISSION",
            ]),
        ),
        (
            "its own",
            Some(later[0].certificate.der()),
            opened(["GATE_RENEWAL_EARLY", "200", "204", "200", "200", "200"]),
        ),
    ];
    for (client, certificate, expected) in shown {
        let mut cells = Vec::new();
        for (_, method, path, body) in calls() {
            cells.push(told(&line.call(method, path, certificate, body).await));
        }
        let everybody = ["200", "200", "GATE_CODE"].map(ToOwned::to_owned);
        let nobody = ["PO_NOT_FOUND", "PO_NOT_FOUND"].map(ToOwned::to_owned);
        assert_eq!(cells, [&everybody[..], &expected, &nobody].concat(), "with a certificate: {client}");
    }
    assert!(line.alerts().await.contains(&json!("gate_copied")), "a copy is raised");
}

/// fault C9: over plain HTTP a gate's calls are of this machine only, token or not, and what a proxy says of an address is believed by nobody.
#[tokio::test]
async fn plain_http_from_elsewhere_is_refused() {
    let app = TestApp::open().await;
    let router = router::router(app.central.clone());
    let here: SocketAddr = "127.0.0.1:40000".parse().unwrap();
    let ask = async |from: Option<SocketAddr>, header: Option<(&str, &str)>| {
        let mut cells = Vec::new();
        for (name, method, path, body) in calls() {
            if matches!(name, "people" | "metrics") {
                continue;
            }
            let mut request = Request::builder().method(method).uri(path);
            request = request.header("authorization", "Bearer gate-token-0708-G02");
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
            let mut request = request.body(body).unwrap();
            if let Some(from) = from {
                request.extensions_mut().insert(ConnectInfo(PlainPeer(from)));
            }
            let response = router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            cells.push(told(&(status, serde_json::from_slice(&bytes).unwrap_or_default())));
        }
        cells
    };
    let refused = [vec!["200"; 2], vec!["GATE_PLAIN_HTTP"; 7]].concat();
    for (from, header) in [
        (Some("203.0.113.7:40000".parse().unwrap()), None),
        (Some("[2001:db8::7]:40000".parse().unwrap()), None),
        (Some("203.0.113.7:40000".parse().unwrap()), Some(("x-forwarded-for", "127.0.0.1"))),
        (Some(here), Some(("x-forwarded-for", "203.0.113.7"))),
        (Some(here), Some(("forwarded", "for=127.0.0.1"))),
        (None, None),
    ] {
        assert_eq!(ask(from, header).await, refused, "{from:?} {header:?}");
    }
    let open = ["200", "200", "GATE_CODE", "PO_LOGIN_FAILED", "200", "204", "200", "200", "200"];
    for from in [here, "[::1]:40000".parse().unwrap(), "[::ffff:127.0.0.1]:40000".parse().unwrap()] {
        assert_eq!(ask(Some(from), None).await, open, "{from}");
    }
}

/// A token of this machine opens nothing over TLS: there only certificates count.
#[tokio::test]
async fn a_token_opens_nothing_over_tls() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let peer = super::GatePeer { address: SocketAddr::from(([127, 0, 0, 1], 9)), certificate: None };
    let mut request = Request::get("/gate/v1/snapshot")
        .header("authorization", "Bearer gate-token-0708-G02")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    assert_eq!(line.router.clone().oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// fault C10, I2: two agents with one certificate and one journal, as a copied disk makes them: the second history is refused and raised,
/// and what the first has told stays.
#[tokio::test]
async fn two_agents_with_one_certificate_show_by_their_events() {
    let app = TestApp::open().await;
    let line = Line::of(&app);
    let end = line.enrol(GATE).await;
    assert_eq!(line.hello(&end).await.0, StatusCode::OK);
    let told = async |visit: &str| {
        let mut journal = TestGate::new(GATE);
        let events = vec![journal.write(EventType::Arrival, LaneDirection::Out, visit, None)];
        line.post("/gate/v1/events", Some(&end), json!({"gate_id": GATE, "epoch": 1, "events": events})).await
    };
    assert_eq!(told("OUT1-1").await.0, StatusCode::OK);
    let (status, refusal) = told("OUT1-2").await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &json!("chain")), "{refusal}");
    assert_eq!(line.alerts().await, ["fork"]);
    let kept = crate::store::all(app.central.store().read(), "SELECT seq FROM gate_event", []).await.unwrap();
    assert_eq!(kept.len(), 1);
}
