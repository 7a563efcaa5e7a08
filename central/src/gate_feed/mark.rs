//! 变更链: each revision of a yard's index has a mark, made of the mark before it and of what it changed. Two pasts that have parted never share one again.
//! Promises: written with the revision itself; kept longer than the change, so that a gate that comes back late is still told whether its past is
//! this centre's. A revision without a mark (made before marks were kept, or too long ago) is no reason for doubt.
//! Source: fault C7; invariant I4; decision 0068.

use protocols::{
    contract::{Hash, feed_mark},
    ids::YardId,
};
use sea_orm::ConnectionTrait;

use crate::store::{StoreError, column, execute, one};

/// Marks of changes that are gone are kept for so many revisions of a yard: at 15,000 a day for two months.
const KEEP_MARKS: i64 = 1_000_000;

/// The mark of the next revision; `before` as the row before it has it.
pub(super) fn next(before: Option<String>, revision: i64, body: &str) -> Result<Hash, StoreError> {
    let before = before.map_or(Ok(None), |text| parse(&text))?;
    Ok(feed_mark(before, revision.unsigned_abs(), body))
}

/// The mark of a revision, if it has one.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn at<C: ConnectionTrait>(
    conn: &C,
    yard: &YardId,
    revision: i64,
) -> Result<Option<Hash>, StoreError> {
    let sql = "SELECT mark FROM change_log WHERE yard_id = $1 AND rev = $2
               UNION ALL SELECT mark FROM feed_mark WHERE yard_id = $1 AND rev = $2";
    let row = one(conn, sql, [yard.as_str().into(), revision.into()]).await?;
    row.map_or(Ok(None), |row| parse(&column::<String>(&row, "mark")?))
}

/// Keeps the marks of a yard's changes at and below the log's floor, which are about to be cut, and lets go of the oldest.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn outlive<C: ConnectionTrait>(conn: &C, yard: &YardId) -> Result<(), StoreError> {
    let keep = "INSERT INTO feed_mark (yard_id, rev, mark)
                SELECT change_log.yard_id, change_log.rev, change_log.mark FROM change_log JOIN yard ON yard.yard_id = change_log.yard_id
                WHERE change_log.yard_id = $1 AND change_log.rev <= yard.floor AND change_log.mark <> ''";
    execute(conn, keep, [yard.as_str().into()]).await?;
    let forget = "DELETE FROM feed_mark WHERE yard_id = $1 AND rev <= (SELECT floor FROM yard WHERE yard_id = $1) - $2";
    execute(conn, forget, [yard.as_str().into(), KEEP_MARKS.into()]).await?;
    Ok(())
}

fn parse(text: &str) -> Result<Option<Hash>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    Hash::parse(text).map(Some).map_err(|_| StoreError::Value { what: "mark", value: text.to_owned() })
}
