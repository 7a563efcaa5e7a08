//! A part of a yard's index, row by row, at the gate's own revision and at no other.

use protocols::{
    contract::{DigestsAnswer, DigestsRequest, IndexPart, RowKind, SnapshotRow, Unlike},
    ids::YardId,
};
use sea_orm::DatabaseTransaction;

use super::{revision, stale, sums::row_of};
use crate::{
    app::Central,
    declaration::problem::Problem,
    gate_feed::publish::{DENY, ENTRY, POLICY, STUB},
    store::{StoreError, all, column},
};

/// Rows of ours that are compared at once: more than a part has, so that a gate which has lost a few goes on in the same steps.
const MOST: usize = 2000;
/// Behind every trip, and before what no trip begins with.
const BEHIND: &str = ":";

pub(super) async fn compare(
    central: &Central,
    yard: &YardId,
    asked: &DigestsRequest,
    part: &IndexPart,
) -> Result<DigestsAnswer, Problem> {
    let tx = central.store().begin_read().await?;
    let now = revision(&tx, yard, (asked.revision, asked.mark)).await?;
    if now.unsigned_abs() != asked.revision {
        return Ok(stale(now));
    }
    let mut own = match part.kind {
        RowKind::Trip => trips(&tx, yard, part).await?,
        RowKind::Deny => of_kind(&tx, yard, DENY).await?,
        RowKind::Policy => of_kind(&tx, yard, POLICY).await?,
    };
    own = in_order(own, part);
    let to = own.get(MOST).is_some().then(|| {
        own.truncate(MOST);
        own.last().and_then(|row| part.key_of(row)).map(String::into_boxed_str)
    });
    let to = to.flatten();
    let Unlike { rows, gone } = part.unlike(own, to.as_deref());
    Ok(DigestsAnswer { revision: asked.revision, rows, gone, to, ..DigestsAnswer::default() })
}

/// One more than are compared, if there are so many.
async fn trips(
    tx: &DatabaseTransaction,
    yard: &YardId,
    part: &IndexPart,
) -> Result<Vec<SnapshotRow>, StoreError> {
    let sql = "SELECT kind, body FROM index_row WHERE yard_id = $1 AND name > $2 AND name <= $3 AND kind IN ($4, $5)
               ORDER BY name LIMIT $6";
    let values = [
        yard.as_str().into(),
        part.after.as_deref().unwrap_or_default().into(),
        part.to.as_deref().unwrap_or(BEHIND).into(),
        ENTRY.into(),
        STUB.into(),
        i64::try_from(MOST + 1).unwrap_or(i64::MAX).into(),
    ];
    let rows = all(tx, sql, values).await?;
    rows.iter().map(|row| row_of(&column::<String>(row, "kind")?, &column::<String>(row, "body")?)).collect()
}

async fn of_kind(
    tx: &DatabaseTransaction,
    yard: &YardId,
    kind: &'static str,
) -> Result<Vec<SnapshotRow>, StoreError> {
    let sql = "SELECT body FROM index_row WHERE yard_id = $1 AND kind = $2";
    let rows = all(tx, sql, [yard.as_str().into(), kind.into()]).await?;
    rows.iter().map(|row| row_of(kind, &column::<String>(row, "body")?)).collect()
}

/// Those of the part, by key.
fn in_order(rows: Vec<SnapshotRow>, part: &IndexPart) -> Vec<SnapshotRow> {
    let mut rows: Vec<_> = rows.into_iter().filter_map(|row| Some((part.key_of(&row)?, row))).collect();
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    rows.into_iter().map(|(_, row)| row).collect()
}
