//! The only file that asks for the time.
//! Promises: `now` is the machine's `CLOCK_MONOTONIC` in microseconds, so that figures of several processes compare.
//! Absent: timers (the task that drives the yard sleeps).

use chrono::{DateTime, SecondsFormat, Utc};
use protocols::contract::UtcMillis;
use protocols::tick::Tick;
use rustix::time::{ClockId, clock_gettime};
use std::time::SystemTime;

/// Microseconds of `CLOCK_MONOTONIC`, since the machine started.
#[must_use]
pub fn now() -> Tick {
    let time = clock_gettime(ClockId::Monotonic);
    let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1000);
    Tick::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Wall time, UTC, RFC 3339 with milliseconds: data for people, never compared.
#[must_use]
pub fn wall() -> String {
    DateTime::<Utc>::from(wall_now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Wall time as a device's clock shows it.
#[must_use]
pub fn utc() -> UtcMillis {
    UtcMillis::from_millis(DateTime::<Utc>::from(wall_now()).timestamp_millis())
}

#[expect(clippy::disallowed_methods, reason = "this is the file that asks for the time")]
fn wall_now() -> SystemTime {
    SystemTime::now()
}
