//! The rows of each yard's index, materialised, and the log of their changes.
//! Promises: row, revision and log entry are written together; a change that changes nothing takes no revision.
//! Rows are keyed by kind, medium and name: a trip's name is its number, a lane's is `gate/lane`, a denied medium has none.

use protocols::{
    contract::{ChangeOp, Denied, PolicyRow, UtcMillis},
    ids::{CustomsCode, MediumKey, MediumType, TripNo, YardId},
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::{
    binding::index::TripView,
    store::{StoreError, Tx, all, column, execute, one, to_json},
};

/// `index_row.kind`; the text order is the order of a snapshot but for `policy`, which no order binds.
pub(super) const ENTRY: &str = "entry";
pub(super) const STUB: &str = "stub";
pub(super) const DENY: &str = "deny";
pub(super) const POLICY: &str = "policy";

/// A row as it is stored.
struct Row<'a> {
    kind: &'static str,
    medium_type: &'a str,
    medium_key: &'a str,
    name: &'a str,
    brief_since: Option<UtcMillis>,
    body: String,
}

/// The yards that an area feeds (SG-206).
///
/// # Errors
/// [`StoreError`].
pub async fn yards_of<C: ConnectionTrait>(conn: &C, area: &CustomsCode) -> Result<Vec<YardId>, StoreError> {
    let sql = "SELECT yard_id FROM yard_area WHERE customs_code = $1 ORDER BY yard_id";
    let rows = all(conn, sql, [area.as_str().into()]).await?;
    rows.iter().map(|row| yard_id(&column::<String>(row, "yard_id")?)).collect()
}

/// Every yard.
///
/// # Errors
/// [`StoreError`].
pub async fn all_yards<C: ConnectionTrait>(conn: &C) -> Result<Vec<YardId>, StoreError> {
    let rows = all(conn, "SELECT yard_id FROM yard ORDER BY yard_id", []).await?;
    rows.iter().map(|row| yard_id(&column::<String>(row, "yard_id")?)).collect()
}

fn yard_id(text: &str) -> Result<YardId, StoreError> {
    YardId::parse(text).map_err(|_| StoreError::Value { what: "yard_id", value: text.to_owned() })
}

/// The newest revision of a yard, 0 when nothing was ever shown.
///
/// # Errors
/// [`StoreError`].
pub async fn revision<C: ConnectionTrait>(conn: &C, yard: &YardId) -> Result<u64, StoreError> {
    let row = one(conn, "SELECT revision FROM yard WHERE yard_id = $1", [yard.as_str().into()]).await?;
    let revision: i64 = row.map_or(Ok(0), |row| column(&row, "revision"))?;
    Ok(revision.unsigned_abs())
}

/// Shows a trip in every yard that its area feeds.
///
/// # Errors
/// [`StoreError`].
pub async fn show_trip(
    tx: &mut Tx,
    area: &CustomsCode,
    trip: &TripNo,
    view: &TripView,
) -> Result<(), StoreError> {
    for yard in yards_of(tx.conn(), area).await? {
        show_trip_in(tx, &yard, trip, view).await?;
    }
    Ok(())
}

/// Shows a trip in one yard.
///
/// # Errors
/// [`StoreError`].
pub async fn show_trip_in(
    tx: &mut Tx,
    yard: &YardId,
    trip: &TripNo,
    view: &TripView,
) -> Result<(), StoreError> {
    let sql = "SELECT kind, body FROM index_row WHERE yard_id = $1 AND name = $2";
    let present = one(tx.conn(), sql, [yard.as_str().into(), trip.as_str().into()]).await?;
    let (row, op) = match view {
        TripView::Absent => (None, ChangeOp::Remove { trip_no: *trip }),
        TripView::Entry(entry) => (
            Some(Row {
                kind: ENTRY,
                medium_type: entry.medium_type.as_str(),
                medium_key: entry.medium_key.as_str(),
                name: trip.as_str(),
                brief_since: None,
                body: to_json("index entry", entry)?,
            }),
            ChangeOp::Upsert((**entry).clone()),
        ),
        TripView::Stub { stub, brief } => (
            Some(Row {
                kind: STUB,
                medium_type: stub.medium_type.as_str(),
                medium_key: stub.medium_key.as_str(),
                name: trip.as_str(),
                brief_since: brief.then_some(stub.since),
                body: to_json("stub", stub)?,
            }),
            ChangeOp::Stub(stub.clone()),
        ),
    };
    if same(present.as_ref(), row.as_ref())? {
        return Ok(());
    }
    execute(
        tx.conn(),
        "DELETE FROM index_row WHERE yard_id = $1 AND name = $2",
        [yard.as_str().into(), trip.as_str().into()],
    )
    .await?;
    if let Some(row) = row {
        put(tx, yard, row).await?;
    }
    log(tx, yard, &op).await
}

fn same(present: Option<&QueryResult>, row: Option<&Row<'_>>) -> Result<bool, StoreError> {
    Ok(match (present, row) {
        (None, None) => true,
        (Some(present), Some(row)) => {
            column::<String>(present, "kind")? == row.kind && column::<String>(present, "body")? == row.body
        }
        (Some(_), None) | (None, Some(_)) => false,
    })
}

/// Shows that a medium is denied in a yard.
///
/// # Errors
/// [`StoreError`].
pub async fn deny_in(tx: &mut Tx, yard: &YardId, denied: &Denied) -> Result<(), StoreError> {
    let row = Row {
        kind: DENY,
        medium_type: denied.medium_type.as_str(),
        medium_key: denied.medium_key.as_str(),
        name: "",
        brief_since: None,
        body: to_json("denied medium", denied)?,
    };
    put(tx, yard, row).await?;
    log(tx, yard, &ChangeOp::Deny(denied.clone())).await
}

/// Shows that a medium is no longer denied in a yard.
///
/// # Errors
/// [`StoreError`].
pub async fn allow_in(
    tx: &mut Tx,
    yard: &YardId,
    medium_type: MediumType,
    medium_key: &MediumKey,
    version: u64,
) -> Result<(), StoreError> {
    let sql =
        "DELETE FROM index_row WHERE yard_id = $1 AND kind = $2 AND medium_type = $3 AND medium_key = $4";
    let values = [yard.as_str().into(), DENY.into(), medium_type.as_str().into(), medium_key.as_str().into()];
    execute(tx.conn(), sql, values).await?;
    log(tx, yard, &ChangeOp::Allow { medium_type, medium_key: medium_key.clone(), version }).await
}

/// Shows a row of policy in a yard.
///
/// # Errors
/// [`StoreError`].
pub async fn policy_in(tx: &mut Tx, yard: &YardId, policy: &PolicyRow) -> Result<(), StoreError> {
    let name = match policy {
        PolicyRow::Yard(_) => "yard".to_owned(),
        PolicyRow::Lane(lane) => format!("{}/{}", lane.gate_id, lane.lane_id),
    };
    let body = to_json("policy", policy)?;
    put(
        tx,
        yard,
        Row { kind: POLICY, medium_type: "", medium_key: "", name: &name, brief_since: None, body },
    )
    .await?;
    log(tx, yard, &ChangeOp::Policy(policy.clone())).await
}

async fn put(tx: &Tx, yard: &YardId, row: Row<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO index_row (yard_id, kind, medium_type, medium_key, name, brief_since, body)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (yard_id, kind, medium_type, medium_key, name)
               DO UPDATE SET brief_since = excluded.brief_since, body = excluded.body";
    let values: [Value; 7] = [
        yard.as_str().into(),
        row.kind.into(),
        row.medium_type.into(),
        row.medium_key.into(),
        row.name.into(),
        row.brief_since.map(UtcMillis::as_millis).into(),
        row.body.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

/// Takes the yard's next revision and writes what it did. The counter's row stays locked until the transaction ends.
async fn log(tx: &mut Tx, yard: &YardId, op: &ChangeOp) -> Result<(), StoreError> {
    let sql = "UPDATE yard SET revision = revision + 1 WHERE yard_id = $1 RETURNING revision";
    let row = one(tx.conn(), sql, [yard.as_str().into()]).await?;
    let Some(row) = row else {
        return Err(StoreError::Value { what: "yard_id", value: yard.to_string() });
    };
    let revision: i64 = column(&row, "revision")?;
    let values = [yard.as_str().into(), revision.into(), to_json("change", op)?.into()];
    execute(tx.conn(), "INSERT INTO change_log (yard_id, rev, body) VALUES ($1, $2, $3)", values).await?;
    tx.touch(*yard, revision.unsigned_abs());
    Ok(())
}
