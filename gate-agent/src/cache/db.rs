//! `cache.db` itself: all SQL of the cache.
//! Promises: a batch of changes and its cursor are one transaction; the deny list is never rolled back to an older version.
//! `synchronous=NORMAL` suffices: a power cut may lose the newest changes, never tear them, and the centre has them still.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use protocols::{
    contract::{Change, ChangeOp, Denied, Hash, PolicyRow, UtcMillis, policy_key},
    rules::{LanePolicy, YardPolicy},
};
use rusqlite::{Connection, MAIN_DB, OptionalExtension, Transaction, params};

use super::{
    doubt::is_doubted,
    error::CacheError,
    index::{Index, RowOp},
    mark, origin,
    packed::{PackedRow, medium_bytes, trip_bytes},
    schema::{FORMAT, INDEXES, TABLES},
    sum,
};

/// 策略: what the centre's administrators have set for this yard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The yard's; none before the first snapshot.
    pub yard: Option<YardPolicy>,
    /// Those of all its lanes, also of other gates.
    pub lanes: Vec<LanePolicy>,
}

/// What is small enough to be read at once when the file is opened.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub(super) revision: Option<u64>,
    pub(super) mark: Option<Hash>,
    pub(super) is_doubted: bool,
    /// Which snapshot it goes back to.
    pub(super) origin: Option<i64>,
    pub(super) age_s: u64,
    pub(super) age_kept_at_ms: i64,
    pub(super) denied: HashMap<Vec<u8>, Denied>,
    pub(super) policy: Policy,
}

/// What a batch did, for memory to do likewise.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) rows: Vec<RowOp>,
    pub(super) denied: Vec<(Vec<u8>, Option<Denied>)>,
    pub(super) policies: Vec<PolicyRow>,
    /// How many rows there are more than before.
    pub(super) more: i64,
}

impl Policy {
    pub(super) fn put(&mut self, row: PolicyRow) {
        match row {
            PolicyRow::Yard(yard) => self.yard = Some(yard),
            PolicyRow::Lane(lane) => {
                let is_same =
                    |held: &LanePolicy| held.gate_id == lane.gate_id && held.lane_id == lane.lane_id;
                self.lanes.retain(|held| !is_same(held));
                self.lanes.push(lane);
            }
        }
    }
}

/// Opens the file, makes it when there is none.
pub(super) fn open(path: &Path) -> Result<Connection, CacheError> {
    let at_open = |error: rusqlite::Error| CacheError::of("open", &error);
    let db = Connection::open(path).map_err(at_open)?;
    // SQLite opens such a file all the same, and would never write to it, whatever becomes of its folder.
    if db.is_readonly(MAIN_DB).map_err(at_open)? {
        return Err(CacheError::Failed { doing: "open", cause: "it can only be read".into() });
    }
    db.busy_timeout(Duration::from_secs(5)).map_err(at_open)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(at_open)?;
    db.pragma_update(None, "synchronous", "NORMAL").map_err(at_open)?;
    let format: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(at_open)?;
    match format {
        0 => db.execute_batch(&format!("BEGIN; {TABLES} {INDEXES} COMMIT;")).map_err(at_open)?,
        FORMAT => {}
        found => {
            let what = format!("it has format {found}, this release knows {FORMAT}");
            return Err(CacheError::Corrupt(what.into()));
        }
    }
    sum::prepare(&db).map_err(at_open)?;
    Ok(db)
}

/// Reads everything but the rows.
pub(super) fn read_front(db: &Connection) -> Result<Front, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("read", &error);
    sum::holds(db)?;
    let sql = "SELECT revision, age_s, age_kept_at FROM state";
    let mut front = db
        .query_row(sql, [], |row| {
            let revision: Option<i64> = row.get(0)?;
            let natural = |number: i64| u64::try_from(number).unwrap_or(0);
            let age_s: i64 = row.get(1)?;
            Ok(Front {
                revision: revision.map(natural),
                age_s: natural(age_s),
                age_kept_at_ms: row.get(2)?,
                ..Front::default()
            })
        })
        .map_err(failed)?;
    front.mark = mark::read(db, front.revision)?;
    front.is_doubted = is_doubted(db)?;
    front.origin = origin::read(db)?;
    let sql = "SELECT medium, version, is_denied, json, sum FROM denied";
    let mut denied = db.prepare(sql).map_err(failed)?;
    let mut rows = denied.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (medium, version, is_denied): (Vec<u8>, i64, bool) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
        let json: String = row.get(3).map_err(failed)?;
        let sum = sum::of_denied(&medium, version, is_denied, &json);
        sum::check("a row of the deny list", row.get(4).map_err(failed)?, sum)?;
        if is_denied {
            front.denied.insert(medium, parse(&json)?);
        }
    }
    front.policy = read_policy(db)?;
    Ok(front)
}

/// Reads the rows of policy.
pub(super) fn read_policy(db: &Connection) -> Result<Policy, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("read", &error);
    let mut policy = Policy::default();
    let mut policies = db.prepare("SELECT scope, json, sum FROM policy").map_err(failed)?;
    let mut rows = policies.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (scope, json): (String, String) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        sum::check(
            "a row of the policy",
            row.get(2).map_err(failed)?,
            sum::of(&[scope.as_bytes(), json.as_bytes()]),
        )?;
        policy.put(parse(&json)?);
    }
    Ok(policy)
}

/// Reads all rows; `go_on` is asked now and then, and a `false` gives up with none.
pub(super) fn read_rows(db: &Connection, go_on: impl Fn() -> bool) -> Result<Option<Index>, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("load", &error);
    let count: i64 = db.query_row("SELECT count(*) FROM row", [], |row| row.get(0)).map_err(failed)?;
    // A little room, so that the first changes do not make the tables grow.
    let mut index = Index::with_capacity(usize::try_from(count + count / 64).unwrap_or(0));
    let mut select = db.prepare("SELECT packed FROM row").map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    let mut read = 0_u32;
    while let Some(row) = rows.next().map_err(failed)? {
        read = read.wrapping_add(1);
        if read.is_multiple_of(4096) && !go_on() {
            return Ok(None);
        }
        let packed = PackedRow::read(row.get(0).map_err(failed)?).map_err(|damaged| corrupt(&damaged))?;
        index.insert(packed);
    }
    let told: Option<i64> = db.query_row("SELECT rows FROM state", [], |row| row.get(0)).map_err(failed)?;
    let (entries, stubs) = index.counts();
    let found = i64::try_from(entries + stubs).unwrap_or(i64::MAX);
    if told.is_some_and(|told| told != found) {
        return Err(corrupt(&format!("it has {found} rows instead of {}", told.unwrap_or_default())));
    }
    Ok(Some(index))
}

/// The rows of one medium, for as long as the index in memory is not ready.
pub(super) fn find(db: &Connection, medium: &[u8]) -> Result<Vec<PackedRow>, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("read", &error);
    let mut select = db.prepare_cached("SELECT packed FROM row WHERE medium = ?1").map_err(failed)?;
    let rows = select.query_map([medium], |row| row.get(0)).map_err(failed)?;
    rows.map(|bytes| PackedRow::read(bytes.map_err(failed)?).map_err(|damaged| corrupt(&damaged))).collect()
}

/// The row of one trip.
pub(super) fn find_trip(db: &Connection, trip: &[u8]) -> Result<Option<PackedRow>, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("read", &error);
    let mut select = db.prepare_cached("SELECT packed FROM row WHERE trip = ?1").map_err(failed)?;
    let bytes: Option<Vec<u8>> = select.query_row([trip], |row| row.get(0)).optional().map_err(failed)?;
    bytes.map(|bytes| PackedRow::read(bytes).map_err(|damaged| corrupt(&damaged))).transpose()
}

/// Applies the changes and moves the cursor, in one transaction.
pub(super) fn apply(
    db: &mut Connection,
    changes: &[&Change],
    to: u64,
    mark: Option<Hash>,
) -> Result<Effects, CacheError> {
    write(db, to, mark, |tx, effects| {
        changes.iter().try_for_each(|change| apply_one(tx, &change.op, effects))
    })
}

/// What `work` does, and the revision that the index has then, in one transaction.
pub(super) fn write(
    db: &mut Connection,
    to: u64,
    mark: Option<Hash>,
    work: impl FnOnce(&Transaction<'_>, &mut Effects) -> Result<(), CacheError>,
) -> Result<Effects, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("change", &error);
    let tx = db.transaction().map_err(failed)?;
    let mut effects = Effects::default();
    work(&tx, &mut effects)?;
    mark::write(&tx, to, mark)?;
    let to = i64::try_from(to).unwrap_or(i64::MAX);
    tx.execute("UPDATE state SET revision = ?1, rows = rows + ?2", [to, effects.more]).map_err(failed)?;
    sum::seal(&tx).map_err(failed)?;
    tx.commit().map_err(failed)?;
    Ok(effects)
}

/// Keeps the age, so that the next start knows at least that.
pub(super) fn keep_age(db: &Connection, age_s: u64, at: UtcMillis) -> Result<(), CacheError> {
    let age_s = i64::try_from(age_s).unwrap_or(i64::MAX);
    let keep = || {
        let tx = db.unchecked_transaction()?;
        tx.execute("UPDATE state SET age_s = ?1, age_kept_at = ?2", params![age_s, at.as_millis()])?;
        sum::seal(&tx)?;
        tx.commit()
    };
    keep().map_err(|error| CacheError::of("keep the age of", &error))
}

/// Puts a row in the place of whatever its trip had.
pub(super) fn insert_row(db: &Connection, row: &PackedRow) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO row (trip, medium, packed) VALUES (?1, ?2, ?3)")?
        .execute(params![row.trip(), row.medium(), row.bytes()])
        .map(drop)
}

/// Takes a deny-list row unless a newer version is held; says whether it did.
pub(super) fn put_denied(
    db: &Connection,
    medium: &[u8],
    version: u64,
    denied: Option<&Denied>,
) -> Result<bool, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("change", &error);
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    let held: Option<i64> = db
        .prepare_cached("SELECT version FROM denied WHERE medium = ?1")
        .and_then(|mut select| select.query_row([medium], |row| row.get(0)).optional())
        .map_err(failed)?;
    if held.is_some_and(|held| held > version) {
        return Ok(false);
    }
    let json = denied.map(to_json).transpose()?.unwrap_or_default();
    let sum = sum::of_denied(medium, version, denied.is_some(), &json);
    db.prepare_cached(
        "INSERT OR REPLACE INTO denied (medium, version, is_denied, json, sum) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .and_then(|mut insert| insert.execute(params![medium, version, denied.is_some(), json, sum]))
    .map_err(failed)?;
    Ok(true)
}

pub(super) fn put_policy(db: &Connection, row: &PolicyRow) -> Result<(), CacheError> {
    let scope = policy_key(row);
    let json = to_json(row)?;
    let sum = sum::of(&[scope.as_bytes(), json.as_bytes()]);
    let sql = "INSERT OR REPLACE INTO policy (scope, json, sum) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![scope, json, sum]).map(drop).map_err(|error| CacheError::of("change", &error))
}

pub(super) fn corrupt(what: &impl ToString) -> CacheError {
    CacheError::Corrupt(what.to_string().into())
}

pub(super) fn apply_one(
    tx: &Transaction<'_>,
    op: &ChangeOp,
    effects: &mut Effects,
) -> Result<(), CacheError> {
    match op {
        ChangeOp::Upsert(entry) => put_row(tx, PackedRow::of_entry(entry), effects),
        ChangeOp::Stub(stub) => put_row(tx, PackedRow::of_stub(stub), effects),
        ChangeOp::Remove { trip_no } => {
            let trip = trip_bytes(trip_no).map_err(|damaged| corrupt(&damaged))?;
            effects.more -= delete_row(tx, &trip)?;
            effects.rows.push(RowOp::Remove(trip));
            Ok(())
        }
        ChangeOp::Deny(denied) => {
            let medium = medium_bytes(denied.medium_type, &denied.medium_key);
            if put_denied(tx, &medium, denied.version, Some(denied))? {
                effects.denied.push((medium, Some(denied.clone())));
            }
            Ok(())
        }
        ChangeOp::Allow { medium_type, medium_key, version } => {
            let medium = medium_bytes(*medium_type, medium_key);
            if put_denied(tx, &medium, *version, None)? {
                effects.denied.push((medium, None));
            }
            Ok(())
        }
        ChangeOp::Policy(row) => {
            put_policy(tx, row)?;
            effects.policies.push(row.clone());
            Ok(())
        }
    }
}

fn put_row(
    tx: &Transaction<'_>,
    row: Result<PackedRow, super::packed::Damaged>,
    effects: &mut Effects,
) -> Result<(), CacheError> {
    let row = row.map_err(|damaged| corrupt(&damaged))?;
    effects.more += 1 - delete_row(tx, row.trip())?;
    insert_row(tx, &row).map_err(|error| CacheError::of("change", &error))?;
    effects.rows.push(RowOp::Put(row));
    Ok(())
}

/// How many it was.
fn delete_row(tx: &Transaction<'_>, trip: &[u8]) -> Result<i64, CacheError> {
    tx.prepare_cached("DELETE FROM row WHERE trip = ?1")
        .and_then(|mut delete| delete.execute([trip]))
        .map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
        .map_err(|error| CacheError::of("change", &error))
}

fn to_json(value: &impl serde::Serialize) -> Result<String, CacheError> {
    serde_json::to_string(value).map_err(|error| corrupt(&error))
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, CacheError> {
    serde_json::from_str(json).map_err(|error| corrupt(&error))
}

/// Renames the new file over the old one, durably. SQLite must have closed the old one completely first: a write-ahead log that
/// stayed behind would be read into the new file. The log of a damaged file is worth nothing and goes with it.
pub(super) fn put_in_place(new: &Path, old: &Path, was_damaged: bool) -> Result<(), CacheError> {
    let failed =
        |cause: &dyn ToString| CacheError::Failed { doing: "replace", cause: cause.to_string().into() };
    for suffix in ["-wal", "-shm"] {
        let mut beside = old.as_os_str().to_owned();
        beside.push(suffix);
        let beside = PathBuf::from(beside);
        if was_damaged && beside.exists() {
            std::fs::remove_file(&beside).map_err(|error| failed(&error))?;
        }
        if suffix == "-wal" && beside.metadata().is_ok_and(|log| log.len() > 0) {
            return Err(failed(&"another program has it open"));
        }
    }
    std::fs::rename(new, old).map_err(|error| failed(&error))?;
    let folder = old.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))
}
