//! `replay --capture`: visits decided again from what devices said, beside what the journal has of them.
//! Promises: each visit is told in a JSON object on a line of its own, the last line counts; exit status 1 when one comes out otherwise. Nothing is
//! written, and the agent may be running.
//! Absent on purpose: whether records are as they were sealed (`journal verify`).
//! Source: docs/decisions 0091.

use std::{io::Write, ops::RangeInclusive, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use protocols::contract::UtcMillis;
use serde_json::{Value, json};

use crate::{
    config::Config,
    journal::walk,
    reenact::{Decided, Finding, Ledger, Outcome, Selected, compare, reenact, span},
};

/// Which visits of which capture are decided again.
#[derive(Args, Debug)]
pub(super) struct ReenactArgs {
    /// Decide visits again from this capture's folder (`capture.folder` of the configuration), and hold them against the journal. The
    /// configuration must be the one of that time. Exit status 1 when one comes out otherwise.
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    capture: Option<PathBuf>,
    /// With --capture: the journal's file [default: the configuration's].
    #[arg(long, value_name = "FILE", requires = "capture")]
    journal: Option<PathBuf>,
    /// With --capture: an export in place of the journal.
    #[arg(long, value_name = "FILE", requires = "capture", conflicts_with = "journal")]
    export: Option<PathBuf>,
    /// With --capture: one visit only.
    #[arg(long, value_name = "ID", requires = "capture", conflicts_with_all = ["from", "to"])]
    visit: Option<String>,
    /// With --capture: only those that arrived then or later, as 2026-11-20T08:00:00Z.
    #[arg(long, value_name = "TIME", requires = "capture", value_parser = moment)]
    from: Option<UtcMillis>,
    /// With --capture: only those that arrived then or earlier.
    #[arg(long, value_name = "TIME", requires = "capture", value_parser = moment)]
    to: Option<UtcMillis>,
}

fn moment(text: &str) -> Result<UtcMillis, String> {
    UtcMillis::parse(text).map_err(|error| error.to_string())
}

impl ReenactArgs {
    /// Whether this is what was asked for.
    pub(super) const fn is_asked(&self) -> bool {
        self.capture.is_some()
    }

    pub(super) fn run(
        &self,
        load: impl FnOnce() -> anyhow::Result<Config>,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitCode> {
        let config = load()?;
        let folder = self.capture.as_ref().context("no capture is named")?;
        let own = || config.gate.journal_file();
        let file = self.export.clone().or_else(|| self.journal.clone()).unwrap_or_else(own);
        let within = span(folder)?;
        let mut ledger = Ledger::default();
        walk(&file, None, |json| ledger.take(json, &within))
            .with_context(|| format!("journal {}", file.display()))?;
        let reenacted = reenact(&config, folder, &ledger)?;
        for (path, why) in &reenacted.unreadable {
            let line = json!({ "what": "unreadable", "file": path, "why": why });
            writeln!(out, "{line}")?;
        }
        let findings = compare(&ledger, &reenacted, &self.selected());
        if let Some(visit_id) = self.visit.as_ref().filter(|_| findings.is_empty()) {
            bail!("{} has no passage {visit_id} of the time of this capture", file.display());
        }
        let mut counts = [0_u64; 3];
        for finding in &findings {
            let (what, more) = told(&finding.outcome);
            let place = WHAT.iter().position(|known| *known == what);
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
            writeln!(out, "{}", line(finding, what, more))?;
        }
        let [same, different, not_comparable] = counts;
        let counted = json!({
            "visits": findings.len(), "same": same, "different": different, "not_comparable": not_comparable,
        });
        writeln!(out, "{counted}")?;
        Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn selected(&self) -> Selected {
        let bound = |moment: Option<UtcMillis>, open| moment.map_or(open, |moment| moment.as_millis());
        match &self.visit {
            Some(visit_id) => Selected::Visit(visit_id.clone()),
            None => {
                let span: RangeInclusive<i64> = bound(self.from, i64::MIN)..=bound(self.to, i64::MAX);
                Selected::Within(span)
            }
        }
    }
}

const WHAT: [&str; 3] = ["same", "different", "not_comparable"];

fn told(outcome: &Outcome) -> (&'static str, Value) {
    let [same, different, not_comparable] = WHAT;
    match outcome {
        Outcome::Same => (same, json!({})),
        Outcome::Different { recorded, again } => {
            let why = "it was decided otherwise";
            (different, json!({ "why": why, "recorded": in_words(recorded), "again": in_words(again) }))
        }
        Outcome::NotInJournal { again } => {
            let why = "the capture shows a vehicle, and the journal says nothing of it";
            (different, json!({ "why": why, "again": in_words(again) }))
        }
        Outcome::NotInCapture { recorded } => {
            let why = "the capture shows no vehicle there";
            (different, json!({ "why": why, "recorded": in_words(recorded) }))
        }
        Outcome::NotComparable(why) => (not_comparable, json!({ "why": why })),
    }
}

fn in_words(decided: &[Decided]) -> Vec<Value> {
    let said = |decided: &Decided| json!({ "verdict": decided.verdict, "reason_code": decided.reason, "trip_no": decided.trip_no });
    decided.iter().map(said).collect()
}

fn line(finding: &Finding, what: &str, more: Value) -> Value {
    let arrived = UtcMillis::from_millis(finding.arrived_ms);
    let mut line = json!({
        "what": what, "visit_id": finding.visit_id, "lane_id": finding.lane_id, "arrived": arrived,
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}
