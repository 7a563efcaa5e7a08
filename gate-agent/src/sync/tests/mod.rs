//! The line's tests: a centre in memory that verifies everything, and faults at every boundary. Time is simulated.

mod centre;
mod clock;
mod compare;
mod events;
mod http;
mod index;
mod receipts;
mod signed;

use std::{sync::Arc, time::Duration};

use protocols::{
    contract::{EventType, UtcMillis},
    rules::LaneDirection,
    tick::Tick,
};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::Instant};

use self::centre::FakeCentre;
use super::{Pace, Receipts, Sync, SyncState};
use crate::{
    cache::{Cache, Residence, samples},
    clock::Clock,
    journal::{Draft, Journal, LaneRef, MemoryDisk, TripRef},
};
use protocols::ids::VisitId;

/// The runtime's simulated time.
struct PausedClock {
    start: Instant,
}

impl Clock for PausedClock {
    fn tick(&self) -> Tick {
        Tick::from_micros(self.start.elapsed().as_micros() as u64)
    }

    fn wall(&self) -> UtcMillis {
        UtcMillis::from_millis(samples::noon().as_millis() + self.start.elapsed().as_millis() as i64)
    }
}

/// A gate without lanes, and its line.
struct Gate {
    journal: Journal,
    cache: Cache,
    sync: Arc<Sync<FakeCentre>>,
    tasks: Vec<JoinHandle<()>>,
    folder: Arc<TempDir>,
}

impl Gate {
    async fn new(disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        Self::asking(Receipts::Unsigned, disk, centre).await
    }

    async fn asking(receipts: Receipts, disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        let gate = Self::unopened(receipts, disk, centre);
        gate.journal.recovered().await.unwrap();
        gate
    }

    /// The same machine's next start.
    async fn restarted(mut self, disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        let folder = Arc::clone(&self.folder);
        for task in self.tasks.drain(..) {
            task.abort();
            drop(task.await);
        }
        drop(self);
        let gate = Self::at(folder, Receipts::Unsigned, disk, centre);
        gate.journal.recovered().await.unwrap();
        gate
    }

    /// Whose journal may not be open yet.
    fn unopened(receipts: Receipts, disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), receipts, disk, centre)
    }

    fn at(folder: Arc<TempDir>, receipts: Receipts, disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        let start = *centre.world().start.get_or_insert_with(clock::now);
        let clock = Arc::new(PausedClock { start });
        let (journal, _) = Journal::start(disk.store(), samples::gate(), clock.clone()).unwrap();
        let cache =
            Cache::open(&folder.path().join("cache.db"), clock.clone(), journal.overlay(), Residence::File);
        let mut sync = Sync::new(
            centre.clone(),
            journal.clone(),
            cache.clone(),
            clock,
            samples::gate(),
            Pace::default(),
            receipts,
        );
        // Small batches have the same boundaries.
        Arc::get_mut(&mut sync).unwrap().most = 5;
        Self { journal, cache, sync, tasks: Vec::new(), folder }
    }

    /// With its line running.
    async fn running(disk: &MemoryDisk, centre: &FakeCentre) -> Self {
        Self::new(disk, centre).await.run()
    }

    fn run(mut self) -> Self {
        self.tasks = vec![
            tokio::spawn(Arc::clone(&self.sync).run_line()),
            tokio::spawn(Arc::clone(&self.sync).run_outbox()),
            tokio::spawn(Arc::clone(&self.sync).run_puller()),
        ];
        self
    }

    async fn record(&self, drafts: Vec<Draft>) {
        self.journal.commit(drafts).await.unwrap();
    }

    async fn until(&self, what: impl FnMut(&SyncState) -> bool) {
        self.sync.state().wait_for(what).await.unwrap();
    }

    /// Waits until the centre has everything.
    async fn until_sent(&self) {
        let mut head = self.journal.head();
        head.wait_for(|head| {
            head.as_ref().is_some_and(|head| head.seq > 0 && head.marks.acked_seq == head.seq)
        })
        .await
        .unwrap();
    }

    /// Waits until the index has come so far.
    async fn until_revision(&self, revision: u64) {
        self.cache.revision().wait_for(|held| *held == Some(revision)).await.unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn plain(count: usize) -> Vec<Draft> {
    vec![Draft::new(EventType::DeviceOk, Tick::default(), samples::noon()); count]
}

/// An act at the exit upon a trip.
fn act(event_type: EventType, serial: u64) -> Draft {
    Draft {
        lane: Some(LaneRef { lane_id: samples::lane("OUT1"), direction: LaneDirection::Out }),
        visit_id: Some(VisitId::parse("v1").unwrap()),
        trip: Some(TripRef { trip_no: samples::trip(serial), version_no: 1 }),
        ..Draft::new(event_type, Tick::default(), samples::noon())
    }
}

/// Long in simulated time, nothing in real time.
const A_DAY: Duration = Duration::from_secs(86_400);
