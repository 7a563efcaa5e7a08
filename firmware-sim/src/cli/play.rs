//! Runs a yard in the foreground: publishes devices and socket, says so, waits for a signal, cleans up.

use super::Places;
use anyhow::{Context, bail};
use firmware_sim::clock;
use firmware_sim::control::server;
use firmware_sim::scenario::device::{Device, Kind, RelayDevice, UhfDevice};
use firmware_sim::scenario::{LaneWiring, Scenario};
use firmware_sim::witness::Witness;
use firmware_sim::yard::{Yard, task};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Orders that may wait for the yard; those who ask beyond that wait to be heard.
const ORDERS: usize = 64;

/// One line on standard output.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush().context("cannot write to standard output")
}

/// A checked scenario from a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Scenario> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Scenario::parse(&text).with_context(|| format!("{} is no good", path.display()))
}

/// A reader `NAME-uhf` and a board `NAME-io` for each lane.
pub(super) fn bare(names: &[String]) -> anyhow::Result<Scenario> {
    let mut scenario = Scenario::default();
    for name in names {
        let (reader, board) = (format!("{name}-uhf"), format!("{name}-io"));
        scenario.devices.push(Device::new(&reader, Kind::Uhf(UhfDevice::default())));
        scenario.devices.push(Device::new(&board, Kind::Relay(RelayDevice::default())));
        let reader = Some(reader);
        scenario.lanes.push(LaneWiring { name: name.clone(), reader, board, ..LaneWiring::default() });
    }
    match scenario.flaws().first() {
        None => Ok(scenario),
        Some(flaw) => bail!("{flaw}"),
    }
}

/// Plays until SIGTERM or SIGINT.
pub(super) fn play(scenario: Scenario, seed: u64, places: &Places) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        fs::create_dir_all(&places.dir).with_context(|| format!("cannot make {}", places.dir.display()))?;
        let witness = Witness::open(places.witness.as_deref()).context("cannot open the witness file")?;
        let control = places.control.clone().unwrap_or_else(|| places.dir.join("control.sock"));
        let listener = listen(&control)?;
        let mut stop = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let yard = Yard::build(scenario, &places.dir, seed, witness, clock::now())
            .context("cannot publish the devices")?;
        let (orders, asked) = mpsc::channel(ORDERS);
        let served = tokio::spawn(server::serve(listener, orders));
        say(&format!("firmware-sim ready control={}", control.display()))?;
        let result = task::run(yard, asked, async move {
            tokio::select! {
                _ = stop.0.recv() => {}
                _ = stop.1.recv() => {}
            }
        })
        .await;
        served.abort();
        let _ = fs::remove_file(&control);
        result.context("cannot write the witness")
    })
}

/// Listens at `path`; a socket that nobody answers any more is taken over.
fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && UnixStream::connect(path).is_err() => {
            fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }
    .with_context(|| format!("cannot listen at {}", path.display()))
}
