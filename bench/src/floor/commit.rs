//! One durable commit: SQLite, write-ahead log, `synchronous=FULL`, two rows as a match and its intent are, on the disk
//! of the agent's journal.
//! Absent on purpose: hashing, JSON, indexes, queues: what a journal adds is the journal's.

use std::{path::Path, time::Duration};

use anyhow::Context;
use rusqlite::{Connection, params};

use crate::clock;

/// The size of a sealed event's JSON, bytes: what a match of one tag takes.
const EVENT: usize = 900;

/// A table that is only appended to.
#[derive(Debug)]
pub(crate) struct Commit {
    db: Connection,
    event: String,
}

impl Commit {
    /// Makes the file.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let db = Connection::open(path).with_context(|| format!("cannot make {}", path.display()))?;
        db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch("CREATE TABLE event (seq INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT")?;
        Ok(Self { db, event: "x".repeat(EVENT) })
    }

    /// From the begin to the synced commit.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn once(&mut self) -> anyhow::Result<Duration> {
        let began = clock::now();
        let tx = self.db.transaction()?;
        for _ in 0..2 {
            tx.prepare_cached("INSERT INTO event (json) VALUES (?1)")?.execute(params![self.event])?;
        }
        tx.commit()?;
        Ok(began.elapsed())
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// What SQLite says.
    #[cfg(test)]
    pub(crate) fn rows(&self) -> rusqlite::Result<i64> {
        self.db.query_row("SELECT count(*) FROM event", [], |row| row.get(0))
    }
}
