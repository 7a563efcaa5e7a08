//! One run: what is wanted, in the order in which it disturbs the rest least.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use crate::{
    codec, flood,
    gates::{crowd, feed},
    index,
    ingest::{self, drain},
    lane::{self, decisions, start},
    machine, mqtt, promise, query,
    report::Report,
    row::Row,
    seal,
    settings::Settings,
    signs, size,
};

/// The names of the codec rows.
const CODEC: [&str; 9] = [
    "codec_barcode",
    "codec_modbus-rtu",
    "codec_modbus-tcp",
    "codec_mqtt-kakou",
    "codec_pn532",
    "codec_uhf-chafon-18",
    "codec_uhf-chafon-288",
    "codec_weighbridge-a9",
    "codec_weighbridge-mt",
];
/// Bindings of an agent whose index is not what is measured.
const FEW: u32 = 10_000;
/// The names of the chain's rows.
const SEAL: [&str; 1] = ["chain_seal"];

/// Shows how far the run is; a run that cannot say so goes on.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}

/// Measures what is asked for.
///
/// # Errors
/// When nothing of that name exists, or a measurement fails.
pub(crate) fn run(settings: &Settings) -> anyhow::Result<Report> {
    let wants_lane = settings.wants("lane", &decisions::NAMES) || settings.wants("lane", &start::NAMES);
    let wants_index = settings.wants("index", &index::NAMES);
    let (data, load) = (settings.data(), machine::load());
    fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    // Now, not at the end: others may commit while this runs.
    let mut report = Report { about: machine::lines(&data), ..Report::default() };
    if settings.wants("codec", &CODEC) {
        say("decoding");
        report.rows.extend(codec::rows(settings.repeats())?);
    }
    if settings.wants("codec", &signs::NAMES) {
        say("decoding panels and seals");
        report.rows.extend(signs::rows(settings.repeats())?);
    }
    if settings.wants("seal", &SEAL) {
        say("sealing a chain");
        report.rows.push(seal::row(settings.repeats() / 10)?);
    }
    // Built once: built again behind the agent, it would put the agent of the whole workspace in the place of the one that a yard gets.
    let mut built = None;
    let mut centre = || -> anyhow::Result<PathBuf> {
        let centre = built.take().map_or_else(|| centre(settings), Ok)?;
        built = Some(centre.clone());
        Ok(centre)
    };
    let wants_others = settings.wants("mqtt", &mqtt::decisions::NAMES)
        || settings.wants("flood", &flood::decisions::NAMES)
        || settings.wants("size", &size::NAMES);
    if settings.wants("query", &query::names()) {
        let rows = query::rows(&centre()?, &data, settings.records(), settings.requests())?;
        report.rows.extend(rows);
    }
    if settings.wants("ingest", &ingest::NAMES) {
        report.rows.extend(ingest::rows(&centre()?, &data, settings.trips())?);
    }
    if settings.wants("feed", &feed::NAMES) {
        let rows = feed::rows(&centre()?, &data, settings.gates(), settings.changes())?;
        report.rows.extend(rows);
    }
    if settings.wants("crowd", &crowd::names()) {
        report.rows.extend(crowd::rows(&centre()?, &data, settings.crowd())?);
    }
    let wants_drain = settings.wants("ingest", &drain::NAMES);
    // Before the agent, also where nothing has asked for it yet.
    let of_drain = if wants_drain { Some(centre()?) } else { None };
    let agent = if wants_lane || wants_others || wants_drain { Some(agent(settings)?) } else { None };
    if let (Some(agent), Some(centre)) = (&agent, &of_drain) {
        report.rows.extend(drain::rows((centre, agent), &data, settings.trips())?);
    }
    if wants_lane || wants_index {
        index::prepare(&data, settings.bindings())?;
    }
    if wants_index {
        report.rows.extend(index::rows(&data, settings.bindings())?);
    }
    if let Some(agent) = &agent {
        // The table begins with what an agent does.
        let mut rows = if wants_lane { lane_rows(settings, agent, &data)? } else { Vec::new() };
        rows.extend(other_rows(settings, agent, &data)?);
        rows.append(&mut report.rows);
        report.rows = rows;
    }
    ensure!(!report.rows.is_empty(), "nothing is called {:?}; see --help", settings.only);
    report.about.push(("Load before the run", format!("{load} (more than 0.5 makes every figure worse)")));
    report.settings = vec![
        format!("{} bindings, {} passages.", settings.bindings(), settings.passages()),
        format!(
            "By MQTT {} passages, in noise {} and as many in calm, idle for {} s; each of these with an agent, a folder and \
             {FEW} bindings or one for each vehicle of its own.",
            settings.mqtt_passages(),
            settings.flood_passages(),
            settings.idle().as_secs(),
        ),
        format!("{} trips of each of two gates are taken in, and handed over by an agent.", settings.trips()),
        format!("{} records of each manual; {} {}", settings.records(), settings.requests(), query::SETTING),
        format!(
            "{} gates listen, {} in a yard or all in one, to {} changes, one each {} ms; {} gates of yards of {} come back at once, {} events each.",
            settings.gates(),
            feed::GATES_OF_A_YARD,
            settings.changes(),
            feed::EVERY.as_millis(),
            settings.crowd(),
            crowd::GATES_OF_A_YARD,
            crowd::EVENTS,
        ),
        "Built with `--release`, the agent as its own process, logging at `info` to a file.".to_owned(),
    ];
    report.settings.extend(lane::agent::SETTINGS.iter().map(|line| (*line).to_owned()));
    report.verdicts = promise::verdicts(&report.rows);
    Ok(report)
}

fn lane_rows(settings: &Settings, agent: &Path, data: &Path) -> anyhow::Result<Vec<Row>> {
    let mut lane = lane::passage::Lane::open(agent, data, settings.bindings(), "")?;
    let starts = start::rows(&mut lane, settings.bindings())?;
    let mut rows = decisions::rows(&mut lane, settings.passages(), data)?;
    rows.extend(starts);
    Ok(rows)
}

/// The rows of agents that have a folder of their own, so that each passage is a first use.
fn other_rows(settings: &Settings, agent: &Path, data: &Path) -> anyhow::Result<Vec<Row>> {
    let folder = |name: &str, bindings: u32| -> anyhow::Result<PathBuf> {
        let folder = data.join(name);
        index::prepare(&folder, bindings.max(FEW))?;
        Ok(folder)
    };
    let mut rows = Vec::new();
    if settings.wants("mqtt", &mqtt::decisions::NAMES) {
        let passages = settings.mqtt_passages();
        let folder = folder("mqtt", mqtt::decisions::bindings(passages))?;
        rows.extend(mqtt::decisions::rows(agent, &folder, passages)?);
    }
    if settings.wants("flood", &flood::decisions::NAMES) {
        let passages = settings.flood_passages();
        let folder = folder("flood", flood::decisions::bindings(passages))?;
        rows.extend(flood::decisions::rows(agent, &folder, passages)?);
    }
    if settings.wants("size", &size::NAMES) {
        rows.extend(size::rows(agent, &folder("idle", FEW)?, FEW, settings.idle())?);
    }
    Ok(rows)
}

/// The centre to measure: the one named, or the one beside this program, built now as this program was.
fn centre(settings: &Settings) -> anyhow::Result<PathBuf> {
    if let Some(centre) = &settings.centre {
        return Ok(centre.clone());
    }
    say("building the centre");
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let built = cargo()
        // The very build of `make` just before: one program by itself would be another one, of all its libraries.
        .args(["build", "--quiet", "--profile", profile, "--locked", "--workspace", "--bins"])
        .status()
        .context("cannot build the centre; name one with --centre")?;
    ensure!(built.success(), "the centre does not build");
    let centre = env::current_exe()?.with_file_name("central");
    ensure!(centre.exists(), "the centre is not where it was built; name it with --centre");
    Ok(centre)
}

/// Cargo, without what the cargo above us says of this package: build scripts that look at it would run again, and half of the tree with them.
fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let of_package = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || name.starts_with("CARGO_BIN_")
        });
        if of_package {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The agent to measure: the one named, or the one that belongs to this program, built now so that it is not an old one.
fn agent(settings: &Settings) -> anyhow::Result<PathBuf> {
    if let Some(agent) = &settings.agent {
        return Ok(agent.clone());
    }
    say("building the agent");
    let built = cargo()
        .args(["build", "--quiet", "--release", "--locked", "-p", "gate-agent", "--bin", "gate-agent"])
        .status()
        .context("cannot build the agent; name one with --agent")?;
    ensure!(built.success(), "the agent does not build");
    let this = env::current_exe()?;
    let agent =
        this.ancestors().nth(2).map(|target| target.join("release/gate-agent")).filter(|path| path.exists());
    agent.context("the agent is not where it was built; name it with --agent")
}
