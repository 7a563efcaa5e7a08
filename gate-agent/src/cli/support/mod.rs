//! `support-bundle`: one text file for whoever looks after the gate from elsewhere. It tells how the gate is and what happened last, and not whom it concerns.
//! Promises: 20 MB at most, within 30 s, whatever part of the gate hangs, is full or is not there: what cannot be told says why; but the configuration's own disk must answer. Written to the standard output, so that no disk of the
//! gate is needed. Secrets, persons, plates, cards and papers do not stand in it (`mask`).
//! Absent on purpose: what devices said byte for byte, which cannot be masked (`capture`), and the system's log, which is the system's (`journalctl`); the bundle says so.
//! Source: fault F5.

mod mask;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
    sync::mpsc::sync_channel,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use serde_json::{Value, json};
use toml::Table;

use self::mask::Mask;
use super::{check_config, status::fetch};
use crate::{
    clock::{Clock, SystemClock},
    config::{Config, ConfigError, Origin, find, load},
    journal::newest,
};

/// For all sections together, so that what hangs leaves time to be told.
const TIME: Duration = Duration::from_secs(25);
/// The newest events, and how much of the file they may be.
const EVENTS: u32 = 5_000;
const EVENT_BYTES: usize = 12 * 1024 * 1024;
/// Anything else.
const SECTION_BYTES: usize = 1024 * 1024;
/// What a lane's state may say; the rest is of a vehicle.
const OF_A_LANE: [&str; 7] = ["lane_id", "running", "state", "reason", "verdict", "faults", "visit_id"];

const HEAD: &str = "Of whom and what it is stands here as ~ and ten signs: the same signs are the same text, within this file only. Not in it: secrets; what devices said byte for byte \
                    (gate-agent.toml, [capture]); the system's log (journalctl -u kakou-gate-agent), which names no secrets but may name plates. The events' hashes are those of the \
                    journal; masked as they are they cannot be verified by them (gate-agent journal export).";

/// A part of the bundle, made on a thread of its own.
type Section = (&'static str, Box<dyn FnOnce() -> anyhow::Result<String> + Send>);

pub(super) fn write(origin: &Origin, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let now = SystemClock.wall();
    writeln!(out, "# gate-agent {} support bundle, {now}\n{HEAD}", env!("CARGO_PKG_VERSION"))?;
    let begun = SystemClock.tick();
    for (name, make) in sections(origin) {
        let left = TIME.saturating_sub(SystemClock.tick().since(begun));
        let text = in_time(make, left).unwrap_or_else(|error| format!("not told: {error:#}\n"));
        write!(out, "\n## {name}\n{text}")?;
        // What hangs later does not take away what is there already.
        out.flush()?;
    }
    writeln!(out, "\n# end")?;
    Ok(ExitCode::SUCCESS)
}

fn sections(origin: &Origin) -> Vec<Section> {
    let (file, of_all) = (origin.file.clone(), origin.clone());
    let config = load(origin);
    let faults = config.as_ref().err().map(told);
    let mask = mask(&config);
    let masked = mask.clone();
    let mut sections: Vec<Section> = vec![
        ("machine", Box::new(machine)),
        ("configuration", Box::new(move || configuration(file.as_deref(), &masked))),
        ("variables laid over it", Box::new(|| Ok(variables()))),
        ("check-config", Box::new(move || checked(&of_all, faults))),
    ];
    let Ok(config) = config else { return sections };
    let url = format!("http://{}", config.panel.listen);
    let (state, figures) = (format!("{url}/status"), format!("{url}/metrics"));
    let (folder, journal) = (config.gate.data_dir.clone(), config.gate.journal_file());
    let emergency = config.gate.emergency_log;
    sections.extend([
        ("status", Box::new(move || status(&asked(&state)?)) as Box<dyn FnOnce() -> _ + Send>),
        ("metrics", Box::new(move || asked(&figures))),
        ("data folder", Box::new(move || listed(&folder))),
        ("emergency log", Box::new(move || lines_of(&emergency))),
        ("newest events, oldest first", Box::new(move || events(&journal, &mask))),
    ]);
    sections
}

/// Keys and rules. A value may be a secret below a misspelt key, or a person's.
fn told(error: &ConfigError) -> String {
    match error {
        ConfigError::Faults(faults) => {
            faults.iter().map(|fault| format!("{}: {}\n", fault.key, fault.rule)).collect()
        }
        other => other.to_string(),
    }
}

/// Does it within the time that is left; a thread that hangs ends with the program.
fn in_time(
    make: Box<dyn FnOnce() -> anyhow::Result<String> + Send>,
    left: Duration,
) -> anyhow::Result<String> {
    let (done, result) = sync_channel(1);
    thread::Builder::new().spawn(move || {
        // Nobody waits any more: it came too late.
        let _ = done.send(make());
    })?;
    let text = result.recv_timeout(left).context("it took too long, or broke off")??;
    Ok(text)
}

/// No more than a section may have.
fn cut(mut text: String) -> String {
    if text.len() > SECTION_BYTES {
        let mut end = SECTION_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n(cut here)");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn machine() -> anyhow::Result<String> {
    let mut text = String::new();
    for file in ["/etc/os-release", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo"] {
        let said = fs::read_to_string(file).unwrap_or_else(|error| error.to_string());
        text += &format!("{file}:\n{}\n", said.trim_end());
    }
    Ok(cut(text))
}

fn configuration(file: Option<&Path>, mask: &Mask) -> anyhow::Result<String> {
    let path = find(file)?;
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    // The parser's own words repeat the line, in which a password may stand.
    let table: Table = text.parse().ok().context("it is no TOML; check-config tells the line")?;
    Ok(cut(format!("{}:\n{}", path.display(), toml::to_string(&mask.configuration(table))?)))
}

/// Their names: each may hold a secret.
fn variables() -> String {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("KAKOU_")).collect();
    names.sort();
    cut(names.join("\n"))
}

fn checked(origin: &Origin, faults: Option<String>) -> anyhow::Result<String> {
    if let Some(faults) = faults {
        return Ok(cut(faults));
    }
    let mut out = Vec::new();
    check_config::check(&load(origin)?, &mut out)?;
    Ok(cut(String::from_utf8_lossy(&out).into_owned()))
}

fn asked(url: &str) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(cut(runtime.block_on(fetch(url))?))
}

/// The state without what it says of vehicles and persons.
fn status(text: &str) -> anyhow::Result<String> {
    let mut status: Value = serde_json::from_str(text).context("the agent's answer is not a status")?;
    for lane in status.get_mut("lanes").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(lane) = lane.as_object_mut() {
            lane.retain(|name, _| OF_A_LANE.contains(&name.as_str()));
        }
    }
    if let Some(status) = status.as_object_mut() {
        status.remove("pins");
    }
    Ok(cut(serde_json::to_string_pretty(&status)?))
}

/// Its files with their sizes, and what its disk has left.
fn listed(folder: &Path) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let length = entry.metadata().map_or_else(|error| error.to_string(), |file| file.len().to_string());
        lines.push(format!("{length:>14} {}", entry.file_name().to_string_lossy()));
    }
    lines.sort();
    let disk = rustix::fs::statvfs(folder).map_err(io::Error::from)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    lines.push(format!("disk: {} bytes of {} free", bytes(disk.f_bavail), bytes(disk.f_blocks)));
    Ok(cut(format!("{}:\n{}", folder.display(), lines.join("\n"))))
}

/// How much waits there to be carried over.
fn lines_of(log: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(log) {
        Ok(text) => Ok(cut(format!("{}: {} lines", log.display(), text.lines().count()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(cut("empty".to_owned())),
        Err(error) => Err(error).with_context(|| log.display().to_string()),
    }
}

fn events(journal: &Path, mask: &Mask) -> anyhow::Result<String> {
    let records = newest(journal, EVENTS).with_context(|| journal.display().to_string())?;
    let mut lines = Vec::new();
    let mut room = EVENT_BYTES;
    for record in records.iter().rev() {
        let line = match serde_json::from_str(&record.json) {
            Ok(event) => mask.event(event).to_string(),
            Err(_) => json!({ "seq": record.seq, "unreadable": record.json.len() }).to_string(),
        };
        let Some(left) = room.checked_sub(line.len() + 1) else { break };
        room = left;
        lines.push(line);
    }
    lines.reverse();
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// What is known of the configuration decides what has to be hidden in it.
fn mask(config: &Result<Config, ConfigError>) -> Mask {
    match config {
        Ok(config) => {
            let devices = config.devices.iter().map(|device| device.name.to_string());
            let lanes = config.lanes.iter().map(|lane| lane.lane_id.to_string());
            let gate = [config.gate.gate_id.to_string(), config.gate.yard_id.to_string()];
            Mask::new(devices.chain(lanes).chain(gate).collect(), BTreeSet::new())
        }
        Err(ConfigError::Faults(faults)) => {
            let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
            Mask::new(BTreeSet::new(), faults.iter().map(|fault| last(&fault.key)).collect())
        }
        Err(_) => Mask::new(BTreeSet::new(), BTreeSet::new()),
    }
}
