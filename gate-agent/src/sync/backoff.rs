//! How long to wait before the next attempt to reconnect.
//! Promises: between half and the whole of 1, 2, 4 … 30 s (as configured), never in step with other gates; success starts
//! over, but however the line flaps, attempts are at most one per 2 s on average (fault C4). Who is sent away by a busy centre comes back
//! no sooner than it was told, and not together with the others that were told the same (fault C8).

use std::time::Duration;

use protocols::tick::Tick;

const AVERAGE: Duration = Duration::from_secs(2);
/// How far attempts may run ahead of the average: three.
const BURST: Duration = Duration::from_secs(6);

/// 重连退避.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    base: Duration,
    /// When the attempts made so far would be due at the average rate.
    due: Tick,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, base: first, due: Tick::from_micros(0) }
    }

    /// The wait before the attempt that is made next; `jitter` is evenly from 0 to 1000.
    pub(super) fn next(&mut self, now: Tick, jitter: u32) -> Duration {
        let half = self.base / 2;
        let wait = half + half * jitter.min(1000) / 1000;
        self.base = (self.base * 2).min(self.longest);
        self.due = self.due.max(now) + AVERAGE;
        let ahead = self.due.since(now);
        wait.max(ahead.saturating_sub(BURST))
    }

    pub(super) const fn succeeded(&mut self) {
        self.base = self.first;
    }
}

/// Shortest and longest wait that is taken from a centre's word.
const BUSY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The wait when a busy centre has said to stay away for so long: that, and up to half of it more; `jitter` is evenly from 0 to 1000.
pub(super) fn after_busy(retry_after: Duration, jitter: u32) -> Duration {
    let told = retry_after.clamp(BUSY.0, BUSY.1);
    told + told / 2 * jitter.min(1000) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault C8: gates that were told the same time come back spread over half of it, and none before it.
    #[test]
    fn who_was_sent_away_comes_back_later_and_not_with_the_others() {
        for (told_ms, wait_ms) in [(0, 1000), (5000, 5000), (600_000, 60_000)] {
            let told = Duration::from_millis(told_ms);
            let waits: Vec<u128> =
                [0, 500, 1000, u32::MAX].map(|jitter| after_busy(told, jitter).as_millis()).into();
            assert_eq!(waits, [wait_ms, wait_ms * 5 / 4, wait_ms * 3 / 2, wait_ms * 3 / 2]);
        }
    }

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(30);

    #[test]
    fn waits_double_with_jitter_up_to_30_seconds() {
        for (jitter, expected) in [
            (0, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]),
            (1000, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]),
        ] {
            let (mut backoff, mut now) = (Backoff::new(FIRST, LONGEST), Tick::default());
            for millis in expected {
                let wait = backoff.next(now, jitter);
                assert_eq!(wait, Duration::from_millis(millis));
                now = now + wait;
            }
            backoff.succeeded();
            assert_eq!(backoff.next(now, jitter), FIRST * (500 + jitter / 2) / 1000);
        }
    }

    /// Fault C4: a line that comes and goes all day makes no more than one attempt in 2 s on average.
    #[test]
    fn a_flapping_line_is_not_hammered() {
        for up_ms in [0, 200, 2000] {
            let (mut backoff, mut now, mut attempts) = (Backoff::new(FIRST, LONGEST), Tick::default(), 0_u64);
            while now < Tick::from_millis(3_600_000) {
                now = now + backoff.next(now, attempts as u32 * 7919 % 1000);
                attempts += 1;
                backoff.succeeded();
                now = now + Duration::from_millis(up_ms);
            }
            assert!(attempts <= 1800 + 4, "{attempts} attempts in an hour, up {up_ms} ms each time");
        }
    }
}
