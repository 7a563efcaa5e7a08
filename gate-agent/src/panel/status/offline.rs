//! 离线余量: how long the gate could go on without the centre, and what ends it first: the index grows too old, or the disk fills.
//! Source: SG-209; fault list, section 6, point 16.

use serde::{Deserialize, Serialize};

use super::super::{state::State, usage::Usage};

/// How long the gate could work without the centre, from now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offline {
    /// Seconds; the smaller of the two.
    pub left_s: u64,
    /// Which of the two it is.
    pub limit: OfflineLimit,
    /// Until the index is older than the yard allows; 0 without an index.
    pub index_left_s: u64,
    /// Until the journal has filled the disk; none before it was measured.
    pub disk_left_s: Option<u64>,
    /// Free on the disk of the journal.
    pub free_bytes: Option<u64>,
    /// What the journal takes a day.
    pub bytes_per_day: Option<u64>,
    /// The journal is younger than a day: the rate is that of a busy gate, not this one's.
    pub is_assumed: bool,
}

/// What ends it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineLimit {
    /// There is no index: nobody passes by himself even now.
    NoIndex,
    /// The index grows older than the yard allows.
    IndexAge,
    /// The disk fills.
    Disk,
}

const DAY_S: u64 = 24 * 3600;

pub(super) fn offline(state: &State) -> Offline {
    let yard_age_s = state.cache.policy().yard.as_ref().map(|yard| u64::from(yard.max_index_age_h) * 3600);
    let age_s = state.cache.stamp().map(|stamp| stamp.age_s);
    let index = yard_age_s.zip(age_s).map(|(most, age)| most.saturating_sub(age));
    left(index, state.usage.newest())
}

fn left(index: Option<u64>, usage: Option<Usage>) -> Offline {
    let disk_left_s = usage.map(|usage| seconds(usage.free_bytes, usage.bytes_per_day));
    let index_left_s = index.unwrap_or(0);
    let (left_s, limit) = match (index, disk_left_s) {
        (None, _) => (0, OfflineLimit::NoIndex),
        (Some(index), Some(disk)) if disk < index => (disk, OfflineLimit::Disk),
        (Some(index), _) => (index, OfflineLimit::IndexAge),
    };
    Offline {
        left_s,
        limit,
        index_left_s,
        disk_left_s,
        free_bytes: usage.map(|usage| usage.free_bytes),
        bytes_per_day: usage.map(|usage| usage.bytes_per_day),
        is_assumed: usage.is_some_and(|usage| usage.is_assumed),
    }
}

fn seconds(free_bytes: u64, bytes_per_day: u64) -> u64 {
    let left = u128::from(free_bytes) * u128::from(DAY_S) / u128::from(bytes_per_day.max(1));
    u64::try_from(left).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(free_bytes: u64, bytes_per_day: u64) -> Option<Usage> {
        Some(Usage { free_bytes, bytes_per_day, is_assumed: false })
    }

    /// SG-209; section 6, point 16 of the fault list: a number, and what limits it.
    #[test]
    fn the_first_thing_to_run_out_is_named() {
        let days = |index: Option<u64>, usage| {
            let told = left(index.map(|days| days * DAY_S), usage);
            (told.left_s / DAY_S, told.limit)
        };
        assert_eq!(days(Some(31), usage(41_000, 1_000)), (31, OfflineLimit::IndexAge));
        assert_eq!(days(Some(31), usage(12_999, 1_000)), (12, OfflineLimit::Disk));
        assert_eq!(days(Some(0), usage(12_000, 1_000)), (0, OfflineLimit::IndexAge));
        assert_eq!(days(None, usage(12_000, 1_000)), (0, OfflineLimit::NoIndex));
        assert_eq!(days(Some(31), None), (31, OfflineLimit::IndexAge), "before the disk was measured");
        assert_eq!(days(Some(31), usage(u64::MAX, 0)), (31, OfflineLimit::IndexAge));
    }
}
