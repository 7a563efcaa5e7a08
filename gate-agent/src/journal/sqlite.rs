//! The journal on disk: one SQLite file, WAL, `synchronous=FULL`.
//! Promises: an append is one transaction and is synced when it answers; a file of a later release, of another gate or with
//! damage is left as it is. What the system has against writing is told in its words, where SQLite only says that it cannot.
//! Debug builds read `KAKOU_SYNCHRONOUS=OFF`, so that a durability test can be shown to fail.
//! Source: SQLite documentation, "Write-Ahead Logging" and `PRAGMA synchronous`; faults A1, A4, A7.

use std::{
    collections::BTreeSet,
    fs::File,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use protocols::{
    contract::{GateAct, Hash, UtcMillis},
    ids::GateId,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, params};
use rustix::fs::statvfs;

use super::{
    closed::{self, ClosedLane, Word},
    codes,
    error::StoreError,
    record::{Record, act},
    recover::is_unsettled,
    reserve::{self, Reserve},
    schema::{
        COLUMNS, CREATE, FIRST_DATED, FORGET_CUT_VISITS, FORMAT, FROM_1, FROM_2, OWN_ACTS, STEPS_OF_VISIT,
        UNSETTLED,
    },
    store::{JournalStore, Marks, Opened},
    store_id,
};
use crate::{
    fail_point::fail_point,
    folder::{DataFolder, FolderError, folder_of},
};

/// With less than this free there is no room for a write-ahead log.
const CROWDED: u64 = 8 * 1024 * 1024;

/// A journal file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    gate_id: GateId,
    /// Nothing is opened before the agent has it.
    folder: Option<DataFolder>,
    connection: Option<Connection>,
    reserve: Reserve,
}

impl SqliteStore {
    /// The journal file of this gate; nothing is opened yet.
    #[must_use]
    pub fn at(path: PathBuf, gate_id: GateId) -> Self {
        Self::with_reserve(path, gate_id, reserve::SIZE)
    }

    /// As [`Self::at`], keeping room of another size for a full disk, in bytes.
    #[must_use]
    pub fn with_reserve(path: PathBuf, gate_id: GateId, bytes: u64) -> Self {
        let reserve = Reserve::beside(&path, bytes);
        Self { path, gate_id, folder: None, connection: None, reserve }
    }

    /// The same, opened only once the agent has this folder for itself.
    #[must_use]
    pub fn behind(self, folder: DataFolder) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Calls, once more if there was no space and room had been kept: SQLite has taken back the whole transaction then.
    fn with<T>(
        &mut self,
        doing: &'static str,
        mut call: impl FnMut(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Failed { doing, cause: Arc::from("it is not open") };
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        match call(connection) {
            Err(error) if is_full(&error) && self.reserve.give_up() => call(connection),
            outcome => outcome,
        }
        .map_err(|error| {
            if is_full(&error) {
                return full(doing, &self.path, &error.to_string());
            }
            explained(&self.path, failed(doing, &error))
        })
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        match connect(&self.path, &self.gate_id) {
            // Whatever failed, a disk without space is one reason, and there is room to try again.
            Err(StoreError::Failed { .. }) if is_crowded(&self.path) && self.reserve.give_up() => {
                connect(&self.path, &self.gate_id)
            }
            outcome => outcome,
        }
    }
}

impl JournalStore for SqliteStore {
    fn open(&mut self) -> Result<Opened, StoreError> {
        self.connection = None;
        if let Some(folder) = &self.folder {
            folder.take().map_err(|folder| StoreError::Folder { doing: "open", folder })?;
        }
        let opened = self.connect().and_then(|connection| Ok((read_opened(&connection)?, connection)));
        let (opened, connection) = opened.map_err(|error| explained(&self.path, error))?;
        self.connection = Some(connection);
        Ok(opened)
    }

    fn count_boot(&mut self) -> Result<u64, StoreError> {
        let sql = "UPDATE store SET boots = boots + 1 RETURNING boots";
        let boots =
            self.with("count a start in", |db| db.query_row(sql, [], |row| row.get(0).map(natural)))?;
        self.reserve.make();
        Ok(boots)
    }

    fn prove(&mut self) -> Result<(), StoreError> {
        // Closing the file has freed what its write-ahead log took. That is not enough to say that all is well, only to say so again and again.
        if !self.reserve.is_there() && is_crowded(&self.path) {
            return Err(full("write to", &self.path, "next to no space is left"));
        }
        // What a sync that failed has left in the log may be in memory only, where it is read, and the next record would stand behind it. Whoever else
        // has the file open keeps what was really committed in mind: then the log is not read anew, and begins where that ends.
        self.with("write to", |db| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))?;
        // Setting what is set already writes and syncs the page that it stands on.
        self.with("write to", |db| db.pragma_update(None, "user_version", FORMAT))?;
        self.reserve.make();
        Ok(())
    }

    fn put_epoch(&mut self, epoch: u32) -> Result<(), StoreError> {
        self.with("keep the epoch in", |db| db.execute("UPDATE store SET epoch = ?1", [epoch])).map(drop)
    }

    fn put_marks(&mut self, marks: Marks) -> Result<(), StoreError> {
        let sql = "UPDATE store SET acked_seq = ?1, acked_revision = ?2, covered_seq = ?3";
        let values = [marks.acked_seq, marks.acked_revision, marks.covered_seq].map(integer);
        self.with("keep the marks in", |db| db.execute(sql, values)).map(drop)
    }

    fn append(&mut self, batch: &[Record]) -> Result<(), StoreError> {
        fail_point("journal.before_begin");
        self.with("write", |db| {
            let tx = db.transaction()?;
            batch.iter().try_for_each(|record| insert(&tx, record))?;
            note_open_visits(&tx, batch)?;
            batch.iter().try_for_each(|record| note_closed_lane(&tx, record))?;
            batch.iter().filter_map(codes::used_by).try_for_each(|code| note_used_code(&tx, &code))?;
            fail_point("journal.before_commit");
            tx.commit()
        })?;
        fail_point("journal.after_commit");
        Ok(())
    }

    fn read_after(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.with("read", |db| select_after(db, seq, limit))
    }

    fn unsettled(&mut self) -> Result<Vec<Record>, StoreError> {
        self.with("read", |db| db.prepare(UNSETTLED)?.query_map([], record)?.collect())
    }

    fn closed_lanes(&mut self) -> Result<Vec<ClosedLane>, StoreError> {
        let sql = "SELECT json FROM closed_lane ORDER BY lane_id";
        let records: Vec<String> =
            self.with("read", |db| db.prepare(sql)?.query_map([], |row| row.get(0))?.collect())?;
        Ok(records.iter().filter_map(|json| ClosedLane::of(json)).collect())
    }

    fn used_codes(&mut self) -> Result<BTreeSet<Box<str>>, StoreError> {
        self.with("read", |db| select_used_codes(db))
    }

    fn own_acts_after(&mut self, seq: u64) -> Result<Vec<GateAct>, StoreError> {
        let acts: Vec<Option<GateAct>> =
            self.with("read", |db| db.prepare(OWN_ACTS)?.query_map([integer(seq)], own_act)?.collect())?;
        Ok(acts.into_iter().flatten().collect())
    }

    fn first_dated(
        &mut self,
        seq: u64,
        dates: RangeInclusive<UtcMillis>,
    ) -> Result<Option<(u64, UtcMillis)>, StoreError> {
        let values = [integer(seq), dates.start().as_millis(), dates.end().as_millis()];
        let read = |row: &Row<'_>| Ok((natural(row.get(0)?), UtcMillis::from_millis(row.get(1)?)));
        self.with("read", |db| db.prepare_cached(FIRST_DATED)?.query_row(values, read).optional())
    }

    fn has_reserve(&self) -> bool {
        self.reserve.is_there()
    }

    fn refill(&mut self) {
        self.reserve.make();
    }

    fn cut(&mut self, seq: u64, hash: Hash) -> Result<(), StoreError> {
        self.with("trim", |db| {
            let tx = db.transaction()?;
            tx.execute("UPDATE store SET anchor_seq = ?1, anchor_hash = ?2", params![integer(seq), hash.0])?;
            tx.execute("DELETE FROM event WHERE seq <= ?1", [integer(seq)])?;
            tx.execute(FORGET_CUT_VISITS, [])?;
            tx.commit()
        })
    }
}

/// Opens a journal file for reading only, for `verify` and `export`; a running agent may go on writing.
pub(super) fn connect_read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed("open", &error))?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(|error| failed("open", &error))?;
    let format = format_of(&connection)?;
    if format == 0 {
        return Err(StoreError::Failed { doing: "open", cause: Arc::from("the file is no journal") });
    }
    Ok(connection)
}

/// Whose journal it is.
pub(super) fn read_gate_id(db: &Connection) -> Result<Box<str>, StoreError> {
    let read: rusqlite::Result<String> = db.query_row("SELECT gate_id FROM store", [], |row| row.get(0));
    read.map(Into::into).map_err(|error| failed("read", &error))
}

/// What the file says of itself.
pub(super) fn read_opened(db: &Connection) -> Result<Opened, StoreError> {
    let sql = "SELECT store_id, epoch, boots, anchor_seq, anchor_hash, acked_seq, acked_revision, covered_seq FROM store";
    let read = |row: &Row<'_>| {
        let natural_at = |column: usize| row.get(column).map(natural);
        let (anchor_seq, anchor_hash) = (natural_at(3)?, Hash(row.get(4)?));
        let marks =
            Marks { acked_seq: natural_at(5)?, acked_revision: natural_at(6)?, covered_seq: natural_at(7)? };
        let store_id: String = row.get(0)?;
        Ok(Opened {
            store_id: store_id.into(),
            epoch: row.get(1)?,
            boots: natural_at(2)?,
            anchor_seq,
            anchor_hash,
            head_seq: anchor_seq,
            head_hash: anchor_hash,
            marks,
        })
    };
    let newest = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1";
    let opened = db.query_row(sql, [], read).and_then(|mut opened| {
        let head =
            db.query_row(newest, [], |row| Ok((natural(row.get(0)?), Hash(row.get(1)?)))).optional()?;
        if let Some((seq, hash)) = head {
            (opened.head_seq, opened.head_hash) = (seq, hash);
        }
        Ok(opened)
    });
    let opened = opened.map_err(|error| failed("read", &error))?;
    if !store_id::is_whole(&opened.store_id) {
        let what = format!("the journal's own name {:?} is damaged", opened.store_id);
        return Err(StoreError::Broken { seq: 0, what: what.into() });
    }
    Ok(opened)
}

/// Up to `limit` records after `seq`.
pub(super) fn select_after(db: &Connection, seq: u64, limit: i64) -> rusqlite::Result<Vec<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    db.prepare_cached(&sql)?.query_map(params![integer(seq), limit], record)?.collect()
}

/// Up to `limit` records of one visit, oldest first, by an index.
pub(super) fn select_visit(db: &Connection, visit_id: &str, limit: i64) -> rusqlite::Result<Vec<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE visit_id = ?1 ORDER BY seq LIMIT ?2");
    db.prepare_cached(&sql)?.query_map(params![visit_id, limit], record)?.collect()
}

/// Release codes that have opened. A file of a release before this one has none.
pub(super) fn select_used_codes(db: &Connection) -> rusqlite::Result<BTreeSet<Box<str>>> {
    let is_there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'used_code')";
    if !db.query_row(is_there, [], |row| row.get::<_, bool>(0))? {
        return Ok(BTreeSet::new());
    }
    db.prepare("SELECT code_id FROM used_code")?.query_map([], |row| row.get(0))?.collect()
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// Less than a write-ahead log needs is free.
fn is_crowded(path: &Path) -> bool {
    statvfs(folder_of(path)).is_ok_and(|room| room.f_bavail.saturating_mul(room.f_frsize) < CROWDED)
}

fn full(doing: &'static str, path: &Path, said: &str) -> StoreError {
    StoreError::Folder { doing, folder: FolderError::full(folder_of(path), said) }
}

/// With what the system has against writing there, if it has anything.
fn explained(path: &Path, error: StoreError) -> StoreError {
    let StoreError::Failed { doing, cause } = error else { return error };
    match FolderError::of_file(path) {
        Some(folder) => StoreError::Folder { doing, folder },
        None if is_crowded(path) => full(doing, path, &cause),
        None => StoreError::Failed { doing, cause },
    }
}

pub(super) fn failed(doing: &'static str, error: &rusqlite::Error) -> StoreError {
    StoreError::Failed { doing, cause: Arc::from(error.to_string()) }
}

fn connect(path: &Path, gate_id: &GateId) -> Result<Connection, StoreError> {
    let at_open = |error: rusqlite::Error| failed("open", &error);
    let mut db = Connection::open(path).map_err(at_open)?;
    db.busy_timeout(Duration::from_secs(1)).map_err(at_open)?;
    let format = format_of(&db)?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(at_open)?;
    if mode != "wal" {
        return Err(StoreError::Failed { doing: "open", cause: Arc::from("no write-ahead log here") });
    }
    db.pragma_update(None, "synchronous", synchronous()).map_err(at_open)?;
    match format {
        0 => create(&mut db, gate_id).map_err(|error| failed("create", &error))?,
        1 => bring_up(&mut db, &[FROM_1, FROM_2]).map_err(|error| failed("bring up to date", &error))?,
        2 => bring_up(&mut db, &[FROM_2]).map_err(|error| failed("bring up to date", &error))?,
        _ => {}
    }
    sync_folder_of(path)?;
    let found: String = db.query_row("SELECT gate_id FROM store", [], |row| row.get(0)).map_err(at_open)?;
    if found != gate_id.as_str() {
        return Err(StoreError::OtherGate { found: found.into(), configured: gate_id.as_str().into() });
    }
    Ok(db)
}

fn create(db: &mut Connection, gate_id: &GateId) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.execute_batch(CREATE)?;
    let store_id = store_id::new().to_string();
    tx.execute(
        "INSERT INTO store (id, store_id, gate_id) VALUES (1, ?1, ?2)",
        params![store_id, gate_id.as_str()],
    )?;
    tx.commit()
}

fn bring_up(db: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    steps.iter().try_for_each(|step| tx.execute_batch(step))?;
    tx.commit()
}

/// A file's name must survive a power cut as its content does, and the rollback journal of its making must not come back: SQLite removes it
/// without syncing the folder. At each opening, since the one that made the file may have been broken off here.
fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    File::open(folder_of(path))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::Failed { doing: "create", cause: Arc::from(error.to_string()) })
}

fn format_of(db: &Connection) -> Result<i64, StoreError> {
    let found: i64 =
        db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| failed("open", &error))?;
    if found > FORMAT { Err(StoreError::Newer { found, known: FORMAT }) } else { Ok(found) }
}

fn synchronous() -> &'static str {
    let off =
        cfg!(debug_assertions) && std::env::var_os("KAKOU_SYNCHRONOUS").is_some_and(|mode| mode == "OFF");
    if off { "OFF" } else { "FULL" }
}

fn insert(tx: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    let sql = "INSERT INTO event (seq, event_type, lane_id, lane_direction, visit_id, trip_no, occurred_at, hash, json)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.prepare_cached(sql)?
        .execute(params![
            integer(record.seq),
            record.event_type,
            record.lane_id,
            record.lane_direction,
            record.visit_id,
            record.trip_no,
            record.occurred_at.as_millis(),
            record.hash.0,
            record.json,
        ])
        .map(drop)
}

/// Keeps `open_visit` true to the visits that this batch touched, in the same transaction.
fn note_open_visits(tx: &Transaction<'_>, batch: &[Record]) -> rusqlite::Result<()> {
    let mut touched: Vec<&str> = batch.iter().filter_map(|record| record.visit_id.as_deref()).collect();
    touched.sort_unstable();
    touched.dedup();
    for visit_id in touched {
        let mut events = tx.prepare_cached(STEPS_OF_VISIT)?;
        let events: Vec<(String, Option<String>)> = events
            .query_map([visit_id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let sql = if is_unsettled(&events) {
            "INSERT OR IGNORE INTO open_visit (visit_id) VALUES (?1)"
        } else {
            "DELETE FROM open_visit WHERE visit_id = ?1"
        };
        tx.prepare_cached(sql)?.execute([visit_id])?;
    }
    Ok(())
}

/// Keeps `closed_lane` true to this record, in the same transaction.
fn note_closed_lane(tx: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    match closed::word(record) {
        Some((lane_id, Word::Closed)) => {
            let sql = "INSERT OR REPLACE INTO closed_lane (lane_id, json) VALUES (?1, ?2)";
            tx.prepare_cached(sql)?.execute(params![lane_id, record.json]).map(drop)
        }
        Some((lane_id, Word::Opened)) => {
            tx.prepare_cached("DELETE FROM closed_lane WHERE lane_id = ?1")?.execute([lane_id]).map(drop)
        }
        None => Ok(()),
    }
}

/// Keeps `used_code` true to this record, in the same transaction.
fn note_used_code(tx: &Transaction<'_>, code: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO used_code (code_id) VALUES (?1)")?.execute([code]).map(drop)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        seq: natural(row.get(0)?),
        event_type: row.get(1)?,
        lane_id: row.get(2)?,
        lane_direction: row.get(3)?,
        visit_id: row.get(4)?,
        trip_no: row.get(5)?,
        occurred_at: UtcMillis::from_millis(row.get(6)?),
        hash: Hash(row.get(7)?),
        json: row.get(8)?,
    })
}

fn own_act(row: &Row<'_>) -> rusqlite::Result<Option<GateAct>> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    let copies = [text(1)?, text(3)?, text(4)?, text(5)?];
    let event_type: String = row.get(2)?;
    Ok(act(natural(row.get(0)?), &event_type, copies.each_ref().map(Option::as_deref)))
}

/// SQLite's integers are signed; numbers of ours never reach the sign.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
