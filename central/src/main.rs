//! `central`: arguments, configuration, logs, then `app::run`.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use central::{
    app, config,
    config::{Config, LogFormat},
    router,
};
use clap::{Parser, Subcommand};
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

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Serve until SIGTERM.
    Run,
    /// Check the configuration and name every wrong key.
    CheckConfig,
    /// Print the OpenAPI document.
    Openapi,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "central: {error:#}"));
            ExitCode::from(if error.is::<config::ConfigError>() { 2 } else { 1 })
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    if matches!(arguments.command, Command::Openapi) {
        return Ok(writeln!(std::io::stdout(), "{}", router::document().to_pretty_json()?)?);
    }
    let mut config = config::load(arguments.config.as_deref(), std::env::vars())?;
    if let Some(folder) = &arguments.data_dir {
        config.store.data_dir.clone_from(folder);
    }
    if matches!(arguments.command, Command::CheckConfig) {
        return Ok(writeln!(std::io::stdout(), "the configuration is good")?);
    }
    log(&config)?;
    tokio::runtime::Runtime::new().context("cannot start the runtime")?.block_on(app::run(config))
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
