//! `central gates`: the authorities by which gates are certified, and how they are exchanged.
//! Promises: a key is shown nowhere; an authority is not retired while a certificate of it counts, or while it is the only one. A running
//! centre takes a change up within seconds.
//! Source: fault C9; docs/decisions 0081.

use std::io::Write;

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::{
    clock::Clock,
    config::Config,
    gate_identity::{
        authority::{self, Authorities, fingerprint},
        upkeep,
    },
    store::Store,
};

/// What is done about them.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum GatesCommand {
    /// List the authorities, oldest first.
    Authorities,
    /// Make a new one: it issues from then on, and gates believe both.
    NewAuthority,
    /// Take an old one out of use, once no certificate of it counts any more.
    RetireAuthority {
        /// As `authorities` lists it.
        fingerprint: String,
    },
}

/// Does it.
///
/// # Errors
/// When the folder or the store cannot be used, or an authority is still needed.
pub async fn run(config: &Config, command: &GatesCommand, out: &mut impl Write) -> anyhow::Result<()> {
    let folder = config.gate_line.folder(&config.store.data_dir);
    match command {
        GatesCommand::Authorities => {}
        GatesCommand::NewAuthority => {
            authority::add(&folder, Clock::system().now()).context("cannot make an authority")?;
        }
        GatesCommand::RetireAuthority { fingerprint } => {
            let store = Store::open(&config.store, Clock::system()).await.context("cannot open the store")?;
            if upkeep::living(&store).await?.contains(fingerprint) {
                bail!(
                    "certificates of this authority still count; gates renew from two thirds of their lifetime"
                );
            }
            store.close().await?;
            authority::retire(&folder, fingerprint).context("cannot retire the authority")?;
        }
    }
    for known in Authorities::read(&folder)?.certificates() {
        writeln!(out, "{} {} until {}", fingerprint(known.der()), known.name(), known.not_after())?;
    }
    Ok(())
}
