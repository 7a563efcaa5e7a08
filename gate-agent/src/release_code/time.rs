//! 判定时间: by which time a code's end is judged, on a machine whose clock may say anything.
//! The ladder: what a centre has told in this run, counted on by ticks. Without it the latest of all that is known: the wall clock, the floor
//! below which certificates are not judged either, and what was ever judged by before, counted on by ticks; that is kept on the disk.
//! Promises: a clock that is set back, in this run or before a start, revives nothing; a clock that jumps ahead ends codes, and when a centre
//! tells the time again they are what they were.
//! Source: faults E6, B1, B2; docs/decisions 0084.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use protocols::{contract::UtcMillis, tick::Tick};
use tracing::warn;

use crate::{
    clock::Clock,
    identity::{TrustedTime, later},
    small_file,
};

/// What has moved by less need not be written again, unless something was judged by it.
const KEEP_AGAIN_MS: u64 = 10 * 60 * 1000;

/// 判定时间.
pub struct CodeTime {
    clock: Arc<dyn Clock>,
    trusted: Arc<TrustedTime>,
    known: Mutex<Known>,
    /// Where it is kept. Locked while it is written, which may take long; nobody who wants to know the time waits for that.
    path: Mutex<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    tick: Tick,
    at: UtcMillis,
    /// What lies on the disk.
    kept: UtcMillis,
}

impl std::fmt::Debug for CodeTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeTime").finish_non_exhaustive()
    }
}

impl CodeTime {
    /// Goes on from what lies in the folder.
    #[must_use]
    pub fn open(folder: &Path, trusted: Arc<TrustedTime>, clock: Arc<dyn Clock>) -> Self {
        let path = Mutex::new(folder.join("release-codes-time"));
        let never = UtcMillis::from_millis(0);
        let known = Mutex::new(Known { tick: clock.tick(), at: never, kept: never });
        let time = Self { clock, trusted, known, path };
        time.recall();
        time
    }

    /// Goes on from what lies in the folder, if that is later; once more when it was not there at the start. Blocks on the disk.
    pub fn recall(&self) {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        let found = small_file::read(&path).ok().flatten();
        let Some(kept) = found.and_then(|text| UtcMillis::parse(text.trim()).ok()) else { return };
        let mut known = self.known();
        (known.kept, known.at) = (kept, known.at.max(kept));
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> UtcMillis {
        self.look().at
    }

    /// Lets the next start know of the time, since something was judged to be over by it. Blocks on the disk, as the next one does.
    pub fn keep(&self) {
        self.keep_if(0);
    }

    /// Lets the next start know of the time, now and then.
    pub fn keep_now_and_then(&self) {
        self.keep_if(KEEP_AGAIN_MS);
    }

    fn keep_if(&self, moved_by: u64) {
        // Whoever writes now writes much the same.
        let Ok(path) = self.path.try_lock() else { return };
        let Known { at, kept, .. } = self.look();
        if at.as_millis().abs_diff(kept.as_millis()) <= moved_by {
            return;
        }
        match small_file::exchange(&path, &at.to_string()) {
            Ok(()) => self.known().kept = at,
            // A release on a full disk is what codes are for.
            Err(error) => warn!(%error, "the time by which release codes end cannot be kept"),
        }
    }

    fn look(&self) -> Known {
        let mut known = self.known();
        let tick = self.clock.tick();
        let counted = later(known.at, tick.since(known.tick));
        known.at = self.trusted.told_now().unwrap_or_else(|| self.trusted.now().max(counted));
        known.tick = tick;
        *known
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::SimClock;

    fn at(text: &str) -> UtcMillis {
        UtcMillis::parse(text).unwrap()
    }

    fn open(folder: &Path, clock: &Arc<SimClock>) -> (CodeTime, Arc<TrustedTime>) {
        let trusted = Arc::new(TrustedTime::new(Arc::clone(clock) as _, None));
        (CodeTime::open(folder, Arc::clone(&trusted), Arc::clone(clock) as _), trusted)
    }

    /// fault E6, fault B1: the time goes on by ticks when the wall clock is set back, and over a restart; only a centre takes it back.
    #[test]
    fn the_time_never_goes_back_but_by_a_centres_word() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::at(at("2025-10-13T04:00:00Z")));
        let (time, _) = open(folder.path(), &clock);
        assert_eq!(time.now(), at("2025-10-13T04:00:00Z"));
        clock.set_wall(at("2025-01-01T00:00:00Z"));
        clock.advance(Duration::from_secs(60));
        assert_eq!(time.now(), at("2025-10-13T04:01:00Z"), "set back");
        clock.set_wall(at("2038-01-19T00:00:00Z"));
        assert_eq!(time.now(), at("2038-01-19T00:00:00Z"), "set ahead, which may be right");
        time.keep();
        clock.set_wall(at("2025-10-13T05:00:00Z"));

        let (time, trusted) = open(folder.path(), &clock);
        assert_eq!(time.now(), at("2038-01-19T00:00:00Z"), "over a restart");
        trusted.told(at("2025-10-13T05:00:00Z"), at("2025-11-27T00:00:00Z"));
        assert_eq!(time.now(), at("2025-10-13T05:00:00Z"), "a centre knows");
        time.keep();
        let (time, _) = open(folder.path(), &clock);
        assert_eq!(time.now(), at("2025-10-13T05:00:00Z"));
    }

    #[test]
    fn the_disk_is_no_clock() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::at(at("2025-10-13T04:00:00Z")));
        let (time, _) = open(folder.path(), &clock);
        let kept = || std::fs::read_to_string(folder.path().join("release-codes-time")).unwrap();
        time.keep_now_and_then();
        clock.advance(Duration::from_secs(9 * 60));
        time.keep_now_and_then();
        assert_eq!(kept(), "2025-10-13T04:00:00.000Z");
        clock.advance(Duration::from_secs(2 * 60));
        time.keep_now_and_then();
        assert_eq!(kept(), "2025-10-13T04:11:00.000Z");
    }
}
