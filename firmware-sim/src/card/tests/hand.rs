//! The page of the reader, as the person before it and as other pages meet it.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::card::service::router;

const HERE: &str = "127.0.0.1:18089";
const OWN: &str = "http://127.0.0.1:18089";
const PORTAL: &str = "https://portal.example.cn";

/// PO-095, PO-096: whoever sits before the reader puts cards in and pulls them out; a page from elsewhere does not, not even the portal's.
#[tokio::test]
async fn a_hand_moves_cards_and_another_page_does_not() {
    let (shelf, card) = shelf(Algorithm::Sm2Sm3);
    let number = card.shown().card_no;
    let router = router(shelf.path().to_owned(), PORTAL, None).unwrap();
    let ask = async |method: Method, path: &str, host: &str, origin: Option<&str>, body: &str| {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, String::from_utf8_lossy(&bytes).into_owned())
    };
    let (put_in, pull) = (format!("card_no={number}"), "");
    let shows = async |expected: &str| {
        let (status, page) = ask(Method::GET, "/", HERE, None, "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains(&number) && page.contains(expected), "{expected} in {page}");
    };
    shows("There is no card in the reader").await;
    for (host, origin) in [
        (HERE, None),
        (HERE, Some(PORTAL)),
        (HERE, Some("http://127.0.0.1:8080")),
        ("evil.example", Some("http://evil.example")),
    ] {
        let refused = ask(Method::POST, "/hand", host, origin, &put_in).await.0;
        assert_eq!(refused, StatusCode::FORBIDDEN, "{host} {origin:?}");
    }
    assert_eq!(ask(Method::GET, "/", "evil.example", None, "").await.0, StatusCode::FORBIDDEN);
    shows("There is no card in the reader").await;
    assert_eq!(ask(Method::POST, "/hand", HERE, Some(OWN), &put_in).await.0, StatusCode::SEE_OTHER);
    shows("in the reader</strong>").await;
    assert_eq!(ask(Method::POST, "/hand", HERE, Some(OWN), pull).await.0, StatusCode::SEE_OTHER);
    shows("There is no card in the reader").await;
    let absent = ask(Method::POST, "/hand", HERE, Some(OWN), "card_no=8950000009999").await.0;
    assert_eq!(absent, StatusCode::NOT_FOUND);
}
