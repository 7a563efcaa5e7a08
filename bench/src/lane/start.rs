//! The rows of a start: how soon a vehicle is judged, how soon the index is in memory, and how much memory that takes.
//! Promises: the worst of several starts is told; each start is a kill of the agent before, so each recovers its journal.

use std::time::Duration;

use anyhow::Context;

use super::{
    board::Asked,
    passage::{Lane, PATIENCE},
};
use crate::{clock, row::Row, run::say};

/// The names of this file's rows.
pub(crate) const NAMES: [&str; 3] = ["cache_ready_1m", "cache_bytes_per_binding", "first_verdict_after_exec"];

/// Starts of which the worst is told.
const STARTS: u32 = 5;
/// How often the reader tells the tag of a standing vehicle.
const AGAIN: Duration = Duration::from_millis(20);
/// What the agent's log says when the index is in memory.
const READY: &str = "index is in memory";

/// The rows; the agent of the last start runs on.
///
/// # Errors
/// When a start does not come to a verdict and a loaded index.
pub(crate) fn rows(lane: &mut Lane, bindings: u32) -> anyhow::Result<Vec<Row>> {
    say(&format!("{STARTS} starts of the agent"));
    let (mut verdict, mut ready, mut exec) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..STARTS {
        exec = exec.max(lane.program.version()?);
        verdict = verdict.max(first_verdict(lane)?);
        ready = ready.max(lane.agent()?.says(READY, PATIENCE)?);
        lane.leave()?;
    }
    let resident = lane.agent()?.resident()?;
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let resident = resident as f64 / f64::from(bindings);
    Ok(vec![
        Row {
            name: "cache_ready_1m",
            value: ready.as_secs_f64(),
            unit: "s",
            floor: None,
            inside: "From exec to the whole index in memory, the file in the page cache, a vehicle being judged meanwhile; the worst \
                     of 5 starts. The number of bindings is told under the settings: a million in a whole run.",
        },
        Row {
            name: "cache_bytes_per_binding",
            value: resident,
            unit: "bytes",
            floor: None,
            inside: "Resident memory of the whole agent (program, runtime, journal and all) over the number of bindings, index loaded.",
        },
        Row {
            name: "first_verdict_after_exec",
            value: verdict.as_secs_f64(),
            unit: "s",
            floor: Some(exec.as_secs_f64()),
            inside: "From exec to the coil request for a vehicle that already stands on the loop, its tag told every 20 ms: recovery of \
                     the journal, opening of ports, relays and inputs read, verdict from the file while the index loads, durable \
                     record; the worst of 5 starts. Floor: the same program saying its version.",
        },
    ])
}

/// Starts the agent with a vehicle before it.
fn first_verdict(lane: &mut Lane) -> anyhow::Result<Duration> {
    lane.arrive();
    let started = lane.restart()?.started;
    while started.elapsed() < PATIENCE {
        lane.tell_nobody_yet()?;
        let told = clock::now();
        while let Some(left) = AGAIN.checked_sub(told.elapsed()) {
            match lane.board.quiet(left)? {
                Some(seen) if seen.asked == Asked::Open => return Ok(seen.at.duration_since(started)),
                Some(_) => {}
                None => break,
            }
        }
    }
    None.with_context(|| format!("the first vehicle was not let in; see {}", lane.program.log().display()))
}
