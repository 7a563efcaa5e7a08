//! The demo: a yard with a centre, two gates of two lanes each and simulated hardware, and lorries of every kind passing through it.
//! Promises: with `--once` the exit status is 1 when any vehicle was judged otherwise than its scenario expects, or when witness,
//! journal and centre disagree, or the chain does not verify; nothing that was started stays.
//! Absent on purpose: any part in the judging. The demo drives the programs from outside, as the tests do.

mod actor;
mod director;
mod live;
mod scenario;
mod screen;
mod stage;
mod summary;
mod visit;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use kakou_tests::Yard;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{director::Director, scenario::Scenario, screen::Screen};

/// Lorries at the gate of a customs yard: a centre, an agent and simulated hardware, all on this machine.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Args {
    /// Play the scenario once and end with a table; exit status 1 when anything was otherwise than expected.
    #[arg(long)]
    once: bool,
    /// Another scenario than the built-in one.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// An empty folder for everything, which is kept; otherwise a temporary one.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut screen = Screen::standard();
    match demo(Args::parse(), &mut screen).await {
        Ok(code) => code,
        Err(error) => {
            screen.complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn demo(args: Args, screen: &mut Screen) -> Result<ExitCode> {
    let scenario = Scenario::load(args.scenario.as_deref())?;
    let mut stop = Stop::listen()?;
    screen.say("Starting a centre, two gates and their simulated hardware ...")?;
    let mut yard = tokio::select! {
        started = Yard::start(stage::plan(args.data_dir)?) => started?,
        // What has been started goes with the yard that it was for.
        code = stop.asked() => return Ok(code),
    };
    stage::introduce(&yard, screen)?;
    let played = tokio::select! {
        played = rounds(&yard, &scenario, args.once, screen) => played,
        code = stop.asked() => Ok(code),
    };
    let code = match played {
        Ok(code) => code,
        Err(error) => return Err(yard.explain(error)),
    };
    screen.say("\nStopping ...")?;
    let addresses = (yard.centre.url(), yard.gate()?.agent.url());
    yard.stop().await?;
    stage::farewell(args.once, &addresses, screen)?;
    Ok(code)
}

/// Ctrl-C and SIGTERM, heard from the beginning, so that children are never left behind.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot wait for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Pending until somebody wants the demo to end; the status that a shell expects then.
    async fn asked(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::from(130),
            _ = self.terminate.recv() => ExitCode::from(143),
        }
    }
}

/// Plays the scenario once, or over and over until the select above drops this.
async fn rounds(yard: &Yard, scenario: &Scenario, once: bool, screen: &mut Screen) -> Result<ExitCode> {
    loop {
        let mut director = Director::new(yard, scenario, screen)?;
        director.play().await?;
        let report = director.finish().await?;
        let is_as_expected = summary::print(&report, screen)?;
        if once {
            return Ok(if is_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
}
