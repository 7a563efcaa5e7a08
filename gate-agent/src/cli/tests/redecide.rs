//! `journal redecide`, over a journal's file and over an export of it.

use std::{fs, process::ExitCode, sync::Arc};

use protocols::{
    contract::{Event, EventType, seal},
    rules::Verdict,
    tick::Tick,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::call;
use crate::{
    cache::samples,
    clock::SimClock,
    journal::{Draft, IndexStamp, JournalCore, LaneRef, SqliteStore, TripRef},
    replay,
};

/// What a lane has recorded of a lorry that passed, decided on the wall clock of the scenarios.
fn events() -> Vec<Event> {
    let events = replay::recorded("a lorry with its tag passes");
    assert!(events.iter().any(|event| event.basis.is_some()));
    events
}

/// Calls the command; whether all is well, what is told, and the counts.
fn asked(arguments: &[&str]) -> (bool, Vec<Value>, Value) {
    let (code, out) = call(&[&["journal", "redecide"], arguments].concat());
    let is_sound = format!("{:?}", code.unwrap()) == format!("{:?}", ExitCode::SUCCESS);
    let mut told: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counts = told.pop().unwrap();
    (is_sound, told, counts)
}

fn counts(changed: &[(&str, u64)]) -> Value {
    let mut counts = json!({
        "decisions": 0, "same": 0, "otherwise": 0, "altered": 0, "unreadable": 0, "other_rules": 0, "too_many_rows": 0, "without_basis": 0,
    });
    for (name, count) in changed {
        counts[*name] = json!(count);
    }
    counts
}

/// The export of these events.
fn export(folder: &TempDir, events: &[Event]) -> String {
    let path = folder.path().join("export.jsonl");
    let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn decision(events: &mut [Event]) -> &mut Event {
    events.iter_mut().find(|event| event.basis.is_some()).unwrap()
}

/// design promise: same answer for the same evidence, out of an export at anybody's.
#[test]
fn an_export_is_decided_again() {
    let folder = TempDir::new().unwrap();
    let file = export(&folder, &events());
    assert_eq!(asked(&[&file]), (true, Vec::new(), counts(&[("decisions", 1), ("same", 1)])));
}

/// fault E4: a changed fact is told: by the event's own hash, and where that was made anew, by what the decision comes to.
#[test]
fn a_changed_fact_is_told() {
    let folder = TempDir::new().unwrap();
    let mut altered = events();
    let decided = decision(&mut altered);
    decided.basis.as_mut().unwrap()["at"] = json!("2026-11-20T09:00:00.000Z");
    let (seq, visit_id) = (decided.seq, decided.visit_id.clone());
    let (is_sound, told, counted) = asked(&[&export(&folder, &altered)]);
    assert_eq!((is_sound, counted), (false, counts(&[("decisions", 1), ("altered", 1)])));
    assert_eq!(
        (&told[0]["what"], &told[0]["seq"], &told[0]["visit_id"]),
        (&json!("altered"), &json!(seq), &json!(visit_id))
    );

    let mut sealed = events();
    let decided = decision(&mut sealed);
    let rows = decided.basis.as_mut().unwrap()["rows"].as_array_mut().unwrap();
    rows.iter_mut().find(|row| row["t"] == "entry").unwrap()["status"] = json!("LEFT_PORT");
    seal(decided).unwrap();
    let (is_sound, told, counted) = asked(&[&export(&folder, &sealed)]);
    assert_eq!((is_sound, counted), (false, counts(&[("decisions", 1), ("otherwise", 1)])));
    assert_eq!(told[0]["of"]["recorded"]["verdict"], "Y");
    assert_eq!(told[0]["of"]["again"]["reason_code"], "already_used");

    let mut unread = events();
    let decided = decision(&mut unread);
    decided.basis.as_mut().unwrap()["media"] = json!([{}]);
    seal(decided).unwrap();
    let (is_sound, told, counted) = asked(&[&export(&folder, &unread)]);
    assert_eq!((is_sound, counted), (false, counts(&[("decisions", 1), ("unreadable", 1)])));
    assert_eq!(told[0]["of"], "its readings cannot be read");
}

/// What this release cannot judge is counted and is no fault: decisions by other rules, and raises of an agent that kept no basis.
#[test]
fn what_cannot_be_decided_again_is_counted_apart() {
    let folder = TempDir::new().unwrap();
    let mut other = events();
    let decided = decision(&mut other);
    decided.basis.as_mut().unwrap()["rules"] = json!(99);
    seal(decided).unwrap();
    assert_eq!(
        asked(&[&export(&folder, &other)]),
        (true, Vec::new(), counts(&[("decisions", 1), ("other_rules", 1)]))
    );
    let mut bare = events();
    let decided = decision(&mut bare);
    decided.basis = None;
    seal(decided).unwrap();
    assert_eq!(
        asked(&[&export(&folder, &bare)]),
        (true, Vec::new(), counts(&[("decisions", 1), ("without_basis", 1)]))
    );
}

/// A journal's file, as a whole, of one passage and of one day as it is counted in China.
#[test]
fn a_journal_is_asked_for_a_passage_or_a_day() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let store = SqliteStore::with_reserve(path.clone(), samples::gate(), 4096);
    let clock = Arc::new(SimClock::at(samples::noon()));
    let (mut core, _) = JournalCore::open(store, samples::gate(), clock).unwrap();
    core.set_epoch(1).unwrap();
    core.set_clock_offset(Some((-3, Tick::default())));
    let drafts: Vec<Draft> = events().iter().map(draft).collect();
    let visit_id = drafts.iter().find_map(|draft| draft.visit_id.clone()).unwrap();
    core.commit(drafts).unwrap();
    let decided = core.read_after(0, 100).unwrap();
    let decided = decided.iter().find(|record| record.json.contains("\"basis\"")).unwrap();
    assert!(decided.json.contains("\"clock_age_s\":"), "how good the clock was: {}", decided.json);
    drop(core);

    let file = path.to_str().unwrap();
    let (all, none) =
        ((true, Vec::new(), counts(&[("decisions", 1), ("same", 1)])), (true, Vec::new(), counts(&[])));
    assert_eq!(asked(&[file]), all);
    assert_eq!(asked(&[file, "--passage", visit_id.as_str()]), all);
    // The scenarios begin at eight o'clock in Greenwich, four in the afternoon in China.
    assert_eq!(asked(&[file, "--day", "2026-11-20"]), all);
    assert_eq!(asked(&[file, "--day", "2026-11-21"]), none);
    let (code, _) = call(&["journal", "redecide", file, "--passage", "0708-G02-IN1-20200101-1-0001"]);
    assert!(code.unwrap_err().to_string().contains("has no decision of passage"));
}

fn draft(event: &Event) -> Draft {
    let lane = event.lane_id.clone().zip(event.lane_direction);
    let trip = event.trip_no.zip(event.version_no);
    let stamp = |(revision, age_s)| IndexStamp { revision, age_s, mark: None };
    assert!(event.event_type != EventType::RaiseIntent || event.verdict == Some(Verdict::Pass));
    Draft {
        lane: lane.map(|(lane_id, direction)| LaneRef { lane_id, direction }),
        visit_id: event.visit_id.clone(),
        verdict: event.verdict,
        mode: event.mode,
        trip: trip.map(|(trip_no, version_no)| TripRef { trip_no, version_no }),
        reads: event.reads.clone(),
        reason: event.reason_code,
        index: event.index_revision.zip(event.index_age_s).map(stamp),
        outcome: event.outcome,
        detail: event.detail.clone(),
        basis: event.basis.clone(),
        ..Draft::new(event.event_type, Tick::from_micros(event.mono_us), event.occurred_at)
    }
}
