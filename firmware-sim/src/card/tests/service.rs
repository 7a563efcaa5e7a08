//! The card service, as a page of the portal and as others meet it.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use protocols::ikey::{PrivateKey, self_signed};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::card::service::router;

const PORTAL: &str = "https://portal.example.cn";
const READER: &str = "/card/v1/readers/R1";

struct Service {
    router: Router,
    _shelf: TempDir,
}

fn service(inserted: Option<&str>) -> Service {
    let (shelf, _card) = shelf(Algorithm::Sm2Sm3);
    let inserted = inserted.map(|no| CardNo::parse(no).unwrap());
    let router = router(shelf.path().to_owned(), PORTAL, inserted).unwrap();
    Service { router, _shelf: shelf }
}

impl Service {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let (status, _, body) =
            self.ask(Method::GET, path, &[("origin", PORTAL), ("host", "127.0.0.1:18089")], Vec::new()).await;
        (status, body)
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let headers = [("origin", PORTAL), ("host", "localhost:18089")];
        let (status, _, body) = self.ask(Method::POST, path, &headers, body.to_string().into_bytes()).await;
        (status, body)
    }
}

/// PO-095, PO-065, contract section 8: readers, card, PIN, signature, one after the other.
#[tokio::test]
async fn a_page_of_the_portal_signs() {
    let service = service(Some(CARD));
    let (_, readers) = service.get("/card/v1/readers").await;
    assert_eq!(readers, json!({"items": [{"name": "R1", "card": true, "insertions": 1}]}));
    let (_, card) = service.get(&format!("{READER}/card")).await;
    assert_eq!(
        (&card["card_no"], &card["tries_left"], &card["blocked"]),
        (&json!(CARD), &json!(5), &json!(false))
    );
    let sign = json!({"text": "申报"});
    let (status, refused) = service.post(&format!("{READER}/sign"), sign.clone()).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("PO_PIN_WRONG")));
    let (status, refused) = service.post(&format!("{READER}/pin"), json!({"pin": "000000"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        (&refused["code"], &refused["message"], &refused["tries_left"]),
        (&json!("PO_PIN_WRONG"), &json!("卡密码错误，剩余 4 次"), &json!(4))
    );
    assert_eq!(
        service.post(&format!("{READER}/pin"), json!({"pin": PIN})).await,
        (StatusCode::OK, json!({"tries_left": 5}))
    );
    let (status, signed) = service.post(&format!("{READER}/sign"), sign).await;
    assert_eq!(
        (status, &signed["alg"], &signed["certificate"]),
        (StatusCode::OK, &json!("SM2-SM3"), &card["certificate"])
    );
    let certificate =
        Certificate::from_der(&Standard.decode(card["certificate"].as_str().unwrap()).unwrap()).unwrap();
    let value = Standard.decode(signed["value"].as_str().unwrap()).unwrap();
    assert!(certificate.key().holds("申报".as_bytes(), &value));
}

/// PO-065, PO-364: a blocked card says so.
#[tokio::test]
async fn a_blocked_card_says_so() {
    let service = service(Some(CARD));
    for left in [4, 3, 2, 1] {
        assert_eq!(
            service.post(&format!("{READER}/pin"), json!({"pin": "000000"})).await.1["tries_left"],
            left
        );
    }
    for pin in ["000000", PIN] {
        let (_, refused) = service.post(&format!("{READER}/pin"), json!({ "pin": pin })).await;
        assert_eq!(
            (&refused["code"], &refused["message"]),
            (&json!("PO_CARD_BLOCKED"), &json!("卡介质已锁定"))
        );
    }
}

/// PO-093, PO-096, PO-362: a card that is pulled is closed, and a page sees that it was out.
#[tokio::test]
async fn a_card_that_was_pulled_is_closed() {
    let service = service(Some(CARD));
    service.post(&format!("{READER}/pin"), json!({"pin": PIN})).await;
    assert_eq!(service.post(&format!("{READER}/pull"), Value::Null).await.0, StatusCode::NO_CONTENT);
    for (path, body) in [("pin", json!({"pin": PIN})), ("sign", json!({"text": "x"}))] {
        let (_, refused) = service.post(&format!("{READER}/{path}"), body).await;
        assert_eq!(
            (&refused["code"], &refused["message"]),
            (&json!("PO_CARD_ABSENT"), &json!("请正确连接电子口岸IC卡或Ikey"))
        );
    }
    assert_eq!(service.get(&format!("{READER}/card")).await.1["code"], "PO_CARD_ABSENT");
    assert_eq!(
        service.post(&format!("{READER}/insert"), json!({"card_no": CARD})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        service.get("/card/v1/readers").await.1["items"][0],
        json!({"name": "R1", "card": true, "insertions": 2})
    );
    assert_eq!(service.post(&format!("{READER}/sign"), json!({"text": "x"})).await.1["code"], "PO_PIN_WRONG");
    let (_, missing) = service.post(&format!("{READER}/insert"), json!({"card_no": "8950000009999"})).await;
    assert_eq!(missing["code"], "PO_CARD_ABSENT");
}

/// PO-095: who is not a page of the portal, in a browser on this machine, gets nothing, and no right to read it.
#[tokio::test]
async fn only_the_portal_may_ask() {
    let service = service(Some(CARD));
    let good = ("host", "127.0.0.1:18089");
    for headers in [
        &[good][..],
        &[good, ("origin", "https://evil.example.com")],
        &[good, ("origin", "http://portal.example.cn")],
        &[good, ("origin", "https://portal.example.cn:8443")],
        &[good, ("origin", "https://portal.example.cn.evil.com")],
        &[good, ("origin", "null")],
        &[good, ("origin", PORTAL), ("origin", "https://evil.example.com")],
        &[("origin", PORTAL)],
        &[("origin", PORTAL), ("host", "evil.example.com:18089")],
        &[("origin", PORTAL), ("host", "10.0.0.1:18089")],
        &[("origin", PORTAL), ("host", "localhost.evil.com")],
        &[("origin", PORTAL), ("host", "localhost:x")],
    ] {
        for (method, path, body) in [
            (Method::GET, format!("{READER}/card"), Value::Null),
            (Method::POST, format!("{READER}/pin"), json!({"pin": PIN})),
            (Method::OPTIONS, format!("{READER}/pin"), Value::Null),
        ] {
            let (status, answered, refused) =
                service.ask(method, &path, headers, body.to_string().into_bytes()).await;
            assert_eq!(
                (status, &refused["code"]),
                (StatusCode::FORBIDDEN, &json!("PO_NO_PERMISSION")),
                "{headers:?}"
            );
            assert!(!answered.contains_key("access-control-allow-origin"), "{headers:?}");
        }
    }
    // Nobody's PIN has been counted or has opened the card.
    let (_, refused) = service.post(&format!("{READER}/sign"), json!({"text": "x"})).await;
    assert_eq!(refused["code"], "PO_PIN_WRONG");
    for host in ["localhost", "127.0.0.1", "127.0.0.1:80", "[::1]:18089", "[::1]"] {
        let headers = [("origin", PORTAL), ("host", host)];
        assert_eq!(
            service.ask(Method::GET, "/card/v1/readers", &headers, Vec::new()).await.0,
            StatusCode::OK,
            "{host}"
        );
    }
}

/// PO-095: a browser asks first, and is told what the portal may do; private networks included.
#[tokio::test]
async fn a_preflight_is_answered_for_the_portal() {
    let service = service(None);
    let asked = [
        ("origin", PORTAL),
        ("host", "127.0.0.1:18089"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
        ("access-control-request-private-network", "true"),
    ];
    let (status, headers, _) =
        service.ask(Method::OPTIONS, &format!("{READER}/sign"), &asked, Vec::new()).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for (name, value) in [
        ("access-control-allow-origin", PORTAL),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-allow-private-network", "true"),
        ("vary", "origin"),
    ] {
        assert_eq!(headers[name], value);
    }
    let (_, headers, _) = service.ask(Method::OPTIONS, "/card/v1/seal", &asked[..4], Vec::new()).await;
    assert!(!headers.contains_key("access-control-allow-private-network"));
}

/// PO-100, contract section 8: the service seals to the platform's certificate, and opens what is sealed to the card.
#[tokio::test]
async fn the_service_seals_and_opens() {
    let service = service(Some(CARD));
    let platform = PrivateKey::generate(Algorithm::Sm2Sm3).unwrap();
    let certificate = self_signed("平台", &platform, period()).unwrap();
    let body = json!({"certificate": Standard.encode(certificate.der()), "text": "申报"});
    let (status, sealed) = service.post("/card/v1/seal", body).await;
    assert_eq!(status, StatusCode::OK);
    let envelope: Envelope = serde_json::from_value(sealed).unwrap();
    assert_eq!(envelope.open(&platform).unwrap(), "申报".as_bytes());
    let (_, card) = service.get(&format!("{READER}/card")).await;
    let (_, sealed) =
        service.post("/card/v1/seal", json!({"certificate": card["certificate"], "text": "回执"})).await;
    service.post(&format!("{READER}/pin"), json!({"pin": PIN})).await;
    let (_, opened) = service.post(&format!("{READER}/decrypt"), json!({ "sealed": sealed })).await;
    assert_eq!(opened, json!({"text": "回执"}));
    let (status, refused) = service.post(&format!("{READER}/decrypt"), json!({ "sealed": envelope })).await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("PO_SIGNATURE_INVALID"))
    );
}

/// A body that cannot be read is not shown again: there may be a PIN in it.
#[tokio::test]
async fn a_wrong_request_is_refused_without_its_words() {
    let service = service(Some(CARD));
    for body in [json!({"pin": 482_017}), json!({"pin": PIN, "more": 1}), json!("482017"), Value::Null] {
        let (status, refused) = service.post(&format!("{READER}/pin"), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(!refused.to_string().contains("482017"), "{refused}");
    }
    for (path, status) in
        [("/card/v1/readers/R2/sign", StatusCode::NOT_FOUND), ("/card/v1/other", StatusCode::NOT_FOUND)]
    {
        assert_eq!(service.post(path, json!({"text": "x"})).await.0, status);
    }
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    let shelf = tempfile::tempdir().unwrap();
    for portal in [
        "",
        "*",
        "null",
        "portal.example.cn",
        "https://",
        "https://portal.example.cn/",
        "https://a b",
        "ftp://x",
    ] {
        assert!(router(shelf.path().to_owned(), portal, None).is_err(), "{portal}");
    }
    for portal in ["https://portal.example.cn", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        assert!(router(shelf.path().to_owned(), portal, None).is_ok(), "{portal}");
    }
}

/// Bytes of any kind, on every path: an answer each, and a card that is as it was.
#[test]
fn any_bytes_get_an_answer() {
    use proptest::{
        prelude::{any, prop},
        test_runner::TestRunner,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let service = service(Some(CARD));
    let paths = ["pin", "sign", "decrypt", "insert", "card"].map(|path| format!("{READER}/{path}"));
    let mut runner = TestRunner::deterministic();
    let input = (0..=paths.len(), prop::collection::vec(any::<u8>(), 0..300));
    let result = runner.run(&input, |(path, bytes)| {
        let path = paths.get(path).map_or("/card/v1/seal", String::as_str);
        let headers = [("origin", PORTAL), ("host", "localhost")];
        let (status, _, _) = runtime.block_on(service.ask(Method::POST, path, &headers, bytes));
        assert!(status.is_client_error(), "{path}: {status}");
        Ok(())
    });
    result.unwrap();
    assert_eq!(runtime.block_on(service.get(&format!("{READER}/card"))).1["tries_left"], 5);
}

/// The service is for this machine only.
#[tokio::test]
async fn the_service_listens_on_loopback_only() {
    use crate::card::service::serve;
    let service = service(None);
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = serve(service.router.clone(), everywhere, |_| Ok(()), std::future::pending()).await;
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}
