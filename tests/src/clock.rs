//! The clocks of this machine.
//! Promises: the only file here that asks for the time.
//! Source: the simulator stamps with `CLOCK_MONOTONIC`, the agent with `CLOCK_BOOTTIME`; they differ by the time that the machine slept.

use std::time::Instant;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Now, for deadlines.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the `clock.rs` of the harness")]
pub fn now() -> Instant {
    Instant::now()
}

/// What must be added to a witness's microseconds to compare them with an event's `mono_us`.
#[must_use]
pub fn slept_us() -> u64 {
    let boot = micros(clock_gettime(ClockId::Boottime));
    // Read second, so that the difference errs by nanoseconds towards zero on a machine that never slept.
    boot.saturating_sub(micros(clock_gettime(ClockId::Monotonic)))
}

/// Wall time in milliseconds since 1970.
#[must_use]
pub fn wall_ms() -> i64 {
    let time = clock_gettime(ClockId::Realtime);
    time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
}

fn micros(time: Timespec) -> u64 {
    u64::try_from(time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)).unwrap_or(0)
}
