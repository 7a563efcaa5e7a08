//! `firmware-sim`: simulated readers and boards on ptys; see the README for scenarios and the control socket.

mod cli;

use clap::Parser;

fn main() -> anyhow::Result<()> {
    cli::Cli::parse().run()
}
