//! 索引经历: through which revisions this gate's index has come, by their marks, so that what a neighbour says of a revision can be told to be of the same past:
//! after a restore the centre gives the same numbers again.
//! Source: docs/decisions 0068, 0098.

use std::collections::BTreeMap;

use protocols::contract::{Hash, IndexMark};

/// Revisions that are remembered; neighbours that are on the line are at the same one within seconds.
const MOST: usize = 4096;

/// 索引经历.
#[derive(Clone, Debug, Default)]
pub struct Past(BTreeMap<u64, Hash>);

impl Past {
    /// The index is here now.
    pub fn came_to(&mut self, index: Option<IndexMark>) {
        let Some(IndexMark { revision, mark }) = index else { return };
        self.0.insert(revision, mark);
        while self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    /// Whether it has come through what a neighbour's index is at.
    #[must_use]
    pub fn has(&self, index: Option<IndexMark>) -> bool {
        index.is_some_and(|index| self.0.get(&index.revision) == Some(&index.mark))
    }

    /// It is exchanged for one of another past.
    pub fn start_over(&mut self) {
        self.0.clear();
    }
}
