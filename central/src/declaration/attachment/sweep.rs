//! Bytes that no record has: an upload that never got its row, a file that was taken off a record.
//! Promises: what a row names stays; what nobody names goes a day after it was stored, so that an upload under way is never taken.

use futures::StreamExt;
use sea_orm::Value;

use crate::{
    app::Central,
    blob::BlobError,
    store::{StoreError, all, column},
};

/// The folder of the keys of attachments.
pub(super) const FOLDER: &str = "attachments";
const DAY_MS: i64 = 24 * 3600 * 1000;
const AT_ONCE: usize = 500;

/// The sweep did not get through.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The files' store failed.
    #[error("cannot sweep the files")]
    Blob(#[from] BlobError),
    /// The database failed.
    #[error("cannot ask which files are in use")]
    Store(#[from] StoreError),
}

/// One sweep; tells how many files went.
///
/// # Errors
/// [`SweepError`]; what was found by then is gone.
pub async fn once(central: &Central) -> Result<u64, SweepError> {
    let before = central.store().clock().now().as_millis() - DAY_MS;
    let mut gone = 0;
    let mut groups = central.blobs().list(FOLDER).ready_chunks(AT_ONCE);
    while let Some(group) = groups.next().await {
        let old = group.into_iter().filter(|found| match found {
            Ok(found) => found.since.as_millis() < before,
            Err(_) => true,
        });
        let keys: Vec<String> = old.map(|found| found.map(|found| found.key)).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            continue;
        }
        let places: Vec<_> = (1..=keys.len()).map(|place| format!("${place}")).collect();
        let sql = format!("SELECT blob FROM attachment WHERE blob IN ({})", places.join(", "));
        let rows =
            all(central.store().read(), &sql, keys.iter().map(|key| Value::from(key.as_str()))).await?;
        let used: Vec<String> = rows.iter().map(|row| column(row, "blob")).collect::<Result<_, _>>()?;
        for key in keys.iter().filter(|key| !used.contains(key)) {
            central.blobs().delete(key).await?;
            gone += 1;
        }
    }
    Ok(gone)
}
