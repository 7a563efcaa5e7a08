//! `probe`: what hangs on a line, and how the line is set.
//! Promises: first only listens, so that a device that sends by itself is found without a word; then asks, each protocol at the rates
//! of its page, the factory's rates first, and only what a device answers without changing: nothing is set, no relay moves. What was
//! tried is said when nothing is found.
//! Absent: readers that other conversations than the agent's would need; boards beyond unit 8, or beyond unit 2 at other rates
//! than the factory's.
//! Reading order: `listen` and `ask` (what answers mean), `course` (what is tried when), `found` (what is printed).

pub(in crate::cli::technician) mod ask;
pub(in crate::cli::technician) mod course;
mod found;
pub(in crate::cli::technician) mod listen;

#[cfg(test)]
pub(in crate::cli::technician) use found::Found;

use std::{io::Write, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use serde::Serialize;

use super::{
    runtime,
    target::{LineArgs, Target},
    watch::seconds,
};
use crate::{
    cli::complain,
    clock::{Clock, SystemClock},
    config::Config,
};
use course::{Course, Outcome, Tried};

/// What `probe` is told.
#[derive(Args, Debug)]
pub(in crate::cli) struct ProbeArgs {
    /// A path such as `/dev/ttyUSB0`, `tcp:host:port`, or the name of a device of the configuration. Nobody else may use it
    /// meanwhile: a port that a running agent holds is refused.
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Give up after that many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "90", value_parser = seconds)]
    timeout: Duration,
    /// Listen that long before anything is asked. A scanner is found only when something is scanned meanwhile.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    listen: Duration,
}

#[derive(Serialize)]
struct Nothing<'a> {
    found: bool,
    heard_bytes: u64,
    timed_out: bool,
    tried: &'a [Tried],
}

impl ProbeArgs {
    pub(in crate::cli) fn run(
        &self,
        load: impl Fn() -> anyhow::Result<Config>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        let line = LineArgs::default();
        let target = Target::find(&self.device, line, 9600, &load)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let course = Course::new(&target.port, target.kind.as_ref(), clock, self.listen, complain);
        let outcome = runtime()?.block_on(async {
            target.refuse_if_held(load().ok().as_ref()).await?;
            course.run(self.timeout).await
        })?;
        match outcome {
            Outcome::Found(found) => {
                let found = found.compared(target.kind.as_ref(), &target.port);
                if self.json {
                    writeln!(out, "{}", serde_json::to_string(&found.told()?)?)?;
                } else {
                    write!(out, "{}", found.page()?)?;
                }
                Ok(ExitCode::SUCCESS)
            }
            Outcome::Nothing { heard_bytes, timed_out, tried } => {
                if self.json {
                    let nothing = Nothing { found: false, heard_bytes, timed_out, tried: &tried };
                    writeln!(out, "{}", serde_json::to_string(&nothing)?)?;
                } else {
                    let until = if timed_out { " before the time was up" } else { "" };
                    writeln!(out, "nothing found on {}{until}; {heard_bytes} bytes came", self.device)?;
                    for (what, lines) in grouped(&tried) {
                        writeln!(out, "  {what} at {}", lines.join(", "))?;
                    }
                    let hint = if heard_bytes > 0 {
                        "something sends here that none of these understands: record it, and see docs/devices.md"
                    } else {
                        "check power, cable (RX and TX crossed, A and B of RS-485) and address; scan something while it listens"
                    };
                    writeln!(out, "{hint}")?;
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// Every question once, with all the settings at which it was asked.
fn grouped(tried: &[Tried]) -> Vec<(&str, Vec<&str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for Tried { what, line } in tried {
        match groups.iter_mut().find(|(known, _)| known == what) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((what, vec![line])),
        }
    }
    groups
}
