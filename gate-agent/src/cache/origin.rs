//! 来历: which snapshot the index goes back to, for whoever keeps elsewhere what the index has shown: what is kept of another one is of a past that the
//! centre may have left.
//! Promises: a number of its own for each snapshot, in its file from the first moment on; none of a file that an older release made.
//! Source: fault C7; decision 0098.

use rusqlite::{Connection, OptionalExtension};

use super::{error::CacheError, handle::Cache};

/// Beside the tables of the format, so that a release that does not know it reads the file as ever.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS origin (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT";

impl Cache {
    /// The snapshot's number; none without an index.
    #[must_use]
    pub fn origin(&self) -> Option<i64> {
        self.inner().read().origin
    }
}

/// Gives the file of a snapshot its number.
pub(super) fn give(db: &Connection) -> rusqlite::Result<()> {
    db.execute("INSERT INTO origin (id, number) VALUES (1, ?1)", [rand::random::<i64>()]).map(drop)
}

/// The number of this file.
pub(super) fn read(db: &Connection) -> Result<Option<i64>, CacheError> {
    let number = db.query_row("SELECT number FROM origin", [], |row| row.get(0)).optional();
    number.map_err(|error| CacheError::of("read", &error))
}
