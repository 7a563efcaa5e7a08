//! 拥挤: for how long a gate is to stay away whose batch cannot be taken now.
//! Promises: the more are turned off for each that is taken, the longer; so thousands that come back at once do not spend the centre's time on
//! being turned off again, and nobody stays away longer than `LONGEST_S` for that.
//! Absent on purpose: who is next. Each spreads by a chance of its own (`gate-agent` `sync::backoff`).
//! Source: invariant I6; fault C8; docs/decisions 0086.

use std::sync::{Mutex, PoisonError};

use crate::clock::Seconds;

/// Seconds.
const LONGEST_S: u32 = 20;

/// What came of the batches of this second and the one before.
#[derive(Debug)]
pub struct Rush {
    clock: Seconds,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    second: u64,
    now: Counts,
    before: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    taken: u32,
    turned_off: u32,
}

impl Default for Rush {
    fn default() -> Self {
        Self { clock: Seconds::from_now(), counted: Mutex::default() }
    }
}

impl Rush {
    /// One batch was taken.
    pub fn taken(&self) {
        self.count(|counts| counts.taken += 1);
    }

    /// One more is turned off: the seconds after which it may come again.
    #[must_use]
    pub fn turned_off(&self) -> u32 {
        self.count(|counts| counts.turned_off += 1)
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) -> u32 {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.at(self.clock.passed());
        count(&mut counted.now);
        counted.wait_s()
    }
}

impl Counted {
    fn at(&mut self, second: u64) {
        if second == self.second {
            return;
        }
        let is_next = second == self.second + 1;
        self.before = if is_next { self.now } else { Counts::default() };
        self.now = Counts::default();
        self.second = second;
    }

    /// Those who were turned off in a second have their turn, at the pace of those who were taken in one, after so long.
    fn wait_s(&self) -> u32 {
        let most = |of: fn(&Counts) -> u32| of(&self.now).max(of(&self.before));
        let (turned_off, taken) = (most(|counts| counts.turned_off), most(|counts| counts.taken));
        (turned_off / taken.max(1)).clamp(1, LONGEST_S)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    /// Fault C8: one that is turned off now and then comes again at once; of a crowd each stays away for as long as it will take to serve those before.
    #[tokio::test(start_paused = true)]
    async fn the_larger_the_crowd_the_longer_it_stays_away() {
        let rush = Rush::default();
        (0..30).for_each(|_| rush.taken());
        assert_eq!(rush.turned_off(), 1);
        let waits: Vec<u32> = (1..2000).map(|_| rush.turned_off()).collect();
        assert!(waits.is_sorted() && waits.contains(&5) && waits.last() == Some(&LONGEST_S), "{waits:?}");
        advance(Duration::from_secs(1)).await;
        rush.taken();
        assert_eq!(rush.turned_off(), LONGEST_S, "the second before counts");
        advance(Duration::from_secs(2)).await;
        assert_eq!(rush.turned_off(), 1, "the rush is over");
    }
}
