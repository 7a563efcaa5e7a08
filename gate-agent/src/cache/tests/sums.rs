//! Checksums of what is beside the rows.

use protocols::contract::{ChangeOp, SnapshotRow};
use rusqlite::Connection;

use super::{super::CacheError, Bench, Residence, changes, look_up, samples};

const BOTH: [Residence; 2] = [Residence::Memory, Residence::File];

fn rows() -> Vec<SnapshotRow> {
    let denied =
        [(2, 4), (3, 5)].map(|(serial, version)| SnapshotRow::Deny(samples::denied(serial, version)));
    [vec![SnapshotRow::Entry(samples::entry(1))], denied.to_vec()].concat()
}

/// Fault A6, I4: whatever was changed in the file beside the agent, the index is refused until a snapshot has come: a lifted denial, a lost row,
/// another version, another revision, a younger age.
#[test]
fn what_was_not_written_by_us_is_not_believed() {
    for sql in [
        "UPDATE denied SET is_denied = 0 WHERE version = 4",
        "DELETE FROM denied WHERE version = 4",
        "UPDATE denied SET version = 9 WHERE version = 4",
        "UPDATE state SET revision = 99",
        "UPDATE state SET age_s = -1",
        "UPDATE mark SET mark = replace(mark, 'a', 'b')",
        "DELETE FROM policy",
        "INSERT INTO doubt (id) VALUES (1)",
    ] {
        let bench = Bench::new();
        drop(bench.filled(Residence::File, &rows()));
        let db = Connection::open(bench.path()).unwrap();
        db.execute_batch("INSERT INTO policy (scope, json) SELECT 'x', '{}' WHERE 0").unwrap();
        let is_changed = db.execute(sql, []).unwrap() > 0;
        drop(db);
        let cache = bench.open(Residence::File);
        let is_refused = matches!(cache.damage(), Some(CacheError::Corrupt(_)));
        assert_eq!(is_refused, is_changed, "{sql}: {:?}", cache.damage());
    }
}

/// Fault A6: a row that is gone is missed when the index is loaded.
#[test]
fn a_row_that_is_gone_is_missed() {
    let bench = Bench::new();
    drop(bench.filled(Residence::Memory, &rows()));
    Connection::open(bench.path()).unwrap().execute("DELETE FROM row", []).unwrap();
    let cache = bench.open(Residence::File);
    assert!(cache.damage().is_none(), "nobody has counted them");
    drop(cache);
    let overlay = std::sync::Arc::new(crate::journal::Overlay::new(samples::gate()));
    let cache = super::Cache::open(&bench.path(), bench.clock.clone(), overlay, Residence::Memory);
    while cache.damage().is_none() {
        std::thread::yield_now();
    }
    assert!(matches!(cache.damage(), Some(CacheError::Corrupt(_))));
}

/// Fault A7: a file that an older release has made, or has gone on with, is read as ever, and has its sums from the next snapshot on.
#[test]
fn a_file_without_sums_is_believed() {
    for residence in BOTH {
        let bench = Bench::new();
        drop(bench.filled(residence, &rows()));
        let db = Connection::open(bench.path()).unwrap();
        for (table, column) in [("denied", "sum"), ("policy", "sum"), ("state", "sum"), ("state", "rows")] {
            db.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
        }
        db.execute_batch("DROP TABLE mark; DROP TABLE doubt").unwrap();
        drop(db);
        let cache = bench.open(residence);
        assert_eq!(cache.damage(), None);
        assert_eq!(look_up(&cache, 2).denied, [samples::denied(2, 4)]);
        cache.apply_changes(&changes(10, vec![ChangeOp::Upsert(samples::entry(4))])).unwrap();
        drop(cache);
        let cache = bench.open(residence);
        assert_eq!((cache.damage(), look_up(&cache, 4).candidates.len()), (None, 1));
    }
}
