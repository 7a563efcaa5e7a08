//! `central`: arguments, configuration, logs, then `app::run`.

use std::{
    io::{IsTerminal, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use central::{
    app,
    cli::{gates, platform_key, verify_signature},
    clock::Clock,
    config,
    config::{Config, LogFormat},
    declaration::attachment,
    router,
};
use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about = "The central service of Kakou")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The configuration file; else ./central.toml, then /etc/kakou/central.toml.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The folder of the database; goes before `store.data_dir`.
    #[arg(long, global = true)]
    data_dir: Option<String>,
}

#[derive(Clone, Subcommand)]
enum Command {
    /// Serve until SIGTERM.
    Run,
    /// Check the configuration and name every wrong key.
    CheckConfig,
    /// Print the OpenAPI document.
    Openapi,
    /// Read a PDF on standard input and say what it is; the service calls itself so for each upload.
    JudgePdf,
    /// Judge what was signed about a record again; exit status 1 when it does not hold.
    VerifySignature {
        /// The record's number.
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        number: Option<String>,
        /// A file that `--json` wrote.
        #[arg(long)]
        file: Option<PathBuf>,
        /// Print signatures, certificates and the signed bytes, to be kept or handed on.
        #[arg(long)]
        json: bool,
    },
    /// Look at, make and retire the authorities by which gates are certified.
    #[command(subcommand)]
    Gates(gates::GatesCommand),
    /// Make the key and the certificate to which submissions are sealed.
    NewPlatformKey {
        /// The folder for platform.key and platform.pem.
        #[arg(long, default_value = ".")]
        folder: PathBuf,
        /// The platform's name, as its certificate has it.
        #[arg(long)]
        name: String,
        /// For how many days.
        #[arg(long, default_value_t = 1095)]
        days: u32,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(&arguments) {
        Ok(code) => code,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "central: {error:#}"));
            ExitCode::from(if error.is::<config::ConfigError>() { 2 } else { 1 })
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match &arguments.command {
        Command::Openapi => {
            writeln!(out, "{}", router::document().to_pretty_json()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::NewPlatformKey { folder, name, days } => {
            platform_key::make(folder, name, *days, Clock::system().now(), &mut out)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::JudgePdf => {
            judge_pdf()?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Run | Command::CheckConfig | Command::Gates(_) | Command::VerifySignature { .. } => {}
    }
    let mut config = config::load(arguments.config.as_deref(), std::env::vars())?;
    if let Some(folder) = &arguments.data_dir {
        config.store.data_dir.clone_from(folder);
    }
    let runtime = || tokio::runtime::Runtime::new().context("cannot start the runtime");
    match &arguments.command {
        Command::CheckConfig => writeln!(out, "the configuration is good")?,
        Command::Gates(command) => runtime()?.block_on(gates::run(&config, command, &mut out))?,
        Command::VerifySignature { number, file, json } => {
            let number = || verify_signature::From::Number(number.clone().unwrap_or_default());
            let from = file.clone().map_or_else(number, verify_signature::From::File);
            if !runtime()?.block_on(verify_signature::run(&config, &from, *json, &mut out))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        _ => {
            log(&config)?;
            runtime()?.block_on(app::run(config))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A file can make its reader ask for all the memory and time there is: more than this there is not.
fn judge_pdf() -> anyhow::Result<()> {
    const MOST_MEMORY: u64 = 1024 * 1024 * 1024;
    const MOST_SECONDS: u64 = 60;
    for (resource, most) in [(Resource::As, MOST_MEMORY), (Resource::Cpu, MOST_SECONDS), (Resource::Core, 0)]
    {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(attachment::MOST_BYTES)?.saturating_add(1);
    std::io::stdin().take(most).read_to_end(&mut bytes)?;
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(&attachment::pdf::judge(&bytes))?)?)
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter: EnvFilter = config.log.filter.parse().context("log.filter")?;
    // Colours are for eyes; a file gets plain lines.
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        // A complaint about a line that could not be written goes the same way, and panics where that is full.
        .log_internal_errors(false);
    match config.log.format {
        LogFormat::Human => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
