//! `journal verify` and `journal export`: the file as it lies there.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Subcommand;

use crate::journal::{export, verify};

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Verify every record: hashes, chain, numbers. Exit status 1 when something does not hold.
    Verify {
        /// The journal's file [default: the configuration's].
        file: Option<PathBuf>,
    },
    /// Write the records out as they were sealed, one JSON object a line.
    Export {
        /// The journal's file [default: the configuration's].
        file: Option<PathBuf>,
        /// First record.
        #[arg(long, value_name = "SEQ", default_value_t = 1)]
        from: u64,
        /// Last record [default: the newest].
        #[arg(long, value_name = "SEQ")]
        to: Option<u64>,
    },
}

impl JournalCommand {
    /// `configured` is asked for the file only when none is named.
    pub(super) fn run(
        self,
        configured: impl FnOnce() -> anyhow::Result<PathBuf>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify { file } => check(file.map_or_else(configured, Ok)?, out),
            Self::Export { file, from, to } => {
                let file = file.map_or_else(configured, Ok)?;
                export(&file, from..=to.unwrap_or(u64::MAX), out)
                    .with_context(|| format!("journal {}", file.display()))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn check(file: PathBuf, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let report = verify(&file).with_context(|| format!("journal {}", file.display()))?;
    let epoch = report.epoch.map_or("no epoch".to_owned(), |epoch| format!("epoch {epoch}"));
    let (first, last, records) = (report.first_seq, report.last_seq, report.records);
    writeln!(out, "store {}, {epoch}: {records} records, {first} to {last}", report.store_id)?;
    for damage in &report.damages {
        writeln!(out, "DAMAGED {} to {}: {}", damage.first_seq, damage.last_seq, damage.what)?;
    }
    if report.damages.is_empty() {
        writeln!(out, "ok")?;
    }
    Ok(if report.damages.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
