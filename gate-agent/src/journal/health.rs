//! What others may see of the journal's thread: whether it records, and how that goes.

use std::time::Duration;

use super::error::StoreError;

/// Whether the journal records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalState {
    /// Not opened yet.
    Opening,
    /// It records. A new file still answers `NoEpoch` until the centre has given it one.
    Available,
    /// It does not; it tries again by itself.
    Unavailable(StoreError),
}

/// What operators see of the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalHealth {
    /// How long the last write took.
    pub last_commit: Duration,
    /// How long the present write has been under way.
    pub under_way: Option<Duration>,
    /// "Recording slow": the last or the present write takes more than 2 s.
    pub is_slow: bool,
    /// The disk was full and recording goes on in the room kept for that, or none could be kept: when it is used up, lanes hold.
    pub is_on_reserve: bool,
    /// Writes that succeeded since the start.
    pub commits: u64,
    /// Writes and openings that failed since the start.
    pub failures: u64,
    /// Submissions refused because the queue was full.
    pub refused_full: u64,
}
