//! 校验: a bit of the index's file that turned over must not change what the gate believes. Rows of the index carry a checksum of their own (`packed`); here
//! are those of the deny list, of the policy, and of the state, which also counts the rows of all tables, so that none can vanish.
//! Promises: written in the transaction of what it covers. What an older release has written has none and is believed, as it was then.
//! Not covered: the copies of trip and medium beside each row, by which look-ups find it while the rows are not in memory.
//! Source: fault A6; invariant I4.

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use rusqlite::{Connection, Row};

use super::{db::corrupt, doubt, error::CacheError, kept, mark, origin};

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// Columns that format 1 did not have at first; a release that does not know them leaves them empty.
const COLUMNS: [(&str, &str); 4] =
    [("denied", "sum"), ("policy", "sum"), ("state", "sum"), ("state", "rows")];

/// Adds to an older file what it lacks.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    for (table, column) in COLUMNS {
        let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        if db.query_row(sql, [table, column], |row| row.get::<_, i64>(0))? == 0 {
            db.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} INTEGER"))?;
        }
    }
    db.execute_batch(&format!("{}; {}; {}; {};", doubt::TABLE, mark::TABLE, kept::TABLE, origin::TABLE))
}

/// Over all parts, each with its length, so that nothing moves from one into the next.
pub(super) fn of(parts: &[&[u8]]) -> i64 {
    let mut digest = CRC.digest();
    for part in parts {
        digest.update(&part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// The sum of a row of the deny list.
pub(super) fn of_denied(medium: &[u8], version: i64, is_denied: bool, json: &str) -> i64 {
    of(&[medium, &version.to_le_bytes(), &[u8::from(is_denied)], json.as_bytes()])
}

/// Compares; a row without a sum is believed.
pub(super) fn check(what: &str, kept: Option<i64>, sum: i64) -> Result<(), CacheError> {
    match kept {
        Some(kept) if kept != sum => Err(corrupt(&format!("{what} does not match its checksum"))),
        Some(_) | None => Ok(()),
    }
}

/// Covers the state as it is now; the last thing before a transaction's end.
pub(super) fn seal(db: &Connection) -> rusqlite::Result<()> {
    let sum = db.query_row(FACTS, [], facts)?.1;
    db.prepare_cached("UPDATE state SET sum = ?1")?.execute([sum]).map(drop)
}

/// Whether the state is what was sealed, with as many rows in each small table.
pub(super) fn holds(db: &Connection) -> Result<(), CacheError> {
    let (kept, sum) = db.query_row(FACTS, [], facts).map_err(|error| CacheError::of("read", &error))?;
    check("the state", kept, sum)
}

const FACTS: &str = "SELECT sum, yard_id, revision, age_s, age_kept_at, rows, (SELECT count(*) FROM denied),
    (SELECT count(*) FROM policy), (SELECT revision || ' ' || mark FROM mark), (SELECT count(*) FROM doubt) FROM state";

fn facts(row: &Row<'_>) -> rusqlite::Result<(Option<i64>, i64)> {
    let text = |column| row.get::<_, Option<String>>(column);
    let number = |column| row.get::<_, Option<i64>>(column);
    let facts = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        text(1)?,
        number(2)?,
        number(3)?,
        number(4)?,
        number(5)?,
        number(6)?,
        number(7)?,
        text(8)?,
        number(9)?,
    );
    Ok((row.get(0)?, of(&[facts.as_bytes()])))
}
