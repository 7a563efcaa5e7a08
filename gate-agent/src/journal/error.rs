//! What can go wrong with the journal, told apart by what the caller does about it.

use std::sync::Arc;

use crate::folder::FolderError;

/// The store under the journal failed or refuses its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk, the file system or SQLite; trying again may help.
    #[error("cannot {doing} the journal: {cause}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What the library said.
        cause: Arc<str>,
    },
    /// The system says that the data folder cannot be written to, or another agent has it; trying again may help (faults A5, A10).
    #[error("cannot {doing} the journal: {folder}")]
    Folder {
        /// What was being done.
        doing: &'static str,
        /// What stands in the way.
        folder: FolderError,
    },
    /// A later release wrote the file; this one would damage it (fault A7).
    #[error(
        "the journal has format {found}, this release knows formats up to {known}: install the newer release again"
    )]
    Newer {
        /// Format of the file.
        found: i64,
        /// Newest format of this release.
        known: i64,
    },
    /// The file belongs to another gate.
    #[error("the journal belongs to gate {found}, this gate is {configured}")]
    OtherGate {
        /// The gate named in the file.
        found: Arc<str>,
        /// The gate of the configuration.
        configured: Arc<str>,
    },
    /// The chain does not hold. The file is evidence: a person moves it aside, the program never does.
    #[error("journal record {seq} does not hold: {what}")]
    Broken {
        /// The first record that does not hold.
        seq: u64,
        /// What was found.
        what: Arc<str>,
    },
}

/// Why nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The centre has not yet given this new journal an epoch; nothing is recorded, nothing opens.
    #[error("the journal is new and waits for its epoch from the centre")]
    NoEpoch,
    /// No draft was handed in, so there is nothing to prove.
    #[error("nothing was handed in to record")]
    Nothing,
    /// The queue is full; the disk is slower than the lanes.
    #[error("the journal's queue is full")]
    Full,
    /// The store failed; the journal opens it again by itself.
    #[error("the journal cannot be written")]
    Unavailable(#[source] StoreError),
    /// The event has no canonical form.
    #[error("the event cannot be sealed: {0}")]
    Unsealable(Arc<str>),
    /// The centre names another epoch than the one that the records carry.
    #[error("the journal has epoch {have}, the centre names {offered}")]
    EpochConflict {
        /// The epoch of the records.
        have: u32,
        /// The epoch that was offered.
        offered: u32,
    },
    /// The mark lies beyond what was recorded.
    #[error("cannot acknowledge {seq}: the newest record is {head}")]
    BeyondHead {
        /// What was acknowledged.
        seq: u64,
        /// The newest record.
        head: u64,
    },
    /// The journal's thread has ended.
    #[error("the journal has stopped")]
    Stopped,
}
