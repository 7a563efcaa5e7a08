//! The only file here that asks for the time.
//! Promises: monotonic for durations; the wall clock only for the date on the page and in synthetic records.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocols::contract::UtcMillis;

/// Now, for durations.
#[expect(clippy::disallowed_methods, reason = "this file is the clock of the measurements")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Now, for people and records.
#[expect(clippy::disallowed_methods, reason = "this file is the clock of the measurements")]
pub(crate) fn wall() -> UtcMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMillis::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
