//! 索引时效: how long ago the centre last confirmed that this index is up to date.
//! Promises: within a run it follows the monotonic clock only; across runs it never shrinks: what was kept is the floor, and a wall
//! clock set back adds nothing to it, one set ahead makes the index older, never younger (fault B1).

use std::time::Duration;

use protocols::{contract::UtcMillis, tick::Tick};

/// An age that grows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age {
    base: Duration,
    since: Tick,
}

impl Age {
    /// Confirmed at this moment.
    pub(super) const fn fresh(now: Tick) -> Self {
        Self { base: Duration::ZERO, since: now }
    }

    /// The age that was kept at `kept_at`, as it is at a new start.
    pub(super) fn restored(age_s: u64, kept_at: UtcMillis, wall: UtcMillis, now: Tick) -> Self {
        let passed_ms = wall.as_millis().saturating_sub(kept_at.as_millis());
        let passed = Duration::from_millis(u64::try_from(passed_ms).unwrap_or(0));
        Self { base: Duration::from_secs(age_s).saturating_add(passed), since: now }
    }

    pub(super) fn at(&self, now: Tick) -> Duration {
        self.base.saturating_add(now.since(self.since))
    }
}
