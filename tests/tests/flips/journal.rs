//! A gate's journal, as its file.

use std::{fs, sync::Arc};

use gate_agent::{
    clock::{Clock as _, SimClock},
    journal::{Draft, JournalCore, LaneRef, SqliteStore, verify},
};
use protocols::{
    contract::EventType,
    ids::{LaneId, VisitId},
    rules::LaneDirection,
};

use super::{plan, sweep::folder};

const RECORDS: u64 = 90;

/// A journal's file at rest, and its records.
pub(crate) fn kept() -> (Vec<u8>, Vec<String>) {
    let folder = folder();
    let path = folder.path().join("journal.db");
    let clock = Arc::new(SimClock::at(plan::start()));
    let store = SqliteStore::at(path.clone(), plan::gate_id(0));
    let (mut core, _) = JournalCore::open(store, plan::gate_id(0), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    for n in 0..RECORDS {
        let mut draft = Draft::new(EventType::Clock, clock.tick(), clock.wall());
        draft.lane = Some(LaneRef { lane_id: LaneId::parse("IN1").unwrap(), direction: LaneDirection::In });
        draft.visit_id =
            (n % 3 == 0).then(|| VisitId::parse(&format!("0708-G01-IN1-20260301-1-{n:04}")).unwrap());
        draft.detail = Some(serde_json::json!({"n": n}));
        core.commit(vec![draft]).unwrap();
    }
    core.acknowledge(40, 7).unwrap();
    drop(core);
    let file = fs::read(&path).unwrap();
    let records = read(&file).expect("it is sound");
    assert_eq!(records.len() as u64, RECORDS + 1);
    (file, records)
}

/// The records and the marks, when `verify` finds the file sound and a start takes it.
pub(crate) fn read(file: &[u8]) -> Option<Vec<String>> {
    let folder = folder();
    let path = folder.path().join("journal.db");
    fs::write(&path, file).unwrap();
    if !verify(&path).ok()?.is_sound() {
        return None;
    }
    let clock = Arc::new(SimClock::at(plan::start()));
    let (mut core, _) =
        JournalCore::open(SqliteStore::at(path, plan::gate_id(0)), plan::gate_id(0), clock).ok()?;
    let records = core.read_after(0, 1_000).ok()?;
    let head = core.head().clone();
    let mut said: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
    said.push(format!("{head:?}"));
    Some(said)
}
