//! Every row that the intake has written, inserted once more with nothing to think about, as anybody would: many rows of places in a statement
//! that is kept prepared. The intake's own way (`central::store::Rows`) may be better or worse than that.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, bail};
use central::{
    clock::Clock,
    config::StoreConfig,
    store::{Store, Tx, all, column, execute},
};
use sea_orm::{QueryResult, Value};

use crate::{clock, latency::Latency, query::centre};

/// The tables that an event may write to, those first that others name; `$1` is the yards' revision before any event.
const TABLES: [(&str, &str); 8] = [
    ("gate_event", "SELECT * FROM gate_event WHERE $1 = $1 ORDER BY received_at, gate_id, seq"),
    ("passage", "SELECT * FROM passage WHERE $1 = $1 ORDER BY number"),
    ("passage_read", "SELECT * FROM passage_read WHERE $1 = $1 ORDER BY number"),
    ("smart_gate_record", "SELECT * FROM smart_gate_record WHERE $1 = $1 ORDER BY status_since, unified_no"),
    ("receipt", "SELECT * FROM receipt WHERE $1 = $1 ORDER BY at, unified_no, no"),
    ("audit", "SELECT * FROM audit WHERE $1 = $1 ORDER BY id"),
    ("index_row", "SELECT * FROM index_row WHERE kind IN ('entry', 'stub') AND $1 = $1 ORDER BY name"),
    ("change_log", "SELECT * FROM change_log WHERE rev > $1 ORDER BY rev"),
];

struct Table {
    name: &'static str,
    into: String,
    rows: Vec<Vec<Value>>,
}

/// What that took.
pub(crate) struct Again {
    /// All transactions, commits included.
    pub(crate) took: Duration,
    /// Each of them.
    pub(crate) each: Latency,
}

/// How long that takes, in so many transactions, with the tables of an empty database.
///
/// # Errors
/// What a database says.
pub(crate) async fn again(
    stored: &Store,
    revision: i64,
    folder: &Path,
    url: &str,
    transactions: usize,
) -> anyhow::Result<Again> {
    let mut tables = Vec::new();
    for (name, sql) in TABLES {
        let found = all(stored.read(), sql, [revision.into()]).await?;
        let columns = found.first().with_context(|| format!("{name} is empty"))?.column_names();
        let rows = values(&found, &columns)?;
        tables.push(Table { name, into: format!("{name} ({})", columns.join(", ")), rows });
    }
    let config = StoreConfig {
        url: url.to_owned().try_into()?,
        data_dir: folder.display().to_string(),
        allow_unsafe_postgres: centre::may_forget(),
        ..StoreConfig::default()
    };
    let empty = Store::open(&config, Clock::system()).await?;
    let tx = empty.begin().await?;
    for yard in all(stored.read(), "SELECT yard_id FROM yard", []).await? {
        execute(tx.conn(), YARD, [column::<String>(&yard, "yard_id")?.into()]).await?;
    }
    tx.commit().await?;
    let mut found = Again { took: Duration::ZERO, each: Latency::new()? };
    let mut last = 0;
    for turn in 1..=transactions {
        let mut inserts = Vec::new();
        for table in &mut tables {
            let left = transactions - turn;
            // As many as are due; but of a passage that is not there yet nothing was read.
            let keep = table.rows.len() * left / (left + 1);
            let mut due: Vec<_> = table.rows.drain(..table.rows.len() - keep).collect();
            if table.name == "passage" {
                last = due.last().map_or(last, |row| number(row));
            }
            if table.name == "passage_read" {
                let known = due.iter().take_while(|row| number(row) <= last).count();
                table.rows.splice(..0, due.split_off(known));
            }
            inserts.push((table.into.as_str(), due));
        }
        let began = clock::now();
        let tx = empty.begin().await?;
        for (into, rows) in inserts {
            insert(&tx, into, rows).await?;
        }
        tx.commit().await?;
        let took = began.elapsed();
        found.each.record(took);
        found.took += took;
    }
    if let Some(left) = tables.iter().find(|table| !table.rows.is_empty()) {
        bail!("{} rows of {} were not inserted again", left.rows.len(), left.name);
    }
    empty.close().await?;
    Ok(found)
}

const YARD: &str = "INSERT INTO yard (yard_id, revision, floor, policy) VALUES ($1, 0, 0, '{}')";

/// Rows in one statement; any number is a sum of these.
const SIZES: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];

async fn insert(tx: &Tx, into: &str, rows: Vec<Vec<Value>>) -> anyhow::Result<()> {
    let mut rows = rows.as_slice();
    for size in SIZES {
        while let Some((now, rest)) = rows.split_at_checked(size) {
            let mut places = 1..;
            let row = |row: &Vec<Value>| {
                let row: Vec<_> = places.by_ref().take(row.len()).map(|place| format!("${place}")).collect();
                format!("({})", row.join(", "))
            };
            let values: Vec<_> = now.iter().map(row).collect();
            let sql = format!("INSERT INTO {into} VALUES {}", values.join(", "));
            execute(tx.conn(), &sql, now.iter().flatten().cloned()).await?;
            rows = rest;
        }
    }
    Ok(())
}

/// The number of a passage, or of a passage's reading.
fn number(row: &[Value]) -> i64 {
    match row.first() {
        Some(Value::BigInt(Some(number))) => *number,
        _ => 0,
    }
}

/// Whole numbers and texts are all that the tables hold; which of them a column holds is told by a row that has it.
fn values(found: &[QueryResult], columns: &[String]) -> anyhow::Result<Vec<Vec<Value>>> {
    let is_number = |name: &String| found.iter().any(|row| column::<i64>(row, name).is_ok());
    let are_numbers: Vec<_> = columns.iter().map(is_number).collect();
    let value = |row: &QueryResult, name: &String, is_number: bool| -> anyhow::Result<Value> {
        Ok(if is_number {
            column::<Option<i64>>(row, name)?.into()
        } else {
            column::<Option<String>>(row, name)?.into()
        })
    };
    let row = |row| columns.iter().zip(&are_numbers).map(|(name, is)| value(row, name, *is)).collect();
    found.iter().map(row).collect()
}
