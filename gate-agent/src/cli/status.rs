//! `status`: asks the running agent's panel.

use std::{io::Write, process::ExitCode, time::Duration};

use anyhow::Context;

use crate::{
    config::Config,
    panel::{Offline, OfflineLimit, Status},
};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn ask(config: &Config, json: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let url = format!("http://{}/status", config.panel.listen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text =
        runtime.block_on(fetch(&url)).with_context(|| format!("cannot ask {url}; does the agent run?"))?;
    let status: Status = serde_json::from_str(&text).context("the agent's answer is not a status")?;
    if json {
        writeln!(out, "{text}")?;
    } else {
        show(&status, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn fetch(url: &str) -> reqwest::Result<String> {
    crate::cryptography::choose();
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    client.get(url).send().await?.error_for_status()?.text().await
}

pub(super) fn show(status: &Status, out: &mut impl Write) -> std::io::Result<()> {
    let ready = if status.not_ready.is_empty() { "ready" } else { "NOT READY" };
    writeln!(out, "gate {} (version {}): {ready}", status.gate_id, status.version)?;
    for reason in &status.not_ready {
        writeln!(out, "  {reason}")?;
    }
    for lane in &status.lanes {
        let because = lane.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
        let faults = if lane.faults.is_empty() {
            String::new()
        } else {
            format!(", broken: {}", lane.faults.join(", "))
        };
        writeln!(out, "lane {}: {}{because}{faults}", lane.lane_id, lane.state)?;
    }
    for device in &status.devices {
        let online = if device.online { "online" } else { "OFFLINE" };
        let (reads, bad, errors) = (device.reads, device.bad_checks, device.errors);
        let locks: String = device.locks.iter().map(|lock| format!(", {}", lock.words.en)).collect();
        writeln!(
            out,
            "device {}: {online}, {reads} reads, {bad} bad checks, {errors} errors{locks}",
            device.name
        )?;
    }
    let journal = &status.journal;
    writeln!(
        out,
        "journal {}: head {}, at the centre {}, waiting {}",
        journal.state, journal.head, journal.acked, journal.backlog
    )?;
    match (status.index.revision, status.index.age_s) {
        (Some(revision), Some(age)) => writeln!(out, "index: revision {revision}, confirmed {age} s ago")?,
        _ => writeln!(out, "index: none yet")?,
    }
    if let Some(at) = status.index.compared_at {
        let rows = status.index.repaired_rows;
        writeln!(out, "index compared with the centre's at {at}, {rows} rows put right since the start")?;
    }
    if let Some(offline) = &status.offline {
        writeln!(out, "without the centre: {}", days(offline))?;
    }
    let centre = if status.centre.online { "online" } else { "OFFLINE" };
    let why = status.centre.error.as_ref().map(|error| format!(", {error}")).unwrap_or_default();
    writeln!(out, "centre: {centre}{why}")
}

/// How long the gate could go on, and what ends it.
fn days(offline: &Offline) -> String {
    let tenths = offline.left_s / (24 * 360);
    let why = match offline.limit {
        OfflineLimit::NoIndex => return "nobody passes by himself, there is no index".to_owned(),
        OfflineLimit::IndexAge => "then the index is too old",
        OfflineLimit::Disk => "then the disk is full",
    };
    let assumed = if offline.is_assumed { " (growth of the journal assumed)" } else { "" };
    format!("{}.{} days, {why}{assumed}", tenths / 10, tenths % 10)
}
