//! Probes, figures, and the state as programs read it.

use super::{Bench, bench};
use crate::panel::Status;

async fn status(bench: &Bench) -> Status {
    serde_json::from_str(&bench.get("/status").await.1).unwrap()
}

#[tokio::test]
async fn a_living_process_is_healthy_even_when_it_is_not_ready() {
    let bench = bench().await;
    assert_eq!(bench.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(bench.get("/readyz").await.0, 503);
}

#[tokio::test]
async fn what_is_missing_for_readiness_is_named() {
    let mut bench = bench().await;
    let reasons = bench.get("/readyz").await.1;
    assert!(reasons.contains("journal: the centre has given it no epoch yet"), "{reasons}");
    assert!(reasons.contains("index: no snapshot yet"), "{reasons}");
    assert!(!reasons.contains("lane OUT1"), "{reasons}");
    bench.journal.set_epoch(3).await.unwrap();
    drop(bench.lane.take());
    let reasons = bench.get("/readyz").await.1;
    assert!(!reasons.contains("epoch"), "{reasons}");
    assert!(reasons.contains("lane OUT1: does not run"), "{reasons}");
}

#[tokio::test]
async fn the_status_tells_lanes_devices_journal_index_and_centre() {
    let bench = bench().await;
    bench.journal.set_epoch(3).await.unwrap();
    let status = status(&bench).await;
    let lane = &status.lanes[0];
    assert_eq!(
        (lane.lane_id.as_str(), lane.running, lane.state.as_str(), lane.faults.len()),
        ("OUT1", true, "idle", 1)
    );
    let device = &status.devices[0];
    assert_eq!((device.name.as_str(), device.online, device.reads), ("uhf-1", true, 5));
    assert_eq!(
        (status.journal.state.as_str(), status.journal.epoch, status.journal.backlog),
        ("available", Some(3), 0)
    );
    assert_eq!((status.index.revision, status.centre.clock_offset_ms), (None, Some(-12)));
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_figures_are_there_for_prometheus() {
    let bench = bench().await;
    let (code, text) = bench.get("/metrics").await;
    assert_eq!(code, 200);
    assert!(text.contains("kakou_gate_device_reads_total{device=\"uhf-1\"} 5"), "{text}");
    assert!(text.contains("kakou_gate_index_age_seconds -1"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}

/// fault F6: dead centre, silent neighbours, wrong clock, missing index: each is named with its next action, what stops lanes first.
#[tokio::test]
async fn what_is_wrong_is_named_with_the_next_action() {
    let bench = bench().await;
    bench.journal.set_epoch(3).await.unwrap();
    let error = Some("connection refused".into());
    bench.link.send_replace(crate::panel::Link {
        online: false,
        clock_offset_ms: Some(86_400_000),
        error,
        ..Default::default()
    });
    bench.silent.send_replace(vec![protocols::ids::GateId::parse("0708-G03").unwrap()]);
    let told = status(&bench).await.attention;
    let what: Vec<&str> = told.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["index", "centre", "neighbours", "clock"]);
    assert!(told[1].cause.en.contains("connection refused") && told[1].next.zh.contains("网络"), "{told:?}");
    assert!(told[2].cause.zh.contains("0708-G03") && told[2].next.en.contains("broker"), "{told:?}");
    assert!(told[3].cause.en.contains("86400 s ahead of the centre's"), "{told:?}");
    bench.fill(&[]).await;
    let told = status(&bench).await;
    assert!(told.attention.iter().all(|one| one.what != "index"), "{:?}", told.attention);
    let offline = told.offline.unwrap();
    assert!(offline.index_left_s > 30 * 24 * 3600, "{offline:?}");
}
