//! 通报留存: what neighbours have told, over a restart: the neighbour may be dark by then.
//! Promises: a transaction a page; rows carry checksums, and a file with damage is begun anew, since neighbours tell again; what could not be written is
//! written with all else that is known when the disk takes writes again, so the file never claims to have heard what it has not.
//! Not promised: the newest page over a power cut (`synchronous=NORMAL`): it is asked for again. What was believed to be shown is kept with the number of the
//! snapshot that showed it, so that a file that a power cut took back is known to be of another one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use protocols::{
    contract::{Applied, GateAct},
    ids::GateId,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tracing::{info, warn};

use super::hearing::Hearing;
use crate::journal::ToldAct;

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// The format that this release writes; another one is begun anew. `told` keeps the order of hearing.
const FORMAT: i64 = 1;
const CREATE: &str = "
CREATE TABLE neighbour (gate_id TEXT PRIMARY KEY, hearing TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE told (place INTEGER PRIMARY KEY, gate_id TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
  heard_epoch INTEGER NOT NULL, heard_seq INTEGER NOT NULL, act TEXT NOT NULL, sum INTEGER NOT NULL, UNIQUE (gate_id, epoch, seq)) STRICT;
PRAGMA user_version = 1;
";
/// Beside the tables of the format.
const ORIGIN: &str = "CREATE TABLE IF NOT EXISTS origin (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT";

/// Why it cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeptError {
    /// The disk, or SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The system.
    #[error(transparent)]
    File(#[from] io::Error),
    /// A row that is not what was written.
    #[error("a row is damaged")]
    Damaged,
}

/// 通报留存.
#[derive(Debug)]
pub struct KeptActs {
    path: PathBuf,
    /// None while it cannot be written, and whatever it has is not all that was heard.
    db: Option<Connection>,
    /// Told once.
    is_told: bool,
}

/// What the file knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) acts: Vec<ToldAct>,
    pub(super) hearings: Vec<(GateId, Hearing)>,
    /// The snapshot that showed what is forgotten ([`crate::cache::Cache::origin`]).
    pub(super) origin: Option<i64>,
}

impl KeptActs {
    /// Opens the file, or makes it, with what it knows; one that cannot be used is begun anew, now or with the next page.
    pub(super) fn open(path: &Path) -> (Self, Known) {
        let mut kept = Self { path: path.to_owned(), db: None, is_told: false };
        match connect(path).and_then(|db| Ok((read(&db)?, db))) {
            Ok((known, db)) => {
                kept.db = Some(db);
                (kept, known)
            }
            Err(error) => {
                warn!(%error, "what neighbours have told is asked for again, {} cannot be used: {error}", path.display());
                (kept, Known::default())
            }
        }
    }

    /// Whether all that is known has to be written, and not only what is new.
    pub(super) const fn wants_all(&self) -> bool {
        self.db.is_none()
    }

    /// Something could not be written: whatever the file has is not all that was heard.
    pub(super) fn give_up(&mut self) {
        self.db = None;
    }

    /// Keeps what a neighbour has told and how far it was heard, and forgets what its index shows.
    pub(super) fn keep(&mut self, gate_id: &GateId, hearing: Hearing, new: &[ToldAct]) {
        self.write(|tx| {
            new.iter().try_for_each(|told| put_act(tx, told))?;
            put_hearing(tx, gate_id, hearing)?;
            let (epoch, seq) = (hearing.reached.epoch, integer(hearing.forgotten));
            let sql = "DELETE FROM told WHERE gate_id = ?1 AND epoch = ?2 AND seq <= ?3";
            tx.prepare_cached(sql)?.execute(params![gate_id.as_str(), epoch, seq])?;
            Ok(())
        });
    }

    /// The index goes back to another snapshot: how far each was heard, by what that shows.
    pub(super) fn keep_origin(&mut self, hearings: &[(GateId, Hearing)], origin: Option<i64>) {
        self.write(|tx| {
            hearings.iter().try_for_each(|(gate_id, hearing)| put_hearing(tx, gate_id, *hearing))?;
            put_origin(tx, origin)
        });
    }

    /// Forgets all of a gate that is none of the yard's any more.
    pub(super) fn forget(&mut self, gate_id: &GateId) {
        self.write(|tx| {
            tx.execute("DELETE FROM told WHERE gate_id = ?1", [gate_id.as_str()])?;
            tx.execute("DELETE FROM neighbour WHERE gate_id = ?1", [gate_id.as_str()])?;
            Ok(())
        });
    }

    /// Begins the file anew with all that is known.
    pub(super) fn keep_all(&mut self, known: &Known) {
        self.db = None;
        let begun = begin_anew(&self.path).inspect_err(|error| {
            if !self.is_told {
                warn!(%error, "what neighbours tell cannot be kept over a restart: {error}");
            }
        });
        self.is_told = true;
        self.db = begun.ok();
        self.write(|tx| {
            known.acts.iter().try_for_each(|told| put_act(tx, told))?;
            known.hearings.iter().try_for_each(|(gate_id, hearing)| put_hearing(tx, gate_id, *hearing))?;
            put_origin(tx, known.origin)
        });
        if self.db.is_some() {
            self.is_told = false;
            info!(acts = known.acts.len(), "what neighbours tell is kept");
        }
    }

    fn write(&mut self, put: impl FnOnce(&Transaction<'_>) -> Result<(), KeptError>) {
        let Some(db) = &mut self.db else { return };
        let outcome = db.transaction().map_err(KeptError::from).and_then(|tx| {
            put(&tx)?;
            Ok(tx.commit()?)
        });
        if let Err(error) = outcome {
            warn!(%error, "what neighbours tell cannot be kept: {error}");
            (self.db, self.is_told) = (None, true);
        }
    }
}

fn connect(path: &Path) -> Result<Connection, KeptError> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(1))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    match db.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => db.execute_batch(&format!("BEGIN; {CREATE} COMMIT;"))?,
        FORMAT => {}
        _ => return Err(KeptError::Damaged),
    }
    db.execute_batch(ORIGIN)?;
    Ok(db)
}

fn begin_anew(path: &Path) -> Result<Connection, KeptError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    connect(path)
}

fn read(db: &Connection) -> Result<Known, KeptError> {
    if db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).optional()?.as_deref()
        != Some("ok")
    {
        return Err(KeptError::Damaged);
    }
    let mut known = Known::default();
    let mut select = db.prepare("SELECT gate_id, hearing, sum FROM neighbour")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (gate_id, hearing, sum): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if sum_of(&[&gate_id, &hearing]) != sum {
            return Err(KeptError::Damaged);
        }
        let gate_id = GateId::parse(&gate_id).map_err(|_| KeptError::Damaged)?;
        let [epoch, seq, forgotten, forgotten_at, named] =
            serde_json::from_str(&hearing).map_err(|_| KeptError::Damaged)?;
        let reached = Applied { epoch: u32::try_from(epoch).map_err(|_| KeptError::Damaged)?, seq };
        known
            .hearings
            .push((gate_id, Hearing { reached, forgotten, forgotten_at, named, ..Hearing::default() }));
    }
    let sql = "SELECT gate_id, epoch, seq, heard_epoch, heard_seq, act, sum FROM told
               ORDER BY place";
    let mut select = db.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (gate_id, act, sum): (String, String, i64) = (row.get(0)?, row.get(5)?, row.get(6)?);
        let heard_after = Applied { epoch: row.get(3)?, seq: natural(row.get(4)?) };
        let gate_id = GateId::parse(&gate_id).map_err(|_| KeptError::Damaged)?;
        let parsed: GateAct = serde_json::from_str(&act).map_err(|_| KeptError::Damaged)?;
        let told = ToldAct { gate_id, epoch: row.get(1)?, heard_after, act: parsed };
        if natural(row.get(2)?) != told.act.seq || sum_of_act(&told, &act) != sum {
            return Err(KeptError::Damaged);
        }
        known.acts.push(told);
    }
    known.origin = db.query_row("SELECT number FROM origin", [], |row| row.get(0)).optional()?;
    Ok(known)
}

fn put_act(tx: &Transaction<'_>, told: &ToldAct) -> Result<(), KeptError> {
    let act = serde_json::to_string(&told.act).map_err(|_| KeptError::Damaged)?;
    let sql = "INSERT OR IGNORE INTO told (gate_id, epoch, seq, heard_epoch, heard_seq, act, sum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.prepare_cached(sql)?.execute(params![
        told.gate_id.as_str(),
        told.epoch,
        integer(told.act.seq),
        told.heard_after.epoch,
        integer(told.heard_after.seq),
        act,
        sum_of_act(told, &act),
    ])?;
    Ok(())
}

fn put_hearing(tx: &Transaction<'_>, gate_id: &GateId, hearing: Hearing) -> Result<(), KeptError> {
    let Hearing { reached, forgotten, forgotten_at, named, .. } = hearing;
    let numbers: [u64; 5] = [reached.epoch.into(), reached.seq, forgotten, forgotten_at, named];
    let numbers = serde_json::to_string(&numbers).map_err(|_| KeptError::Damaged)?;
    let sum = sum_of(&[gate_id.as_str(), &numbers]);
    let sql = "INSERT OR REPLACE INTO neighbour VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![gate_id.as_str(), numbers, sum])?;
    Ok(())
}

fn put_origin(tx: &Transaction<'_>, origin: Option<i64>) -> Result<(), KeptError> {
    match origin {
        Some(number) => tx.execute("INSERT OR REPLACE INTO origin VALUES (1, ?1)", [number])?,
        None => tx.execute("DELETE FROM origin", [])?,
    };
    Ok(())
}

fn sum_of_act(told: &ToldAct, act: &str) -> i64 {
    let ToldAct { gate_id, epoch, heard_after, .. } = told;
    sum_of(&[gate_id.as_str(), &format!("{epoch} {} {}", heard_after.epoch, heard_after.seq), act])
}

/// Always as many parts, of which only the last may hold any text.
fn sum_of(parts: &[&str]) -> i64 {
    CRC.checksum(parts.join(" ").as_bytes()).into()
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
