//! 命令行: what a person or a script asks of the program.
//! Promises: exit status 0 done, 1 failed or damaged, 2 wrong usage or wrong configuration; what was asked for goes to the
//! standard output and nothing else does.
//! Absent: rules of the gate; `app` runs it.
//! Source: `contract` section 1 (configuration) and 5 (decode).

mod barcode;
mod check_config;
mod decode;
mod display;
mod enrol;
mod eseal;
mod journal;
mod logging;
mod modbus;
mod mqtt;
mod pin;
mod pn532;
mod redecide;
mod reenact;
mod release_codes;
mod scale;
mod sparkplug;
mod status;
mod stream;
mod support;
mod technician;
#[cfg(test)]
mod tests;
mod uhf;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

/// The file of `record` and `replay`, for whoever reads it in another program.
pub use decode::Side;
pub use technician::recording;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{
    app,
    config::{Config, ConfigError, Origin, load},
    identity::CodeError,
};

/// Wrong usage or wrong configuration.
const USAGE: u8 = 2;
/// Longer than any agent runs.
const FOR_EVER: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// The agent of one gate: reads, matches, decides, records, moves the barrier, and keeps doing so without the centre.
#[derive(Debug, Parser)]
#[command(name = "gate-agent", version, about)]
pub struct Cli {
    #[command(flatten)]
    origin: OriginArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct OriginArgs {
    /// The configuration [default: gate-agent.toml in the working folder, then in /etc/kakou/].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of journal and index; goes before `gate.data_dir`.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gate until SIGTERM.
    Run,
    /// Check the configuration, tell all its faults, start nothing.
    CheckConfig,
    /// Get the certificate by which the centre knows this gate, by a code that an administrator of the centre has made; again, when the
    /// gate was revoked or its data is lost.
    Enrol(enrol::EnrolArgs),
    /// Ask the running agent how it is.
    Status {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Decode captured bytes, one JSON object a line.
    Decode(decode::DecodeArgs),
    /// Find out what hangs on a port or an address and how its line is set; prints the `[[device]]` for the configuration. Listens first,
    /// then asks only what changes nothing: no setting is written, no relay moves. Exit status 1 when nothing is found.
    Probe(technician::ProbeArgs),
    /// Show live what a device says, a line for each read, weight, status and piece of noise; counters at the end.
    Watch(technician::WatchArgs),
    /// Record all that goes over a device's line, both ways, with its times. The file is text and holds what cards and tags say.
    Record(technician::RecordArgs),
    /// Tell a recording as `decode` would, or play it as a device for an agent to be tested against; or decide visits again from a capture of all
    /// that a gate's devices said.
    Replay(technician::ReplayArgs),
    /// Ask for a PIN and print its hash, for `pin` of a person in the configuration.
    Pin,
    /// Codes that a supervisor issues before, so that one person alone may release where the yard asks for two; the agent may be running.
    #[command(subcommand)]
    ReleaseCodes(release_codes::ReleaseCodesCommand),
    /// Write a text file for whoever looks after the gate from elsewhere: gate-agent support-bundle > bundle.txt. It tells how the gate is and what happened last;
    /// secrets, persons, plates and cards do not stand in it.
    SupportBundle,
    /// Look at the journal's file; the agent may be running.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
}

/// Parses the arguments, does what they ask, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.run(&mut io::stdout().lock()) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            let usage = error.is::<ConfigError>()
                || error.is::<CodeError>()
                || error.is::<decode::UsageError>()
                || error.is::<technician::Misuse>();
            if usage { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
        }
    }
}

impl Cli {
    fn run(self, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let origin = Origin { file: self.origin.config, data_dir: self.origin.data_dir };
        match self.command {
            Command::Run => run(load(&origin)?),
            Command::CheckConfig => check_config::check(&load(&origin)?, out),
            Command::Status { json } => status::ask(&load(&origin)?, json, out),
            Command::Enrol(args) => args.run(&load(&origin)?, out),
            Command::Pin => pin::hash(out),
            Command::ReleaseCodes(command) => command.run(&load(&origin)?, out),
            Command::Decode(args) => decode::run(&args, out),
            Command::Probe(args) => args.run(|| Ok(load(&origin)?), out),
            Command::Watch(args) => args.run(|| Ok(load(&origin)?), out),
            Command::Record(args) => args.run(|| Ok(load(&origin)?), out),
            Command::Replay(args) => args.run(|| Ok(load(&origin)?), out),
            Command::SupportBundle => support::write(&origin, out),
            Command::Journal(command) => command.run(|| Ok(load(&origin)?.gate.journal_file()), out),
        }
    }
}

fn run(config: Config) -> anyhow::Result<ExitCode> {
    logging::start(&config.log);
    // A thread that was made for what blocks stays: the system may give no other one later.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().thread_keep_alive(FOR_EVER).enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    runtime.block_on(app::run(config))?;
    Ok(ExitCode::SUCCESS)
}

/// Says something on the standard error; nobody can be told when that fails.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "gate-agent: {text}");
}
