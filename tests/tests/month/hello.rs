//! What the line's own task does with a clock that drifts: `sync::Sync::run_line` as it is, over a journal with its thread, against a centre
//! that answers hello or cannot be reached. The runtime's time is simulated and sets the pace; what is true is what the drifting clock says
//! of it, which stands still while the journal writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gate_agent::{
    cache::{Cache, Feed, Residence},
    clock::Clock as _,
    journal::{Draft, Journal, MemoryDisk},
    sync::{CentreLink, LinkError, Pace, Receipts, SnapshotLines, Sync, SyncState},
};
use protocols::{
    contract::{
        DigestsAnswer, DigestsRequest, Event, EventType, EventsAck, Hash, HelloAnswer, HelloRequest,
        LiveStatus,
    },
    ids::GateId,
};
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    clock::{DriftingClock, Micros, SECOND},
    plan,
};

const MINUTE: Micros = 60 * SECOND;
const DAY: u64 = 1_440;
/// So short that the clock has not gone 5 s astray before the line is cut, as if a time server had set it until then.
const ONLINE: u64 = 360;
/// An event each so many minutes.
const EVERY: u64 = 30;

/// A centre that takes no events, and a line to it.
struct Played {
    clock: Arc<DriftingClock>,
    is_cut: AtomicBool,
}

struct Link(Arc<Played>);

fn cut() -> LinkError {
    LinkError::Unreachable("no route to host".into())
}

impl CentreLink for Link {
    async fn hello(&self, _: &HelloRequest) -> Result<HelloAnswer, LinkError> {
        if self.0.is_cut.load(Ordering::SeqCst) {
            return Err(cut());
        }
        Ok(HelloAnswer {
            epoch: 1,
            expected_seq: 1,
            expected_hash: Hash::ZERO,
            revision: 0,
            time: self.0.clock.true_time(),
            knows_index: None,
            authorities: Vec::new(),
            receipt: None,
        })
    }

    async fn changes(&self, _: u64, _: Option<Hash>, _: Duration) -> Result<Feed, LinkError> {
        Err(cut())
    }

    async fn snapshot(&self, _: Hash, _: SnapshotLines) -> Result<(), LinkError> {
        Err(cut())
    }

    async fn events(&self, _: &GateId, _: u32, _: &[String]) -> Result<EventsAck, LinkError> {
        Err(cut())
    }

    async fn status(&self, _: &LiveStatus) -> Result<(), LinkError> {
        Err(cut())
    }

    async fn digests(&self, _: &DigestsRequest) -> Result<DigestsAnswer, LinkError> {
        Err(cut())
    }
}

/// A gate without lanes, whose line's task runs.
struct Bench {
    played: Arc<Played>,
    journal: Journal,
    sync: Arc<Sync<Link>>,
    minutes: u64,
    task: tokio::task::JoinHandle<()>,
    _folder: TempDir,
}

impl Bench {
    async fn start(disk: &MemoryDisk, played: &Arc<Played>, minutes: u64) -> Self {
        let folder = super::folder().unwrap();
        let (clock, gate) = (Arc::clone(&played.clock), plan::gate_id(0));
        let (journal, _) = Journal::start(disk.store(), gate.clone(), clock.clone()).unwrap();
        journal.recovered().await.unwrap();
        let index = folder.path().join("index.db");
        let cache = Cache::open(&index, clock.clone(), journal.overlay(), Residence::File);
        let (link, pace) = (Link(Arc::clone(played)), Pace::default());
        let sync = Sync::new(link, journal.clone(), cache, clock, gate, pace, Receipts::Unsigned);
        let task = tokio::spawn(Arc::clone(&sync).run_line());
        Self { played: Arc::clone(played), journal, sync, minutes, task, _folder: folder }
    }

    fn cut(&self, is_cut: bool) {
        self.played.is_cut.store(is_cut, Ordering::SeqCst);
    }

    async fn is_online(&self) {
        self.sync.state().wait_for(SyncState::is_online).await.unwrap();
    }

    /// Minutes pass, with an event now and then.
    async fn lives(&mut self, minutes: u64) {
        for _ in 0..minutes {
            sleep(Duration::from_micros(MINUTE)).await;
            self.minutes += 1;
            self.played.clock.goes_to(self.minutes * MINUTE);
            // The journal's thread has no simulated time: what the line's task has asked of it is answered before the next minute.
            self.journal.unsent(0, 1).await.unwrap();
            if self.minutes.is_multiple_of(EVERY) {
                self.happens().await;
            }
        }
    }

    async fn happens(&self) {
        let clock = &self.played.clock;
        let draft = Draft::new(EventType::DeviceOk, clock.tick(), clock.wall());
        self.journal.commit(vec![draft]).await.unwrap();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn events(disk: &MemoryDisk) -> Vec<Event> {
    disk.records().iter().map(|record| serde_json::from_str(&record.json).unwrap()).collect()
}

/// The worst error of what these events state, in milliseconds.
fn worst(clock: &DriftingClock, events: &[Event]) -> u64 {
    let error = |event: &Event| clock.error_of(event, event.clock_offset_ms.unwrap()).unsigned_abs();
    events.iter().map(error).max().unwrap()
}

/// fault B3, SG-254: the line's task measures often enough for 2 s; without a line events go on stating the last measure, which is as wrong
/// as the clock has gone astray since; the first hello after it is recorded, so that everything before can be put right; and after a start
/// without a line events state nothing rather than something stale.
#[tokio::test(start_paused = true)]
async fn the_last_measure_of_a_clock_is_stated_until_the_next() {
    for ppm in [200, -200] {
        let disk = MemoryDisk::new("a");
        let clock = Arc::new(DriftingClock::new(plan::start(), ppm));
        let played = Arc::new(Played { clock: Arc::clone(&clock), is_cut: AtomicBool::new(false) });
        let mut bench = Bench::start(&disk, &played, 0).await;
        bench.is_online().await;
        bench.lives(ONLINE).await;
        let online = events(&disk);
        assert_eq!(
            online.len() as u64,
            ONLINE / EVERY,
            "nothing is wrong with a clock that has gone less than 5 s astray"
        );
        assert!(worst(&clock, &online) <= 2_000, "{ppm} ppm: {} ms", worst(&clock, &online));

        bench.cut(true);
        // The line's task notices with its next hello.
        bench.lives(30 * DAY).await;
        let offline = &events(&disk)[online.len()..];
        let stated: Vec<_> = offline.iter().map(|event| event.clock_offset_ms).collect();
        assert!(stated.windows(2).all(|pair| pair[0] == pair[1]), "{ppm} ppm: measured without a line");
        // The last measure may be some minutes older than the cut.
        let astray_ms = (30 * DAY * 60 + 3_600) * 200 / 1_000;
        assert!(worst(&clock, offline) <= astray_ms, "{ppm} ppm: {} ms", worst(&clock, offline));

        bench.cut(false);
        bench.lives(5).await;
        bench.is_online().await;
        bench.lives(DAY).await;
        let back = &events(&disk)[online.len() + offline.len()..];
        let told = back.iter().find(|event| event.event_type == EventType::Clock).expect("a measure is told");
        assert!(clock.error_of(told, told.clock_offset_ms.unwrap()).abs() <= 2_000);
        assert!(told.clock_offset_ms.unwrap().abs() > 500_000, "{told:?}");
        let later: Vec<Event> = back.iter().filter(|event| event.seq >= told.seq).cloned().collect();
        assert!(worst(&clock, &later) <= 2_000, "{ppm} ppm: {} ms", worst(&clock, &later));

        let minutes = bench.minutes;
        bench.cut(true);
        drop(bench);
        let bench = Bench::start(&disk, &played, minutes).await;
        bench.happens().await;
        assert_eq!(events(&disk).last().unwrap().clock_offset_ms, None);
    }
}
