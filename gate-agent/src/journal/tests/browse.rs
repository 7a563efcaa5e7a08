//! Looking into the file: pages of visits without gaps or repeats, one visit's records, size and growth.

use std::{path::PathBuf, time::Duration};

use protocols::{
    contract::EventType,
    rules::LaneDirection::{In, Out},
};
use tempfile::TempDir;

use super::super::{Extent, JournalCore, SqliteStore, extent, visit, visits};
use super::{act, clock, plain};
use crate::{
    cache::samples::{gate, noon},
    clock::{Clock, SimClock},
};

struct Bench {
    core: JournalCore<SqliteStore>,
    path: PathBuf,
    clock: std::sync::Arc<SimClock>,
    _folder: TempDir,
}

fn bench() -> Bench {
    let folder = TempDir::new().unwrap();
    let (path, clock) = (folder.path().join("journal.db"), clock());
    let (mut core, _) =
        JournalCore::open(SqliteStore::at(path.clone(), gate()), gate(), clock.clone()).unwrap();
    core.set_epoch(1).unwrap();
    Bench { core, path, clock, _folder: folder }
}

impl Bench {
    fn page(&self, before: Option<u64>, limit: usize) -> (Vec<String>, Option<u64>) {
        let page = visits(&self.path, before, limit).unwrap();
        let name = |visit: &super::super::Visit| visit.records[0].visit_id.as_deref().unwrap().to_owned();
        (page.visits.iter().map(name).collect(), page.before)
    }
}

#[test]
fn pages_go_back_to_the_first_visit_and_each_is_on_one_of_them() {
    let mut bench = bench();
    assert_eq!(bench.page(None, 2), (Vec::new(), None), "an empty journal");
    bench.core.commit(vec![plain(EventType::Started)]).unwrap();
    // Two lanes at once: their records lie between one another.
    bench
        .core
        .commit(vec![act(EventType::Arrival, In, "v1", 1), act(EventType::Arrival, Out, "v2", 2)])
        .unwrap();
    bench.core.commit(vec![act(EventType::Pass, Out, "v2", 2), plain(EventType::DeviceOk)]).unwrap();
    bench
        .core
        .commit(vec![act(EventType::Arrival, Out, "v3", 3), act(EventType::Pass, In, "v1", 1)])
        .unwrap();
    let (first, before) = bench.page(None, 2);
    assert_eq!(first, ["v3", "v2"]);
    let (second, before) = bench.page(before, 2);
    assert_eq!((second, before), (vec!["v1".to_owned()], None));
    let whole = visits(&bench.path, None, 10).unwrap();
    assert_eq!(whole.before, None);
    let types: Vec<&str> = whole.visits[2].records.iter().map(|record| &*record.event_type).collect();
    assert_eq!(types, ["ARRIVAL", "PASS"]);
}

#[test]
fn one_visit_is_told_with_all_its_records() {
    let mut bench = bench();
    bench
        .core
        .commit(vec![act(EventType::Arrival, In, "v1", 1), act(EventType::Match, In, "v1", 1)])
        .unwrap();
    assert_eq!(visit(&bench.path, "v1").unwrap().len(), 2);
    assert!(visit(&bench.path, "v2").unwrap().is_empty());
    assert!(visit(&bench.path.with_extension("missing"), "v1").is_err());
}

#[test]
fn growth_is_told_once_a_day_is_full() {
    let mut bench = bench();
    assert_eq!(extent(&bench.path, noon()).unwrap().records_per_day, None);
    for hour in 0..48 {
        assert_eq!(bench.core.head().seq, hour);
        let mut draft = plain(EventType::Clock);
        draft.occurred_at = bench.clock.wall();
        bench.core.commit(vec![draft]).unwrap();
        bench.clock.advance(Duration::from_secs(3600));
    }
    let told = extent(&bench.path, bench.clock.wall()).unwrap();
    assert_eq!((told.records, told.records_per_day), (48, Some(24)));
    assert!(told.bytes > 10_000, "{told:?}");
    let later = bench.clock.wall().as_millis() + 10 * 24 * 3_600_000;
    let quiet = extent(&bench.path, protocols::contract::UtcMillis::from_millis(later)).unwrap();
    assert_eq!(quiet.records_per_day, None, "nothing in the last week: no span to divide by");
    // fault B1: a clock that was set back leaves no figure rather than a wrong one.
    let before = extent(&bench.path, protocols::contract::UtcMillis::from_millis(0)).unwrap();
    assert_eq!(before, Extent { records_per_day: None, ..before });
}
