//! 索引比对, the gate's side: the sums of what the index's file holds, for the centre to compare with its own.
//! Promises: read at one revision, whatever is changed meanwhile, and row by row, so that a damaged one is found though nobody looks it up; so is
//! a row that the copies beside it would hide from look-ups. Whoever waits for the file (a snapshot that replaces it) waits for a slice and no longer.
//! Absent on purpose: what this gate has laid over its index by its own acts, which lies in the journal; the rows in memory, which were loaded from here.
//! Source: design section 4 ("Anti-entropy"); docs/decisions 0088.

use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

use protocols::{
    contract::{
        DIGEST_FORM, DigestsRequest, Hash, IndexRanges, IndexSums, PolicyRow, RowDigest, RowSum, ends_range,
    },
    ids::TripNo,
};
use rusqlite::Connection;

use super::{
    db::{self, corrupt, parse},
    error::CacheError,
    handle::{Cache, lock},
    kept, mark,
    packed::{PackedRow, Row, trip_text},
    sum,
};

/// Rows between two breaths.
const SLICE: u32 = 256;

/// What an index's file holds at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDigest {
    /// The revision.
    pub revision: u64,
    /// Its mark, if it has one.
    pub mark: Option<Hash>,
    /// The sums.
    pub sums: IndexSums,
}

impl IndexDigest {
    /// The question to the centre.
    #[must_use]
    pub fn request(&self) -> DigestsRequest {
        let Self { revision, mark, sums } = self.clone();
        DigestsRequest { form: DIGEST_FORM, revision, mark, sums: Some(sums), part: None }
    }
}

/// Who reads the whole file beside its owner.
#[derive(Debug, Default)]
pub(super) struct Scans {
    file: Mutex<()>,
    pub(super) ended: AtomicU64,
}

impl Scans {
    /// Ends what is being read, and lets nothing begin for as long as this is kept.
    pub(super) fn end(&self) -> MutexGuard<'_, ()> {
        self.ended.fetch_add(1, Ordering::SeqCst);
        lock(&self.file)
    }
}

impl Cache {
    /// Sums what the file holds; `go_on` is asked after every slice of rows, may take a breath there, and with `false` gives up. None when it was
    /// given up, when a snapshot took the file's place, or without an index. Blocks for as long as the whole takes.
    ///
    /// # Errors
    /// [`CacheError::Corrupt`] when a row is damaged: look-ups may not have met it yet. [`CacheError::Failed`] when the file cannot be read.
    pub fn digest(&self, go_on: impl Fn() -> bool) -> Result<Option<IndexDigest>, CacheError> {
        let inner = self.inner();
        let ended = inner.scans.ended.load(Ordering::SeqCst);
        let _file = lock(&inner.scans.file);
        let db = db::open(&inner.path)?;
        let tx = db.unchecked_transaction().map_err(|error| failed(&error))?;
        scan(&tx, || inner.scans.ended.load(Ordering::SeqCst) == ended && go_on())
    }
}

fn scan(db: &Connection, go_on: impl Fn() -> bool) -> Result<Option<IndexDigest>, CacheError> {
    sum::holds(db)?;
    let sql = "SELECT revision, rows FROM state";
    let (revision, rows): (Option<i64>, Option<i64>) =
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|error| failed(&error))?;
    let Some(revision) = revision.and_then(|revision| u64::try_from(revision).ok()) else { return Ok(None) };
    let Some(ranges) = ranges(db, &go_on)? else { return Ok(None) };
    let Some(trips) = summed(db, ranges, &go_on)? else { return Ok(None) };
    let trips = trips.into_sums();
    let found = trips.iter().map(|range| range.rows).sum::<u64>();
    if rows.is_some_and(|rows| u64::try_from(rows) != Ok(found)) {
        return Err(corrupt(&format!("it has {found} rows instead of {}", rows.unwrap_or_default())));
    }
    let mut denied = RowSum::default();
    kept::each_denied(db, |row| row.digest().into_iter().for_each(|digest| denied.add(digest)))?;
    let sums = IndexSums { trips, denied, policy: policy(db)? };
    Ok(Some(IndexDigest { revision, mark: mark::read(db, Some(revision))?, sums }))
}

/// The ranges by the trips that end them, which the index of trips tells without the rows.
fn ranges(db: &Connection, go_on: &impl Fn() -> bool) -> Result<Option<IndexRanges>, CacheError> {
    let mut select = db.prepare("SELECT trip FROM row ORDER BY trip").map_err(|error| failed(&error))?;
    let mut rows = select.query([]).map_err(|error| failed(&error))?;
    let (mut ends, mut read) = (Vec::new(), 0_u32);
    while let Some(row) = rows.next().map_err(|error| failed(&error))? {
        read = read.wrapping_add(1);
        if read.is_multiple_of(SLICE * 8) && !go_on() {
            return Ok(None);
        }
        let trip: Vec<u8> = row.get(0).map_err(|error| failed(&error))?;
        let trip_no = trip_no(&trip)?;
        ends.extend(ends_range(&trip_no).then_some(trip_no));
    }
    Ok(Some(IndexRanges::new(ends)))
}

fn summed(
    db: &Connection,
    mut ranges: IndexRanges,
    go_on: &impl Fn() -> bool,
) -> Result<Option<IndexRanges>, CacheError> {
    // In the file's own order: a million rows by trip would be a million jumps.
    let mut select = db.prepare("SELECT trip, medium, packed FROM row").map_err(|error| failed(&error))?;
    let mut rows = select.query([]).map_err(|error| failed(&error))?;
    let mut read = 0_u32;
    while let Some(row) = rows.next().map_err(|error| failed(&error))? {
        read = read.wrapping_add(1);
        if read.is_multiple_of(SLICE) && !go_on() {
            return Ok(None);
        }
        let blob = |column: usize| row.get::<_, Vec<u8>>(column).map_err(|error| failed(&error));
        let packed = PackedRow::read(blob(2)?).map_err(|damaged| corrupt(&damaged))?;
        if *packed.trip() != *blob(0)? || *packed.medium() != *blob(1)? {
            return Err(corrupt(&"a row is kept under another trip or medium than its own"));
        }
        let (trip_no, digest) = digest_of(&packed)?;
        ranges.add(&trip_no, digest);
    }
    Ok(Some(ranges))
}

/// Trip and digest of a row.
pub(super) fn digest_of(packed: &PackedRow) -> Result<(TripNo, RowDigest), CacheError> {
    Ok(match packed.unpack().map_err(|damaged| corrupt(&damaged))? {
        Row::Entry(entry) => (entry.trip_no, RowDigest::of_entry(&entry)),
        Row::Stub(stub) => (stub.trip_no, RowDigest::of_stub(&stub)),
    })
}

fn trip_no(bytes: &[u8]) -> Result<TripNo, CacheError> {
    bytes
        .try_into()
        .ok()
        .and_then(|bytes| TripNo::parse(&trip_text(bytes)).ok())
        .ok_or_else(|| corrupt(&"a row is kept under what is no trip"))
}

fn policy(db: &Connection) -> Result<RowSum, CacheError> {
    let mut sum = RowSum::default();
    each_policy(db, |row| sum.add(RowDigest::of_policy(row)))?;
    Ok(sum)
}

/// Every row of policy.
pub(super) fn each_policy(db: &Connection, mut take: impl FnMut(&PolicyRow)) -> Result<(), CacheError> {
    let mut select = db.prepare("SELECT json FROM policy").map_err(|error| failed(&error))?;
    let rows = select.query_map([], |row| row.get::<_, String>(0)).map_err(|error| failed(&error))?;
    for json in rows {
        take(&parse(&json.map_err(|error| failed(&error))?)?);
    }
    Ok(())
}

fn failed(error: &rusqlite::Error) -> CacheError {
    CacheError::of("compare", error)
}
