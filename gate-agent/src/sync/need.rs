//! 快照需求: whether a snapshot must be taken before anything that the index shows may be relied upon.
//! Promises: a snapshot that was begun before the last wish does not still it; it may come from the centre as it was before.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts wishes.
#[derive(Debug, Default)]
pub(super) struct SnapshotNeed {
    wished: AtomicU64,
    stilled: AtomicU64,
}

impl SnapshotNeed {
    pub(super) fn wish(&self) {
        self.wished.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn is_there(&self) -> bool {
        self.wished.load(Ordering::SeqCst) != self.stilled.load(Ordering::SeqCst)
    }

    /// All wishes up to now, for a snapshot that begins.
    pub(super) fn wishes(&self) -> u64 {
        self.wished.load(Ordering::SeqCst)
    }

    /// A snapshot that began at so many wishes is taken.
    pub(super) fn still(&self, wishes: u64) {
        self.stilled.fetch_max(wishes, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotNeed;

    #[test]
    fn a_wish_during_a_snapshot_is_not_stilled_by_it() {
        let need = SnapshotNeed::default();
        need.wish();
        let begun = need.wishes();
        need.wish();
        need.still(begun);
        assert!(need.is_there());
        need.still(need.wishes());
        assert!(!need.is_there());
    }
}
