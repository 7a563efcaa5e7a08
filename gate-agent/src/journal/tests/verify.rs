//! Verification: no edit of a record goes unseen, and the rest is still told apart from it.

use std::path::Path;

use protocols::{contract::EventType, rules::LaneDirection::Out};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::super::{SqliteStore, verify};
use super::{act, plain, ready};
use crate::cache::samples::gate;

/// A closed journal of six records, one of them with every column.
pub(super) fn journal(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("journal.db");
    let mut core = ready(SqliteStore::at(path.clone(), gate()));
    core.commit(vec![plain(EventType::Started), plain(EventType::Clock)]).unwrap();
    core.commit(vec![act(EventType::Match, Out, "v1", 1), act(EventType::Pass, Out, "v1", 1)]).unwrap();
    core.commit(vec![plain(EventType::DeviceOk), plain(EventType::Stopped)]).unwrap();
    drop(core);
    path
}

fn damaged(path: &Path) -> Vec<(u64, u64)> {
    verify(path).unwrap().damages.iter().map(|damage| (damage.first_seq, damage.last_seq)).collect()
}

/// Invariant I5: every byte of a sealed event matters; the edited record is named, its neighbours are not.
#[test]
fn every_changed_byte_of_an_event_is_found() {
    let folder = TempDir::new().unwrap();
    let path = journal(&folder);
    let db = Connection::open(&path).unwrap();
    let json: String = db.query_row("SELECT json FROM event WHERE seq = 3", [], |row| row.get(0)).unwrap();
    for place in 0..json.len() {
        for flip in [0x01, 0x20] {
            let mut bytes = json.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(edited) = String::from_utf8(bytes) else { continue };
            db.execute("UPDATE event SET json = ?1 WHERE seq = 3", [&edited]).unwrap();
            assert_eq!(damaged(&path), [(3, 3)], "byte {place} of {edited}");
        }
    }
    db.execute("UPDATE event SET json = ?1 WHERE seq = 3", [&json]).unwrap();
    assert_eq!(damaged(&path), []);
}

/// The copies are held to the event, so a query cannot be misled.
#[test]
fn every_changed_column_is_found() {
    for (column, value) in [
        ("event_type", "'REFUSE'"),
        ("lane_id", "'OUT2'"),
        ("lane_direction", "'IN'"),
        ("visit_id", "'v2'"),
        ("visit_id", "NULL"),
        ("trip_no", "NULL"),
        ("occurred_at", "occurred_at + 1"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = journal(&folder);
        Connection::open(&path)
            .unwrap()
            .execute(&format!("UPDATE event SET {column} = {value} WHERE seq = 3"), [])
            .unwrap();
        assert_eq!(damaged(&path), [(3, 3)], "{column} = {value}");
    }
}

/// A removed record, a moved one and a changed hash are found where they are.
#[test]
fn removed_and_exchanged_records_are_found() {
    for (edit, found) in [
        ("DELETE FROM event WHERE seq = 2", vec![(2, 3)]),
        ("DELETE FROM event WHERE seq IN (2, 3)", vec![(2, 4)]),
        ("DELETE FROM event WHERE seq = 1", vec![(1, 2)]),
        ("UPDATE event SET seq = 9 WHERE seq = 6", vec![(6, 9)]),
        ("UPDATE event SET hash = zeroblob(32) WHERE seq = 4", vec![(4, 5)]),
        ("UPDATE store SET anchor_hash = randomblob(32)", vec![(1, 1)]),
        ("UPDATE store SET epoch = 2", vec![(1, 6)]),
        ("UPDATE store SET acked_seq = 8", vec![(7, 8)]),
    ] {
        let folder = TempDir::new().unwrap();
        let path = journal(&folder);
        Connection::open(&path).unwrap().execute(edit, params![]).unwrap();
        assert_eq!(damaged(&path), found, "{edit}");
    }
}

/// Bytes of the file itself, sampled: either the damage is found, or all records still read as they were sealed.
#[test]
fn a_changed_byte_of_the_file_is_found_or_harmless() {
    let folder = TempDir::new().unwrap();
    let path = journal(&folder);
    Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "DELETE").unwrap();
    let (whole, sealed) = (std::fs::read(&path).unwrap(), records(&path).unwrap());
    assert_eq!(sealed.len(), 6);
    let copy = folder.path().join("copy.db");
    for place in (0..whole.len()).step_by(61) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x04;
        std::fs::write(&copy, &bytes).unwrap();
        let found = verify(&copy).map_or(true, |report| !report.is_sound());
        assert!(found || records(&copy).as_ref() == Some(&sealed), "byte {place}");
    }
}

fn records(path: &Path) -> Option<Vec<(i64, String, Vec<u8>)>> {
    let db = Connection::open(path).ok()?;
    let mut rows = db.prepare("SELECT seq, json, hash FROM event ORDER BY seq").ok()?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).ok()?;
    rows.collect::<rusqlite::Result<_>>().ok()
}
