//! The demo: a yard with a centre, two gates of two lanes each and simulated hardware, and lorries of every kind passing through it.
//! Promises: with `--once` the exit status is 1 when any vehicle was judged otherwise than its scenario expects, or when witness,
//! journal and centre disagree, or the chain does not verify; a round that goes wrong is told and does not end the demo, and is not forgotten
//! in its exit status; nothing that was started stays.
//! Absent on purpose: any part in the judging. The demo drives the programs from outside, as the tests do.

mod actor;
mod director;
mod doors;
mod live;
mod scenario;
mod screen;
mod stage;
mod summary;
mod visit;

use std::{cell::Cell, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use kakou_tests::{Yard, line::Line, plan::CARD_SERVICE_PORT, ports};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{director::Director, doors::Entrance, scenario::Scenario, screen::Screen};

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
    // The pages are told where cards are before the card service can be told where the pages are.
    let place = ports::held(CARD_SERVICE_PORT)?;
    let card_service = place.local_addr()?;
    let mut yard = tokio::select! {
        started = Yard::start(stage::plan(args.data_dir, card_service)?) => started?,
        // What has been started goes with the yard that it was for.
        code = stop.asked() => return Ok(code),
    };
    let entrance = tokio::select! {
        opened = Entrance::open(&yard, screen, place) => opened,
        code = stop.asked() => return Ok(code),
    };
    let entrance = match entrance {
        Ok(entrance) => entrance,
        Err(error) => return Err(yard.explain(error)),
    };
    stage::introduce(&yard, &entrance, screen)?;
    let went_wrong = Cell::new(false);
    let played = tokio::select! {
        played = rounds(&yard, &scenario, args.once, screen, &went_wrong) => played,
        code = stop.asked() => Ok(if went_wrong.get() { ExitCode::FAILURE } else { code }),
    };
    let code = match played {
        Ok(code) => code,
        Err(error) => return Err(yard.explain(error)),
    };
    screen.say("\nStopping ...")?;
    let addresses = (yard.centre.url(), yard.gate()?.agent.url());
    entrance.close().await?;
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

/// Plays the scenario once, or over and over until the select above drops this. What goes wrong in one round is told, and the next one begins.
async fn rounds(
    yard: &Yard,
    scenario: &Scenario,
    once: bool,
    screen: &Screen,
    went_wrong: &Cell<bool>,
) -> Result<ExitCode> {
    loop {
        let is_as_expected = match round(yard, scenario, screen).await {
            Ok(is_as_expected) => is_as_expected,
            Err(error) if once => return Err(error),
            Err(error) => {
                screen.complain(&format!("this round went wrong: {error:#}"));
                yard.gates.iter().for_each(|gate| gate.line.set(Line::Open));
                tokio::time::sleep(AFTER_A_FAULT).await;
                false
            }
        };
        if !is_as_expected {
            went_wrong.set(true);
        }
        if once {
            return Ok(if is_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
}

/// Lorries that stand somewhere give up meanwhile, and programs that are gone do not fill the screen.
const AFTER_A_FAULT: Duration = Duration::from_secs(20);

async fn round(yard: &Yard, scenario: &Scenario, screen: &Screen) -> Result<bool> {
    let mut director = Director::new(yard, scenario, screen)?;
    director.play().await?;
    let report = director.finish().await?;
    summary::print(&report, screen)
}
