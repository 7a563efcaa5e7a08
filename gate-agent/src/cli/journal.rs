//! `journal verify`, `journal export` and `journal redecide`: the file as it lies there, what the centre has signed for, and what was decided.
//! Promises: receipts are read before the journal, so that an agent that runs meanwhile does not look as if it had lost records.

use std::{
    fs,
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, ensure};
use clap::Subcommand;
use protocols::contract::EventsReceipt;
use serde_json::{Value, json};

use super::redecide;
use crate::{
    clock::{Clock, SystemClock},
    identity::{
        ExportSignature, Identity, IdentityError, IdentityFiles, ReceiptError, is_certificate, sign_export,
        verify_receipt, verify_signature,
    },
    journal::{
        Report, Sum, Summing, export, exported_receipts, exported_signature, is_export, kept_receipts,
        verify_against, verify_export,
    },
};

const UNKNOWN: &str = "NOT VERIFIED, its authority is not known here: --authority names it";
const NO_IDENTITY: &str = "this gate has no key to sign with: it is not enrolled";

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
        /// Sign it with the gate's key, as a last line; `verify` says whose it is and whether it is whole.
        #[arg(long)]
        signed: bool,
    },
    /// Decide every recorded decision again, from what its record keeps of all that it took. Exit status 1 when one comes out otherwise, or is
    /// not as it was sealed.
    Redecide {
        /// The journal's file, or an export of it [default: the configuration's].
        file: Option<PathBuf>,
        /// Of one passage only.
        #[arg(long, value_name = "ID", conflicts_with = "day")]
        passage: Option<String>,
        /// Of one day only, as it is counted in China.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = redecide::day)]
        day: Option<Range<i64>>,
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
            Self::Export { file, from, to, signed } => {
                let file = file.map_or_else(configured, Ok)?;
                let identity = if signed { Some(identity(&file)?.context(NO_IDENTITY)?) } else { None };
                let mut summed = Summing::up(&mut *out);
                export(&file, from..=to.unwrap_or(u64::MAX), &mut summed)
                    .with_context(|| format!("journal {}", file.display()))?;
                let sum = summed.sum();
                if let Some(identity) = identity {
                    let signed = sign_export(&identity, sum, SystemClock.wall())?;
                    writeln!(out, "{}", json!({ "signed": signed }))?;
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Redecide { file, passage, day } => {
                let file = file.map_or_else(configured, Ok)?;
                redecide::run(&file, &redecide::Which { visit_id: passage, span: day }, out)
            }
        }
    }
}

/// What the gate is known by, beside its journal.
fn identity(file: &Path) -> Result<Option<Identity>, IdentityError> {
    IdentityFiles::in_folder(file.parent().unwrap_or_else(|| Path::new(""))).load()
}

/// By whom receipts are verified.
fn believed(file: &Path, named: &[PathBuf]) -> anyhow::Result<Vec<Box<str>>> {
    if named.is_empty() {
        return Ok(identity(file)?.map(|identity| identity.authorities).unwrap_or_default());
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
    let signature = if is_export { exported_signature(file)? } else { None };
    if let Some((signed, sum)) = signature {
        let (holds, said) = signed_by(&signed, sum, &report, authorities);
        is_sound &= holds;
        writeln!(out, "signed by the gate: {said}")?;
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

/// Whether the gate's signature of an export is as it should be, and what to say of it.
fn signed_by(signed: &Value, sum: Sum, report: &Report, authorities: &[Box<str>]) -> (bool, String) {
    match verify_signature(signed, sum, authorities) {
        Ok(ExportSignature { gate_id, at }) if gate_id.as_str() == &*report.gate_id => {
            (true, format!("verified, of gate {gate_id} at {at}"))
        }
        Ok(ExportSignature { gate_id, .. }) => (false, format!("DAMAGED, it is of gate {gate_id}")),
        Err(ReceiptError::Authority) if authorities.is_empty() => (true, UNKNOWN.to_owned()),
        Err(why) => (false, format!("DAMAGED, {why}")),
    }
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
        Err(ReceiptError::Authority) if authorities.is_empty() || !is_present => (true, UNKNOWN.to_owned()),
        Err(why) => (false, format!("DAMAGED, {why}")),
    }
}
