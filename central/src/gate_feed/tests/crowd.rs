//! Many at once, at two processes that share one database.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::StatusCode;
use protocols::{contract::EventType, rules::LaneDirection};
use serde_json::{Value, json};
use tokio::task::{JoinSet, yield_now};

use super::Copy;
use crate::test_app::{DECLARANT, OFFICER, TestApp, TestGate, coal, path, trip_no};

const WRITERS: u64 = 16;

/// A centre and another one beside it.
async fn two() -> [Arc<TestApp>; 2] {
    let app = TestApp::open().await;
    let beside = app.reopened().await;
    [Arc::new(app), Arc::new(beside)]
}

/// SG-072, SG-073, SG-205: 16 writers; numbers are unique and leave nothing out, revisions rise in commit order without gaps, and a gate
/// that asks all the while is never led past one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_share_numbers_and_revisions() {
    const EACH: u64 = 6;
    let apps = two().await;
    let mut copy = Copy::snapshot(&apps[0]).await;
    let end = copy.revision + WRITERS * EACH;
    let asked = Arc::clone(&apps[1]);
    let gate = tokio::spawn(async move {
        while copy.revision < end {
            copy.catch_up(&asked).await;
            yield_now().await;
        }
        copy
    });
    let writer = async |app: Arc<TestApp>, writer: u64| {
        let mut serials = Vec::new();
        for n in 0..EACH {
            let record = app.save(coal(&format!("蒙LK{writer:02}{n:02}"))).await;
            let (status, _) = app.act(DECLARANT, &path(&record), "declare", json!({"version": 1})).await;
            assert_eq!(status, StatusCode::OK);
            let serial =
                |name: &str, from: usize| record[name].as_str().unwrap()[from..].parse::<u64>().unwrap();
            serials.push((serial("unified_no", 4), serial("trip_no", 19)));
        }
        serials
    };
    let app = |writer: u64| Arc::clone(if writer.is_multiple_of(2) { &apps[0] } else { &apps[1] });
    let tasks: Vec<_> = (0..WRITERS).map(|n| tokio::spawn(writer(app(n), n))).collect();
    let mut all = BTreeSet::new();
    for task in tasks {
        let serials = task.await.unwrap();
        assert!(serials.is_sorted(), "each writer's numbers rise");
        all.extend(serials);
    }
    let expected: BTreeSet<_> = (1..=WRITERS * EACH).map(|n| (n, n)).collect();
    assert_eq!(all, expected);
    assert_eq!(gate.await.unwrap(), Copy::snapshot(&apps[0]).await);
}

/// SG-246, SG-247; fault C5, invariant I2: one gate's journal comes in sixteen times at once, in pieces that overlap; each event is stored
/// and applied once, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_that_comes_in_many_times_at_once_is_taken_once() {
    const PASSAGES: usize = 3;
    let apps = two().await;
    let mut gate = TestGate::new("0708-G02");
    assert_eq!(gate.hello(&apps[0], "store-1").await.0, StatusCode::OK);
    let (mut events, mut records) = (Vec::new(), Vec::new());
    for n in 0..PASSAGES {
        let record = apps[0].approved(coal(&format!("蒙LK820{n}"))).await;
        let (visit, trip) = (format!("v{n}"), Some(trip_no(&record)));
        events.push(gate.write(EventType::Arrival, LaneDirection::In, &visit, None));
        events.push(gate.write(EventType::Match, LaneDirection::In, &visit, trip));
        events.push(gate.write(EventType::RaiseIntent, LaneDirection::In, &visit, trip));
        events.push(gate.write(EventType::Pass, LaneDirection::In, &visit, trip));
        records.push(record);
    }
    let last = events.len();
    let mut senders = JoinSet::new();
    for sender in 0..usize::try_from(WRITERS).unwrap() {
        let (app, gate, events) = (Arc::clone(&apps[sender % 2]), gate.clone(), events.clone());
        senders.spawn(async move {
            let (mut from, piece) = (0, 1 + sender % 5);
            while from < last {
                let to = (from + piece).min(last);
                match gate.send(&app, events[from..to].to_vec()).await {
                    (StatusCode::OK, _) => from = to,
                    (StatusCode::SERVICE_UNAVAILABLE, _) => yield_now().await,
                    (status, answer) => panic!("{status} {answer}"),
                }
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    let (_, stored) = apps[0].get("/api/v1/gates/0708-G02/events", OFFICER).await;
    let stored: Vec<&Value> = stored["items"].as_array().unwrap().iter().map(|item| &item["event"]).collect();
    assert_eq!(stored, events.iter().collect::<Vec<_>>());
    for record in &records {
        let (_, receipts) = apps[1].get(&(path(record) + "/receipts"), OFFICER).await;
        let causes: Vec<&str> =
            receipts["items"].as_array().unwrap().iter().map(|row| row["cause"].as_str().unwrap()).collect();
        assert_eq!(causes.iter().filter(|cause| **cause == "MATCH").count(), 1, "{causes:?}");
        let shown = apps[1].show(record).await;
        assert_eq!((&shown["status"], &shown["entry_passed"]), (&json!("LOCKED"), &json!(true)));
    }
    assert_eq!(apps[0].get("/api/v1/alerts", OFFICER).await.1["items"], json!([]));
}
