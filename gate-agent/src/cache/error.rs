//! What can go wrong with the cache, told apart by what the caller does about it.

use std::sync::Arc;

use rusqlite::ErrorCode;

/// Why the cache did not answer or did not take a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// The file or a row is damaged: the lane holds with `index_corrupt`, a new snapshot heals it.
    #[error("the index is damaged: {0}")]
    Corrupt(Arc<str>),
    /// The disk or SQLite failed; trying again may help.
    #[error("cannot {doing} the index: {cause}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What the library said.
        cause: Arc<str>,
    },
    /// There is no snapshot yet that a change could follow.
    #[error("changes cannot be applied before the first snapshot")]
    NoSnapshot,
    /// A revision is missing: take a snapshot.
    #[error("changes from revision {found} do not follow revision {have}")]
    Gap {
        /// The index's revision.
        have: u64,
        /// What was offered.
        found: u64,
    },
}

impl CacheError {
    pub(super) fn of(doing: &'static str, error: &rusqlite::Error) -> Self {
        let cause = Arc::from(error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(cause),
            _ => Self::Failed { doing, cause },
        }
    }
}

/// Why a snapshot was not taken; the index stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// A line is not what belongs there.
    #[error("line {line} of the snapshot cannot be read: {what}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What was wrong with it.
        what: Arc<str>,
    },
    /// The stream ended before its last line.
    #[error("the snapshot ended after {lines} lines, without its digest")]
    Incomplete {
        /// How many lines came.
        lines: u64,
    },
    /// The lines do not give the digest of the last one.
    #[error("the snapshot's digest does not hold")]
    Digest,
    /// Not as many rows as the first line says.
    #[error("the snapshot announces {announced} {kind} and has {found}")]
    Count {
        /// Rows of which kind.
        kind: &'static str,
        /// How many the first line says.
        announced: u64,
        /// How many came.
        found: u64,
    },
    /// It is older than the index, and nobody has said that the centre was restored: a hello must tell first, which lays this gate's own acts
    /// over the index again.
    #[error("the snapshot is of revision {found}, the index of {have}")]
    Older {
        /// The index's revision.
        have: u64,
        /// The snapshot's.
        found: u64,
    },
    /// The new file could not be written or put in place.
    #[error("cannot store the snapshot")]
    Store(#[source] CacheError),
}
