//! 可信时间: by which time the centre's certificate is judged, on a machine whose clock may say anything.
//! The ladder: what the centre has told in this run, counted on by ticks; else the wall clock, but never before the floor: the latest time
//! that a centre was known to have told, or the beginning of the own certificate. The floor is kept on the disk and never falls; it stays
//! within the own certificate's life, so that a centre with a wrong clock cannot shut a gate out for ever.
//! Promises: a machine that starts in 1970 believes its centre at once; whatever the clock does, nothing is removed and no lane waits.
//! Source: fault B1, fault B2; docs/decisions 0081.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use protocols::{contract::UtcMillis, tick::Tick};
use rustls::{pki_types::UnixTime, time_provider::TimeProvider};

use crate::clock::Clock;

/// 可信时间.
pub struct TrustedTime {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    floor: UtcMillis,
    /// What a centre told in this run, and when.
    told: Option<(Tick, UtcMillis)>,
}

impl std::fmt::Debug for TrustedTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustedTime").field("known", &self.known()).finish_non_exhaustive()
    }
}

impl TrustedTime {
    /// With the floor that is kept, if one is.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, floor: Option<UtcMillis>) -> Self {
        let floor = floor.unwrap_or_else(|| UtcMillis::from_millis(0));
        Self { clock, known: Mutex::new(Known { floor, told: None }) }
    }

    /// The time, as well as this machine can know it.
    #[must_use]
    pub fn now(&self) -> UtcMillis {
        self.told_now().unwrap_or_else(|| self.clock.wall().max(self.floor()))
    }

    /// The time as a centre has told it in this run, counted on by ticks; none before it has.
    #[must_use]
    pub fn told_now(&self) -> Option<UtcMillis> {
        let (tick, at) = self.known().told?;
        Some(later(at, self.clock.tick().since(tick)))
    }

    /// It is not before this.
    pub fn not_before(&self, at: UtcMillis) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.floor = known.floor.max(at);
    }

    /// A centre that is known for certain has told the time; `latest` is the end of the own certificate.
    pub fn told(&self, at: UtcMillis, latest: UtcMillis) {
        let now = self.clock.tick();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.told = Some((now, at));
        known.floor = known.floor.max(at.min(latest));
    }

    /// The time before which it is not.
    #[must_use]
    pub fn floor(&self) -> UtcMillis {
        self.known().floor
    }

    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That much later.
pub(crate) fn later(at: UtcMillis, by: Duration) -> UtcMillis {
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    UtcMillis::from_millis(at.as_millis().saturating_add(by))
}

impl TimeProvider for TrustedTime {
    fn current_time(&self) -> Option<UnixTime> {
        let millis = u64::try_from(self.now().as_millis()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SimClock;

    fn at(text: &str) -> UtcMillis {
        UtcMillis::parse(text).unwrap()
    }

    /// fault B2: a clock of 1970 counts as the floor; fault B1: once a centre has told the time, steps of the wall clock change nothing.
    #[test]
    fn time_is_never_before_the_floor_and_goes_on_by_ticks_once_told() {
        let clock = Arc::new(SimClock::at(at("1970-01-01T00:00:10Z")));
        let time = TrustedTime::new(Arc::clone(&clock) as _, Some(at("2025-10-13T00:00:00Z")));
        assert_eq!(time.now(), at("2025-10-13T00:00:00Z"));
        time.not_before(at("2025-10-14T00:00:00Z"));
        time.not_before(at("2025-10-12T00:00:00Z"));
        assert_eq!(time.now(), at("2025-10-14T00:00:00Z"));
        clock.set_wall(at("2025-10-20T00:00:00Z"));
        assert_eq!(time.now(), at("2025-10-20T00:00:00Z"), "a clock after the floor is believed");

        time.told(at("2025-10-21T00:00:00Z"), at("2025-11-27T00:00:00Z"));
        clock.advance(Duration::from_secs(60));
        for step in ["1970-01-01T00:00:00Z", "2038-01-19T04:00:00Z"] {
            clock.set_wall(at(step));
            assert_eq!(time.now(), at("2025-10-21T00:01:00Z"), "{step}");
        }
        assert_eq!(time.floor(), at("2025-10-21T00:00:00Z"));
    }

    /// A centre whose clock is wrong does not shut a gate out of its next start.
    #[test]
    fn the_floor_stays_within_the_own_certificate() {
        let time = TrustedTime::new(Arc::new(SimClock::at(at("2025-10-13T00:00:00Z"))), None);
        time.told(at("2099-01-01T00:00:00Z"), at("2025-11-27T00:00:00Z"));
        assert_eq!(time.floor(), at("2025-11-27T00:00:00Z"));
    }
}
