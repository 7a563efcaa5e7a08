//! A lane's shell with a release code: two lanes of one agent, one code, and a journal that fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use protocols::{
    contract::{PolicyRow, SnapshotRow},
    ids::{CustomsCode, VisitId},
    rules::{LaneDirection, LanePolicy, YardPolicy},
};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use super::{Counter, LaneTask, Ports, TakenCodes};
use crate::{
    apart::Apart,
    cache::{Cache, Residence, samples},
    clock::SystemClock,
    drivers::Barrier,
    journal::{Draft, EmergencyLog, Fault, Journal, MemoryDisk},
    lane::{Claims, CodeId, Deed, Input, LaneConfig, Person, Refusal, Role, Second, Timing},
    panel::Metrics,
};

const BOX: Duration = Duration::from_secs(20);
const LANES: [&str; 2] = ["IN1", "IN2"];

/// An agent of two entries that ask for two persons, over a disk of its own.
struct Bench {
    folder: TempDir,
    disk: MemoryDisk,
    counters: Vec<Counter>,
    pulses: Vec<Arc<AtomicUsize>>,
    claims: Claims,
    _inputs: Vec<mpsc::Sender<Input>>,
    _stop: watch::Sender<bool>,
}

async fn bench() -> Bench {
    let (folder, disk, clock) = (TempDir::new().unwrap(), MemoryDisk::new("one"), Arc::new(SystemClock));
    let (journal, _) = Journal::start(disk.store(), samples::gate(), clock.clone()).unwrap();
    journal.recovered().await.unwrap();
    journal.set_epoch(1).await.unwrap();
    let file = folder.path().join("index.db");
    let cache = Cache::open(&file, clock.clone(), journal.overlay(), Residence::Memory);
    let policies = LANES.map(|name| {
        let mut policy = LanePolicy::new(samples::gate(), samples::lane(name), LaneDirection::In);
        policy.two_person_release = true;
        SnapshotRow::Policy(PolicyRow::Lane(policy))
    });
    let yard = YardPolicy::new(vec![CustomsCode::parse("0708").unwrap()]);
    let own = vec![SnapshotRow::Policy(PolicyRow::Yard(yard)), SnapshotRow::Entry(samples::entry(1))];
    let rows = [own, policies.to_vec()].concat();
    let mut snapshot = cache.begin_snapshot().unwrap();
    samples::snapshot(10, &rows).iter().try_for_each(|line| snapshot.line(line)).unwrap();
    snapshot.finish().unwrap();
    cache.is_loaded().wait_for(|is_loaded| *is_loaded).await.unwrap();

    let (stop, stopped) = watch::channel(false);
    let emergency = EmergencyLog::at(folder.path().join("emergency.log"));
    let (claims, codes) = (Claims::default(), TakenCodes::default());
    let apart = Apart::start("emergency").unwrap();
    let (mut counters, mut all_pulses, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    for name in LANES {
        let (barrier, pulses) = Barrier::staged();
        let config = LaneConfig {
            gate_id: samples::gate(),
            lane_id: samples::lane(name),
            boot: 0,
            has_safety_loop: false,
            timing: Timing::default(),
        };
        let ports = Ports {
            journal: journal.clone(),
            cache: cache.clone(),
            barrier,
            emergency: emergency.clone(),
            apart: apart.clone(),
            claims: claims.clone(),
            codes: codes.clone(),
            clock: clock.clone(),
            metrics: Arc::new(Metrics::new()),
        };
        let (input, inbox) = mpsc::channel(8);
        let (task, _, counter) = LaneTask::new(config, inbox, ports);
        tokio::spawn(task.run(stopped.clone()));
        counters.push(counter);
        all_pulses.push(pulses);
        inputs.push(input);
    }
    Bench { folder, disk, counters, pulses: all_pulses, claims, _inputs: inputs, _stop: stop }
}

impl Bench {
    /// `zhang` does this in a lane, by a code of `wang`.
    async fn by_code(&self, lane: usize, what: Deed, code: &str) -> Result<(), Refusal> {
        let person = |id: &str| Person { id: id.into(), role: Role::Officer };
        let second = Second { person: person("wang"), code: Some(CodeId::new(code)) };
        self.counters[lane].submit(person("zhang"), Some(second), what, "storm", BOX).await
    }

    async fn release(&self, lane: usize, code: &str) -> Result<(), Refusal> {
        self.by_code(lane, Deed::Release { trip: None }, code).await
    }

    /// Waits until barriers were told to rise so often; a person is answered a moment before.
    async fn pulsed(&self, times: usize) {
        let told = || self.pulses.iter().map(|pulses| pulses.load(Ordering::SeqCst)).sum::<usize>();
        let all = async {
            while told() < times {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOX, all).await.unwrap();
        assert_eq!(told(), times);
    }

    /// Codes that an agent which starts now would find used.
    async fn used(&self) -> Vec<String> {
        let (journal, _) = Journal::start(self.disk.store(), samples::gate(), Arc::new(SystemClock)).unwrap();
        journal.recovered().await.unwrap().used_codes.iter().map(ToString::to_string).collect()
    }
}

/// fault E6: two lanes, one code, the same moment: one barrier rises, once, and the record of it names the code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_lanes_at_once_use_one_code_once() {
    for _ in 0..8 {
        let bench = bench().await;
        let answers = tokio::join!(bench.release(0, "K7M"), bench.release(1, "K7M"));
        let expected = [(Ok(()), Err(Refusal::CodeUsed)), (Err(Refusal::CodeUsed), Ok(()))];
        assert!(expected.contains(&answers), "{answers:?}");
        bench.pulsed(1).await;
        assert_eq!(bench.used().await, ["K7M"]);
        let free = usize::from(answers.0.is_ok());
        assert_eq!(bench.release(free, "K7M").await, Err(Refusal::CodeUsed), "the same request again");
        assert_eq!(bench.release(free, "4RT").await, Ok(()), "another code opens");
        bench.pulsed(2).await;
    }
}

/// SG-249; design promise: a trip that a person names in a release is in use from then on, for every lane of the agent.
#[tokio::test]
async fn a_named_trip_is_taken() {
    let bench = bench().await;
    let named = Deed::Release { trip: Some(samples::trip(1)) };
    assert_eq!(bench.by_code(0, named, "K7M").await, Ok(()));
    bench.pulsed(1).await;
    let other = VisitId::parse("another").unwrap();
    assert!(!bench.claims.claim(samples::trip(1), &other) && bench.claims.claim(samples::trip(2), &other));
}

/// A code is not lost by an act that the lane refuses before anything was recorded.
#[tokio::test]
async fn a_refused_act_gives_its_code_back() {
    let bench = bench().await;
    assert_eq!(bench.by_code(0, Deed::EmptyExit, "K7M").await, Err(Refusal::OutOfPlace));
    assert!(bench.used().await.is_empty());
    assert_eq!(bench.release(0, "4RT").await, Ok(()));
    assert_eq!(bench.release(0, "K7M").await, Err(Refusal::Moving));
    assert_eq!(bench.release(1, "K7M").await, Ok(()));
    bench.pulsed(2).await;
}

/// fault E6, fault A4: with the journal down the code is used up by the emergency log's record, before the barrier rises.
#[tokio::test]
async fn a_code_is_used_up_by_either_record() {
    let bench = bench().await;
    let log = bench.folder.path().join("emergency.log");
    bench.disk.fail_call(1, Fault::Before);
    assert_eq!(bench.release(0, "K7M").await, Ok(()));
    let left = EmergencyLog::at(log).left().unwrap();
    let in_log = left.iter().any(|draft| draft.code() == Some("K7M"));
    // Carried over already when the journal came back meanwhile.
    assert!(in_log || bench.used().await.contains(&"K7M".to_owned()));
    assert_eq!(bench.release(1, "K7M").await, Err(Refusal::CodeUsed));
    bench.pulsed(1).await;
}

/// The record that a code stands in is a draft with that code; its intent is not a second use.
#[test]
fn only_what_opens_uses_a_code_up() {
    use protocols::contract::{EventType, UtcMillis};
    let of = |event_type| Draft {
        detail: Some(serde_json::json!({ "code": "K7M" })),
        ..Draft::new(event_type, protocols::tick::Tick::default(), UtcMillis::from_millis(0))
    };
    assert_eq!(of(EventType::ManualRelease).code(), Some("K7M"));
    assert_eq!(of(EventType::EmptyExit).code(), Some("K7M"));
    assert_eq!(of(EventType::RaiseIntent).code(), None);
}
