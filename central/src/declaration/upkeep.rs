//! What time removes of what people leave behind: bytes of files that no record has, answers after their day, what nobody typed on, how
//! often somebody asked.
//! Promises: nothing that a record names is touched; a round that fails is tried again an hour later.

use std::time::Duration;

use super::{attachment::sweep, once, working_copy};
use crate::{app::Central, identity::account::lock, store::StoreError};

const EVERY: Duration = Duration::from_secs(3600);

/// Runs for ever, a round an hour.
pub async fn run(central: Central) {
    let mut round = tokio::time::interval(EVERY);
    loop {
        round.tick().await;
        if let Err(error) = forget(&central).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "old answers and copies could not be dropped"
            );
        }
        match sweep::once(&central).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(files.gone = gone, "removed {gone} files that no record has"),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the sweep of files failed");
            }
        }
    }
}

async fn forget(central: &Central) -> Result<(), StoreError> {
    once::forget(central.store()).await?;
    working_copy::forget(central.store()).await?;
    lock::sweep(central.store()).await
}
