//! Damage that no checksum shows, for tests: rows that are as sound as any and are not the centre's, as a fault of ours would leave them.

use std::path::Path;

use protocols::contract::ChangeOp;
use rusqlite::{Connection, TransactionBehavior};

use super::{
    db::{self, Effects, apply_one},
    sum,
};

/// Changes the file beside its owner, at the revision that it has.
pub(crate) fn plant(path: &Path, ops: &[ChangeOp]) {
    let mut db = db::open(path).unwrap();
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let mut effects = Effects::default();
    ops.iter().for_each(|op| apply_one(&tx, op, &mut effects).unwrap());
    tx.execute("UPDATE state SET rows = rows + ?1", [effects.more]).unwrap();
    sum::seal(&tx).unwrap();
    tx.commit().unwrap();
}

/// Runs a statement in the file and covers what it did.
pub(crate) fn plant_sql(path: &Path, sql: &str) -> usize {
    let db: Connection = db::open(path).unwrap();
    let changed = db.execute(sql, []).unwrap();
    sum::seal(&db).unwrap();
    changed
}
