//! `/api/passages`: what passed lately, out of the journal; `/api/passages/{visit}`: all events of one visit.
//! Promises: a lane never waits for a look into the past; what was recorded is told as it was recorded.
//! Absent on purpose: verifying the chain (`gate-agent journal verify` does).

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State as Shared},
};
use protocols::{
    contract::{Event, EventType, ReadValue},
    rules::ReasonCode,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    problem::{Field, Problem},
    server::App,
    words::Words,
};
use crate::{
    apart::beside,
    journal::{Record, StoreError, Visit, visit, visits},
};

const MOST: usize = 100;
const DEFAULT: usize = 20;
/// Looks into the file at once; each has a thread and a connection.
pub(super) const MOST_READERS: usize = 2;

/// Where a page begins, and how long it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    before: Option<u64>,
    limit: Option<usize>,
}

/// A page of passages.
#[derive(Serialize)]
pub(super) struct Passages {
    items: Vec<Passage>,
    /// Where the next page begins.
    before: Option<u64>,
}

/// 过卡: one visit in a line.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Passage {
    seq: u64,
    visit_id: String,
    lane_id: Option<String>,
    direction: Option<String>,
    arrived_at: String,
    last_at: String,
    /// Identities that were read: type and key.
    media: Vec<(&'static str, String)>,
    trip_no: Option<String>,
    verdict: Option<String>,
    reason: Option<String>,
    reason_words: Option<Words>,
    /// `open passed unconfirmed released empty_exit refused backed_out sent_back`.
    outcome: &'static str,
    /// What persons did.
    acts: Vec<Done>,
}

/// What a person did.
#[derive(Debug, PartialEq, Serialize)]
struct Done {
    at: String,
    event_type: &'static str,
    reason: Option<String>,
    person: String,
    detail: Option<Value>,
}

/// All that was recorded of one visit.
#[derive(Serialize)]
pub(super) struct Whole {
    passage: Passage,
    events: Vec<Value>,
    /// The reasons among them in words, by their codes.
    reasons: BTreeMap<String, Words>,
}

/// `GET /api/passages?before=&limit=`.
pub(super) async fn list(
    Shared(app): Shared<App>,
    range: Result<Query<Range>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Passages>, Problem> {
    let wrong = || {
        Problem::members(vec![Field::new(
            "limit",
            "limit 为 1 至 100，before 为事件编号",
            "limit is 1 to 100, before is the number of an event",
        )])
    };
    let Query(range) = range.map_err(|_| wrong())?;
    let limit = range.limit.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&limit) {
        return Err(wrong());
    }
    let before = range.before;
    let page = look(&app, move |file| visits(file, before, limit)).await?;
    let items = page.visits.iter().map(passage).collect();
    Ok(Json(Passages { items, before: page.before }))
}

/// `GET /api/passages/{visit}`.
pub(super) async fn one(
    Shared(app): Shared<App>,
    Path(visit_id): Path<String>,
) -> Result<Json<Whole>, Problem> {
    let records = look(&app, move |file| visit(file, &visit_id)).await?;
    let first = records.first().ok_or_else(Problem::not_found)?;
    let passage = passage(&Visit { arrival_seq: first.seq, records: records.clone() });
    let events: Vec<Value> =
        records.iter().filter_map(|record| serde_json::from_str(&record.json).ok()).collect();
    let codes = events.iter().filter_map(|event| event.get("reason_code")?.as_str());
    let words = |code: &str| Some((code.to_owned(), Words::of_reason(ReasonCode::parse(code)?)));
    let reasons = codes.filter_map(words).collect();
    Ok(Json(Whole { passage, events, reasons }))
}

async fn look<T: Send + 'static>(
    app: &App,
    read: impl FnOnce(&std::path::Path) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let place = Arc::clone(&app.readers).try_acquire_owned().map_err(|_| Problem::busy())?;
    let file = app.state.journal_file.clone();
    let found = beside(move || {
        let found = read(&file);
        drop(place);
        found
    });
    let found = found.await.map_err(|_| Problem::busy())?;
    found.map_err(|error| Problem::unreadable("journal", "事件日志", &error))
}

/// Folds a visit's records. A record that this release cannot read is left out here, and told with the others by [`one`].
fn passage(visit: &Visit) -> Passage {
    let events: Vec<Event> = visit.records.iter().filter_map(event).collect();
    let (first, last) = (visit.records.first(), visit.records.last());
    let at =
        |record: Option<&Record>| record.map(|record| record.occurred_at.to_string()).unwrap_or_default();
    let text = |of: fn(&Record) -> &Option<Box<str>>| {
        first.and_then(|record| of(record).as_deref()).map(ToOwned::to_owned)
    };
    let newest = |of: &dyn Fn(&Event) -> Option<String>| events.iter().rev().find_map(of);
    let judged = events.iter().rev().find(|event| is_judgement(event));
    let reason = judged.and_then(|event| event.reason_code);
    Passage {
        seq: visit.arrival_seq,
        visit_id: text(|record| &record.visit_id).unwrap_or_default(),
        lane_id: text(|record| &record.lane_id),
        direction: text(|record| &record.lane_direction),
        arrived_at: at(first),
        last_at: at(last),
        media: media(&events),
        trip_no: newest(&|event| event.trip_no.as_ref().map(ToString::to_string)),
        verdict: judged.and_then(|event| event.verdict).map(|verdict| verdict.to_string()),
        reason: reason.map(|reason| reason.to_string()),
        reason_words: reason.map(Words::of_reason),
        outcome: events.iter().rev().find_map(outcome).unwrap_or("open"),
        acts: events.iter().filter_map(done).collect(),
    }
}

fn event(record: &Record) -> Option<Event> {
    serde_json::from_str(&record.json).ok()
}

/// What the gate said of the vehicle, rather than what became of it.
fn is_judgement(event: &Event) -> bool {
    let says = matches!(
        event.event_type,
        EventType::RaiseIntent | EventType::LaneState | EventType::Refuse | EventType::ManualRelease
    );
    says && event.verdict.is_some() && event.reason_code.is_some()
}

fn outcome(event: &Event) -> Option<&'static str> {
    match (event.event_type, event.reason_code) {
        (EventType::Pass, Some(ReasonCode::PassageUnconfirmed)) => Some("unconfirmed"),
        (EventType::Pass, _) => Some("passed"),
        (EventType::ManualRelease, _) => Some("released"),
        (EventType::EmptyExit, _) => Some("empty_exit"),
        (EventType::Refuse, Some(ReasonCode::BackedOut)) => Some("backed_out"),
        (EventType::Refuse, Some(ReasonCode::SentBack)) => Some("sent_back"),
        (EventType::Refuse, _) => Some("refused"),
        _ => None,
    }
}

/// The newest reading of each kind.
fn media(events: &[Event]) -> Vec<(&'static str, String)> {
    type Of = fn(&Event) -> Option<&ReadValue>;
    let kinds: [(&'static str, Of); 4] = [
        ("VN", |event| event.reads.plate.as_ref()),
        ("VE", |event| event.reads.e_plate.as_ref()),
        ("IC", |event| event.reads.ic_card.as_ref()),
        ("BC", |event| event.reads.barcode.as_ref()),
    ];
    let newest = |of: Of| events.iter().rev().find_map(of);
    kinds.into_iter().filter_map(|(kind, of)| Some((kind, newest(of)?.value.clone()))).collect()
}

fn done(event: &Event) -> Option<Done> {
    Some(Done {
        at: event.occurred_at.to_string(),
        event_type: event.event_type.code(),
        reason: event.reason_code.map(|reason| reason.to_string()),
        person: event.officer_id.as_deref()?.to_owned(),
        detail: event.detail.clone(),
    })
}
