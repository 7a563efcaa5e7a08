//! The rows of the decision and of the bus, with their floors taken between the passages.

use std::{path::Path, time::Duration};

use super::{
    agent::{POLL, SILENCE},
    passage::{Lane, Moment},
};
use crate::{
    floor::{commit::Commit, echo::Echo, exchange::Exchange},
    latency::Latency,
    row::Row,
    run::say,
};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 11] = [
    "decision_p50",
    "decision_p99",
    "decision_p999",
    "decision_any_moment_p50",
    "decision_any_moment_p99",
    "commit_floor_p50",
    "commit_floor_p99",
    "pty_floor_p50",
    "pty_floor_p99",
    "bus_p50",
    "bus_p99",
];

/// Bytes of a tag's frame with a 12-byte EPC, and of a request that writes one coil.
pub(crate) const FRAME: (usize, usize) = (18, 8);
/// Passages before the first that counts.
const WARM_UP: u32 = 20;
/// One passage in so many comes at any moment, beside those that are counted.
const ANY: u32 = 10;

/// Durations of one run.
struct Found {
    decision: Latency,
    any_moment: Latency,
    bus: Latency,
    commit: Latency,
    pty: Latency,
    exchange: Latency,
}

/// The rows, from so many passages at a quiet bus.
///
/// # Errors
/// When a passage or a floor fails.
pub(crate) fn rows(lane: &mut Lane, passages: u32, data: &Path) -> anyhow::Result<Vec<Row>> {
    say(&format!("{passages} passages"));
    let mut commit = Commit::open(&data.join("floor.db"))?;
    let (echo, exchange) = (Echo::start(FRAME.0, FRAME.1)?, Exchange::start(SILENCE)?);
    for _ in 0..WARM_UP {
        lane.pass(Moment::Quiet)?;
        commit.once()?;
    }
    let mut found = Found::new()?;
    for number in 1..=passages {
        let passed = lane.pass(Moment::Quiet)?;
        found.decision.record(passed.decision);
        found.bus.record(passed.bus);
        found.pty.record(echo.once()?);
        found.commit.record(commit.once()?);
        found.exchange.record(exchange.once()?);
        if number % ANY == 0 {
            found.any_moment.record(lane.pass(Moment::After(any_moment(number)))?.decision);
        }
        if number % 1000 == 0 {
            let (ours, disk) = (found.decision.micros(99.0), found.commit.micros(99.0));
            say(&format!("{number} passages, so far p99 {ours:.0} us beside a commit of {disk:.0} us"));
        }
    }
    Ok(found.rows())
}

/// Evenly over the time between two polls, in an order of its own.
fn any_moment(number: u32) -> Duration {
    let period = u32::try_from(POLL.as_micros()).unwrap_or(u32::MAX);
    Duration::from_micros(u64::from(number.wrapping_mul(7_919) % period))
}

impl Found {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            decision: Latency::new()?,
            any_moment: Latency::new()?,
            bus: Latency::new()?,
            commit: Latency::new()?,
            pty: Latency::new()?,
            exchange: Latency::new()?,
        })
    }

    fn rows(&self) -> Vec<Row> {
        let floors = |percentile| Some(self.commit.micros(percentile) + self.pty.micros(percentile));
        let decided = |name, of: &Latency, percentile, inside| Row {
            name,
            value: of.micros(percentile),
            unit: "us",
            floor: floors(percentile),
            inside,
        };
        let bare = |name, of: &Latency, percentile, inside| Row {
            name,
            value: of.micros(percentile),
            unit: "us",
            floor: None,
            inside,
        };
        let bus = |name, percentile| Row {
            name,
            value: self.bus.micros(percentile),
            unit: "us",
            floor: Some(self.exchange.micros(percentile)),
            inside: BUS,
        };
        vec![
            decided("decision_p50", &self.decision, 50.0, DECISION),
            decided("decision_p99", &self.decision, 99.0, DECISION),
            decided("decision_p999", &self.decision, 99.9, DECISION),
            decided("decision_any_moment_p50", &self.any_moment, 50.0, ANY_MOMENT),
            decided("decision_any_moment_p99", &self.any_moment, 99.0, ANY_MOMENT),
            bare("commit_floor_p50", &self.commit, 50.0, COMMIT),
            bare("commit_floor_p99", &self.commit, 99.0, COMMIT),
            bare("pty_floor_p50", &self.pty, 50.0, PTY),
            bare("pty_floor_p99", &self.pty, 99.0, PTY),
            bus("bus_p50", 50.0),
            bus("bus_p99", 99.0),
        ]
    }
}

const DECISION: &str = "From the last byte of the tag's frame written to the reader's pty to the last byte of the coil request read \
    at the board's pty: driver, debouncing, look-up among all bindings, decision, match and intent sealed and durably committed, \
    raise order, request. The tag comes 20 ms or more behind the loop (the arrival is recorded by then) and while the bus is quiet, so \
    no waiting for the bus is inside. Floor: commit floor + pty floor at the same percentile.";
const ANY_MOMENT: &str = "The same, but the tag comes at any moment between two polls: waiting for a poll under way and for the silence \
    behind it is inside. One passage for ten of the others. Floor as of the decision.";
const COMMIT: &str = "A floor: two rows of 900 bytes in one durable SQLite commit (WAL, synchronous=FULL) on the same disk, between \
    the passages.";
const PTY: &str = "A floor: 18 bytes into a pty, 8 bytes back from a thread that only reads and writes, between the passages.";
const BUS: &str = "How long the pulse's exchange keeps the bus, apart from the decision: from the coil request read at the board to the \
    agent's next request (the light), so answer, processing and the silence of 5 ms are inside. Floor: the same by two bare \
    threads, the silence slept.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_names_that_are_told() {
        let names: Vec<_> = Found::new().unwrap().rows().iter().map(|row| row.name).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn any_moment_is_spread_over_the_time_between_two_polls() {
        let moments: Vec<_> = (10..10_000).step_by(10).map(any_moment).collect();
        let in_part = |from: u32| {
            moments.iter().filter(|at| **at >= POLL / 4 * from && **at < POLL / 4 * (from + 1)).count()
        };
        assert!((0..4).all(|part| in_part(part) > moments.len() / 5), "{moments:?}");
    }
}
