//! The panel over its own HTTP, with lanes, persons and a clock of the test's own.

mod access;
mod acts;
mod codes;
mod live;
mod page;
mod passages;
mod probes;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use protocols::{
    contract::{PolicyRow, SnapshotRow},
    ids::{CustomsCode, GateId, LaneId},
    rules::{LaneDirection, LanePolicy, YardPolicy},
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use super::{
    Access, DeviceView, LaneView, Link, Metrics, State, UsageGauge, samples::snapshot as empty, serve,
};
use crate::{
    cache::{Cache, Residence, samples},
    clock::{SimClock, SystemClock},
    identity::TrustedTime,
    journal::{Draft, EmergencyLog, Journal, JournalState, SqliteStore},
    lane::{Act, Counter, Refusal, Snapshot, TakenCodes},
    person::samples::register,
    release_code::{CodeTime, ReleaseCodes},
    watchdog::Beat,
};

/// A panel of one gate with a lane `OUT1`; what reaches the lane is kept.
struct Bench {
    address: SocketAddr,
    http: Client,
    /// Under which name it is called.
    host: String,
    journal: Journal,
    cache: Cache,
    clock: Arc<SimClock>,
    lane: Option<watch::Sender<Snapshot>>,
    link: watch::Sender<Link>,
    silent: watch::Sender<Vec<GateId>>,
    acts: Arc<Mutex<Vec<Act>>>,
    says: Arc<Mutex<Result<(), Refusal>>>,
    taken: TakenCodes,
    metrics: Arc<Metrics>,
    stop: watch::Sender<bool>,
    folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    bench_at("127.0.0.1").await
}

/// A panel that believes to listen at that address.
async fn bench_at(listen: &str) -> Bench {
    let gate_id = GateId::parse("0708-G02").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (system, clock) = (Arc::new(SystemClock), Arc::new(SimClock::at(samples::noon())));
    clock.advance(Duration::from_secs(1000));
    let journal_file = folder.path().join("journal.db");
    let store = SqliteStore::at(journal_file.clone(), gate_id.clone());
    let (journal, _) = Journal::start(store, gate_id.clone(), system.clone()).unwrap();
    let cache =
        Cache::open(&folder.path().join("index.db"), system.clone(), journal.overlay(), Residence::Memory);
    let metrics = Arc::new(Metrics::new());
    let (lane, live) = watch::channel(Snapshot { faults: vec!["io-1".into()], ..empty("idle") });
    let (link, link_state) =
        watch::channel(Link { online: true, clock_offset_ms: Some(-12), ..Link::default() });
    let silent = watch::Sender::new(Vec::new());
    let reader = metrics.device("uhf-1");
    reader.online.set(1);
    reader.reads.inc_by(5);
    let (counter, mut inbox) = Counter::open(system);
    let (acts, says) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Ok(()))));
    let (kept, word) = (Arc::clone(&acts), Arc::clone(&says));
    tokio::spawn(async move {
        while let Some((act, answer)) = inbox.recv().await {
            kept.lock().unwrap().push(act);
            let _ = answer.send(*word.lock().unwrap());
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let believed = SocketAddr::new(listen.parse().unwrap(), address.port());
    let (taken, trusted) = (TakenCodes::default(), Arc::new(TrustedTime::new(clock.clone(), None)));
    let emergency = EmergencyLog::at(folder.path().join("emergency.log"));
    let time = CodeTime::open(folder.path(), trusted, clock.clone());
    let codes =
        ReleaseCodes::open(folder.path(), gate_id.clone(), journal.clone(), &emergency, taken.clone(), time);
    let state = State {
        gate_id,
        lanes: vec![LaneView {
            lane_id: LaneId::parse("OUT1").unwrap(),
            live,
            counter,
            beat: Beat::default(),
        }],
        devices: vec![DeviceView { name: "uhf-1".into(), kind: "uhf-chafon-18", metrics: reader }],
        journal: journal.clone(),
        cache: cache.clone(),
        link: link_state,
        persons: register(clock.clone(), Arc::clone(&metrics)),
        codes: Arc::new(codes),
        metrics: Arc::clone(&metrics),
        access: Access { listen: believed, names: Vec::new(), login_idle: Duration::from_secs(600) },
        journal_file,
        silent_neighbours: Some(silent.subscribe()),
        usage: UsageGauge::default(),
        clock: clock.clone(),
    };
    let (stop, mut stopped) = watch::channel(false);
    let until = async move { drop(stopped.wait_for(|stop| *stop).await) };
    tokio::spawn(serve(listener, Arc::new(state), until));
    let mut opened = journal.state();
    opened.wait_for(|state| *state == JournalState::Available).await.unwrap();
    Bench {
        address,
        http: {
            crate::cryptography::choose();
            Client::builder().timeout(Duration::from_secs(20)).build().unwrap()
        },
        host: believed.to_string(),
        journal,
        cache,
        clock,
        lane: Some(lane),
        link,
        silent,
        acts,
        says,
        taken,
        metrics,
        stop,
        folder,
    }
}

impl Bench {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address)).header("host", &self.host)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, text) = self.get(path).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request(Method::POST, path).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn act(&self, body: &Value) -> (u16, Value) {
        self.post("/api/lanes/OUT1/acts", body).await
    }

    /// What has reached the lane, and not been asked for before.
    fn reached(&self) -> Vec<Act> {
        std::mem::take(&mut *self.acts.lock().unwrap())
    }

    /// The index of a yard with `OUT1`, and these rows.
    async fn fill(&self, rows: &[SnapshotRow]) {
        let gate_id = GateId::parse("0708-G02").unwrap();
        let mut lane = LanePolicy::new(gate_id, LaneId::parse("OUT1").unwrap(), LaneDirection::Out);
        lane.two_person_release = true;
        let yard = YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]);
        let policy = [SnapshotRow::Policy(PolicyRow::Yard(yard)), SnapshotRow::Policy(PolicyRow::Lane(lane))];
        let rows: Vec<SnapshotRow> = rows.iter().cloned().chain(policy).collect();
        let mut snapshot = self.cache.begin_snapshot().unwrap();
        samples::snapshot(10, &rows).iter().try_for_each(|line| snapshot.line(line)).unwrap();
        snapshot.finish().unwrap();
        self.cache.is_loaded().wait_for(|is_loaded| *is_loaded).await.unwrap();
    }

    async fn record(&self, drafts: Vec<Draft>) {
        if self.journal.head().borrow().as_ref().is_some_and(|head| head.epoch.is_none()) {
            self.journal.set_epoch(3).await.unwrap();
        }
        self.journal.commit(drafts).await.unwrap();
    }
}

/// A release by the officer `zhang`, with nothing wrong about it.
fn release() -> Value {
    json!({"person": "zhang", "pin": "482017", "do": "release", "reason": "系统核对无误"})
}

/// A body with members of another one laid over it.
fn with(body: &Value, over: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in over.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}
