//! Release codes that have opened.

use std::collections::BTreeSet;

use protocols::{contract::EventType, rules::LaneDirection::In};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::{act, open, plain, ready};
use crate::{
    cache::samples::gate,
    journal::{Draft, Fault, JournalStore, MemoryDisk, SqliteStore, used_codes, verify},
};

fn store(folder: &TempDir) -> SqliteStore {
    SqliteStore::with_reserve(folder.path().join("journal.db"), gate(), 4096)
}

/// A release by a code, as a lane records it: what opened, and the intent of its raise.
fn by_code(code: &str) -> Vec<Draft> {
    let detail = Some(json!({ "do": "release", "reason": "storm", "second": "wang", "code": code }));
    [EventType::ManualRelease, EventType::RaiseIntent]
        .map(|event_type| Draft { detail: detail.clone(), ..act(event_type, In, "v1", 1) })
        .to_vec()
}

fn used(folder: &TempDir) -> Vec<String> {
    used_codes(&folder.path().join("journal.db")).unwrap().used.into_iter().map(String::from).collect()
}

/// fault E6, fault A1: the record of a release is what uses its code up: a kill behind it, before any pulse, leaves the code used, and so it stays
/// when the record has been cut. The file says so to others while the journal is open.
#[test]
fn a_code_is_used_up_by_the_record_of_its_release() {
    let folder = TempDir::new().unwrap();
    let mut core = ready(store(&folder));
    core.commit(by_code("K7M")).unwrap();
    core.commit([by_code("4RT"), vec![plain(EventType::Clock)]].concat()).unwrap();
    let other = Draft { detail: Some(json!({ "code": "9QH" })), ..act(EventType::Refuse, In, "v2", 2) };
    core.commit(vec![other]).unwrap();
    assert_eq!(used(&folder), ["4RT", "K7M"]);
    assert_eq!(used_codes(&folder.path().join("journal.db")).unwrap().store_id, core.head().store_id);
    drop(core);

    let mut file = store(&folder);
    let last = file.open().unwrap();
    file.cut(last.head_seq, last.head_hash).unwrap();
    drop(file);
    let recovered = open(store(&folder)).unwrap().1;
    assert_eq!(recovered.used_codes, BTreeSet::from(["4RT", "K7M"].map(Box::<str>::from)));
}

/// fault E6, fault A4: a write that failed has used the code up if it is on the disk, and has not if it is not.
#[test]
fn a_failed_write_uses_up_what_it_has_written() {
    for (fault, expected) in [(Fault::Before, vec![]), (Fault::After, vec!["K7M"])] {
        let disk = MemoryDisk::new("test");
        let mut core = ready(disk.store());
        disk.fail_call(1, fault);
        core.commit(by_code("K7M")).unwrap_err();
        let recovered = open(disk.store()).unwrap().1;
        let expected: BTreeSet<Box<str>> = expected.into_iter().map(Box::from).collect();
        assert_eq!(recovered.used_codes, expected, "{fault:?}");
    }
}

/// A journal of the release before this one is brought up to date once; nothing there knew codes.
#[test]
fn a_file_of_format_2_is_taken_over() {
    let folder = TempDir::new().unwrap();
    drop(ready(store(&folder)));
    let path = folder.path().join("journal.db");
    Connection::open(&path).unwrap().execute_batch("DROP TABLE used_code; PRAGMA user_version = 2;").unwrap();
    assert!(used(&folder).is_empty(), "read as it is");
    let mut core = open(store(&folder)).unwrap().0;
    core.commit(by_code("K7M")).unwrap();
    drop(core);
    assert_eq!(used(&folder), ["K7M"]);
    assert!(verify(&path).unwrap().is_sound());
}
