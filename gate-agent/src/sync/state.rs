//! How the line is, for health, metrics, panel and command line.

use std::sync::Arc;

use protocols::{contract::UtcMillis, tick::Tick};

use super::signed::IndexRefused;
use crate::{cache::Repaired, identity::ReceiptError};

/// 同步状态.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncState {
    /// Whether the centre answers.
    pub line: Line,
    /// The last thing that went wrong; stays after it went right again.
    pub last_error: Option<Arc<str>>,
    /// Why pushing events has stopped, if it has.
    pub alarm: Option<Alarm>,
    /// Why what came last of the index was not taken, until something is.
    pub index_refused: Option<IndexRefused>,
    /// Gate's clock minus centre's, as last measured, in milliseconds (SG-254).
    pub clock_offset_ms: Option<i64>,
    /// Events that the centre has.
    pub acked_seq: u64,
    /// Events that it does not have yet.
    pub backlog: u64,
    /// The index's revision.
    pub revision: Option<u64>,
    /// When the index was last compared with the centre's to its end; none since the start.
    pub compared_at: Option<UtcMillis>,
    /// What was put right by comparisons since the start.
    pub repaired: Repaired,
}

/// Whether the centre answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It does, since this tick.
    Online(Tick),
    /// It does not, since this tick.
    Offline(Tick),
}

/// Gate and centre disagree about the past, or this gate cannot look into its own; a person has to look. Nothing is pushed, nothing in the journal is
/// touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// The centre has other events under our numbers: a cloned gate, or an exchanged journal (fault C10).
    #[error("the centre has another event {seq} of this gate")]
    Fork {
        /// The newest event that both should share.
        seq: u64,
    },
    /// The centre has events that this journal never had: an old copy of the journal (fault A6).
    #[error("the centre has events up to {centre}, the journal ends at {head}")]
    Ahead {
        /// The centre's newest.
        centre: u64,
        /// Ours.
        head: u64,
    },
    /// The centre has signed for events that this journal does not have any more: its end was cut, or it is an old copy (faults A6, E4).
    #[error("the centre has signed for events up to {receipt}, the journal ends at {head}")]
    Cut {
        /// The newest event that was signed for.
        receipt: u64,
        /// Ours.
        head: u64,
    },
    /// The centre has signed for another event than the journal has there: it was written anew (fault E4).
    #[error("event {seq} of this journal is not the one that the centre has signed for")]
    Rewritten {
        /// The newest event that was signed for.
        seq: u64,
    },
    /// What the centre says to have is not in its own hand, or for something else.
    #[error("the centre's receipt is not taken: {0}")]
    Receipt(ReceiptError),
    /// The centre lost events that were acknowledged and have been trimmed here.
    #[error("the centre wants event {wanted}, the journal begins after {anchor}")]
    Trimmed {
        /// The event it wants.
        wanted: u64,
        /// The last one that was trimmed.
        anchor: u64,
    },
    /// The centre names another epoch than the records carry.
    #[error("the centre names epoch {offered}, the journal has {have}")]
    Epoch {
        /// Ours.
        have: u32,
        /// The centre's.
        offered: u32,
    },
    /// The journal gives nothing: what is to be sent and what both sides had cannot be read (faults A5, A10). The index is followed all the same.
    #[error("the journal cannot be read or written now")]
    Journal,
}

impl SyncState {
    /// Before the first attempt.
    pub(super) const fn new(now: Tick) -> Self {
        Self {
            line: Line::Offline(now),
            last_error: None,
            alarm: None,
            index_refused: None,
            clock_offset_ms: None,
            acked_seq: 0,
            backlog: 0,
            revision: None,
            compared_at: None,
            repaired: Repaired { replaced: 0, removed: 0, kept: 0, left: 0 },
        }
    }

    /// Whether the centre answers.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        matches!(self.line, Line::Online(_))
    }
}
