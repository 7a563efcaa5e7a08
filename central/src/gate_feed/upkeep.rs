//! What time removes from the feed: stubs that have said why for long enough, changes that no gate will ask for, and snapshots that a gate does not take.
//! Promises: a removal is a revision like any other; the log's floor rises in the transaction that cuts it.

use std::time::Duration;

use protocols::{contract::UtcMillis, ids::TripNo};

use super::mark;
use super::publish::{all_yards, show_trip_in};
use crate::{
    app::Central,
    binding::index::TripView,
    config::FeedConfig,
    store::{Store, StoreError, all, column, execute},
};

const DAY_MS: i64 = 24 * 3600 * 1000;
const EVERY: Duration = Duration::from_secs(60);
const AT_ONCE: i64 = 500;

/// Runs for ever, a round a minute.
pub async fn run(central: Central) {
    let mut round = tokio::time::interval(EVERY);
    loop {
        central.snapshots_under_way().end_the_slow();
        round.tick().await;
        if let Err(error) = once(central.store(), &central.config().feed).await {
            tracing::error!(error = &error as &dyn std::error::Error, "upkeep of the feed failed");
        }
    }
}

/// One round.
///
/// # Errors
/// [`StoreError`].
pub async fn once(store: &Store, config: &FeedConfig) -> Result<(), StoreError> {
    while expire_stubs(store, config.stub_days).await? == AT_ONCE {}
    trim_log(store, config.keep_changes).await
}

/// A brief stub of then or before has said why for long enough.
pub(super) fn long_ago(now: UtcMillis, stub_days: u32) -> UtcMillis {
    UtcMillis::from_millis(now.as_millis() - i64::from(stub_days) * DAY_MS)
}

async fn expire_stubs(store: &Store, days: u32) -> Result<i64, StoreError> {
    let mut tx = store.begin().await?;
    let before = long_ago(tx.now(), days).as_millis();
    let sql =
        "SELECT yard_id, name FROM index_row WHERE brief_since IS NOT NULL AND brief_since <= $1 LIMIT $2";
    let rows = all(tx.conn(), sql, [before.into(), AT_ONCE.into()]).await?;
    for row in &rows {
        let (yard, trip): (String, String) = (column(row, "yard_id")?, column(row, "name")?);
        let wrong = |_| StoreError::Value { what: "trip_no", value: trip.clone() };
        let trip = TripNo::parse(&trip).map_err(wrong)?;
        let yard = yard.parse().map_err(|_| StoreError::Value { what: "yard_id", value: yard.clone() })?;
        show_trip_in(&mut tx, &yard, &trip, TripView::Absent).await?;
    }
    tx.commit().await?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

async fn trim_log(store: &Store, keep: u32) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    for yard in all_yards(tx.conn()).await? {
        let floor = "UPDATE yard SET floor = revision - $2 WHERE yard_id = $1 AND revision - $2 > floor";
        execute(tx.conn(), floor, [yard.as_str().into(), i64::from(keep).into()]).await?;
        mark::outlive(tx.conn(), &yard).await?;
        let cut = "DELETE FROM change_log WHERE yard_id = $1 AND rev <= (SELECT floor FROM yard WHERE yard_id = $1)";
        execute(tx.conn(), cut, [yard.as_str().into()]).await?;
    }
    tx.commit().await
}
