//! 修复: single rows of the index are put right by the centre's word at the very revision that the index has.
//! Promises: at another revision, of another past, or in an index that is in doubt, nothing is changed; a part is put right in one transaction, in
//! the file and then in memory, or not at all; an answer about other rows than were asked for changes nothing. A denial is never lifted and never
//! replaced by an older one (`kept`); a medium that counts as lifted is denied again when the centre denies it.
//! Source: design section 4 ("Anti-entropy"); fault A6; invariant I4; docs/decisions 0088.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocols::{
    contract::{
        ChangeOp, DIGEST_FORM, Denied, DigestsAnswer, DigestsRequest, Hash, IndexPart, KeyedDigest, LookAt,
        MOST_PART_ROWS, RowDigest, RowKind, SnapshotRow, policy_key,
    },
    ids::TripNo,
};
use rusqlite::{Connection, params};

use super::{
    db::{self, Effects, apply_one, corrupt, put_denied},
    digest::{digest_of, each_policy},
    error::CacheError,
    handle::Cache,
    kept,
    packed::{PackedRow, medium_bytes, trip_bytes},
};

/// Behind every trip.
const LAST: [u8; 17] = [0xff; 17];

/// A part of the index as it is held at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPart {
    /// The revision.
    pub revision: u64,
    /// Its mark, if it has one.
    pub mark: Option<Hash>,
    /// Its rows.
    pub part: IndexPart,
    /// The media of denied rows, by key.
    pub(super) media: BTreeMap<Box<str>, Vec<u8>>,
}

/// What a repair did, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Put there, or put in another's place.
    pub replaced: u64,
    /// Taken away.
    pub removed: u64,
    /// Denials that stay against the centre's word.
    pub kept: u64,
    /// Differ, and were left as they are for a signed snapshot.
    pub left: u64,
}

/// Whose word a repair takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mending {
    /// The answer's, row by row.
    Rows,
    /// None that is not signed, and an answer is not: only denials are kept by it.
    Signed,
}

impl HeldPart {
    /// The question to the centre.
    #[must_use]
    pub fn request(&self) -> DigestsRequest {
        let (revision, mark, part) = (self.revision, self.mark, self.part.clone());
        DigestsRequest { form: DIGEST_FORM, revision, mark, sums: None, part: Some(part) }
    }

    /// Whether an answer speaks of rows in this part only, and takes away only what was told.
    fn is_answered_by(&self, answer: &DigestsAnswer) -> bool {
        let told: BTreeSet<&str> = self.part.rows.iter().map(|row| &*row.key).collect();
        answer.rows.iter().all(|row| self.part.key_of(row).is_some())
            && answer.gone.iter().all(|key| told.contains(&**key))
    }
}

impl Repaired {
    /// Adds what another one did.
    pub fn join(&mut self, other: Self) {
        self.replaced += other.replaced;
        self.removed += other.removed;
        self.kept += other.kept;
        self.left += other.left;
    }

    /// True when nothing differed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Cache {
    /// The first rows of what is to be looked at, as many as one question takes; none while there is no index to speak of. Blocks on the disk.
    ///
    /// # Errors
    /// [`CacheError::Corrupt`] when a row is damaged, [`CacheError::Failed`] when the file cannot be read.
    pub fn part(&self, what: &LookAt) -> Result<Option<HeldPart>, CacheError> {
        let inner = self.inner();
        let writer = inner.writer();
        let (revision, mark) = {
            let memory = inner.read();
            (memory.revision.filter(|_| memory.damage.is_none() && !memory.is_doubted), memory.mark)
        };
        let (Some(db), Some(revision)) = (writer.as_ref(), revision) else { return Ok(None) };
        let mut media = BTreeMap::new();
        let mut rows = match what.kind {
            RowKind::Trip => trips(db, what)?,
            RowKind::Deny => denied(db, &mut media)?,
            RowKind::Policy => policies(db)?,
        };
        let mut part =
            IndexPart { kind: what.kind, after: what.after.clone(), to: what.to.clone(), rows: Vec::new() };
        rows.retain(|row| part.holds(&row.key));
        if rows.len() > MOST_PART_ROWS {
            rows.truncate(MOST_PART_ROWS);
            part.to = rows.last().map(|row| row.key.clone());
        }
        // The centre has nothing of these, as far as is known.
        part.rows = rows
            .into_iter()
            .filter_map(|row| Some(KeyedDigest { key: row.key, digest: row.digest? }))
            .collect();
        Ok(Some(HeldPart { revision, mark, part, media }))
    }

    /// Puts a part right; none when the index has moved on meanwhile. Blocks on the disk.
    ///
    /// # Errors
    /// [`CacheError::Failed`] when it cannot be written, or the answer is not one to this part; nothing is changed then.
    pub fn repair(
        &self,
        held: &HeldPart,
        answer: &DigestsAnswer,
        mending: Mending,
    ) -> Result<Option<Repaired>, CacheError> {
        let inner = self.inner();
        let mut writer = inner.writer();
        let has_moved = {
            let memory = inner.read();
            memory.damage.is_some()
                || memory.is_doubted
                || (memory.revision, memory.mark) != (Some(held.revision), held.mark)
        };
        let Some(db) =
            writer.as_mut().filter(|_| !has_moved && !answer.stale && answer.revision == held.revision)
        else {
            return Ok(None);
        };
        if !held.is_answered_by(answer) {
            let cause = "the centre's answer is about other rows than it was asked for".into();
            return Err(CacheError::Failed { doing: "repair", cause });
        }
        let mut done = Repaired::default();
        let effects = db::write(db, held.revision, held.mark, |tx, effects| {
            for row in &answer.rows {
                match (mending, row) {
                    (Mending::Rows, row) => put(tx, row, effects, &mut done)?,
                    (Mending::Signed, SnapshotRow::Deny(denied)) if is_newer_here(tx, denied)? => {
                        deny(tx, denied.clone(), effects, &mut done)?;
                    }
                    (Mending::Signed, _) => done.left += 1,
                }
            }
            for key in &answer.gone {
                match (mending, held.part.kind) {
                    (Mending::Rows, _) | (Mending::Signed, RowKind::Deny) => {
                        take_away(tx, held, key, effects, &mut done)?;
                    }
                    (Mending::Signed, RowKind::Trip | RowKind::Policy) => done.left += 1,
                }
            }
            Ok(())
        })?;
        let policy = match held.part.kind {
            RowKind::Policy => Some(db::read_policy(db)?),
            RowKind::Trip | RowKind::Deny => None,
        };
        let mut memory = inner.write();
        memory.apply(effects, held.revision, held.mark);
        if let Some(policy) = policy {
            memory.policy = Arc::new(policy);
        }
        Ok(Some(done))
    }
}

/// A row by its key; without a digest, the centre is known to have none.
struct Held {
    key: Box<str>,
    digest: Option<RowDigest>,
}

fn trips(db: &Connection, what: &LookAt) -> Result<Vec<Held>, CacheError> {
    let bytes = |trip: &str| {
        let trip = TripNo::parse(trip).map_err(|error| unusable(&error))?;
        trip_bytes(&trip).map(Vec::from).map_err(|damaged| corrupt(&damaged))
    };
    let after = what.after.as_deref().map(bytes).transpose()?.unwrap_or_default();
    let to = what.to.as_deref().map(bytes).transpose()?.unwrap_or(LAST.to_vec());
    let failed = |error: rusqlite::Error| CacheError::of("compare", &error);
    let sql = "SELECT packed FROM row WHERE trip > ?1 AND trip <= ?2 ORDER BY trip LIMIT ?3";
    let mut select = db.prepare_cached(sql).map_err(failed)?;
    let most = i64::try_from(MOST_PART_ROWS + 1).unwrap_or(i64::MAX);
    let rows = select.query_map(params![after, to, most], |row| row.get(0)).map_err(failed)?;
    rows.map(|bytes| {
        let packed = PackedRow::read(bytes.map_err(failed)?).map_err(|damaged| corrupt(&damaged))?;
        let (trip_no, digest) = digest_of(&packed)?;
        Ok(Held { key: trip_no.as_str().into(), digest: Some(digest) })
    })
    .collect()
}

fn denied(db: &Connection, media: &mut BTreeMap<Box<str>, Vec<u8>>) -> Result<Vec<Held>, CacheError> {
    let mut rows = Vec::new();
    kept::each_denied(db, |row| {
        let key: Box<str> = row.key().into();
        media.insert(key.clone(), medium_bytes(row.denied.medium_type, &row.denied.medium_key));
        rows.push(Held { key, digest: row.digest() });
    })?;
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(rows)
}

fn policies(db: &Connection) -> Result<Vec<Held>, CacheError> {
    let mut rows = Vec::new();
    each_policy(db, |row| {
        rows.push(Held { key: policy_key(row).into(), digest: Some(RowDigest::of_policy(row)) });
    })?;
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(rows)
}

fn put(
    tx: &rusqlite::Transaction<'_>,
    row: &SnapshotRow,
    effects: &mut Effects,
    done: &mut Repaired,
) -> Result<(), CacheError> {
    let op = match row.clone() {
        SnapshotRow::Entry(entry) => ChangeOp::Upsert(entry),
        SnapshotRow::Stub(stub) => ChangeOp::Stub(stub),
        SnapshotRow::Policy(policy) => ChangeOp::Policy(policy),
        SnapshotRow::Deny(denied) => return deny(tx, denied, effects, done),
    };
    done.replaced += 1;
    apply_one(tx, &op, effects)
}

/// Whether the medium is denied here by a newer version than this.
fn is_newer_here(tx: &Connection, denied: &Denied) -> Result<bool, CacheError> {
    let medium = medium_bytes(denied.medium_type, &denied.medium_key);
    let version = i64::try_from(denied.version).unwrap_or(i64::MAX);
    let sql = "SELECT EXISTS (SELECT 1 FROM denied WHERE medium = ?1 AND is_denied AND version > ?2)";
    tx.query_row(sql, params![medium, version], |row| row.get(0))
        .map_err(|error| CacheError::of("repair", &error))
}

fn deny(
    tx: &Connection,
    denied: Denied,
    effects: &mut Effects,
    done: &mut Repaired,
) -> Result<(), CacheError> {
    let medium = medium_bytes(denied.medium_type, &denied.medium_key);
    // What counts as lifted here is not, by the centre's word at this revision: a denial never waits for a newer version.
    tx.execute("DELETE FROM denied WHERE medium = ?1 AND NOT is_denied", [&medium])
        .map_err(|error| CacheError::of("repair", &error))?;
    if put_denied(tx, &medium, denied.version, Some(&denied))? {
        done.replaced += 1;
        effects.denied.push((medium, Some(denied)));
    } else if kept::keep(tx, &medium, Some(RowDigest::of_denied(&denied)))? {
        done.kept += 1;
    }
    Ok(())
}

fn take_away(
    tx: &rusqlite::Transaction<'_>,
    held: &HeldPart,
    key: &str,
    effects: &mut Effects,
    done: &mut Repaired,
) -> Result<(), CacheError> {
    match held.part.kind {
        RowKind::Trip => {
            let trip_no = TripNo::parse(key).map_err(|error| unusable(&error))?;
            done.removed += 1;
            apply_one(tx, &ChangeOp::Remove { trip_no }, effects)
        }
        RowKind::Deny => {
            if let Some(medium) = held.media.get(key)
                && kept::keep(tx, medium, None)?
            {
                done.kept += 1;
            }
            Ok(())
        }
        RowKind::Policy => {
            done.removed += 1;
            tx.execute("DELETE FROM policy WHERE scope = ?1", [key])
                .map(drop)
                .map_err(|error| CacheError::of("repair", &error))
        }
    }
}

/// What the centre has said cannot be.
fn unusable(error: &dyn ToString) -> CacheError {
    CacheError::Failed { doing: "repair", cause: error.to_string().into() }
}
