//! The task against a scripted broker: what it tells, what it answers, whom it believes.

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::{
        ActsPage, Applied, AskActs, EventType, GateAct, Shown, SnapshotRow, acts_asked_topic, acts_topic,
    },
    ids::{GateId, VisitId},
    ikey::Authority,
    rules::{LaneDirection, LanePolicy, TripStatus},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{act, neighbour, page};
use crate::{
    cache::{
        Cache, Residence,
        samples::{entry, gate, lane, noon, snapshot, trip},
    },
    clock::{Clock, SimClock, SystemClock},
    config::YardBroker,
    drivers::{BrokerLink, ScriptedBroker},
    identity::{
        Identity, sign_acts,
        tests::{authority, identity, identity_of, keeper},
    },
    journal::{Draft, Journal, LaneRef, MemoryDisk, TripRef},
    neighbours::{KeptActs, NeighboursTask, Yard, hearing::Hearing},
    panel::Metrics,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A gate of a yard with two, with its journal and its index.
struct Gate {
    folder: Arc<TempDir>,
    journal: Journal,
    cache: Cache,
    metrics: Arc<Metrics>,
    task: Option<JoinHandle<()>>,
}

impl Gate {
    async fn start(broker: &ScriptedBroker, authority: &Authority) -> Self {
        Self::start_in(Arc::new(TempDir::new().unwrap()), broker, authority).await
    }

    async fn start_in(folder: Arc<TempDir>, broker: &ScriptedBroker, authority: &Authority) -> Self {
        let (mut gate, task) = Self::ready(folder, Arc::new(SystemClock), broker, authority).await;
        gate.task = Some(tokio::spawn(task.run()));
        gate
    }

    /// Its task does not run yet.
    async fn ready(
        folder: Arc<TempDir>,
        clock: Arc<dyn Clock>,
        broker: &ScriptedBroker,
        authority: &Authority,
    ) -> (Self, NeighboursTask) {
        let (journal, _) = Journal::start(MemoryDisk::new("a").store(), gate(), Arc::clone(&clock)).unwrap();
        journal.recovered().await.unwrap();
        journal.set_epoch(7).await.unwrap();
        let file = folder.path().join("cache.db");
        let cache = Cache::open(&file, Arc::clone(&clock), journal.overlay(), Residence::File);
        let lane = |gate_id: GateId, name| {
            SnapshotRow::Policy(protocols::contract::PolicyRow::Lane(LanePolicy::new(
                gate_id,
                lane(name),
                LaneDirection::Out,
            )))
        };
        let rows = [
            SnapshotRow::Entry(entry(1)),
            SnapshotRow::Entry(entry(2)),
            lane(gate(), "OUT1"),
            lane(neighbour(), "OUT1"),
        ];
        if cache.needs_snapshot() {
            let mut taking = cache.begin_snapshot().unwrap();
            snapshot(10, &rows).iter().try_for_each(|line| taking.line(line)).unwrap();
            taking.finish().unwrap();
        }
        let keeper =
            keeper(folder.path(), &Arc::new(SimClock::at(noon())), Some(&identity(authority, (-10, 7000))));
        let metrics = Arc::new(Metrics::new());
        let yard = Yard {
            journal: &journal,
            cache: &cache,
            keeper: &keeper,
            clock: &clock,
            metrics: &metrics,
            data_dir: folder.path(),
        };
        let yards = YardBroker { host: "127.0.0.1".into(), port: broker.port, login: None, authority: None };
        let link =
            BrokerLink { broker: yards, client_id: "kakou-G2".into(), keep_alive: Duration::from_secs(5) };
        let task = NeighboursTask::new(gate(), link, yard).unwrap();
        (Self { folder, journal, cache, metrics, task: None }, task)
    }

    async fn record(&self, event_type: EventType, serial: u64) {
        let now = SystemClock;
        let draft = Draft {
            lane: Some(LaneRef { lane_id: lane("OUT1"), direction: LaneDirection::Out }),
            visit_id: Some(VisitId::parse("mine").unwrap()),
            trip: Some(TripRef { trip_no: trip(serial), version_no: 1 }),
            ..Draft::new(event_type, now.tick(), now.wall())
        };
        self.journal.commit(vec![draft]).await.unwrap();
    }

    fn status(&self, serial: u64) -> TripStatus {
        self.cache.look_up_trip(&trip(serial)).unwrap().candidates[0].status
    }

    async fn until_told(&self, acts: usize) {
        let overlay = self.journal.overlay();
        let told = async {
            while overlay.told() != acts {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.unwrap();
    }

    async fn until_refused(&self, pages: u32) {
        let wanted = format!("neighbour_pages_total{{result=\"refused\"}} {pages}\n");
        let refused = async {
            while !self.metrics.text(&crate::panel::Figures::default()).contains(&wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, refused).await.unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

async fn next_page(broker: &mut ScriptedBroker) -> (ActsPage, bool) {
    let published = broker.published().await;
    assert_eq!(published.topic, acts_topic(&gate()));
    (serde_json::from_slice(&published.payload).unwrap(), published.retain)
}

/// The neighbour says this in its own hand.
fn says(broker: &ScriptedBroker, identity: &Identity, page: ActsPage) {
    let signed = sign_acts(identity, page).unwrap();
    broker.deliver(&acts_topic(&neighbour()), &serde_json::to_string(&signed).unwrap());
}

fn numbers(page: &ActsPage) -> Vec<(u64, EventType)> {
    page.acts.iter().map(|act: &GateAct| (act.seq, act.event_type)).collect()
}

/// SG-249: what this gate does to trips is told at once, signed and retained, and again to whoever asks; what moves no trip is not.
#[tokio::test]
async fn a_gate_tells_what_it_does_and_answers_who_has_missed_it() {
    let (mut broker, authority) = (ScriptedBroker::start().await, authority());
    let gate_2 = Gate::start(&broker, &authority).await;
    let (first, is_retained) = next_page(&mut broker).await;
    assert_eq!((first.after, first.to, first.acts.len(), is_retained), (0, 0, 0, true));
    gate_2.record(EventType::Match, 1).await;
    let (told, is_retained) = next_page(&mut broker).await;
    assert_eq!((numbers(&told), told.epoch, is_retained), (vec![(1, EventType::Match)], 7, true));
    told.check().unwrap();
    let known = authority.certificate().to_pem().unwrap().into();
    assert_eq!(crate::identity::verify_acts(&told, &[known]), Ok(()));
    gate_2.record(EventType::RaiseIntent, 1).await;
    gate_2.record(EventType::Pass, 1).await;
    let (told, _) = next_page(&mut broker).await;
    assert_eq!((told.after, numbers(&told)), (1, vec![(3, EventType::Pass)]));
    let ask = serde_json::to_string(&AskActs { epoch: 7, after: 0 }).unwrap();
    broker.deliver(&acts_asked_topic(&gate()), &ask);
    let (answer, is_retained) = next_page(&mut broker).await;
    assert_eq!((numbers(&answer), is_retained), (vec![(1, EventType::Match), (3, EventType::Pass)], false));
}

/// SG-198, SG-249: a trip that the neighbour has used is used here, with the centre away, also after a restart with the neighbour dark.
#[tokio::test]
async fn a_trip_that_the_neighbour_used_is_used_here() {
    let (mut broker, authority) = (ScriptedBroker::start().await, authority());
    let its = identity_of("0708-G03", &authority, (-10, 7000));
    let gate_2 = Gate::start(&broker, &authority).await;
    next_page(&mut broker).await;
    says(&broker, &its, page(0, 1, 1, &[act(1, EventType::Match, 1)]));
    gate_2.until_told(1).await;
    assert_eq!((gate_2.status(1), gate_2.status(2)), (TripStatus::Locked, TripStatus::CustomsApproved));
    says(&broker, &its, page(1, 2, 2, &[act(2, EventType::Pass, 1)]));
    gate_2.until_told(2).await;
    assert_eq!(gate_2.status(1), TripStatus::Closed);
    let folder = Arc::clone(&gate_2.folder);
    let path = folder.path().join("neighbours.db");
    // It is written beside, in a moment.
    let written = async {
        while KeptActs::open(&path).1.acts.len() != 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    drop(gate_2);
    let nobody = ScriptedBroker::start().await;
    let again = Gate::start_in(folder, &nobody, &authority).await;
    assert_eq!(again.status(1), TripStatus::Closed);
}

/// Fault C7: what another snapshot showed than the one that is there is heard again: a power cut may have taken back what was kept of the exchange.
#[tokio::test]
async fn what_another_snapshot_showed_is_heard_again() {
    for (is_same, acts) in [(true, 1), (false, 2)] {
        let (mut broker, authority) = (ScriptedBroker::start().await, authority());
        let its = identity_of("0708-G03", &authority, (-10, 7000));
        let gate_2 = Gate::start(&broker, &authority).await;
        next_page(&mut broker).await;
        let (folder, origin) = (Arc::clone(&gate_2.folder), gate_2.cache.origin().unwrap());
        drop(gate_2);
        let (mut kept, _) = KeptActs::open(&folder.path().join("neighbours.db"));
        let reached = Applied { epoch: 1, seq: 1 };
        let heard = Hearing { reached, forgotten: 1, forgotten_at: 10, named: 10, ..Hearing::default() };
        kept.keep_origin(&[(neighbour(), heard)], Some(if is_same { origin } else { !origin }));
        drop(kept);
        let mut broker = ScriptedBroker::start().await;
        let again = Gate::start_in(folder, &broker, &authority).await;
        next_page(&mut broker).await;
        let told = [act(1, EventType::Match, 1), act(2, EventType::Pass, 1)];
        let shown = Shown { seq: 1, revision: 10 };
        says(&broker, &its, ActsPage { shown, ..page(0, 2, 2, &told) });
        again.until_told(acts).await;
    }
}

/// What lies between two pages is asked for, from whoever told the later one.
#[tokio::test]
async fn a_gap_is_asked_for() {
    let (mut broker, authority) = (ScriptedBroker::start().await, authority());
    let its = identity_of("0708-G03", &authority, (-10, 7000));
    let gate_2 = Gate::start(&broker, &authority).await;
    next_page(&mut broker).await;
    says(&broker, &its, page(4, 5, 5, &[act(5, EventType::Pass, 1)]));
    let asked = broker.published().await;
    assert_eq!(asked.topic, acts_asked_topic(&neighbour()));
    assert_eq!(serde_json::from_slice::<AskActs>(&asked.payload).unwrap(), AskActs { epoch: 1, after: 0 });
    assert_eq!(gate_2.status(1), TripStatus::CustomsApproved);
    says(&broker, &its, page(0, 5, 5, &[act(2, EventType::Match, 1), act(5, EventType::Pass, 1)]));
    gate_2.until_told(2).await;
    assert_eq!(gate_2.status(1), TripStatus::Closed);
}

/// fault E2: nobody is believed but a gate of this yard, in its own hand, about itself, under its own topic.
#[tokio::test]
async fn nobody_else_is_believed() {
    let (mut broker, authority) = (ScriptedBroker::start().await, authority());
    let its = identity_of("0708-G03", &authority, (-10, 7000));
    let stranger = identity_of("0708-G04", &authority, (-10, 7000));
    let of_another_centre = identity_of("0708-G03", &crate::identity::tests::authority(), (-10, 7000));
    let over = identity_of("0708-G03", &authority, (-10, -5));
    let gate_2 = Gate::start(&broker, &authority).await;
    next_page(&mut broker).await;
    let told = || page(0, 1, 1, &[act(1, EventType::Pass, 1)]);
    let topic = acts_topic(&neighbour());
    let json = |page: &ActsPage| serde_json::to_string(page).unwrap();
    let signed = sign_acts(&its, told()).unwrap();
    let mut refused = 0;
    for (what, topic, payload) in [
        ("not signed", &topic, json(&told())),
        ("another gate's hand", &topic, json(&sign_acts(&stranger, told()).unwrap())),
        ("another centre's gate", &topic, json(&sign_acts(&of_another_centre, told()).unwrap())),
        ("a certificate that was over by then", &topic, json(&sign_acts(&over, told()).unwrap())),
        ("altered", &topic, json(&ActsPage { to: 2, head: 2, ..signed.clone() })),
        ("another topic", &acts_topic(&GateId::parse("0708-G04").unwrap()), json(&signed)),
        ("none of the yard", &acts_topic(&stranger.gate_id), {
            json(&sign_acts(&stranger, ActsPage { gate_id: stranger.gate_id.clone(), ..told() }).unwrap())
        }),
        ("contradicts itself", &topic, json(&sign_acts(&its, ActsPage { to: 0, ..told() }).unwrap())),
        ("no page", &topic, "[]".to_owned()),
    ] {
        broker.deliver(topic, &payload);
        refused += 1;
        gate_2.until_refused(refused).await;
        assert_eq!(
            (gate_2.journal.overlay().told(), gate_2.status(1)),
            (0, TripStatus::CustomsApproved),
            "{what}"
        );
    }
    broker.deliver(&topic, &json(&signed));
    gate_2.until_told(1).await;
}

/// fault F6: a gate of the yard that was not heard for a minute and a half is named.
#[tokio::test]
async fn a_silent_neighbour_is_named() {
    let (broker, authority) = (ScriptedBroker::start().await, authority());
    let clock = Arc::new(SimClock::at(noon()));
    let folder = Arc::new(TempDir::new().unwrap());
    let (_gate, mut task) = Gate::ready(folder, clock.clone(), &broker, &authority).await;
    let silent = task.silent();
    task.look_who_is_silent();
    clock.advance(Duration::from_secs(89));
    task.look_who_is_silent();
    assert!(silent.borrow().is_empty());
    clock.advance(Duration::from_secs(1));
    task.look_who_is_silent();
    assert_eq!(*silent.borrow(), [neighbour()]);
}
