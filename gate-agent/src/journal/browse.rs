//! 翻阅: looks into the journal's file for people at the panel, beside the thread that writes it.
//! Promises: reads only, on a connection of its own, so that no lane waits for it; every look touches a bounded number of rows, however
//! old the journal is. Blocks on the disk: call it where that is allowed.
//! Absent on purpose: judging what the records mean (`panel`), verifying them (`verify`).

use std::{fs, path::Path};

use protocols::contract::UtcMillis;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    error::StoreError,
    record::Record,
    sqlite::{connect_read_only, failed, integer, natural, select_after, select_visit},
};

/// Records walked for one page: a journal full of other things ends the page early, with a place to go on from.
const LONGEST_WALK: u64 = 200_000;
/// Records of one visit that are read; a lane writes a dozen.
const MOST_OF_A_VISIT: i64 = 500;
/// How far back [`extent`] looks.
const WINDOW_MS: i64 = 7 * DAY_MS;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// 过卡记录: one visit as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Number of its `ARRIVAL`; visits are in this order.
    pub arrival_seq: u64,
    /// Its records, oldest first.
    pub records: Vec<Record>,
}

/// Visits, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The visits.
    pub visits: Vec<Visit>,
    /// Where the next page begins; none at the journal's beginning.
    pub before: Option<u64>,
}

/// How much the journal holds, and how fast it grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Of the file and its write-ahead log.
    pub bytes: u64,
    /// Records held.
    pub records: u64,
    /// Records a day, over the last seven days or what there is of them; none before a day is full.
    pub records_per_day: Option<u64>,
}

/// The visits that arrived before record `before`, newest first.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn visits(path: &Path, before: Option<u64>, limit: usize) -> Result<Page, StoreError> {
    let db = connect_read_only(path)?;
    let at_read = |error: rusqlite::Error| failed("read", &error);
    let (oldest, newest) = ends(&db).map_err(at_read)?;
    let before = before.unwrap_or(u64::MAX).min(newest.saturating_add(1));
    let floor = before.saturating_sub(LONGEST_WALK).max(oldest);
    let found = arrivals(&db, floor..before, limit).map_err(at_read)?;
    let before = match found.last() {
        Some((seq, _)) if found.len() >= limit => Some(*seq),
        _ => Some(floor),
    };
    let visits = found
        .into_iter()
        .map(|(arrival_seq, visit_id)| {
            let records = select_visit(&db, &visit_id, MOST_OF_A_VISIT).map_err(at_read)?;
            Ok(Visit { arrival_seq, records })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Page { visits, before: before.filter(|before| *before > oldest) })
}

/// The records of one visit, oldest first; none when the file has no such visit.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn visit(path: &Path, visit_id: &str) -> Result<Vec<Record>, StoreError> {
    let db = connect_read_only(path)?;
    select_visit(&db, visit_id, MOST_OF_A_VISIT).map_err(|error| failed("read", &error))
}

/// The newest records, oldest first, and no more of them than that.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn newest(path: &Path, limit: u32) -> Result<Vec<Record>, StoreError> {
    let db = connect_read_only(path)?;
    let at_read = |error: rusqlite::Error| failed("read", &error);
    let (_, newest) = ends(&db).map_err(at_read)?;
    select_after(&db, newest.saturating_sub(limit.into()), limit.into()).map_err(at_read)
}

/// How much the journal holds, and how fast it grows.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn extent(path: &Path, now: UtcMillis) -> Result<Extent, StoreError> {
    let db = connect_read_only(path)?;
    let at_read = |error: rusqlite::Error| failed("read", &error);
    let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let bytes = length(path).saturating_add(length(&beside(path)));
    let (oldest, newest) = ends(&db).map_err(at_read)?;
    if newest == 0 {
        return Ok(Extent { bytes, ..Extent::default() });
    }
    let records = newest + 1 - oldest;
    let begin = first_since(&db, oldest..newest + 1, now.as_millis() - WINDOW_MS).map_err(at_read)?;
    let begun = time_of(&db, begin).map_err(at_read)?;
    let records_per_day = begun.and_then(|(seq, at)| {
        // A clock that was set back gives no span.
        let span = u64::try_from(now.as_millis().saturating_sub(at)).ok()?;
        let day = DAY_MS.unsigned_abs();
        (span >= day).then(|| (newest + 1 - seq).saturating_mul(day) / span)
    });
    Ok(Extent { bytes, records, records_per_day })
}

/// Numbers of the oldest and the newest record; both 0 in an empty journal.
fn ends(db: &Connection) -> rusqlite::Result<(u64, u64)> {
    let end = |sql: &str| db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    let (oldest, newest) = (end("SELECT min(seq) FROM event")?, end("SELECT max(seq) FROM event")?);
    Ok((natural(oldest.unwrap_or(0)), natural(newest.unwrap_or(0))))
}

fn arrivals(
    db: &Connection,
    range: std::ops::Range<u64>,
    limit: usize,
) -> rusqlite::Result<Vec<(u64, String)>> {
    let sql = "SELECT seq, visit_id FROM event
               WHERE seq < ?1 AND seq >= ?2 AND event_type = 'ARRIVAL' AND visit_id IS NOT NULL
               ORDER BY seq DESC LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let bounds = params![integer(range.end), integer(range.start), limit];
    db.prepare_cached(sql)?.query_map(bounds, |row| Ok((natural(row.get(0)?), row.get(1)?)))?.collect()
}

/// The first number in the range whose record is not older than `since`, by halving: records are in the order of time, nearly.
fn first_since(db: &Connection, range: std::ops::Range<u64>, since: i64) -> rusqlite::Result<u64> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match time_of(db, middle)? {
            Some((seq, at)) if at < since => low = seq.max(middle) + 1,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

/// Number and time of the first record from this number on.
fn time_of(db: &Connection, seq: u64) -> rusqlite::Result<Option<(u64, i64)>> {
    let sql = "SELECT seq, occurred_at FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| Ok((natural(row.get(0)?), row.get(1)?));
    db.prepare_cached(sql)?.query_row([integer(seq)], read).optional()
}

fn beside(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
