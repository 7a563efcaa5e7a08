//! The panel over its own HTTP.

use std::{net::SocketAddr, sync::Arc};

use protocols::ids::{GateId, LaneId};
use tokio::{net::TcpListener, sync::watch};

use super::{DeviceView, LaneView, Link, Metrics, State, Status, serve};
use crate::{
    cache::{Cache, Residence},
    clock::SystemClock,
    journal::{Journal, JournalState, MemoryDisk},
    lane::{Counter, Snapshot},
};

struct Bench {
    address: SocketAddr,
    journal: Journal,
    lane: Option<watch::Sender<Snapshot>>,
    _link: watch::Sender<Link>,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let gate_id = GateId::parse("0708-G02").unwrap();
    let clock = Arc::new(SystemClock);
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) =
        Journal::start(MemoryDisk::new("test").store(), gate_id.clone(), clock.clone()).unwrap();
    let cache =
        Cache::open(&folder.path().join("index.db"), clock.clone(), journal.overlay(), Residence::Memory);
    let metrics = Arc::new(Metrics::new());
    let idle = Snapshot { state: "idle", faults: vec!["io-1".into()], ..Snapshot::default() };
    let (counter, _persons) = Counter::open(clock.clone());
    let (lane, live) = watch::channel(idle);
    let (link, link_state) = watch::channel(Link { online: true, clock_offset_ms: Some(-12), error: None });
    let reader = metrics.device("uhf-1");
    reader.online.set(1);
    reader.reads.inc_by(5);
    let state = State {
        gate_id,
        lanes: vec![LaneView { lane_id: LaneId::parse("OUT1").unwrap(), live, counter }],
        devices: vec![DeviceView { name: "uhf-1".into(), kind: "uhf-chafon-18", metrics: reader }],
        journal: journal.clone(),
        cache,
        link: link_state,
        metrics,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, Arc::new(state), std::future::pending()));
    let mut opened = journal.state();
    opened.wait_for(|state| *state == JournalState::Available).await.unwrap();
    Bench { address, journal, lane: Some(lane), _link: link, _folder: folder }
}

impl Bench {
    async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
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
    let status: Status = serde_json::from_str(&bench.get("/status").await.1).unwrap();
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
