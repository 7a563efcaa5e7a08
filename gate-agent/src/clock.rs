//! 时钟: the only file that asks for the time, so that tests and simulations can stand in for it.
//! Promises: ticks never go back and count while the machine is suspended (fault B5); wall time is data, never a timer.
//! Absent on purpose: time zones, working calendars, the centre's clock (`sync` measures the offset).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use protocols::{contract::UtcMillis, tick::Tick};
use rustix::time::{ClockId, clock_gettime};

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Monotonic time since the machine started; for deadlines and ages.
    fn tick(&self) -> Tick;

    /// Wall time, as right as the machine's clock is; for records only.
    fn wall(&self) -> UtcMillis;
}

/// The machine's clocks: `CLOCK_BOOTTIME` and `CLOCK_REALTIME`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn tick(&self) -> Tick {
        let time = clock_gettime(ClockId::Boottime);
        let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000);
        Tick::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    fn wall(&self) -> UtcMillis {
        let time = clock_gettime(ClockId::Realtime);
        UtcMillis::from_millis(time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000))
    }
}

/// A clock that stands until it is moved; ticks and wall time move apart at will (fault B1).
#[derive(Debug)]
pub struct SimClock {
    tick_us: AtomicU64,
    wall_ms: AtomicI64,
}

impl SimClock {
    /// A clock at tick 0 and this wall time.
    #[must_use]
    pub const fn at(wall: UtcMillis) -> Self {
        Self { tick_us: AtomicU64::new(0), wall_ms: AtomicI64::new(wall.as_millis()) }
    }

    /// Time passes, for both.
    pub fn advance(&self, by: std::time::Duration) {
        self.tick_us.fetch_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
        self.wall_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Somebody sets the wall clock; the ticks go on.
    pub fn set_wall(&self, wall: UtcMillis) {
        self.wall_ms.store(wall.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn tick(&self) -> Tick {
        Tick::from_micros(self.tick_us.load(Ordering::SeqCst))
    }

    fn wall(&self) -> UtcMillis {
        UtcMillis::from_millis(self.wall_ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_machines_ticks_do_not_go_back_and_its_wall_clock_is_of_this_century() {
        let (clock, first) = (SystemClock, SystemClock.tick());
        assert!(clock.tick() >= first);
        assert!(clock.wall() > UtcMillis::parse("2020-01-01T00:00:00Z").unwrap());
    }

    #[test]
    fn a_set_wall_clock_leaves_the_ticks_alone() {
        let clock = SimClock::at(UtcMillis::from_millis(5_000));
        clock.advance(Duration::from_secs(2));
        clock.set_wall(UtcMillis::from_millis(0));
        assert_eq!((clock.tick(), clock.wall()), (Tick::from_millis(2_000), UtcMillis::from_millis(0)));
    }
}
