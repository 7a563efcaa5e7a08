//! `central verify-signature`: judges stored signatures again, or those of a file that was written with `--json` (PO-099).
//! Promises: reads only; tells each check with what it found; a file is judged by what it holds and the configured authorities, with the
//! revocations that this store knows.

use std::{io::Write, path::PathBuf};

use anyhow::{Context, bail};

use crate::{
    clock::Clock,
    config::Config,
    identity::signing::{
        evidence::{self, Evidence, Finding},
        trust::Cards,
    },
    store::Store,
};

/// Where the signatures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Of the record of this number.
    Number(String),
    /// In this file: one, or a list.
    File(PathBuf),
}

struct Judged {
    evidence: Evidence,
    findings: Vec<Finding>,
}

/// Judges them all; false when one of them does not hold.
///
/// # Errors
/// When there is nothing to judge, or store, file or configuration cannot be used.
pub async fn run(config: &Config, from: &From, as_json: bool, out: &mut impl Write) -> anyhow::Result<bool> {
    let cards = Cards::open(&config.cards)?;
    let store = Store::open(&config.store, Clock::system()).await.context("cannot open the store")?;
    let found = match from {
        From::Number(number) => evidence::of_number(store.read(), number).await?,
        From::File(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let one = || serde_json::from_str(&text).map(|one| vec![one]);
            serde_json::from_str(&text)
                .or_else(|_| one())
                .with_context(|| format!("{} holds no signatures", path.display()))?
        }
    };
    if found.is_empty() {
        bail!("nothing was signed about {}", named(from));
    }
    let mut judged = Vec::new();
    for evidence in found {
        let findings = evidence::examine(&cards, store.read(), &evidence).await?;
        judged.push(Judged { evidence, findings });
    }
    if as_json {
        let kept: Vec<_> = judged.iter().map(|one| &one.evidence).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&kept)?)?;
    } else {
        judged.iter().try_for_each(|one| tell(one, out))?;
    }
    Ok(judged.iter().flat_map(|one| &one.findings).all(|finding| finding.holds))
}

fn named(from: &From) -> String {
    match from {
        From::Number(number) => number.clone(),
        From::File(path) => path.display().to_string(),
    }
}

fn tell(judged: &Judged, out: &mut impl Write) -> std::io::Result<()> {
    let Judged { evidence, findings } = judged;
    writeln!(out, "{} by {} with card {}, {}", evidence.at, evidence.actor, evidence.card_no, evidence.alg)?;
    for Finding { what, holds, found, .. } in findings {
        writeln!(out, "  {} {what}: {found}", if *holds { "ok  " } else { "FAIL" })?;
    }
    Ok(())
}
