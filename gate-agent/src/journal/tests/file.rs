//! The SQLite file: what a restart finds, which files are refused, what is cut.

use std::{path::PathBuf, time::Duration};

use protocols::{
    contract::EventType,
    rules::LaneDirection::{In, Out},
};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::super::{
    CLOSE_LANE, ClosedLane, Draft, JournalCore, JournalStore, LaneRef, OPEN_LANE, SqliteStore, StoreError,
    export,
    schema::{OWN_ACTS, UNSETTLED},
    then_leaves, verify,
};
use super::{act, clock, open, plain, ready};
use crate::{
    cache::samples::{gate, lane},
    clock::{Clock, SimClock},
};
use protocols::{
    contract::UtcMillis,
    ids::{GateId, VisitId},
    tick::Tick,
};

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("journal.db")
}

fn store(folder: &TempDir) -> SqliteStore {
    SqliteStore::at(path(folder), gate())
}

/// SG-248: what was answered is in the file, in one chain, and numbering goes on after it.
#[test]
fn a_restart_goes_on_where_the_file_ends() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    let first = core.commit(vec![plain(EventType::Started), plain(EventType::Clock)]).unwrap();
    let (id, hash) = (core.head().store_id.clone(), core.head().hash);
    drop(core);
    let (mut core, recovered) = open(store(&folder)).unwrap();
    assert_eq!((recovered.head.seq, recovered.head.boot), (first.last_seq(), 2));
    assert_eq!((recovered.head.store_id, recovered.head.hash), (id, hash));
    assert_eq!(core.commit(vec![plain(EventType::Clock)]).unwrap().first_seq(), 3);
    assert!(verify(&path(&folder)).unwrap().is_sound());
}

/// The visits that began and have no end come back, with all that is known of them; ended ones do not.
#[test]
fn unfinished_visits_are_found_at_the_start() {
    use EventType::{Arrival, LeftPort, ManualRelease, Match, Pass, RaiseIntent, RaiseOutcome, Refuse};
    let cases: &[(&str, &[EventType], Option<bool>)] = &[
        ("stood", &[Arrival], None),
        ("matched", &[Arrival, Match], Some(false)),
        ("refused", &[Arrival, Match, Refuse], None),
        ("matched-again", &[Match, Refuse, Match], Some(false)),
        ("intended", &[Match, RaiseIntent], Some(true)),
        ("raised", &[Match, RaiseIntent, RaiseOutcome], Some(false)),
        ("passed", &[Match, RaiseIntent, RaiseOutcome, Pass], None),
        ("release-intended", &[ManualRelease, RaiseIntent], Some(true)),
        ("released", &[ManualRelease, RaiseIntent, RaiseOutcome], None),
        ("released-after", &[RaiseIntent, RaiseOutcome, ManualRelease], None),
        ("raised-twice", &[Match, RaiseIntent, RaiseOutcome, RaiseIntent], Some(true)),
    ];
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    for (visit, types, _) in cases {
        for event_type in *types {
            core.commit(vec![act(*event_type, Out, visit, 1)]).unwrap();
        }
    }
    // The same end, but at an outermost exit: open until the vehicle has left the port.
    for (visit, left) in [("leaving", false), ("left", true)] {
        core.commit(vec![Draft { detail: Some(then_leaves()), ..act(Pass, Out, visit, 1) }]).unwrap();
        if left {
            core.commit(vec![act(LeftPort, Out, visit, 1)]).unwrap();
        }
    }
    drop(core);
    let (_, mut recovered) = open(store(&folder)).unwrap();
    let leaving: Vec<_> = recovered
        .unsettled
        .extract_if(.., |visit| visit.departure_missing())
        .map(|visit| visit.visit_id)
        .collect();
    assert_eq!(leaving.iter().map(VisitId::as_str).collect::<Vec<_>>(), ["leaving"]);
    let found: Vec<_> = recovered
        .unsettled
        .iter()
        .map(|visit| (visit.visit_id.as_str(), Some(visit.outcome_missing())))
        .collect();
    let expected: Vec<_> =
        cases.iter().filter(|case| case.2.is_some()).map(|(visit, _, missing)| (*visit, *missing)).collect();
    assert_eq!(found, expected);
    let raised = recovered.unsettled.iter().find(|visit| visit.visit_id.as_str() == "raised").unwrap();
    assert!(raised.has(RaiseOutcome) && !raised.has(Pass));
    assert_eq!(raised.lane.as_ref().unwrap().direction, Out);
    assert_eq!(raised.trip.as_ref().unwrap().version_no, 1);
}

/// Settling is found by the table of open visits, never by reading the whole journal.
#[test]
fn recovery_and_overlay_use_their_indexes() {
    let folder = TempDir::new().unwrap();
    drop(ready(store(&folder)));
    let db = Connection::open(path(&folder)).unwrap();
    let plan = |sql: &str| -> String {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let settling = plan(UNSETTLED);
    assert!(settling.starts_with("SCAN open_visit"), "{settling}");
    assert!(settling.contains("USING INDEX event_visit (visit_id=?)"), "{settling}");
    let acts = plan(&OWN_ACTS.replace("?1", "5"));
    assert!(acts.contains("USING COVERING INDEX event_act (seq>?)"), "{acts}");
}

/// A person's word about his lane, with his reason.
fn says(lane_name: &str, deed: &str, reason: &str) -> Draft {
    Draft {
        lane: Some(LaneRef { lane_id: lane(lane_name), direction: In }),
        officer_id: Some("zhang".into()),
        detail: Some(json!({ "do": deed, "reason": reason })),
        ..plain(EventType::LaneState)
    }
}

fn closed(folder: &TempDir) -> Vec<(String, String)> {
    let (_, recovered) = open(store(folder)).unwrap();
    let told = |lane: &ClosedLane| (lane.lane_id.to_string(), lane.why.to_string());
    recovered.closed.iter().map(told).collect()
}

/// Fault A1: a lane is closed until somebody opens it, over restarts, and when the record that closed it has been cut.
#[test]
fn a_closed_lane_is_remembered_longer_than_its_record() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    for (lane, deed, reason) in [
        ("IN1", CLOSE_LANE, "scale"),
        ("IN2", CLOSE_LANE, "arm"),
        ("IN2", OPEN_LANE, "mended"),
        ("IN3", CLOSE_LANE, "flood"),
        ("IN1", CLOSE_LANE, "scale again"),
        ("IN3", "correct", "a typed reading closes nothing and opens nothing"),
    ] {
        core.commit(vec![says(lane, deed, reason)]).unwrap();
    }
    drop(core);
    let expected = [("IN1", "scale again"), ("IN3", "flood")].map(|(lane, why)| (lane.into(), why.into()));
    assert_eq!(closed(&folder), expected);
    let (core, recovered) = open(store(&folder)).unwrap();
    let first = &recovered.closed[0];
    assert_eq!((&*first.by, first.at), ("zhang", clock().wall()));
    drop(core);

    let mut file = store(&folder);
    let last = file.open().unwrap();
    file.cut(last.head_seq, last.head_hash).unwrap();
    drop(file);
    assert_eq!(closed(&folder), expected, "the records are gone");
    let mut core = open(store(&folder)).unwrap().0;
    core.commit(vec![says("IN1", OPEN_LANE, "mended")]).unwrap();
    drop(core);
    assert_eq!(closed(&folder), expected[1..]);
}

/// A journal of the release before is brought up to date once, and its closed lanes are closed.
#[test]
fn a_file_of_format_1_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    for (lane, deed) in [("IN1", CLOSE_LANE), ("IN2", OPEN_LANE), ("IN1", OPEN_LANE), ("IN2", CLOSE_LANE)] {
        core.commit(vec![says(lane, deed, "scale"), plain(EventType::Clock)]).unwrap();
    }
    drop(core);
    let as_it_was = "DROP TABLE closed_lane; DROP TABLE used_code; PRAGMA user_version = 1;";
    Connection::open(path(&folder)).unwrap().execute_batch(as_it_was).unwrap();
    assert!(verify(&path(&folder)).unwrap().is_sound(), "read as it is");
    for _ in 0..2 {
        assert_eq!(closed(&folder), [("IN2".to_owned(), "scale".to_owned())]);
    }
    assert!(verify(&path(&folder)).unwrap().is_sound());
}

/// Fault A7: a file of a later release, and a file of another gate, are refused in words and left as they are.
#[test]
fn foreign_files_are_refused() {
    let folder = TempDir::new().unwrap();
    drop(ready(store(&folder)));
    let other = SqliteStore::at(path(&folder), GateId::parse("0708-G09").unwrap());
    let refused = JournalCore::open(other, GateId::parse("0708-G09").unwrap(), clock()).err().unwrap();
    assert!(matches!(refused, StoreError::OtherGate { .. }), "{refused}");
    Connection::open(path(&folder)).unwrap().pragma_update(None, "user_version", 4).unwrap();
    let before = std::fs::read(path(&folder)).unwrap();
    let refused = open(store(&folder)).err().unwrap();
    assert_eq!(refused, StoreError::Newer { found: 4, known: 3 });
    assert!(verify(&path(&folder)).is_err());
    assert_eq!(std::fs::read(path(&folder)).unwrap(), before);
}

/// A file that is no journal is refused and not written over.
#[test]
fn a_corrupt_file_stays_where_it_is() {
    let folder = TempDir::new().unwrap();
    std::fs::write(path(&folder), vec![0x5A; 8192]).unwrap();
    assert!(open(store(&folder)).is_err());
    assert_eq!(std::fs::read(path(&folder)).unwrap(), vec![0x5A; 8192]);
}

/// SG-248: only acknowledged, covered and old records are cut, oldest first; the chain still holds from its anchor.
#[test]
fn trimming_keeps_the_chain_and_everything_unacknowledged() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let (mut core, _) = JournalCore::open(store(&folder), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    let drafts = |count| vec![draft_now(&clock); count];
    core.commit(drafts(10)).unwrap();
    clock.advance(Duration::from_secs(91 * 86_400));
    core.commit(drafts(5)).unwrap();
    assert_eq!(core.trim(90, 1000), Ok(0), "no clock offset was measured");
    core.set_clock_offset(Some((0, Tick::default())));
    assert_eq!(core.trim(90, 1000), Ok(0), "nothing is acknowledged");
    core.acknowledge(8, 1).unwrap();
    assert_eq!(core.trim(90, 1000), Ok(0), "the index does not show it");
    core.cover(1).unwrap();
    assert_eq!((core.trim(90, 3), core.trim(90, 1000), core.trim(90, 1000)), (Ok(3), Ok(5), Ok(0)));
    core.acknowledge(15, 2).unwrap();
    core.cover(2).unwrap();
    assert_eq!((core.trim(90, 1000), core.trim(90, 1000)), (Ok(2), Ok(0)), "the rest is young");
    let anchor = core.hash_of(10).unwrap();
    assert!(anchor.is_some() && core.hash_of(9) == Ok(None));
    drop(core);
    let report = verify(&path(&folder)).unwrap();
    assert_eq!((report.first_seq, report.last_seq, report.records, report.is_sound()), (11, 15, 5, true));
    let (core, _) = open(store(&folder)).unwrap();
    assert_eq!((core.head().seq, core.head().anchor_seq), (15, 10));
}

/// Fault B1: a clock that jumps ahead, against what was measured, removes nothing.
#[test]
fn a_jump_ahead_of_the_clock_cuts_nothing() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let (mut core, _) = JournalCore::open(store(&folder), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    core.commit(vec![draft_now(&clock)]).unwrap();
    core.acknowledge(1, 1).unwrap();
    core.cover(1).unwrap();
    clock.set_wall(UtcMillis::parse("2038-01-20T00:00:00Z").unwrap());
    let ahead = clock.wall().as_millis() - crate::cache::samples::noon().as_millis();
    core.set_clock_offset(Some((ahead, Tick::default())));
    assert_eq!(core.trim(90, 1000), Ok(0));
}

/// Faults B1, B2: how old a record with a wrong date is, is told by its place: one dated ahead, or thousands, neither holds back what follows nor goes before
/// its time; nor does one of a clock that was not set, or was set back.
#[test]
fn a_wrong_date_is_judged_by_its_place() {
    let at = |text: &str| UtcMillis::parse(text).unwrap();
    let wrong = ["2037-01-01T00:00:00Z", "1970-01-01T00:00:07Z", "2026-02-01T00:00:00Z"];
    for (wrong, count) in wrong.into_iter().flat_map(|wrong| [(wrong, 1), (wrong, 2500)]) {
        let folder = TempDir::new().unwrap();
        let clock = clock();
        let (mut core, _) = JournalCore::open(store(&folder), gate(), clock.clone()).unwrap();
        core.set_epoch(1).unwrap();
        core.set_clock_offset(Some((0, Tick::default())));
        let dated =
            |date: UtcMillis, count| vec![super::Draft::new(EventType::Clock, Tick::default(), date); count];
        core.commit(dated(at("2026-11-01T00:00:00Z"), 1)).unwrap();
        core.commit(dated(at(wrong), count)).unwrap();
        let trimmed = |core: &mut JournalCore<SqliteStore>, now: &str| {
            let head = core.head().seq;
            core.acknowledge(head, head).unwrap();
            core.cover(head).unwrap();
            clock.set_wall(at(now));
            std::iter::from_fn(|| core.trim(90, 1000).ok().filter(|cut| *cut > 0)).sum::<usize>()
        };
        assert_eq!(
            trimmed(&mut core, "2027-02-10T00:00:00Z"),
            1,
            "{wrong}: nothing says how old the rest is"
        );
        core.commit(dated(at("2026-12-20T00:00:00Z"), 1)).unwrap();
        assert_eq!(
            trimmed(&mut core, "2027-02-10T00:00:00Z"),
            0,
            "{wrong}: it may be as young as what follows"
        );
        core.commit(dated(at("2027-03-01T00:00:00Z"), 1)).unwrap();
        assert_eq!(trimmed(&mut core, "2027-03-25T00:00:00Z"), count + 1, "{wrong}: it holds nothing back");
    }
}

/// An unsettled visit of this run is never cut away, however old.
#[test]
fn an_open_visit_is_not_cut() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let (mut core, _) = JournalCore::open(store(&folder), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    core.commit(vec![draft_now(&clock)]).unwrap();
    core.commit(vec![act(EventType::Match, In, "v1", 1)]).unwrap();
    core.acknowledge(2, 1).unwrap();
    core.cover(1).unwrap();
    core.set_clock_offset(Some((0, Tick::default())));
    clock.advance(Duration::from_secs(400 * 86_400));
    assert_eq!(core.trim(90, 1000), Ok(1));
}

/// A visit that was left unsettled by a lane which does not exist any more does not keep the journal growing for ever.
#[test]
fn a_visit_that_nobody_settles_is_cut_in_a_later_run() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let mut core = ready(store(&folder));
    core.commit(vec![act(EventType::Match, In, "gone", 1)]).unwrap();
    core.commit(vec![act(EventType::Match, In, "settled-late", 2)]).unwrap();
    drop(core);
    let (mut core, recovered) = JournalCore::open(store(&folder), gate(), clock.clone()).unwrap();
    assert_eq!(recovered.unsettled.len(), 2);
    core.commit(vec![act(EventType::RaiseIntent, In, "settled-late", 2)]).unwrap();
    core.acknowledge(3, 1).unwrap();
    core.cover(1).unwrap();
    core.set_clock_offset(Some((0, Tick::default())));
    clock.advance(Duration::from_secs(400 * 86_400));
    assert_eq!(core.trim(90, 1000), Ok(1), "the other visit goes on in this run");
    drop(core);
    let db = Connection::open(path(&folder)).unwrap();
    let open: i64 = db.query_row("SELECT count(*) FROM open_visit", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 1);
}

/// The export has each record exactly as it was sealed, and only those asked for.
#[test]
fn an_export_is_what_was_sealed() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    core.commit(vec![plain(EventType::Clock); 5]).unwrap();
    let sealed: Vec<String> = core.read_after(1, 3).unwrap().into_iter().map(|record| record.json).collect();
    let mut out = Vec::new();
    assert_eq!(export(&path(&folder), 2..=4, &mut out).unwrap(), 3);
    assert_eq!(String::from_utf8(out).unwrap(), sealed.join("\n") + "\n");
}

fn draft_now(clock: &SimClock) -> super::Draft {
    super::Draft::new(EventType::Clock, clock.tick(), clock.wall())
}

/// Fault A10: a file that can be read and not be written to stays closed; one that is opened again is as it was, and has taken a write.
#[test]
fn opening_again_takes_a_write_that_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    core.commit(vec![plain(EventType::Started)]).unwrap();
    let (head, log) = (core.head().clone(), folder.path().join("journal.db-wal"));
    core.reopen().unwrap();
    assert!(log.metadata().unwrap().len() > 0, "it was only read");
    let size = path(&folder).metadata().unwrap().len();

    let other = Connection::open(path(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = core.reopen().unwrap_err();
    assert!(matches!(refused, StoreError::Failed { doing: "write to", .. }), "{refused}");
    assert_eq!(core.broken(), Some(&refused));
    other.execute_batch("ROLLBACK").unwrap();
    core.reopen().unwrap();
    assert_eq!((core.head(), path(&folder).metadata().unwrap().len()), (&head, size));
    assert!(verify(&path(&folder)).unwrap().is_sound());
}
