//! Command line: `run`, `boards`, `check`, `witness`, `card-service`.
//! Promises: the first line of `run` and `boards` on standard output is `firmware-sim ready control=PATH`, written when
//! all device files exist; SIGTERM and SIGINT stop cleanly and remove what was published.
//! Absent: configuration files other than the scenario.

mod card;
mod play;
mod summary;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Simulated readers and boards of a customs gate.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays a scenario.
    Run {
        /// The scenario, TOML.
        #[arg(long)]
        scenario: PathBuf,
        /// Goes before the scenario's seed.
        #[arg(long)]
        seed: Option<u64>,
        #[command(flatten)]
        places: Places,
    },
    /// One reader and one board a lane and a control socket; nobody comes.
    Boards {
        /// How many lanes; called L1, L2, ... unless `--names` says otherwise.
        #[arg(long, default_value_t = 1)]
        lanes: u16,
        /// Names of the lanes, separated by commas; goes before `--lanes`.
        #[arg(long, value_delimiter = ',')]
        names: Vec<String>,
        /// Seed of all chance.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        #[command(flatten)]
        places: Places,
    },
    /// Reads a scenario and tells all its faults.
    Check {
        /// The scenario, TOML.
        scenario: PathBuf,
    },
    /// Software cards, and the service by which pages of the portal reach them.
    #[command(subcommand)]
    CardService(card::Order),
    /// Sums a witness file up.
    Witness {
        /// The file.
        file: PathBuf,
    },
}

/// Where things stand.
#[derive(Debug, Args)]
struct Places {
    /// Folder of the devices' symlinks.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Witness file, appended to; in memory only unless said.
    #[arg(long)]
    witness: Option<PathBuf>,
    /// Control socket; `control.sock` in `--dir` unless said.
    #[arg(long)]
    control: Option<PathBuf>,
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// With the chain of causes, for people.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Run { scenario, seed, places } => {
                let scenario = play::read(&scenario)?;
                let seed = seed.unwrap_or(scenario.seed);
                play::play(scenario, seed, &places)
            }
            Command::Boards { lanes, names, seed, places } => {
                let names = match names.as_slice() {
                    [] => (1..=lanes).map(|number| format!("L{number}")).collect(),
                    _ => names,
                };
                play::play(play::bare(&names)?, seed, &places)
            }
            Command::Check { scenario } => {
                let read = play::read(&scenario)?;
                play::say(&format!(
                    "{}: {} devices, {} lanes, {} vehicles, {} faults",
                    scenario.display(),
                    read.devices.len(),
                    read.lanes.len(),
                    read.vehicles.len(),
                    read.faults.len()
                ))
            }
            Command::CardService(order) => order.carry_out(),
            Command::Witness { file } => play::say(summary::of(&file)?.trim_end()),
        }
    }
}
