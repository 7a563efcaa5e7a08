//! Simulated time: microseconds since the simulation began.

use protocols::contract::UtcMillis;

use super::plan;

/// Microseconds.
pub(crate) type Micros = u64;
pub(crate) const SECOND: Micros = 1_000_000;

pub(crate) fn at(now: Micros) -> UtcMillis {
    UtcMillis::from_millis(plan::start().as_millis() + i64::try_from(now / 1000).unwrap())
}
