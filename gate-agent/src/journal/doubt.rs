//! 存疑: what a write that failed may have left on the disk.
//! Promises: pure; a draft that is offered again after such a write is recorded once. What stands there is its record already, and is answered as such.
//! Drafts are told apart by all that they say, the monotonic time included: two that are the same are as many as there are.

use std::collections::VecDeque;

use super::draft::Draft;

/// A raise is not offered again, so its drafts are never asked for; the oldest of them are forgotten.
const MOST: usize = 4096;

/// 存疑记录.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Of the write that failed, in the order of their numbers.
    offered: Vec<Draft>,
    /// What was found on the disk, by its number, and has not been offered again.
    standing: VecDeque<(u64, Draft)>,
}

impl Doubt {
    /// A write has failed; nobody knows what of it is on the disk.
    pub(super) fn failed(&mut self, offered: Vec<Draft>) {
        self.offered = offered;
    }

    /// The disk was read: records up to `last` stand there, and `answered` was the last one that anybody knew of.
    pub(super) fn resolved(&mut self, answered: u64, last: u64) {
        let numbers = answered.saturating_add(1)..=last;
        self.standing.extend(numbers.zip(std::mem::take(&mut self.offered)));
        let surplus = self.standing.len().saturating_sub(MOST);
        self.standing.drain(..surplus);
    }

    /// Takes those out of the group that stand on the disk, with their numbers.
    pub(super) fn part(&mut self, group: &mut Vec<Draft>) -> Vec<(u64, Draft)> {
        if self.standing.is_empty() {
            return Vec::new();
        }
        let mut standing = Vec::new();
        group.retain(|draft| {
            let place = self.standing.iter().position(|(_, known)| known == draft);
            standing.extend(place.and_then(|place| self.standing.remove(place)));
            place.is_none()
        });
        standing
    }

    /// The group was not recorded and will be offered once more, with those that stand.
    pub(super) fn give_back(&mut self, standing: Vec<(u64, Draft)>) {
        self.standing.extend(standing);
    }
}
