//! The agent's journal as its own program tells it.
//! Promises: every record that is read has a hash that holds (`RawEvent::verify`).
//! Source: `gate-agent journal`; protocols/src/contract/chain.rs.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};
use protocols::contract::{Event, RawEvent};

use crate::programs::Program;

/// All records of the journal in that data folder, in order, from number `from` on; the agent may run meanwhile.
///
/// # Errors
/// When the program fails, or a record's hash does not hold.
pub fn export(data_dir: &Path, from: u64) -> Result<Vec<RawEvent>> {
    let text = run(data_dir, &["export", "--from", &from.to_string()])?;
    // Before the records stands what the centre has signed for.
    text.lines().skip_while(|line| line.starts_with(r#"{"receipt":"#)).map(raw).collect()
}

/// Verifies chain and structure with the agent's own command.
///
/// # Errors
/// With what it found.
pub fn verify(data_dir: &Path) -> Result<String> {
    run(data_dir, &["verify"])
}

/// The events behind records; every one must be readable to this version.
///
/// # Errors
/// With the first that is not.
pub fn events(records: &[RawEvent]) -> Result<Vec<Event>> {
    let read =
        |record: &RawEvent| record.read().with_context(|| format!("event {} is not readable", record.seq));
    records.iter().map(read).collect()
}

fn raw(line: &str) -> Result<RawEvent> {
    let value = serde_json::from_str(line).with_context(|| format!("not a record: {line}"))?;
    RawEvent::verify(value).with_context(|| format!("a record that does not hold: {line}"))
}

fn run(data_dir: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new(Program::GateAgent.path()?);
    command.arg("journal").args(args).arg(data_dir.join("journal.db"));
    let output = command.output().context("cannot run gate-agent journal")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!(
            "gate-agent journal {}: {}\n{told}{}",
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(told)
}
