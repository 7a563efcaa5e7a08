//! The HTTP link against a real socket on loopback: what goes over the wire, and how each answer is read.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use protocols::contract::{EventsRefusal, Hash, HelloRequest, RefusalCode};
use tokio::{net::TcpListener, sync::mpsc};

use super::super::HttpLink;
use super::super::link::{CentreLink, LinkError};
use crate::cache::samples;

async fn serving(router: Router) -> HttpLink {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    HttpLink::new(&base, "secret-token", std::time::Duration::from_secs(13)).unwrap()
}

/// The token goes into the header and nowhere else, not even into the link's debug text.
#[tokio::test]
async fn hello_carries_the_token() {
    let answer = |headers: HeaderMap, body: String| async move {
        assert_eq!(headers["authorization"], "Bearer secret-token");
        assert!(body.contains(r#""store_id":"s1""#) && !body.contains("secret"));
        let hash = Hash::ZERO;
        format!(
            r#"{{"epoch":3,"expected_seq":1,"expected_hash":"{hash}","revision":9,"time":"2025-10-13T04:00:00.000Z"}}"#
        )
    };
    let link = serving(Router::new().route("/gate/v1/hello", post(answer))).await;
    let request = HelloRequest {
        gate_id: samples::gate(),
        store_id: "s1".into(),
        version: "0.1.0".into(),
        epoch: None,
        index: None,
    };
    let answer = link.hello(&request).await.unwrap();
    assert_eq!((answer.epoch, answer.revision, answer.time), (3, 9, samples::noon()));
    assert!(!format!("{link:?}").contains("secret"));
}

/// An older gate under a newer centre: an operation that it does not know does not break the answer.
#[tokio::test]
async fn changes_with_an_unknown_operation_are_read() {
    let answer =
        || async { r#"{"from":4,"to":5,"more":true,"changes":[{"rev":5,"op":"weather","wind":7}]}"# };
    let link = serving(Router::new().route("/gate/v1/changes", get(answer))).await;
    let feed = link.changes(4, None, Duration::from_secs(1)).await.unwrap();
    assert!(feed.has_more() && !feed.is_empty());
}

/// Each status that means something is told apart; the events go out byte for byte as they were sealed.
#[tokio::test]
async fn refusals_are_told_apart() {
    let hash = Hash([7; 32]);
    let conflict = format!(r#"{{"code":"gap","expected_seq":4,"expected_hash":"{hash}"}}"#);
    let expected =
        LinkError::Refused(EventsRefusal { code: RefusalCode::Gap, expected_seq: 4, expected_hash: hash });
    let body = r#"{"gate_id":"0708-G02","epoch":2,"events":[{"b":1,"a":2.50},{"c":3}]}"#;
    for (status, answer, expected) in [
        (StatusCode::CONFLICT, conflict.as_str(), expected),
        (StatusCode::SERVICE_UNAVAILABLE, "", LinkError::Busy { retry_after: Duration::from_secs(17) }),
        (StatusCode::GONE, "", LinkError::TooOld),
        (
            StatusCode::UNAUTHORIZED,
            "",
            LinkError::Unauthorised { code: "401".into(), said: "it does not know this gate".into() },
        ),
        (
            StatusCode::FORBIDDEN,
            r#"{"code":"GATE_PLAIN_HTTP","message_en":"call over TLS"}"#,
            LinkError::Unauthorised { code: "GATE_PLAIN_HTTP".into(), said: "call over TLS".into() },
        ),
        (
            StatusCode::CONFLICT,
            r#"{"code":"SAY_HELLO","message_en":"say hello first"}"#,
            LinkError::Unexpected("409 Conflict: say hello first (SAY_HELLO)".into()),
        ),
        (StatusCode::BAD_GATEWAY, "", LinkError::Unexpected("502 Bad Gateway".into())),
    ] {
        let answer = answer.to_owned();
        let handler = move |sent: String| async move {
            assert_eq!(sent, body);
            (status, [("retry-after", "17")], answer).into_response()
        };
        let link = serving(Router::new().route("/gate/v1/events", post(handler))).await;
        let events = [r#"{"b":1,"a":2.50}"#.to_owned(), r#"{"c":3}"#.to_owned()];
        assert_eq!(link.events(&samples::gate(), 2, &events).await, Err(expected));
    }
    let nobody = HttpLink::new("http://127.0.0.1:9", "t", std::time::Duration::from_secs(13)).unwrap();
    assert!(matches!(nobody.changes(0, None, Duration::ZERO).await, Err(LinkError::Unreachable(_))));
}

/// A snapshot arrives line by line, compressed or not; one that ends within a line is told.
#[tokio::test]
async fn a_snapshot_is_decoded_as_it_comes() {
    let text: String = (0..5000).map(|n| format!("{{\"line\":{n}}}\n")).collect();
    let cut = text[..text.len() - 1].to_owned();
    for (body, encoding, is_whole) in [
        (zstd::encode_all(text.as_bytes(), 3).unwrap(), "zstd", true),
        (text.clone().into_bytes(), "identity", true),
        (zstd::encode_all(cut.as_bytes(), 3).unwrap(), "zstd", false),
        (b"no zstd at all".to_vec(), "zstd", false),
    ] {
        let handler = move |request: Request| async move {
            assert_eq!(request.headers()["accept-encoding"], "zstd");
            let pieces: Vec<_> =
                body.chunks(1000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
            ([("content-encoding", encoding)], Body::from_stream(futures::stream::iter(pieces)))
        };
        let link = serving(Router::new().route("/gate/v1/snapshot", get(handler))).await;
        let (sender, mut lines) = mpsc::channel(1);
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(mut some) = lines.recv().await {
                all.append(&mut some);
            }
            all
        });
        assert_eq!(link.snapshot(Hash::ZERO, sender).await.is_ok(), is_whole, "{encoding}");
        let all = reader.await.unwrap();
        assert_eq!(all.len() == 5000, is_whole);
    }
}

/// fault C2: a long poll may be still for as long as it said, a snapshot that stands still is given up: else a quiet yard would lose its
/// line over and over, or a dead one would hold it for ever.
#[tokio::test]
async fn a_quiet_answer_is_waited_for_and_a_snapshot_that_stands_still_is_not() {
    let late = || async {
        tokio::time::sleep(Duration::from_millis(2000)).await;
        r#"{"from":4,"to":4,"more":false,"changes":[]}"#
    };
    let stuck = || async {
        let first = futures::stream::iter([Ok::<_, std::io::Error>("{\n")]);
        Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
    };
    let router = Router::new().route("/gate/v1/changes", get(late)).route("/gate/v1/snapshot", get(stuck));
    let mut link = serving(router).await;
    link.piece = Duration::from_millis(1000);
    assert!(link.changes(4, None, Duration::from_secs(5)).await.unwrap().is_empty());
    let (lines, mut received) = mpsc::channel(4);
    let error = link.snapshot(Hash::ZERO, lines).await.unwrap_err();
    assert_eq!(error, LinkError::Unreachable("the snapshot stands still".into()));
    assert_eq!(received.recv().await.unwrap(), ["{"]);
}
