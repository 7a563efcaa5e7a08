//! The clock of a machine that no time server sets: ticks and wall time come from one quartz, and that runs too fast or too slow.

use std::sync::atomic::{AtomicU64, Ordering};

use gate_agent::clock::Clock;
use protocols::{contract::UtcMillis, tick::Tick};

/// Microseconds of true time since the beginning.
pub(crate) type Micros = u64;
pub(crate) const SECOND: Micros = 1_000_000;
const MILLION: u64 = 1_000_000;

pub(crate) struct DriftingClock {
    start: UtcMillis,
    now: AtomicU64,
    /// How many microseconds a second it gains, or loses.
    ppm: i64,
}

impl DriftingClock {
    /// Right at the beginning.
    pub(crate) const fn new(start: UtcMillis, ppm: i64) -> Self {
        Self { start, now: AtomicU64::new(0), ppm }
    }

    /// True time has come so far.
    pub(crate) fn goes_to(&self, now: Micros) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// By a clock that is right.
    pub(crate) fn true_time(&self) -> UtcMillis {
        self.at(self.now.load(Ordering::SeqCst))
    }

    /// The true time at which it shows this tick.
    pub(crate) fn when(&self, tick: Tick) -> Micros {
        let rate = MILLION.checked_add_signed(self.ppm).unwrap();
        let whole = u128::from(tick.as_micros()) * u128::from(MILLION);
        u64::try_from(whole.div_ceil(u128::from(rate))).unwrap()
    }

    /// How far an event's time is from the true one, in milliseconds, once the offset that it states is taken off. Its ticks tell when it
    /// truly was, since nobody sets them.
    pub(crate) fn error_of(&self, event: &protocols::contract::Event, offset_ms: i64) -> i64 {
        let true_ms = self.at(self.when(Tick::from_micros(event.mono_us))).as_millis();
        event.occurred_at.as_millis() - offset_ms - true_ms
    }

    fn at(&self, micros: Micros) -> UtcMillis {
        UtcMillis::from_millis(self.start.as_millis() + i64::try_from(micros / 1000).unwrap())
    }

    fn shown(&self) -> Micros {
        let rate = MILLION.checked_add_signed(self.ppm).unwrap();
        let whole = u128::from(self.now.load(Ordering::SeqCst)) * u128::from(rate);
        u64::try_from(whole / u128::from(MILLION)).unwrap()
    }
}

impl Clock for DriftingClock {
    fn tick(&self) -> Tick {
        Tick::from_micros(self.shown())
    }

    fn wall(&self) -> UtcMillis {
        self.at(self.shown())
    }
}
