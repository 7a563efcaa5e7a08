//! The rows of a decision by way of a broker, with their floors taken between the passages.

use std::{path::Path, time::Duration};

use super::lane::MqttLane;
use crate::{floor::commit::Commit, latency::Latency, row::Row, run::say};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 8] = [
    "mqtt_decision_p50",
    "mqtt_decision_p99",
    "mqtt_floor_p50",
    "mqtt_floor_p99",
    "mqtt_commit_floor_p50",
    "mqtt_commit_floor_p99",
    "mqtt_decision_max",
    "mqtt_decision_stalls",
];

/// Passages before the first that counts.
const WARM_UP: u32 = 10;
/// What a small packet waits when one end holds it back for the acknowledgement that the other end delays.
const STALL: Duration = Duration::from_millis(40);

/// Durations of one run.
struct Found {
    decision: Latency,
    floor: Latency,
    commit: Latency,
    /// Bare messages and commit of one turn together.
    both: Latency,
    /// How many took as long as a stall: with the agent, without.
    stalls: [u32; 2],
}

/// Bindings that so many passages use up.
pub(crate) const fn bindings(passages: u32) -> u32 {
    passages + WARM_UP
}

/// The rows, from so many passages.
///
/// # Errors
/// When a passage or a floor fails.
pub(crate) fn rows(agent: &Path, data: &Path, passages: u32) -> anyhow::Result<Vec<Row>> {
    say(&format!("{passages} passages by MQTT"));
    let mut lane = MqttLane::open(agent, data)?;
    let mut commit = Commit::open(&data.join("floor.db"))?;
    for _ in 0..WARM_UP {
        lane.pass()?;
        lane.floor()?;
        commit.once()?;
    }
    let mut found = Found::new()?;
    for number in 1..=passages {
        let (decision, floor, commit) = (lane.pass()?, lane.floor()?, commit.once()?);
        if decision >= STALL {
            say(&format!("passage {number} took {decision:?}; bare messages {floor:?}, a commit {commit:?}"));
        }
        found.record(decision, floor, commit);
        if number % 500 == 0 {
            let (ours, bare) = (found.decision.micros(99.0), found.floor.micros(99.0));
            say(&format!(
                "{number} passages by MQTT, so far p99 {ours:.0} us beside {bare:.0} us without an agent"
            ));
        }
    }
    Ok(found.rows())
}

impl Found {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            decision: Latency::new()?,
            floor: Latency::new()?,
            commit: Latency::new()?,
            both: Latency::new()?,
            stalls: [0; 2],
        })
    }

    fn record(&mut self, decision: Duration, floor: Duration, commit: Duration) {
        self.decision.record(decision);
        self.floor.record(floor);
        self.commit.record(commit);
        self.both.record(floor + commit);
        for (stalls, took) in self.stalls.iter_mut().zip([decision, floor + commit]) {
            *stalls += u32::from(took >= STALL);
        }
    }

    fn rows(&self) -> Vec<Row> {
        let decided = |name, percentile| Row {
            name,
            value: self.decision.micros(percentile),
            unit: "us",
            floor: Some(self.floor.micros(percentile) + self.commit.micros(percentile)),
            inside: DECISION,
        };
        let bare = |name, of: &Latency, percentile, inside| Row {
            name,
            value: of.micros(percentile),
            unit: "us",
            floor: None,
            inside,
        };
        let [ours, theirs] = self.stalls.map(f64::from);
        vec![
            decided("mqtt_decision_p50", 50.0),
            decided("mqtt_decision_p99", 99.0),
            bare("mqtt_floor_p50", &self.floor, 50.0, FLOOR),
            bare("mqtt_floor_p99", &self.floor, 99.0, FLOOR),
            bare("mqtt_commit_floor_p50", &self.commit, 50.0, COMMIT),
            bare("mqtt_commit_floor_p99", &self.commit, 99.0, COMMIT),
            Row {
                name: "mqtt_decision_max",
                value: self.decision.micros(100.0),
                unit: "us",
                floor: Some(self.both.micros(100.0)),
                inside: "The slowest of these decisions. Floor: the slowest of the bare messages with a commit behind them.",
            },
            Row {
                name: "mqtt_decision_stalls",
                value: ours,
                unit: "passages",
                floor: Some(theirs),
                inside: "How many of these decisions took 40 ms or longer, as a packet does that waits for a delayed \
                         acknowledgement. Floor: how many of the bare messages did, with a commit behind them.",
            },
        ]
    }
}

const DECISION: &str = "From the publish of a reader's message (Kakou's form, quality 1, Mosquitto on loopback) to the arrival of the \
    barrier's `raise` at the client that plays it: publisher, broker, the agent's client, reading, debouncing, look-up, decision, match \
    and intent sealed and durably committed, command, broker, subscriber. The read comes 30 ms behind the loop. Floor: MQTT floor + commit \
    floor at the same percentile.";
const FLOOR: &str = "A floor: the same payload from the same publisher through the same broker to a bare client that publishes it on, \
    to the same subscriber, between the passages.";
const COMMIT: &str = "A floor: as `commit_floor`, between these passages.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_names_that_are_told_and_stalls_are_counted_apart() {
        let mut found = Found::new().unwrap();
        found.record(STALL, STALL / 2, Duration::from_millis(1));
        found.record(STALL / 2, STALL / 2, STALL / 4);
        let rows = found.rows();
        assert_eq!(rows.iter().map(|row| row.name).collect::<Vec<_>>(), NAMES);
        let stalls = rows.last().unwrap();
        assert_eq!((stalls.value, stalls.floor), (1.0, Some(0.0)));
    }
}
