//! Snapshots that are asked for and not taken.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, StatusCode},
    response::Response,
};
use futures::StreamExt;
use http_body_util::BodyExt;
use serde_json::Value;

use super::{Copy, GATE};
use crate::{
    gate_feed::upkeep,
    test_app::{TestApp, coal},
};

const OTHER: &str = "gate-token-0708-G03";
/// Of so many records a snapshot is more than one piece.
const RECORDS: usize = 90;

async fn asked(app: &TestApp, token: &str) -> Response {
    app.respond(Method::GET, "/gate/v1/snapshot", token, Value::Null).await
}

/// Whole, or none when it was cut.
async fn read(body: Body) -> Option<Vec<u8>> {
    body.collect().await.ok().map(|body| body.to_bytes().to_vec())
}

async fn with_records() -> TestApp {
    let app = TestApp::open_with(|config| config.feed.max_snapshot_mb = 1).await;
    for n in 0..RECORDS {
        app.approved(coal(&format!("蒙LK{n:04}"))).await;
    }
    app
}

/// `contract` section 3: gates that do not read their snapshots keep nobody from reading, and leave no file behind; too many at
/// once are told when to come back.
#[tokio::test]
async fn a_slow_reader_of_a_snapshot_keeps_nothing_from_others() {
    let app = TestApp::open().await;
    let record = app.approved(coal("蒙LK8216")).await;
    let unread = [asked(&app, GATE).await, asked(&app, OTHER).await];
    assert!(unread.iter().all(|response| response.status() == StatusCode::OK));
    let folder = &app.central.config().store.data_dir;
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let is_known = ["blobs", "gate-authorities"].contains(&name.as_str());
        assert!(name.starts_with("central.sqlite") || is_known, "{name}");
    }
    let all = app.central.config().store.read_connections;
    let mut readers = Vec::new();
    for _ in 0..all {
        readers.push(app.central.store().begin_read().await.unwrap());
    }
    drop(readers);
    app.officer(&record, "hold").await;
    for response in unread {
        let told = read(response.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&told).contains("LOCKED"), "it shows the revision of its head");
    }
    let places: Vec<_> = std::iter::from_fn(|| app.central.snapshot_place()).collect();
    assert_eq!(places.len(), 2);
    let busy = asked(&app, GATE).await;
    assert_eq!(
        (busy.status(), busy.headers()["retry-after"].as_bytes()),
        (StatusCode::SERVICE_UNAVAILABLE, &b"1"[..])
    );
    drop(places);
    Copy::snapshot(&app).await;
}

/// Invariant I6: a gate that asks again behind a dead line has one snapshot under way and not two; the newer is whole, the older is cut and is no snapshot, and
/// nothing is held when all are over.
#[tokio::test]
async fn a_gate_that_asks_again_ends_what_it_asked_for_before() {
    let app = with_records().await;
    let under_way = app.central.snapshots_under_way();
    let mut olds = Vec::new();
    for _ in 0..8 {
        olds.push(asked(&app, GATE).await);
    }
    let of_one = under_way.bytes();
    let other = asked(&app, OTHER).await;
    assert_eq!(under_way.bytes(), 2 * of_one, "another gate's is its own");
    let newest = olds.pop().unwrap();
    for old in olds {
        assert_eq!(read(old.into_body()).await, None);
    }
    let newest = read(newest.into_body()).await.unwrap();
    assert_eq!(u64::try_from(newest.len()).unwrap(), of_one);
    assert_eq!(read(other.into_body()).await.map(|whole| whole.len()), Some(newest.len()));
    assert_eq!(under_way.bytes(), 0);
}

/// Invariant I6, fault C8: what gates have under way takes no more of the disk than it may; who finds no room is told when to come back, has not begun
/// anything, and is served when there is room again. A single one that is longer than all may be is sent all the same.
#[tokio::test]
async fn snapshots_under_way_take_no_more_than_their_room() {
    let app = with_records().await;
    let under_way = app.central.snapshots_under_way();
    let first = asked(&app, GATE).await;
    let length = under_way.bytes();
    // As another gate's long one would.
    let held = under_way.begin(&"0708-G99".parse().unwrap());
    held.grow(1024 * 1024 - length).unwrap();
    let busy = asked(&app, OTHER).await;
    assert_eq!(
        (busy.status(), busy.headers()["retry-after"].as_bytes()),
        (StatusCode::SERVICE_UNAVAILABLE, &b"10"[..])
    );
    assert_eq!(under_way.bytes(), 1024 * 1024);
    drop((first, held));
    let alone = asked(&app, OTHER).await;
    assert_eq!((alone.status(), under_way.bytes()), (StatusCode::OK, length));
}

/// Invariant I6: a gate that has begun to read and stopped is ended by the upkeep of the feed, by a clock that nobody sets: its file goes, and the rest is never
/// taken for the end.
#[tokio::test]
async fn a_gate_that_stops_reading_is_ended() {
    let app = with_records().await;
    let mut slow = asked(&app, GATE).await.into_body().into_data_stream();
    let first = slow.next().await.unwrap().unwrap();
    assert!(!first.is_empty());
    for (seconds, is_there) in [(50, true), (50, false)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        // As far as it goes without the store.
        assert!(futures::poll!(Box::pin(upkeep::run(app.central.clone()))).is_pending());
        assert_eq!(app.central.snapshots_under_way().bytes() > 0, is_there);
    }
    assert!(slow.next().await.unwrap().is_err());
}
