//! 索引比对 `POST digests`: whether a gate's copy of its yard's index is what the centre has, and what is to be put right.
//! First sums of ranges of rows, then single rows of those ranges that differ; rows are sent for what differs, and nothing else.
//! Promises: both sides make the same digest of the same row, whatever else each keeps of it (`form`); sums do not depend on the order in
//! which rows are read; ranges grow and shrink with the index, and both sides find their ends by themselves (`sums`).
//! Absent on purpose: what a gate has laid over its index by its own acts; keys: a digest shows accidents, not a hostile owner of a disk.
//! Source: design section 4 ("Anti-entropy"); `contract` section 3; docs/decisions 0088.

mod form;
mod part;
mod sums;

use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

use super::{change::SnapshotRow, event::Hash};

pub use form::{DIGEST_FORM, NotADigest, RowDigest};
pub use part::{IndexPart, KeyedDigest, MOST_PART_ROWS, Unlike, denied_key, policy_key};
pub use sums::{IndexRanges, IndexSums, RangeSum, RowSum, Touched, ends_range};

/// Which rows are spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Entries and stubs; by trip number.
    Trip,
    /// Denied media; by type and key.
    Deny,
    /// Rows of policy; by scope.
    Policy,
}

/// `POST digests`: either the sums of the whole index, or the rows of a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestsRequest {
    /// How digests are made: [`DIGEST_FORM`].
    pub form: u32,
    /// The index's revision.
    pub revision: u64,
    /// Its mark, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Hash>,
    /// The whole index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<IndexSums>,
    /// A part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<IndexPart>,
}

/// What the centre says to that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestsAnswer {
    /// The revision that it has compared with.
    pub revision: u64,
    /// True when that is another one than the gate's, so that nothing is said: ask again with the newer.
    #[serde(default)]
    pub stale: bool,
    /// To sums: what has to be looked at row by row, because it differs or has changed between the two revisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_at: Vec<LookAt>,
    /// To a part: the centre's rows that the gate has not, or has otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<SnapshotRow>,
    /// To a part: keys of the gate's rows that the centre does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Box<str>>,
    /// To a part: compared up to this key; none when to the part's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
}

/// Rows of a kind whose keys lie behind `after`, up to and with `to`; without them from the first, to the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookAt {
    /// Of which kind.
    pub kind: RowKind,
    /// Behind this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Box<str>>,
    /// Up to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
}
