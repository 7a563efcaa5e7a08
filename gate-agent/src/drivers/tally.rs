//! What a conversation counted, added to its device's counters.

use protocols::talk::Counters;

use crate::panel::DeviceMetrics;

/// How far the device's counters have followed its conversation.
#[derive(Debug)]
pub(super) struct Counted {
    before: Counters,
    metrics: DeviceMetrics,
}

impl Counted {
    pub(super) fn new(metrics: DeviceMetrics) -> Self {
        Self { before: Counters::default(), metrics }
    }

    /// A conversation begins anew, and counts from nothing.
    pub(super) fn begin(&mut self) {
        self.before = Counters::default();
    }

    /// Adds what was counted since the last time.
    pub(super) fn now(&mut self, now: Counters) {
        let before = std::mem::replace(&mut self.before, now);
        self.metrics.frames.inc_by(now.bytes.frames.saturating_sub(before.bytes.frames));
        self.metrics.bad_checks.inc_by(now.bytes.bad_checks.saturating_sub(before.bytes.bad_checks));
        self.metrics.noise_bytes.inc_by(now.bytes.noise_bytes.saturating_sub(before.bytes.noise_bytes));
        let errors = |counters: Counters| counters.timeouts + counters.malformed;
        self.metrics.errors.inc_by(errors(now).saturating_sub(errors(before)));
    }
}
