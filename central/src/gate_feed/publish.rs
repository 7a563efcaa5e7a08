//! The rows of each yard's index, materialised, and the log of their changes.
//! Promises: row, revision and log entry are written together; a change that changes nothing takes no revision.
//! Rows are keyed by kind, medium and name: a trip's name is its number, a lane's is `gate/lane`, a denied medium has none.

use std::collections::BTreeMap;

use protocols::{
    contract::{ChangeOp, Denied, PolicyRow, UtcMillis},
    ids::{CustomsCode, MediumKey, MediumType, TripNo, YardId},
};
use sea_orm::{ConnectionTrait, Value};

use super::mark;
use crate::{
    binding::index::TripView,
    store::{Rows, StoreError, Tx, all, among, column, execute, one, to_json},
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

/// The names of a yard's rows after `after`, in their order: trips, and lanes.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn rows_after<C: ConnectionTrait>(
    conn: &C,
    yard: &YardId,
    after: &str,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM index_row WHERE yard_id = $1 AND name > $2 ORDER BY name LIMIT $3";
    let rows = all(conn, sql, [yard.as_str().into(), after.into(), i64::from(limit).into()]).await?;
    rows.iter().map(|row| column(row, "name")).collect()
}

/// What the gates are to see of a trip.
#[derive(Debug)]
pub struct Shown {
    /// Which.
    pub trip_no: TripNo,
    /// What.
    pub view: TripView,
}

/// Shows a trip in every yard that its area feeds.
///
/// # Errors
/// [`StoreError`].
pub async fn show_trip(
    tx: &mut Tx,
    area: &CustomsCode,
    trip: &TripNo,
    view: TripView,
) -> Result<(), StoreError> {
    show_trips(tx, area, &[Shown { trip_no: *trip, view }]).await
}

/// Shows trips of one area in every yard that it feeds; each is named once.
///
/// # Errors
/// [`StoreError`].
pub async fn show_trips(tx: &mut Tx, area: &CustomsCode, trips: &[Shown]) -> Result<(), StoreError> {
    for yard in yards_of(tx.conn(), area).await? {
        show_trips_in(tx, &yard, trips).await?;
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
    view: TripView,
) -> Result<(), StoreError> {
    show_trips_in(tx, yard, &[Shown { trip_no: *trip, view }]).await
}

/// Shows trips in one yard; each is named once.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn show_trips_in(tx: &mut Tx, yard: &YardId, trips: &[Shown]) -> Result<(), StoreError> {
    if trips.is_empty() {
        return Ok(());
    }
    let names: Vec<Value> = trips.iter().map(|shown| shown.trip_no.as_str().into()).collect();
    let sql = "SELECT name, kind, body FROM index_row WHERE yard_id = $1 AND name IN (?)";
    let mut present = BTreeMap::new();
    for row in among(tx.conn(), sql, &[yard.as_str().into()], &names).await? {
        let (name, kind): (String, String) = (column(&row, "name")?, column(&row, "kind")?);
        present.insert(name, (kind, column::<String>(&row, "body")?));
    }
    let (mut gone, mut rows, mut ops) = (Vec::new(), Vec::new(), Vec::new());
    for Shown { trip_no, view } in trips {
        let (row, op) = row_of(trip_no, view)?;
        let present = present.get(trip_no.as_str());
        let same = match (present, &row) {
            (None, None) => true,
            (Some((kind, body)), Some(row)) => *kind == row.kind && *body == row.body,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !same {
            gone.extend(present.map(|_| trip_no.as_str().into()));
            rows.extend(row);
            ops.push(op);
        }
    }
    let sql = "DELETE FROM index_row WHERE yard_id = $1 AND name IN (?)";
    // A medium may have changed, so its row is another.
    among(tx.conn(), sql, &[yard.as_str().into()], &gone).await?;
    put(tx, yard, rows).await?;
    log(tx, yard, &ops).await
}

fn row_of<'a>(trip: &'a TripNo, view: &'a TripView) -> Result<(Option<Row<'a>>, ChangeOp), StoreError> {
    Ok(match view {
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
    put(tx, yard, vec![row]).await?;
    log(tx, yard, &[ChangeOp::Deny(denied.clone())]).await
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
    log(tx, yard, &[ChangeOp::Allow { medium_type, medium_key: medium_key.clone(), version }]).await
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
    let row = Row { kind: POLICY, medium_type: "", medium_key: "", name: &name, brief_since: None, body };
    put(tx, yard, vec![row]).await?;
    log(tx, yard, &[ChangeOp::Policy(policy.clone())]).await
}

const INDEX_ROW: &str = "index_row (yard_id, kind, medium_type, medium_key, name, brief_since, body)";
const IN_ITS_PLACE: &str = "ON CONFLICT (yard_id, kind, medium_type, medium_key, name)
                            DO UPDATE SET brief_since = excluded.brief_since, body = excluded.body";

async fn put(tx: &Tx, yard: &YardId, rows: Vec<Row<'_>>) -> Result<(), StoreError> {
    let mut put = Rows::new(INDEX_ROW, IN_ITS_PLACE);
    for row in rows {
        put.push([
            yard.as_str().into(),
            row.kind.into(),
            row.medium_type.into(),
            row.medium_key.into(),
            row.name.into(),
            row.brief_since.map(UtcMillis::as_millis).into(),
            row.body.into(),
        ]);
    }
    put.insert(tx.conn()).await
}

/// Takes the yard's next revisions and writes what each did. The counter's row stays locked until the transaction ends.
async fn log(tx: &mut Tx, yard: &YardId, ops: &[ChangeOp]) -> Result<(), StoreError> {
    let count = i64::try_from(ops.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let sql = "UPDATE yard SET revision = revision + $2 WHERE yard_id = $1 RETURNING revision,
               (SELECT mark FROM change_log WHERE change_log.yard_id = yard.yard_id AND change_log.rev = yard.revision - $3) AS mark";
    let row = one(tx.conn(), sql, [yard.as_str().into(), count.into(), count.into()]).await?;
    let Some(row) = row else {
        return Err(StoreError::Value { what: "yard_id", value: yard.to_string() });
    };
    let last: i64 = column(&row, "revision")?;
    let mut before: Option<String> = column(&row, "mark")?;
    let mut rows = Rows::new("change_log (yard_id, rev, body, mark)", "");
    for (op, revision) in ops.iter().zip(last - count + 1..) {
        let body = to_json("change", op)?;
        let mark = mark::next(before.take(), revision, &body)?.to_string();
        rows.push([yard.as_str().into(), revision.into(), body.into(), mark.clone().into()]);
        before = Some(mark);
    }
    rows.insert(tx.conn()).await?;
    tx.touch(*yard, last.unsigned_abs());
    Ok(())
}
