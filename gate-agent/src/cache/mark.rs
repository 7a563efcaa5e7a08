//! 变更链: the mark of the index's revision, by which the centre tells whether the index is of its own past.
//! Promises: written in the transaction that moves the cursor. A mark beside another revision (an older release went on without marks) counts for
//! nothing.
//! Source: fault C7; decision 0068.

use protocols::contract::{Hash, IndexMark};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    error::CacheError,
    handle::{Cache, Inner},
};

/// Beside the tables of the format, so that a release that does not know it reads the file as ever.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS mark (
    id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, mark TEXT NOT NULL) STRICT";

impl Cache {
    /// Where the index stands, for the centre; none without an index, or when its centre keeps no marks.
    #[must_use]
    pub fn index_mark(&self) -> Option<IndexMark> {
        self.inner().index_mark()
    }
}

impl Inner {
    fn index_mark(&self) -> Option<IndexMark> {
        let memory = self.read();
        Some(IndexMark { revision: memory.revision?, mark: memory.mark? })
    }
}

/// Keeps the mark of a revision; none says that it has none.
pub(super) fn write(db: &Connection, revision: u64, mark: Option<Hash>) -> Result<(), CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("change", &error);
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    match mark {
        Some(mark) => db
            .prepare_cached("INSERT OR REPLACE INTO mark (id, revision, mark) VALUES (1, ?1, ?2)")
            .and_then(|mut put| put.execute(params![revision, mark.to_string()])),
        None => db.execute("DELETE FROM mark", []),
    }
    .map(drop)
    .map_err(failed)
}

/// The mark of this revision, if the file has it.
pub(super) fn read(db: &Connection, revision: Option<u64>) -> Result<Option<Hash>, CacheError> {
    let Some(revision) = revision.and_then(|revision| i64::try_from(revision).ok()) else { return Ok(None) };
    let text: Option<String> = db
        .query_row("SELECT mark FROM mark WHERE revision = ?1", [revision], |row| row.get(0))
        .optional()
        .map_err(|error| CacheError::of("read", &error))?;
    text.map(|text| Hash::parse(&text)).transpose().map_err(|wrong| super::db::corrupt(&wrong))
}
