//! The proof that records are on the disk, which only the journal and its emergency log make.

use super::draft::Draft;

/// 已落盘证明: these records are durable. Only the journal makes one, it cannot be copied, and no barrier moves without it.
#[derive(Debug, PartialEq, Eq)]
pub struct Committed {
    epoch: u32,
    first_seq: u64,
    last_seq: u64,
}

impl Committed {
    pub(super) const fn new(epoch: u32, first_seq: u64, last_seq: u64) -> Self {
        Self { epoch, first_seq, last_seq }
    }

    /// Lines of the emergency log: no epoch is theirs until they are carried over.
    pub(super) const fn in_emergency(first_seq: u64, last_seq: u64) -> Self {
        Self::new(0, first_seq, last_seq)
    }

    /// Of records that a failed write had left on the disk, if there are any.
    pub(super) fn standing(epoch: u32, standing: &[(u64, Draft)]) -> Option<Self> {
        let numbers = || standing.iter().map(|(seq, _)| *seq);
        Some(Self::new(epoch, numbers().min()?, numbers().max()?))
    }

    /// The epoch of the records; 0 for lines of the emergency log.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The number of the first record that this write made.
    #[must_use]
    pub const fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The number of the last one.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }
}
