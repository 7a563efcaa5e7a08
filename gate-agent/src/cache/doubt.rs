//! 存疑: the centre has told that it knows less than it did, so what the index shows may be a past that is no longer the centre's.
//! Promises: kept in the file, so that a program that stops in between does not go on from a past that the centre has left; only a snapshot
//! that was begun afterwards ends it; until then look-ups are answered as before. Media denied here stay denied through that snapshot,
//! whatever its revision says: a restored centre may have overtaken the index by then.
//! Source: fault C7; invariant I4.

use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::{
    error::CacheError,
    handle::{Cache, Inner},
    sum,
};

/// Beside the tables of the format, so that a release that does not know it reads the file as ever.
pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS doubt (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT";

impl Cache {
    /// The centre was restored: nothing but a snapshot tells what it knows. Blocks on the disk.
    ///
    /// # Errors
    /// [`CacheError::Failed`] when it cannot be kept in the file; it counts in memory all the same.
    pub fn doubt(&self) -> Result<(), CacheError> {
        self.inner().doubt()
    }
}

impl Inner {
    pub(super) fn doubt(&self) -> Result<(), CacheError> {
        let writer = self.writer();
        self.doubts.fetch_add(1, Ordering::SeqCst);
        self.write().is_doubted = true;
        let Some(db) = writer.as_ref() else { return Ok(()) };
        let keep = || {
            let tx = db.unchecked_transaction()?;
            tx.execute("INSERT OR REPLACE INTO doubt (id) VALUES (1)", [])?;
            sum::seal(&tx)?;
            tx.commit()
        };
        keep().map_err(|error| CacheError::of("change", &error))
    }

    /// How often there was reason to doubt since the start; for a snapshot, to see whether another has come while it was taken.
    pub(super) fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::SeqCst)
    }
}

/// Whether the file says so.
pub(super) fn is_doubted(db: &Connection) -> Result<bool, CacheError> {
    db.query_row("SELECT count(*) FROM doubt", [], |row| row.get::<_, i64>(0))
        .map(|count| count > 0)
        .map_err(|error| CacheError::of("read", &error))
}
