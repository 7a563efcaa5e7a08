//! The live state: told at once, at every change, and not too often.

use std::time::Duration;

use futures::{Stream, StreamExt, pin_mut};
use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::{Bench, bench, empty};
use crate::{
    clock::{Clock, SystemClock},
    lane::Snapshot,
};

const SOON: Duration = Duration::from_secs(60);

/// The events of `/api/live`: name and data.
async fn follow(bench: &Bench) -> impl Stream<Item = (String, Value)> {
    let answer = bench.request(Method::GET, "/api/live").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "text/event-stream")
    );
    let mut text = String::new();
    answer.bytes_stream().flat_map(move |bytes| {
        text.push_str(std::str::from_utf8(&bytes.unwrap_or_default()).unwrap());
        let mut events = Vec::new();
        while let Some((event, rest)) = text.split_once("\n\n") {
            let line = |name: &str| {
                event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
            };
            events.push((line("event:"), serde_json::from_str(&line("data:")).unwrap_or_default()));
            text = rest.to_owned();
        }
        futures::stream::iter(events)
    })
}

#[tokio::test]
async fn a_page_is_told_at_once_and_at_every_change() {
    let bench = bench().await;
    let events = follow(&bench).await;
    pin_mut!(events);
    let (name, first) = timeout(SOON, events.next()).await.unwrap().unwrap();
    assert_eq!((name.as_str(), &first["lanes"][0]["state"]), ("state", &"idle".into()));
    bench.lane.as_ref().unwrap().send_replace(Snapshot { visit_id: None, ..empty("collecting") });
    let told = async {
        loop {
            let (_, state) = events.next().await.unwrap();
            if state["lanes"][0]["state"] == "collecting" {
                return state;
            }
        }
    };
    let told = timeout(SOON, told).await.unwrap();
    assert_eq!(told["lanes"][0]["next"]["en"], "Reading the vehicle: wait a moment.");
}

/// A lane that changes a thousand times a second costs a page ten states a second, and the last one is told.
#[tokio::test]
async fn a_restless_lane_is_told_ten_times_a_second_at_most() {
    let bench = bench().await;
    let events = follow(&bench).await;
    pin_mut!(events);
    let lane = bench.lane.as_ref().unwrap();
    let restless = async {
        for number in 0..500 {
            let state = if number % 2 == 0 { "held" } else { "deciding" };
            lane.send_replace(empty(state));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        lane.send_replace(empty("passing"));
    };
    let mut states = 0;
    let counting = async {
        while let Some((_, state)) = events.next().await {
            states += 1;
            if state["lanes"][0]["state"] == "passing" {
                return;
            }
        }
    };
    let begun = SystemClock.tick();
    timeout(SOON, futures::future::join(restless, counting)).await.unwrap();
    let most = SystemClock.tick().since(begun).as_millis() / 100 + 2;
    assert!(states <= most, "{states} states, {most} are allowed");
}

/// A stop does not wait for pages that follow.
#[tokio::test]
async fn following_ends_with_the_program() {
    let bench = bench().await;
    let events = follow(&bench).await;
    pin_mut!(events);
    events.next().await.unwrap();
    bench.stop.send_replace(true);
    let rest = async { while events.next().await.is_some() {} };
    timeout(SOON, rest).await.unwrap();
}

/// Invariant I6 of the fault list: pages that follow are bounded.
#[tokio::test]
async fn too_many_pages_are_turned_away() {
    let bench = bench().await;
    let open = (0..super::super::live::MOST_VIEWERS).map(|_| bench.request(Method::GET, "/api/live").send());
    let open = futures::future::join_all(open).await;
    assert!(open.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    assert_eq!(bench.get("/api/live").await.0, 503);
    drop(open);
}
