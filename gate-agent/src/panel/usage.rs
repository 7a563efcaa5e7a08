//! 磁盘用量: what the journal takes a day, and what the disk has left; measured now and then, off the runtime's threads.
//! Promises: measuring never waits for the journal's writer; before a day is full a busy gate's rate is assumed, never a better one.
//! Source: fault C1 (30 days of a busy gate in 2 GB); fault list, section 6, point 16.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::debug;

use crate::{
    apart::beside,
    clock::Clock,
    journal::{Extent, extent},
};

/// How often it is measured; free space changes slowly, and other programs share it.
const EVERY: Duration = Duration::from_secs(60);
/// 2 GB in 30 days: what a busy gate may take at most.
const ASSUMED_PER_DAY: u64 = 2_000_000_000 / 30;
/// A quiet gate may not stay quiet.
const LEAST_PER_DAY: u64 = 1_000_000;
/// With fewer records their mean says little about the next.
const ENOUGH_RECORDS: u64 = 1_000;
/// A record with its indexes, as measured on whole passages.
const ASSUMED_PER_RECORD: u64 = 1_500;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Free for this program on the journal's disk.
    pub free_bytes: u64,
    /// What the journal takes a day.
    pub bytes_per_day: u64,
    /// The rate is assumed.
    pub is_assumed: bool,
}

/// The newest measurement; clones share it.
#[derive(Clone, Debug, Default)]
pub struct UsageGauge(Arc<Mutex<Option<Usage>>>);

impl UsageGauge {
    /// The newest measurement; none before the first.
    #[must_use]
    pub fn newest(&self) -> Option<Usage> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures for ever.
    pub(super) async fn keep(self, file: PathBuf, clock: Arc<dyn Clock>) {
        loop {
            let (file, clock) = (file.clone(), Arc::clone(&clock));
            if let Ok(measured) = beside(move || measure(&file, &*clock)).await {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = measured;
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// None when the disk does not tell.
fn measure(file: &Path, clock: &dyn Clock) -> Option<Usage> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    let extent = extent(file, clock.wall())
        .inspect_err(|error| debug!(%error, "the journal's size is not known"))
        .unwrap_or_default();
    Some(rate(extent, free_bytes))
}

fn rate(extent: Extent, free_bytes: u64) -> Usage {
    let measured = extent.records_per_day.map(|records| {
        let enough = extent.records >= ENOUGH_RECORDS;
        let per_record = if enough { extent.bytes / extent.records } else { ASSUMED_PER_RECORD };
        records.saturating_mul(per_record).max(LEAST_PER_DAY)
    });
    Usage { free_bytes, bytes_per_day: measured.unwrap_or(ASSUMED_PER_DAY), is_assumed: measured.is_none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn the_rate_is_measured_once_a_day_is_full_and_assumed_before() {
        let young = Extent { bytes: 100_000, records: 50, records_per_day: None };
        let told = rate(young, 9);
        assert_eq!((told.free_bytes, told.bytes_per_day, told.is_assumed), (9, ASSUMED_PER_DAY, true));
        let busy = Extent { bytes: 600_000_000, records: 1_000_000, records_per_day: Some(100_000) };
        assert_eq!(rate(busy, 9), Usage { free_bytes: 9, bytes_per_day: 60_000_000, is_assumed: false });
        let few = Extent { bytes: 90_000, records: 30, records_per_day: Some(10_000) };
        assert_eq!(rate(few, 9).bytes_per_day, 15_000_000);
        let quiet = Extent { bytes: 90_000, records: 30, records_per_day: Some(3) };
        assert_eq!(rate(quiet, 9).bytes_per_day, LEAST_PER_DAY);
    }

    #[test]
    fn a_disk_is_measured_even_without_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let told = measure(&folder.path().join("journal.db"), &SystemClock).unwrap();
        assert!(told.free_bytes > 0 && told.is_assumed);
        assert_eq!(measure(Path::new("/nowhere/at/all/journal.db"), &SystemClock), None);
    }
}
