//! 卡口实时: gates, their lanes, what passes and what is wrong, as people at a screen follow it.
//! `view`: a gate with its lanes as it is now · `news`: everything, and what has moved since · `stream`: the same while it
//! happens · `place`: for how many · `recording`: what of a gate's status is raised.
//! Promises: each change of a gate, a passage or an alert takes the next number of one series, in the transaction that makes it; so whoever has
//! seen up to a number gets all that came after it, from any process on the same database.

pub mod news;
pub mod place;
pub mod recording;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod view;

use crate::{
    declaration::numbering,
    store::{StoreError, Tx},
};

/// The series.
const SERIES: &str = "live";

/// The number of a change, and the word to whoever watches once it is durable.
///
/// # Errors
/// [`StoreError`].
pub async fn moved(tx: &Tx) -> Result<i64, StoreError> {
    all_moved(tx, 1).await
}

/// The number of the first of so many changes; the others follow it one by one.
///
/// # Errors
/// [`StoreError`].
pub async fn all_moved(tx: &Tx, count: u32) -> Result<i64, StoreError> {
    tx.moves_live();
    Ok(i64::try_from(numbering::take(tx, SERIES, count).await?).unwrap_or(i64::MAX))
}
