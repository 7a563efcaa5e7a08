//! 看门狗: every lane shows that it turns; when one does not, whoever supervises the agent (systemd) hears which, and starts it anew.
//! Promises: a lane that stands still is told within 5 s, also when no task of the program runs any more, since a thread of its own looks. The reason stands in the log, in systemd's status, on
//! the panel while that answers, and in the record of the next start. Time in which machine or program did not run at all counts for no lane (fault B5).
//! Without a supervisor that was asked to watch nothing is ended: whoever is at the panel can do more with the other lanes than with a dead gate.
//! Absent on purpose: disks. A lane whose record hangs turns and holds (fault A9); started anew the agent would hang at the same disk, and persons could not even release meanwhile.
//! Source: fault F2; sd_notify(3), systemd.service(5); docs/decisions 0097.

mod memory;
mod supervisor;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use protocols::ids::LaneId;
use tracing::{error, info, warn};

pub(crate) use memory::{StoodStill, forget, left};
pub(crate) use supervisor::Supervisor;

use crate::clock::Clock;

/// How often a lane shows that it turns when nothing happens in it, and how often that is looked at.
pub(crate) const BEAT: Duration = Duration::from_millis(500);
/// So many looks in a row without a turn, and a lane stands still: 4 s. A lane's turn takes microseconds.
const STILL: u32 = 8;
/// Room for what the thread calls.
const STACK: usize = 256 * 1024;

/// 心跳: one lane's turns, counted by its task. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Beat(Arc<Turns>);

#[derive(Debug, Default)]
struct Turns {
    count: AtomicU64,
    stands_still: AtomicBool,
}

impl Beat {
    /// The lane has turned.
    pub(crate) fn turned(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the lane was found to stand still, and has not turned since.
    #[must_use]
    pub fn stands_still(&self) -> bool {
        self.0.stands_still.load(Ordering::Relaxed)
    }
}

/// A lane as the watchdog sees it.
#[derive(Debug)]
struct Watched {
    lane_id: LaneId,
    beat: Beat,
    seen: u64,
    looks: u32,
}

/// What one look at all lanes tells. Looks are counted, not time: a machine that slept, or a program that was stopped, has missed one look.
#[derive(Debug)]
struct Looks(Vec<Watched>);

impl Looks {
    fn at(lanes: Vec<(LaneId, Beat)>) -> Self {
        let watched = |(lane_id, beat)| Watched { lane_id, beat, seen: 0, looks: 0 };
        Self(lanes.into_iter().map(watched).collect())
    }

    /// The lanes that stand still.
    fn look(&mut self) -> Vec<LaneId> {
        for lane in &mut self.0 {
            let turns = lane.beat.0.count.load(Ordering::Relaxed);
            lane.looks = if turns == lane.seen { lane.looks.saturating_add(1) } else { 0 };
            lane.seen = turns;
            lane.beat.0.stands_still.store(lane.looks >= STILL, Ordering::Relaxed);
        }
        self.0.iter().filter(|lane| lane.looks >= STILL).map(|lane| lane.lane_id.clone()).collect()
    }
}

/// The thread that looks. With this it ends, and the supervisor hears that the program does.
#[derive(Debug)]
pub(crate) struct Watchdog {
    _lives: SyncSender<()>,
}

impl Watchdog {
    /// Looks after these lanes from now on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        lanes: Vec<(LaneId, Beat)>,
        supervisor: Supervisor,
        data_dir: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let (lives, is_over) = sync_channel(0);
        let watch = Watch { looks: Looks::at(lanes), supervisor, data_dir, clock, told: Vec::new() };
        let thread = std::thread::Builder::new().name("watchdog".to_owned()).stack_size(STACK);
        // Nobody waits for its end: a line of the log that nobody takes may hold it up.
        drop(thread.spawn(move || watch.run(&is_over))?);
        Ok(Self { _lives: lives })
    }
}

struct Watch {
    looks: Looks,
    supervisor: Supervisor,
    data_dir: PathBuf,
    clock: Arc<dyn Clock>,
    /// What stands still, as it was told last.
    told: Vec<LaneId>,
}

impl Watch {
    fn run(mut self, is_over: &Receiver<()>) {
        self.supervisor.ready();
        while is_over.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            let still = self.looks.look();
            if still.is_empty() {
                self.supervisor.alive();
            }
            if still != self.told {
                self.tell(&still);
                self.told = still;
            }
        }
        self.supervisor.stopping();
    }

    /// The supervisor first: the disk may hang, and nobody may take what the log says.
    fn tell(&self, still: &[LaneId]) {
        if still.is_empty() {
            self.supervisor.status("runs");
            info!("all lanes turn again");
            return;
        }
        let stood = StoodStill { lanes: still.to_vec(), at: self.clock.wall(), of: self.looks.0.len() };
        self.supervisor.status(&stood.to_string());
        if self.supervisor.watches() {
            // Kept for the next start, which records it. If this hangs the supervisor misses the next sign of life.
            if let Err(error) = memory::keep(&self.data_dir, &stood) {
                warn!(%error, "the next start will not know why: {error}");
            }
            error!("{stood}: the supervisor is asked to start the agent anew");
            self.supervisor.start_anew();
        } else {
            error!("{stood}: nobody watches the agent, so it has to be started anew by hand");
        }
    }
}
