//! `journal verify` and `journal export`: the file as it lies there, and what the centre has signed for.
//! Promises: receipts are read before the journal, so that an agent that runs meanwhile does not look as if it had lost records.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, ensure};
use clap::Subcommand;
use protocols::contract::EventsReceipt;

use crate::{
    identity::{IdentityFiles, ReceiptError, is_certificate, verify_receipt},
    journal::{Report, export, exported_receipts, is_export, kept_receipts, verify_against, verify_export},
};

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Verify every record (hashes, chain, numbers), and that the journal has what the centre has signed for. Exit status 1 when something does
    /// not hold.
    Verify {
        /// The journal's file, or an export of it [default: the configuration's].
        file: Option<PathBuf>,
        /// The certificate of an authority of the centre, PEM, to verify its receipts by; again for another [default: those that the gate's
        /// identity beside the file names].
        #[arg(long = "authority", value_name = "PEM")]
        authorities: Vec<PathBuf>,
    },
    /// Write out what the centre has signed for, and the records as they were sealed, one JSON object a line.
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
            Self::Verify { file, authorities } => {
                let file = file.map_or_else(configured, Ok)?;
                let authorities = believed(&file, &authorities)?;
                check(&file, &authorities, out).with_context(|| format!("journal {}", file.display()))
            }
            Self::Export { file, from, to } => {
                let file = file.map_or_else(configured, Ok)?;
                export(&file, from..=to.unwrap_or(u64::MAX), out)
                    .with_context(|| format!("journal {}", file.display()))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// By whom receipts are verified.
fn believed(file: &Path, named: &[PathBuf]) -> anyhow::Result<Vec<Box<str>>> {
    if named.is_empty() {
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        let identity = IdentityFiles::in_folder(folder).load()?;
        return Ok(identity.map(|identity| identity.authorities).unwrap_or_default());
    }
    let read = |path: &PathBuf| -> anyhow::Result<Box<str>> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        ensure!(is_certificate(&text), "{} is no certificate in PEM", path.display());
        Ok(text.into())
    };
    named.iter().map(read).collect()
}

fn check(file: &Path, authorities: &[Box<str>], out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let is_export = is_export(file)?;
    let kept = if is_export { exported_receipts(file)? } else { kept_receipts(file)? };
    let judged: Vec<(EventsReceipt, Result<(), ReceiptError>)> = kept
        .receipts
        .into_iter()
        .map(|receipt| {
            let judged = verify_receipt(&receipt, authorities);
            (receipt, judged)
        })
        .collect();
    let good = judged.iter().filter(|(_, judged)| judged.is_ok()).map(|(receipt, _)| receipt.clone());
    let good: Vec<EventsReceipt> = good.collect();
    let report = if is_export { verify_export(file, &good)? } else { verify_against(file, &good)? };

    let epoch = report.epoch.map_or("no epoch".to_owned(), |epoch| format!("epoch {epoch}"));
    let (first, last, records) = (report.first_seq, report.last_seq, report.records);
    let store = if is_export { "export".to_owned() } else { format!("store {}", report.store_id) };
    writeln!(out, "{store}, {epoch}: {records} records, {first} to {last}")?;
    let mut is_sound = report.is_sound();
    for (receipt, judged) in &judged {
        let (holds, said) = told(receipt, *judged, &report, authorities);
        is_sound &= holds;
        let (epoch, seq, at) = (receipt.epoch, receipt.seq, receipt.at);
        writeln!(out, "receipt of epoch {epoch} up to {seq}, signed {at}: {said}")?;
    }
    for line in &kept.unreadable {
        is_sound = false;
        writeln!(out, "DAMAGED receipt in line {line}: it cannot be read")?;
    }
    for damage in &report.damages {
        writeln!(out, "DAMAGED {} to {}: {}", damage.first_seq, damage.last_seq, damage.what)?;
    }
    if is_sound {
        writeln!(out, "ok")?;
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a receipt is as it should be, and what to say of it. That nobody knows its authority is a fault only where a newer receipt must
/// have come: a receipt of an earlier journal outlives its authority.
fn told(
    receipt: &EventsReceipt,
    judged: Result<(), ReceiptError>,
    report: &Report,
    authorities: &[Box<str>],
) -> (bool, String) {
    let is_present = Some(receipt.epoch) == report.epoch;
    match judged {
        _ if receipt.gate_id.as_str() != &*report.gate_id => {
            (false, format!("DAMAGED, it is of gate {}", receipt.gate_id))
        }
        Ok(()) if is_present => (true, "verified".to_owned()),
        Ok(()) => (true, "verified, of another journal".to_owned()),
        Err(ReceiptError::Authority) if authorities.is_empty() || !is_present => {
            (true, "NOT VERIFIED, its authority is not known here: --authority names it".to_owned())
        }
        Err(why) => (false, format!("DAMAGED, {why}")),
    }
}
