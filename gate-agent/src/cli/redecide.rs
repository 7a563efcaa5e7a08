//! `journal redecide`: every recorded decision, made again from what its record keeps of it.
//! Promises: decisions that come out otherwise, that are not as they were sealed or that cannot be read are told, each in a JSON object on a line
//! of its own; the last line counts. What cannot be made again here (other rules, too many rows) is counted apart and no fault.
//! Absent on purpose: the chain from record to record, and what the centre has signed for (`journal verify`).
//! Source: fault E4; docs/decisions 0085.

use std::{io::Write, ops::Range, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use protocols::{
    contract::{Event, EventType, RawEvent, UtcMillis},
    rules::Verdict,
};
use serde_json::{Value, json};

use crate::{
    decision::BasisError,
    journal::walk,
    lane::{Said, redecide},
};

const CHINA_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// Which records are asked.
#[derive(Debug, Default)]
pub(super) struct Which {
    /// Of this visit.
    pub(super) visit_id: Option<String>,
    /// That occurred in this span.
    pub(super) span: Option<Range<i64>>,
}

impl Which {
    fn takes(&self, event: &Event) -> bool {
        let visit = self.visit_id.as_deref();
        visit.is_none_or(|wanted| event.visit_id.as_ref().is_some_and(|visit| visit.as_str() == wanted))
            && self.span.as_ref().is_none_or(|span| span.contains(&event.occurred_at.as_millis()))
    }
}

/// A day in China, as visits are named by it.
pub(super) fn day(text: &str) -> Result<Range<i64>, String> {
    let midnight =
        UtcMillis::parse(&format!("{text}T00:00:00Z")).map_err(|_| "must be a day: yyyy-mm-dd".to_owned())?;
    let begin = midnight.as_millis() - CHINA_MS;
    Ok(begin..begin + DAY_MS)
}

/// What came of all of them.
#[derive(Debug, Default)]
struct Counts {
    decisions: u64,
    same: u64,
    otherwise: u64,
    altered: u64,
    unreadable: u64,
    other_rules: u64,
    too_many_rows: u64,
    /// Raises by the gate itself, of an agent that kept no basis.
    without_basis: u64,
}

pub(super) fn run(file: &Path, which: &Which, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (mut counts, mut is_seen, mut wrong) = (Counts::default(), false, Ok(()));
    walk(file, which.visit_id.as_deref(), |json| {
        if wrong.is_ok() && may_be_decision(json, which) {
            wrong = ask(json, which, &mut counts, &mut is_seen, out);
        }
    })
    .with_context(|| format!("journal {}", file.display()))?;
    wrong?;
    if let Some(visit_id) = which.visit_id.as_ref().filter(|_| !is_seen) {
        bail!("{} has no decision of passage {visit_id}", file.display());
    }
    let Counts { decisions, same, otherwise, altered, unreadable, other_rules, too_many_rows, without_basis } =
        counts;
    let counted = json!({
        "decisions": decisions, "same": same, "otherwise": otherwise, "altered": altered, "unreadable": unreadable,
        "other_rules": other_rules, "too_many_rows": too_many_rows, "without_basis": without_basis,
    });
    writeln!(out, "{counted}")?;
    let is_sound = otherwise + altered + unreadable == 0;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Most records are none: they need not be taken apart.
fn may_be_decision(json: &str, which: &Which) -> bool {
    let of_visit = which.visit_id.as_deref().is_none_or(|visit_id| json.contains(visit_id));
    of_visit && (json.contains("\"basis\"") || json.contains(EventType::RaiseIntent.code()))
}

fn ask(
    json: &str,
    which: &Which,
    counts: &mut Counts,
    is_seen: &mut bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return Ok(()) };
    // By its own words, as long as nobody knows whether they are the sealed ones.
    let Ok(event) = serde_json::from_str::<Event>(json) else {
        if value.get("basis").is_some() {
            counts.unreadable += 1;
            let line = json!({ "what": "unreadable", "seq": value.get("seq"), "of": "it is no event of this release" });
            writeln!(out, "{line}")?;
        }
        return Ok(());
    };
    if !which.takes(&event) {
        return Ok(());
    }
    let is_bare = event.basis.is_none();
    if is_bare && !(event.event_type == EventType::RaiseIntent && event.verdict == Some(Verdict::Pass)) {
        return Ok(());
    }
    *is_seen = true;
    counts.decisions += 1;
    let mut tell = |what: &str, more: Value| {
        let (seq, at, visit_id) = (event.seq, event.occurred_at, &event.visit_id);
        let line = json!({
            "what": what, "seq": seq, "occurred_at": at, "visit_id": visit_id, "event_type": event.event_type, "of": more,
        });
        writeln!(out, "{line}")
    };
    if let Err(why) = RawEvent::verify(value) {
        counts.altered += 1;
        tell("altered", why.to_string().into())?;
        return Ok(());
    }
    match redecide(&event) {
        Ok((recorded, again)) if recorded == again => counts.same += 1,
        Ok((recorded, again)) => {
            counts.otherwise += 1;
            tell("otherwise", json!({ "recorded": in_words(&recorded), "again": in_words(&again) }))?;
        }
        Err(BasisError::Absent) => counts.without_basis += 1,
        Err(BasisError::OtherRules(_)) => counts.other_rules += 1,
        Err(BasisError::LeftOut(_)) => counts.too_many_rows += 1,
        Err(why @ BasisError::Unreadable(_)) => {
            counts.unreadable += 1;
            tell("unreadable", why.to_string().into())?;
        }
    }
    Ok(())
}

fn in_words(said: &Said) -> Value {
    let trip_no = said.trip.as_ref().map(|(trip_no, _)| trip_no);
    json!({ "verdict": said.verdict, "reason_code": said.reason, "trip_no": trip_no, "explained": said.explained })
}
