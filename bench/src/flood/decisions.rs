//! The rows of a lane beside noise: decisions in calm and in noise by turns, each with the floors of its own turns; memory; journal.

use std::{fmt::Write as _, path::Path, thread, time::Duration};

use super::{
    babble::{Babblers, LINE},
    storm::{Storm, capacity},
    summaries::{self, Left, Noisy},
};
use crate::{
    bindings::{GATE, NOISY},
    clock,
    floor::{commit::Commit, echo::Echo},
    lane::{
        decisions::FRAME,
        passage::{Lane, Moment, PATIENCE},
    },
    latency::Latency,
    mqtt::broker::Broker,
    row::Row,
    run::say,
};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 9] = [
    "decision_p50_calm",
    "decision_p99_calm",
    "decision_p50_flooded",
    "decision_p99_flooded",
    "flood_messages",
    "flood_babble",
    "flood_rss",
    "flood_summaries",
    "flood_other_records",
];

/// Readers that babble.
const BABBLERS: usize = 8;
/// Turns of calm and of noise.
const TURNS: u32 = 4;
/// A turn of noise lasts at least so long, so that records a second can be told.
const TURN: Duration = Duration::from_secs(6);
/// Behind the beginning and the end of noise, until the next passage.
const SETTLE: Duration = Duration::from_secs(1);
/// Passages before the first that counts.
const WARM_UP: u32 = 20;

/// Durations of one kind of turn.
struct Turns {
    decision: Latency,
    commit: Latency,
    pty: Latency,
}

/// What the noise was, and what it did to the agent beside its decisions.
#[derive(Clone, Copy, Debug, Default)]
struct Noise {
    /// Messages a second that the broker carries, and that were sent.
    broker: f64,
    messages: f64,
    /// Bytes a second that the line of one babbling reader took.
    bytes: f64,
    /// Resident memory before, and the most during noise.
    before: u64,
    most: u64,
    /// What the noisy lane has in the journal.
    left: Left,
}

/// Bindings that so many passages of each kind use up.
pub(crate) const fn bindings(passages: u32) -> u32 {
    2 * passages + WARM_UP + 2 * TURNS
}

/// The rows, from so many passages in calm and as many in noise.
///
/// # Errors
/// When a passage or a floor fails.
pub(crate) fn rows(agent: &Path, data: &Path, passages: u32) -> anyhow::Result<Vec<Row>> {
    let broker = Broker::start(data)?;
    let mut noise = Noise { broker: capacity(broker.port())?, ..Noise::default() };
    say(&format!(
        "{passages} passages in calm and in noise; the broker carries {:.0} messages/s",
        noise.broker
    ));
    let topic = format!("kakou/v1/{GATE}/{NOISY}/flooded/read");
    let storm = Storm::start(broker.port(), topic, noise.broker / 2.0)?;
    let babblers = Babblers::start(BABBLERS)?;
    let mut lane = Lane::open(agent, data, bindings(passages), &site(broker.port(), &babblers))?;
    lane.restart()?.says("index is in memory", PATIENCE)?;
    lane.agent()?.says("the broker takes the connection", PATIENCE)?;
    let mut floors = (Commit::open(&data.join("floor.db"))?, Echo::start(FRAME.0, FRAME.1)?);
    let (mut calm, mut flooded) = (Turns::new()?, Turns::new()?);
    for _ in 0..WARM_UP {
        lane.pass(Moment::Quiet)?;
    }
    let (mut times, mut noisy) = (Vec::new(), Duration::ZERO);
    for _ in 0..TURNS {
        for _ in 0..passages.div_ceil(TURNS) {
            calm.pass(&mut lane, &mut floors)?;
        }
        if noise.before == 0 {
            noise.before = lane.agent()?.resident()?;
        }
        let (from, began) = (clock::wall(), clock::now());
        babblers.speak(true);
        storm.blow(true);
        thread::sleep(SETTLE);
        for _ in 0..passages.div_ceil(TURNS) {
            flooded.pass(&mut lane, &mut floors)?;
            noise.most = noise.most.max(lane.agent()?.resident()?);
        }
        thread::sleep(TURN.saturating_sub(began.elapsed()));
        babblers.speak(false);
        storm.blow(false);
        noisy += began.elapsed();
        times.push(Noisy { from, until: clock::wall() });
        thread::sleep(SETTLE);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
    let a_second = |count: u64| count as f64 / noisy.as_secs_f64();
    noise.messages = a_second(storm.sent());
    noise.bytes = a_second(babblers.taken()) / BABBLERS as f64;
    noise.left = summaries::left(data, NOISY, &times)?;
    Ok(table(&calm, &flooded, &noise))
}

impl Turns {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { decision: Latency::new()?, commit: Latency::new()?, pty: Latency::new()? })
    }

    fn pass(&mut self, lane: &mut Lane, (commit, echo): &mut (Commit, Echo)) -> anyhow::Result<()> {
        self.decision.record(lane.pass(Moment::Quiet)?.decision);
        self.pty.record(echo.once()?);
        self.commit.record(commit.once()?);
        Ok(())
    }

    fn row(&self, name: &'static str, percentile: f64, inside: &'static str) -> Row {
        Row {
            name,
            value: self.decision.micros(percentile),
            unit: "us",
            floor: Some(self.commit.micros(percentile) + self.pty.micros(percentile)),
            inside,
        }
    }
}

fn table(calm: &Turns, flooded: &Turns, noise: &Noise) -> Vec<Row> {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    vec![
        calm.row("decision_p50_calm", 50.0, CALM),
        calm.row("decision_p99_calm", 99.0, CALM),
        flooded.row("decision_p50_flooded", 50.0, FLOODED),
        flooded.row("decision_p99_flooded", 99.0, FLOODED),
        Row {
            name: "flood_messages",
            value: noise.messages,
            unit: "messages/s",
            floor: Some(noise.broker),
            inside: "Forged reads, each of another tag, that the flooding client published (quality 0) to a device of the other lane during \
                     noise: half of what the broker carries, where the machine is fast enough. Floor: what the broker carries from one bare \
                     client to another, just before.",
        },
        Row {
            name: "flood_babble",
            value: noise.bytes,
            unit: "bytes/s",
            floor: Some(f64::from(LINE)),
            inside: "Random bytes that the port of each of 8 babbling readers took during noise. Floor: what its line carries at 115,200 bit/s.",
        },
        Row {
            name: "flood_rss",
            value: mib(noise.most),
            unit: "MiB",
            floor: Some(mib(noise.before)),
            inside: "The most resident memory of the agent during noise, seen at each passage. Floor: before the first noise.",
        },
        Row {
            name: "flood_summaries",
            value: noise.left.summaries,
            unit: "records/s",
            floor: None,
            inside: "Summaries of what was shed (`SHED`) that the journal took for the noisy lane, a second: the worst turn of noise.",
        },
        Row {
            name: "flood_other_records",
            value: f64::from(noise.left.others),
            unit: "records",
            floor: None,
            inside: "All its other records in all turns of noise, such as of a device that is heard for the first time.",
        },
    ]
}

/// The other lane of the gate: babbling readers and a flooded one, and a barrier on the broker that nobody plays.
fn site(port: u16, babblers: &Babblers) -> String {
    let mut out = format!("[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n\n");
    let mut readers = vec!["\"flooded\"".to_owned()];
    for (number, device) in babblers.devices().iter().enumerate() {
        // Most of a yard's readers read tags; a scanner takes any line for a bar code.
        let kind = if number % 4 == 3 { "scanner" } else { "uhf-chafon-18" };
        let name = format!("babble-{number}");
        // Writing to a `String` does not fail.
        let _ = writeln!(
            out,
            "[[device]]\nname = \"{name}\"\nkind = \"{kind}\"\nport = \"{}\"\n",
            device.display()
        );
        readers.push(format!("\"{name}\""));
    }
    for name in ["flooded", "arm", "approach", "exit"] {
        let _ = writeln!(
            out,
            "[[device]]\nname = \"{name}\"\nkind = \"mqtt-kakou\"\nheartbeat_s = 600\ntopic = \"kakou/v1/{GATE}/{NOISY}/{name}\"\n"
        );
    }
    let _ = writeln!(
        out,
        "[[lane]]\nlane_id = \"{NOISY}\"\nreaders = [{}]\n\n[lane.barrier]\ndevice = \"arm\"\n\n\
         [lane.loops]\napproach = \"approach\"\nexit = \"exit\"",
        readers.join(", ")
    );
    out
}

const CALM: &str = "`decision` as above, of a lane at a gate with a second one, between the turns of noise. Floor: commit floor + pty floor in \
    the same turns.";
const FLOODED: &str = "The same, while 8 readers of the other lane babble random bytes and a client floods its ninth over the broker (see \
    `flood_babble`, `flood_messages`). Floor: commit floor + pty floor in the same turns, beside the same noise.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_names_that_are_told() {
        let (calm, flooded) = (Turns::new().unwrap(), Turns::new().unwrap());
        let names: Vec<_> = table(&calm, &flooded, &Noise::default()).iter().map(|row| row.name).collect();
        assert_eq!(names, NAMES);
    }
}
