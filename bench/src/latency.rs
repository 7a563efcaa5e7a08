//! A distribution of durations.
//! Promises: three significant digits (0.1 %) from a nanosecond to an hour; nothing is averaged away: a quantile is one of the
//! durations that were measured. Every measured duration counts, the slowest too.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Nothing that is measured takes longer, nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

/// Durations of one kind.
#[derive(Debug)]
pub(crate) struct Latency(Histogram<u64>);

impl Latency {
    /// None yet.
    ///
    /// # Errors
    /// None in practice: the histogram knows such bounds.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, HOUR, 3)?))
    }

    /// Takes one duration in.
    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(HOUR));
    }

    /// The duration that so many of a hundred do not exceed, in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "durations of a run are far below 2^53 ns")]
    pub(crate) fn nanos(&self, percentile: f64) -> f64 {
        self.0.value_at_percentile(percentile) as f64
    }

    /// The same in microseconds.
    pub(crate) fn micros(&self, percentile: f64) -> f64 {
        self.nanos(percentile) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_among_the_durations_and_the_slowest_counts() {
        let mut latency = Latency::new().unwrap();
        (1..=1000).for_each(|ms| latency.record(Duration::from_millis(ms)));
        // One place beside the exact one is as right: 99.9 has no exact double.
        let near = |percentile: f64, ms: f64| (latency.micros(percentile) / 1000.0 - ms).abs() <= ms * 0.0025;
        assert!(near(50.0, 500.0) && near(99.0, 990.0) && near(99.9, 999.0) && near(100.0, 1000.0));
    }
}
