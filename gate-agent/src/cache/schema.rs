//! The tables of `cache.db`, format 1. The file may be lost: a snapshot makes it again.
//! `row.packed` is the record (`packed`); `trip` and `medium` are copies for finding it. `denied` keeps lifted media with their
//! version (`is_denied = 0`), so that an older row cannot deny them again, nor the other way round.

pub(super) const FORMAT: i64 = 1;

/// Tables without the indexes of `row`, which a snapshot makes after its rows.
pub(super) const TABLES: &str = "
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  yard_id TEXT,
  revision INTEGER,
  age_s INTEGER NOT NULL DEFAULT 0,
  age_kept_at INTEGER NOT NULL DEFAULT 0,
  rows INTEGER,
  sum INTEGER
) STRICT;
INSERT INTO state (id) VALUES (1);
CREATE TABLE row (trip BLOB NOT NULL, medium BLOB NOT NULL, packed BLOB NOT NULL) STRICT;
CREATE TABLE denied (
  medium BLOB PRIMARY KEY, version INTEGER NOT NULL, is_denied INTEGER NOT NULL, json TEXT NOT NULL, sum INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE policy (scope TEXT PRIMARY KEY, json TEXT NOT NULL, sum INTEGER) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
";

pub(super) const INDEXES: &str = "
CREATE UNIQUE INDEX row_trip ON row (trip);
CREATE INDEX row_medium ON row (medium);
";
