//! 保留: media that stay denied here although the centre says otherwise. No comparison lifts a denial, or puts an older one in a newer one's place:
//! a centre that was restored may have forgotten it (fault C7). What was told once is kept here, so that it counts as agreed from then on
//! and a person hears of it once; it ends when the denial does, or when the centre says something else about that medium.
//! Promises: written in the transaction of the repair that found it, and into the file of the snapshot of a restored centre; later snapshots take it over, so
//! that none that lacks the medium, for whatever reason it was fetched, lifts what was kept.
//! Source: invariant I4; docs/decisions 0067, 0088.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use protocols::contract::{Denied, RowDigest, denied_key};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    db::{corrupt, parse, put_denied},
    error::CacheError,
    handle::{Cache, Inner},
    packed::medium_bytes,
    sum,
};

impl Cache {
    /// How many denials snapshots of a restored centre did not have and were kept, since this was asked last: a person is to hear of them.
    #[must_use]
    pub fn newly_kept(&self) -> u64 {
        self.inner().newly_kept.swap(0, Ordering::SeqCst)
    }
}

impl Inner {
    /// Media whose denial is kept, with its version; none from a file that cannot be read.
    pub(super) fn kept_denials(&self) -> BTreeMap<Vec<u8>, u64> {
        let writer = self.writer();
        let all = writer.as_ref().map(|db| {
            let mut select = db.prepare("SELECT medium, version FROM kept_denial")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
            rows.collect::<rusqlite::Result<_>>()
        });
        all.and_then(Result::ok).unwrap_or_default()
    }
}

/// Beside the tables of the format, so that a release that does not know it reads the file as ever.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS kept_denial (
    medium BLOB PRIMARY KEY, version INTEGER NOT NULL, said TEXT) STRICT, WITHOUT ROWID";

/// A denied medium, and what the centre is known to say of it.
pub(super) struct HeldDenial {
    pub(super) denied: Denied,
    /// Kept against the centre's word: the digest of its own row, none if it has none.
    kept: Option<Option<RowDigest>>,
}

impl HeldDenial {
    pub(super) fn key(&self) -> String {
        denied_key(self.denied.medium_type, &self.denied.medium_key)
    }

    /// What the centre is expected to have; none when it is known to have nothing.
    pub(super) fn digest(&self) -> Option<RowDigest> {
        self.kept.unwrap_or_else(|| Some(RowDigest::of_denied(&self.denied)))
    }
}

/// Every denied medium, in no order; one that does not match its checksum, or the medium under which it is kept, is damage.
pub(super) fn each_denied(db: &Connection, mut take: impl FnMut(&HeldDenial)) -> Result<(), CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("compare", &error);
    let sql = "SELECT denied.medium, denied.version, json, sum, kept_denial.medium IS NOT NULL, said FROM denied
               LEFT JOIN kept_denial ON kept_denial.medium = denied.medium AND kept_denial.version = denied.version
               WHERE is_denied";
    let mut select = db.prepare(sql).map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (medium, version): (Vec<u8>, i64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let (json, sum): (String, Option<i64>) = (row.get(2).map_err(failed)?, row.get(3).map_err(failed)?);
        let (is_kept, said): (bool, Option<String>) =
            (row.get(4).map_err(failed)?, row.get(5).map_err(failed)?);
        sum::check("a row of the deny list", sum, sum::of_denied(&medium, version, true, &json))?;
        let denied: Denied = parse(&json)?;
        if medium_bytes(denied.medium_type, &denied.medium_key) != medium {
            return Err(corrupt(&"a row of the deny list is kept under another medium than its own"));
        }
        // One that cannot be read counts as none: the comparison then finds it again.
        let kept = is_kept.then(|| said.and_then(|said| RowDigest::parse(&said).ok()));
        take(&HeldDenial { denied, kept });
    }
    Ok(())
}

/// Carries a denial over into the file of a snapshot, which has none that is as new; false when it has.
pub(super) fn carry(db: &Connection, denied: &Denied) -> Result<bool, CacheError> {
    let medium = medium_bytes(denied.medium_type, &denied.medium_key);
    let sql = "SELECT version, json FROM denied WHERE medium = ?1 AND is_denied";
    let told = db.query_row(sql, [&medium], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
    let told = told.optional().map_err(|error| CacheError::of("build", &error))?;
    let said = match told {
        Some((version, _)) if version.unsigned_abs() >= denied.version => return Ok(false),
        Some((_, json)) => Some(RowDigest::of_denied(&parse(&json)?)),
        None => None,
    };
    put_denied(db, &medium, denied.version, Some(denied))?;
    keep(db, &medium, said)
}

/// Keeps the denial of a medium against the centre's word; false when the medium is not denied.
pub(super) fn keep(db: &Connection, medium: &[u8], said: Option<RowDigest>) -> Result<bool, CacheError> {
    let failed = |error: rusqlite::Error| CacheError::of("repair", &error);
    let sql = "SELECT version FROM denied WHERE medium = ?1 AND is_denied";
    let version: Option<i64> = db.query_row(sql, [medium], |row| row.get(0)).optional().map_err(failed)?;
    let Some(version) = version else { return Ok(false) };
    let sql = "INSERT OR REPLACE INTO kept_denial (medium, version, said) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![medium, version, said.map(|said| said.to_string())]).map_err(failed)?;
    Ok(true)
}
