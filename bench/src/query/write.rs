//! What the lists' indexes cost: bytes beside the table's own, and the time of an insert with and without them.
//! Promises: nothing of this stays: both transactions are rolled back.

use std::time::Duration;

use anyhow::Context;
use central::store::{self, Store, Tx};

use super::{centre::Database, records::Manual, world::World};
use crate::clock;

/// Rows that are inserted, one a statement as the centre does.
const ROWS: u32 = 500;

/// The price of a table's indexes on one database.
pub(crate) struct Price {
    /// Bytes of all indexes, a record.
    pub(crate) index: f64,
    /// Bytes of the table without them.
    pub(crate) table: f64,
    /// An insert with all indexes.
    pub(crate) with: Duration,
    /// With those only that keep a key unique.
    pub(crate) without: Duration,
}

/// Measures it.
///
/// # Errors
/// What the database says.
pub(crate) async fn price(
    world: &World,
    manual: Manual,
    sample: &serde_json::Value,
    database: Database,
    store: &Store,
) -> anyhow::Result<Price> {
    let [index, table] = sizes(manual, database, store).await?;
    let records = f64::from(world.records.max(1));
    let with = inserted(world, manual, sample, &store.begin().await?).await?;
    let tx = store.begin().await?;
    let sql = match database {
        Database::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL"
        }
        Database::Postgres => {
            "SELECT CAST(indexname AS TEXT) AS name FROM pg_indexes WHERE tablename = $1
             AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        }
    };
    for row in store::all(tx.conn(), sql, [manual.table.into()]).await? {
        let name: String = store::column(&row, "name")?;
        store::execute(tx.conn(), &format!("DROP INDEX {name}"), []).await?;
    }
    let without = inserted(world, manual, sample, &tx).await?;
    Ok(Price { index: index / records, table: table / records, with, without })
}

/// How long an insert took, on average; the caller's transaction ends without a commit.
async fn inserted(
    world: &World,
    manual: Manual,
    sample: &serde_json::Value,
    tx: &Tx,
) -> anyhow::Result<Duration> {
    let columns = (manual.columns)();
    let places: Vec<_> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", manual.table, columns.join(", "), places.join(", "));
    let mut took = Duration::ZERO;
    for number in world.records..world.records + ROWS {
        let row = (manual.row)(world, sample, number)?;
        let began = clock::now();
        store::execute(tx.conn(), &sql, row).await?;
        took += began.elapsed();
    }
    Ok(took / ROWS)
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a table are far below 2^53")]
async fn sizes(manual: Manual, database: Database, store: &Store) -> anyhow::Result<[f64; 2]> {
    let sql = match database {
        Database::Sqlite => {
            "SELECT SUM(CASE WHEN s.type = 'index' THEN d.pgsize ELSE 0 END) AS indexes,
                    SUM(CASE WHEN s.type = 'table' THEN d.pgsize ELSE 0 END) AS rows
             FROM dbstat AS d JOIN sqlite_master AS s ON s.name = d.name WHERE d.aggregate = TRUE AND s.tbl_name = $1"
        }
        Database::Postgres => {
            "SELECT pg_indexes_size(CAST(oid AS REGCLASS)) AS indexes, pg_table_size(CAST(oid AS REGCLASS)) AS rows
             FROM pg_class WHERE relname = $1 AND relkind = 'r'"
        }
    };
    let row = store::one(store.read(), sql, [manual.table.into()]).await?.context("no such table")?;
    let (indexes, rows): (i64, i64) = (store::column(&row, "indexes")?, store::column(&row, "rows")?);
    Ok([indexes as f64, rows as f64])
}
