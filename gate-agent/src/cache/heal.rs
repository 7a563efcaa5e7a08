//! Opens the index's file again that could not be opened: its folder may be there now, or be written to again.
//! Promises: without the centre, which is not needed for a file that is whole; one that is damaged is left to the next snapshot; told when it is open, and not with each try.
//! Source: fault A10; docs/decisions 0089.

use std::time::Duration;

use tracing::info;

use super::{error::CacheError, handle::Cache};
use crate::{apart::beside, folder::DataFolder};

/// How often it is tried.
const AGAIN: Duration = Duration::from_secs(3);

/// Keeps trying for as long as the agent runs, while there is reason to and the agent has its folder.
pub async fn keep_open(cache: Cache, folder: DataFolder) {
    loop {
        tokio::time::sleep(AGAIN).await;
        if is_shut(cache.damage().as_ref()) {
            let (cache, folder) = (cache.clone(), folder.clone());
            // Without a thread, too, it is tried again.
            let _ = beside(move || {
                if folder.take().is_ok() {
                    cache.heal()
                }
            })
            .await;
        }
    }
}

const fn is_shut(damage: Option<&CacheError>) -> bool {
    matches!(damage, Some(CacheError::Failed { .. }))
}

impl Cache {
    /// Tries once. Nothing is done where the file is open, or damaged. Blocks on the disk.
    pub fn heal(&self) {
        let inner = self.inner();
        let mut writer = inner.writer();
        if !is_shut(inner.damage().as_ref()) {
            return;
        }
        let opened = inner.open_file();
        if is_shut(opened.as_ref().err()) {
            return;
        }
        let is_open = opened.is_ok();
        let old = inner.put_to_use(&mut writer, &mut inner.write(), opened);
        drop((writer, old));
        inner.tell();
        if is_open {
            info!("index is open");
        }
    }
}
