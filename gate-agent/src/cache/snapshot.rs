//! 快照: takes a whole index in, line by line, into a file beside the old one, and exchanges them when everything holds.
//! Promises: the old index answers until the new one is complete, digest and counts verified, and synced; an interrupted or bad
//! snapshot changes nothing. Between whole and taken whoever asked may judge whose word it is. Rows of a kind that this release does not know are covered by the digest and left out.
//! A snapshot older than the index is taken only of a centre that is known to be restored (`doubt`, fault C7). It takes the revision back, but
//! not the deny list: media denied here stay denied unless the snapshot has the same or a newer row for them.
//! Source: `contract` section 3, `GET snapshot`.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use protocols::{
    contract::{Hash, IndexSignature, SnapshotHead, SnapshotRow, SnapshotTail},
    tick::Tick,
};
use rusqlite::{Connection, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    db::{insert_row, put_denied, put_policy},
    error::{CacheError, SnapshotError},
    feed::is_unknown,
    handle::{Cache, Inner},
    kept, mark, origin,
    packed::{PackedRow, medium_bytes},
    schema::{INDEXES, TABLES},
    sum,
    told::Told,
};

const KINDS: [&str; 4] = ["entry", "stub", "deny", "policy"];

/// A snapshot that is being taken in. Dropped before [`Self::finish`] it leaves nothing behind but a file to overwrite.
pub struct SnapshotBuilder {
    inner: Arc<Inner>,
    db: Connection,
    path: PathBuf,
    began: Tick,
    /// What there was to doubt when it began.
    doubts: u64,
    sha: Sha256,
    lines: u64,
    head: Option<SnapshotHead>,
    tail: Option<SnapshotTail>,
    entries: u64,
    stubs: u64,
    denied: u64,
    unknown: u64,
}

/// A snapshot whose digest and counts hold. It is not the index yet; dropped it leaves nothing behind either.
pub struct WholeSnapshot {
    snapshot: SnapshotBuilder,
    head: SnapshotHead,
    sha256: Hash,
    signed: Option<IndexSignature>,
}

impl Cache {
    /// Begins a snapshot in a new file; the one before, if it was not finished, is dropped.
    ///
    /// # Errors
    /// [`SnapshotError::Store`].
    pub fn begin_snapshot(&self) -> Result<SnapshotBuilder, SnapshotError> {
        let inner = self.inner();
        let mut path = inner.path.clone().into_os_string();
        path.push(".new");
        let path = PathBuf::from(path);
        let began = inner.clock.tick();
        if path.exists() {
            std::fs::remove_file(&path).map_err(|error| stored(&error))?;
        }
        let db = Connection::open(&path).map_err(|error| failed(&error))?;
        // Nobody reads this file before it is complete and synced as a whole.
        let pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;";
        db.execute_batch(&format!("{pragmas} BEGIN; {TABLES}"))
            .and_then(|()| sum::prepare(&db))
            .and_then(|()| origin::give(&db))
            .map_err(|error| failed(&error))?;
        let (sha, head, tail) = (Sha256::new(), None, None);
        let doubts = inner.doubts();
        Ok(SnapshotBuilder {
            inner,
            db,
            path,
            began,
            doubts,
            sha,
            lines: 0,
            head,
            tail,
            entries: 0,
            stubs: 0,
            denied: 0,
            unknown: 0,
        })
    }
}

impl SnapshotBuilder {
    /// Takes one line, without its line feed.
    ///
    /// # Errors
    /// [`SnapshotError`]; the snapshot is to be given up then.
    pub fn line(&mut self, line: &str) -> Result<(), SnapshotError> {
        self.lines += 1;
        if self.tail.is_some() {
            return Err(self.bad("there are lines after the digest"));
        }
        if self.head.is_none() {
            self.head = Some(serde_json::from_str(line).map_err(|error| self.bad(&error.to_string()))?);
        } else if let Some(row) = self.parse(line)? {
            self.row(&row)?;
        }
        if self.tail.is_none() {
            self.sha.update(line.as_bytes());
            self.sha.update(b"\n");
        }
        Ok(())
    }

    /// The revision that the first line names.
    #[must_use]
    pub fn revision(&self) -> Option<u64> {
        self.head.as_ref().map(|head| head.revision)
    }

    /// Verifies the whole and puts it in the place of the old index; gives its revision. Blocks on the disk.
    ///
    /// # Errors
    /// [`SnapshotError`]; the old index stays.
    pub fn finish(self) -> Result<u64, SnapshotError> {
        self.whole()?.take()
    }

    /// Verifies that nothing of it is missing or damaged.
    ///
    /// # Errors
    /// [`SnapshotError::Incomplete`], [`SnapshotError::Digest`], [`SnapshotError::Count`].
    pub fn whole(mut self) -> Result<WholeSnapshot, SnapshotError> {
        let incomplete = SnapshotError::Incomplete { lines: self.lines };
        let (Some(head), Some(tail)) = (self.head.take(), self.tail.take()) else { return Err(incomplete) };
        let sha256 = Hash(self.sha.clone().finalize().into());
        if sha256 != tail.sha256 {
            return Err(SnapshotError::Digest);
        }
        for (kind, announced, found) in [
            ("entries", head.entries, self.entries),
            ("stubs", head.stubs, self.stubs),
            ("denied", head.denied, self.denied),
        ] {
            if announced != found {
                return Err(SnapshotError::Count { kind, announced, found });
            }
        }
        Ok(WholeSnapshot { snapshot: self, head, sha256, signed: tail.signed })
    }

    /// A row; none for the last line and for rows of a kind that a newer centre sends.
    fn parse(&mut self, line: &str) -> Result<Option<SnapshotRow>, SnapshotError> {
        let error = match serde_json::from_str(line) {
            Ok(row) => return Ok(Some(row)),
            Err(error) => error,
        };
        let value: Value = serde_json::from_str(line).map_err(|error| self.bad(&error.to_string()))?;
        match value.get("t") {
            Some(_) if is_unknown(&value, "t", &KINDS) => {
                self.unknown += 1;
                Ok(None)
            }
            Some(_) => Err(self.bad(&error.to_string())),
            None => {
                let tail: SnapshotTail =
                    serde_json::from_value(value).map_err(|error| self.bad(&error.to_string()))?;
                self.tail = Some(tail);
                Ok(None)
            }
        }
    }

    fn row(&mut self, row: &SnapshotRow) -> Result<(), SnapshotError> {
        match row {
            SnapshotRow::Entry(entry) => {
                self.entries += 1;
                let row = PackedRow::of_entry(entry).map_err(|error| self.bad(&error.to_string()))?;
                insert_row(&self.db, &row).map_err(|error| failed(&error))
            }
            SnapshotRow::Stub(stub) => {
                self.stubs += 1;
                let row = PackedRow::of_stub(stub).map_err(|error| self.bad(&error.to_string()))?;
                insert_row(&self.db, &row).map_err(|error| failed(&error))
            }
            SnapshotRow::Deny(denied) => {
                self.denied += 1;
                let medium = medium_bytes(denied.medium_type, &denied.medium_key);
                put_denied(&self.db, &medium, denied.version, Some(denied))
                    .map(drop)
                    .map_err(SnapshotError::Store)
            }
            SnapshotRow::Policy(policy) => put_policy(&self.db, policy).map_err(SnapshotError::Store),
        }
    }

    /// A centre that was restored may have forgotten what it denied; what was kept against its word once stays. Gives how many are kept since now.
    fn keep_denials(&self, revision: u64) -> Result<u64, SnapshotError> {
        let (have, is_doubted, denied) = self.inner.denied();
        if let Some(have) = have.filter(|have| !is_doubted && revision < *have) {
            return Err(SnapshotError::Older { have, found: revision });
        }
        let (kept, mut newly) = (self.inner.kept_denials(), 0);
        for denied in denied {
            let medium = medium_bytes(denied.medium_type, &denied.medium_key);
            let was_kept = kept.get(&medium) == Some(&denied.version);
            if !was_kept && !is_doubted {
                continue;
            }
            let carried = kept::carry(&self.db, &denied).map_err(SnapshotError::Store)?;
            newly += u64::from(carried && !was_kept);
        }
        Ok(newly)
    }

    /// Indexes (which also refuse a trip that came twice), revision and age; then the transaction ends.
    fn complete(&self, head: &SnapshotHead) -> Result<(), SnapshotError> {
        let clock = &self.inner.clock;
        let age_s = i64::try_from(clock.tick().since(self.began).as_secs()).unwrap_or(i64::MAX);
        let revision = i64::try_from(head.revision).unwrap_or(i64::MAX);
        let sql = "UPDATE state SET yard_id = ?1, revision = ?2, age_s = ?3, age_kept_at = ?4, rows = ?5";
        let rows = i64::try_from(self.entries + self.stubs).unwrap_or(i64::MAX);
        let values = params![head.yard_id.as_str(), revision, age_s, clock.wall().as_millis(), rows];
        self.db
            .execute_batch(INDEXES)
            .and_then(|()| self.db.execute(sql, values))
            .map_err(|error| failed(&error))?;
        mark::write(&self.db, head.revision, head.mark).map_err(SnapshotError::Store)?;
        sum::seal(&self.db).and_then(|()| self.db.execute_batch("COMMIT")).map_err(|error| failed(&error))
    }

    fn bad(&self, what: &str) -> SnapshotError {
        SnapshotError::Line { line: self.lines, what: what.into() }
    }
}

impl WholeSnapshot {
    /// What it says, and what the centre has signed of it.
    #[must_use]
    pub fn told(&self) -> Told {
        Told {
            yard_id: Some(self.head.yard_id),
            from: None,
            revision: self.head.revision,
            mark: self.head.mark,
            sha256: Some(self.sha256),
            signed: self.signed.clone(),
        }
    }

    /// Puts it in the place of the old index; gives its revision. Blocks on the disk.
    ///
    /// # Errors
    /// [`SnapshotError::Older`], [`SnapshotError::Store`]; the old index stays.
    pub fn take(self) -> Result<u64, SnapshotError> {
        let revision = self.head.revision;
        let newly_kept = self.snapshot.keep_denials(revision)?;
        self.snapshot.complete(&self.head)?;
        let SnapshotBuilder { inner, db, path, unknown, doubts, .. } = self.snapshot;
        db.close().map_err(|(_, error)| failed(&error))?;
        std::fs::File::open(&path).and_then(|file| file.sync_all()).map_err(|error| stored(&error))?;
        inner.replace_file(&path).map_err(SnapshotError::Store)?;
        inner.newly_kept.fetch_add(newly_kept, Ordering::SeqCst);
        if inner.doubts() != doubts {
            // It came from the centre as it was before.
            inner.doubt().map_err(SnapshotError::Store)?;
        }
        inner.note_unknown(unknown);
        Ok(revision)
    }
}

fn failed(error: &rusqlite::Error) -> SnapshotError {
    SnapshotError::Store(CacheError::of("build", error))
}

fn stored(error: &std::io::Error) -> SnapshotError {
    SnapshotError::Store(CacheError::Failed { doing: "build", cause: error.to_string().into() })
}
