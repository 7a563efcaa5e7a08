//! All SQL of the module.
//! Absent on purpose: deciding. Callers move records through `lifecycle`.

use std::collections::BTreeSet;

use protocols::{
    contract::UtcMillis,
    ids::{CustomsCode, TripNo},
    rules::TripStatus,
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::record::{Declaration, Record};
use crate::{
    declaration::query::{self, Conditions, Page, Total},
    store::{Rows, StoreError, Tx, all, among, column, execute, from_json, one, to_json},
};

/// The records' table.
pub const TABLE: &str = "smart_gate_record";
/// Its columns, the key first.
pub const COLUMNS: [&str; 17] = [
    "unified_no",
    "trip_no",
    "version",
    "version_no",
    "change_kind",
    "effective_version_no",
    "status",
    "status_since",
    "entry_at",
    "uscc",
    "customs_code",
    "medium_type",
    "medium_key",
    "business_type",
    "ie_flag",
    "doc",
    "effective_medium",
];
/// Its key.
pub const KEY: &str = "unified_no";
/// The order of lists (SG-138).
pub const NEWEST_FIRST: &str = "entry_at DESC, unified_no DESC";

/// The record of this unified number or trip number.
///
/// # Errors
/// [`StoreError`].
pub async fn find<C: ConnectionTrait>(conn: &C, number: &str) -> Result<Option<Record>, StoreError> {
    let sql = "SELECT doc FROM smart_gate_record WHERE unified_no = $1 OR trip_no = $2";
    one(conn, sql, [number.into(), number.into()]).await?.as_ref().map(record).transpose()
}

/// The records of these trips, in no order.
///
/// # Errors
/// [`StoreError`].
pub async fn of_trips<C: ConnectionTrait>(
    conn: &C,
    trips: &BTreeSet<TripNo>,
) -> Result<Vec<Record>, StoreError> {
    let keys: Vec<Value> = trips.iter().map(|trip| trip.as_str().into()).collect();
    let sql = "SELECT doc FROM smart_gate_record WHERE trip_no IN (?)";
    among(conn, sql, &[], &keys).await?.iter().map(record).collect()
}

/// The records that wait in this status since `until` or longer, oldest first, at most `limit`.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting<C: ConnectionTrait>(
    conn: &C,
    status: TripStatus,
    until: UtcMillis,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let sql = "SELECT doc FROM smart_gate_record WHERE status = $1 AND status_since <= $2
               ORDER BY status_since, unified_no LIMIT $3";
    let rows =
        all(conn, sql, [status.code().into(), until.as_millis().into(), i64::from(limit).into()]).await?;
    rows.iter().map(record).collect()
}

/// Since when the oldest record waits in this status.
///
/// # Errors
/// [`StoreError`].
pub async fn oldest_waiting<C: ConnectionTrait>(
    conn: &C,
    status: TripStatus,
) -> Result<Option<UtcMillis>, StoreError> {
    let sql = "SELECT MIN(status_since) AS since FROM smart_gate_record WHERE status = $1";
    let row = one(conn, sql, [status.code().into()]).await?;
    let since: Option<i64> = row.map_or(Ok(None), |row| column(&row, "since"))?;
    Ok(since.map(UtcMillis::from_millis))
}

/// Records of a customs area in this status, after `after`, in an order that an index has. What gates are shown nothing of is left out, and what
/// shows a stub that was to be gone `long_ago`; a returned record says only in its document which stub it shows.
///
/// # Errors
/// [`StoreError`].
pub async fn shown_of_area<C: ConnectionTrait>(
    conn: &C,
    area: &CustomsCode,
    status: TripStatus,
    long_ago: UtcMillis,
    after: Option<&Record>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    use TripStatus::{Closed, LeftPort, ManuallyClosed, Saved};
    let sql = shown_of_area_sql(status);
    let stubs_since = match status {
        Saved => i64::MAX,
        Closed | ManuallyClosed | LeftPort => long_ago.as_millis().saturating_add(1),
        _ => i64::MIN,
    };
    let place = after.map(|record| match status {
        LeftPort => record.status_since.as_millis(),
        _ => record.entry_at.as_millis(),
    });
    let number = after.map(|record| record.unified_no.to_string()).unwrap_or_default();
    let mut values: Vec<Value> = vec![area.as_str().into(), status.code().into()];
    match status {
        LeftPort => values.push(place.unwrap_or(stubs_since).into()),
        _ => values.extend([stubs_since.into(), place.unwrap_or(i64::MIN).into()]),
    }
    values.extend([number.into(), i64::from(limit).into()]);
    all(conn, sql, values).await?.iter().map(record).collect()
}

/// Trips that have left are the years; those of the last days are found by their time, in all areas, and never by their area.
pub(crate) const fn shown_of_area_sql(status: TripStatus) -> &'static str {
    match status {
        TripStatus::LeftPort => {
            "SELECT doc FROM smart_gate_record WHERE customs_code || '' = $1 AND status = $2
             AND (status_since, unified_no) > ($3, $4) ORDER BY status_since, unified_no LIMIT $5"
        }
        _ => {
            "SELECT doc FROM smart_gate_record WHERE customs_code = $1 AND status = $2
             AND (effective_version_no IS NOT NULL OR status_since >= $3) AND (entry_at, unified_no) > ($4, $5)
             ORDER BY entry_at, unified_no LIMIT $6"
        }
    }
}

/// Those of these trips whose records are of this area, in no order.
///
/// # Errors
/// [`StoreError`].
pub async fn trips_of_area<C: ConnectionTrait>(
    conn: &C,
    area: &CustomsCode,
    trips: impl Iterator<Item = TripNo>,
) -> Result<Vec<TripNo>, StoreError> {
    let keys: Vec<Value> = trips.map(|trip| trip.as_str().into()).collect();
    let sql = "SELECT trip_no FROM smart_gate_record WHERE customs_code = $1 AND trip_no IN (?)";
    let rows = among(conn, sql, &[area.as_str().into()], &keys).await?;
    let trip = |row: &QueryResult| {
        let trip: String = column(row, "trip_no")?;
        TripNo::parse(&trip).map_err(|_| StoreError::Value { what: "trip_no", value: trip })
    };
    rows.iter().map(trip).collect()
}

/// How many other records that are not yet over, or that an approval still stands of, have this medium (SG-107, SG-212).
///
/// # Errors
/// [`StoreError`].
pub async fn others_with_medium<C: ConnectionTrait>(conn: &C, record: &Record) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS others FROM smart_gate_record WHERE customs_code = $1 AND unified_no <> $2
               AND ((medium_type = $3 AND medium_key = $4
                     AND status IN ('DECLARED', 'SENT', 'CUSTOMS_APPROVED', 'LOCKED', 'UNLOCKED'))
                    OR (effective_medium = $5
                        AND status IN ('SAVED', 'DECLARED', 'SENT', 'SEND_FAILED', 'REJECTED')))";
    let body = &record.body;
    let values: [Value; 5] = [
        body.customs_code.as_str().into(),
        record.unified_no.as_str().into(),
        body.medium_type.as_str().into(),
        body.medium_key.as_str().into(),
        medium(body).into(),
    ];
    one(conn, sql, values).await?.map_or(Ok(0), |row| column(&row, "others"))
}

/// One page of what the conditions select, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn page<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    page: Page,
) -> Result<Vec<Record>, StoreError> {
    query::documents(conn, TABLE, KEY, conditions, NEWEST_FIRST, page).await
}

/// One page of what the conditions select in this order, and how many there are.
///
/// # Errors
/// [`StoreError`].
pub async fn search<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
    order: &str,
    page: Page,
    to_the_end: bool,
) -> Result<(Total, Vec<Record>), StoreError> {
    let total = query::count(conn, TABLE, conditions, to_the_end).await?;
    Ok((total, query::documents(conn, TABLE, KEY, conditions, order, page).await?))
}

/// How many of what the conditions select are in each status (SG-126).
///
/// # Errors
/// [`StoreError`].
pub async fn counts<C: ConnectionTrait>(
    conn: &C,
    conditions: &Conditions,
) -> Result<Vec<(TripStatus, i64)>, StoreError> {
    let (clause, values) = conditions.sql();
    let sql = format!("SELECT status, COUNT(*) AS records FROM {TABLE} WHERE {clause} GROUP BY status");
    let rows = all(conn, &sql, values).await?;
    let count = |row: &QueryResult| {
        let status: String = column(row, "status")?;
        let status = TripStatus::parse(&status).ok_or(StoreError::Value { what: "status", value: status })?;
        Ok((status, column(row, "records")?))
    };
    rows.iter().map(count).collect()
}

pub(super) async fn insert(tx: &Tx, record: &Record) -> Result<(), StoreError> {
    let places: Vec<_> = (1..=COLUMNS.len()).map(|place| format!("${place}")).collect();
    let sql = format!("INSERT INTO {TABLE} ({}) VALUES ({})", COLUMNS.join(", "), places.join(", "));
    execute(tx.conn(), &sql, row(record)?).await?;
    Ok(())
}

pub(super) async fn update(tx: &Tx, record: &Record) -> Result<(), StoreError> {
    let sql = "UPDATE smart_gate_record SET trip_no = $2, version = $3, version_no = $4, change_kind = $5,
               effective_version_no = $6, status = $7, status_since = $8, entry_at = $9, uscc = $10, customs_code = $11,
               medium_type = $12, medium_key = $13, business_type = $14, ie_flag = $15, doc = $16,
               effective_medium = $17
               WHERE unified_no = $1";
    execute(tx.conn(), sql, row(record)?).await?;
    Ok(())
}

/// Stores records as they are now; each is there already.
pub(super) async fn update_all(
    tx: &Tx,
    records: impl IntoIterator<Item = &Record>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(
        "smart_gate_record (unified_no, trip_no, version, version_no, change_kind, effective_version_no, status, status_since, entry_at,
         uscc, customs_code, medium_type, medium_key, business_type, ie_flag, doc, effective_medium)",
        "ON CONFLICT (unified_no) DO UPDATE SET trip_no = excluded.trip_no, version = excluded.version,
         version_no = excluded.version_no, change_kind = excluded.change_kind, effective_version_no = excluded.effective_version_no,
         status = excluded.status, status_since = excluded.status_since, entry_at = excluded.entry_at, uscc = excluded.uscc,
         customs_code = excluded.customs_code, medium_type = excluded.medium_type, medium_key = excluded.medium_key,
         business_type = excluded.business_type, ie_flag = excluded.ie_flag, doc = excluded.doc,
         effective_medium = excluded.effective_medium",
    );
    for record in records {
        rows.push(row(record)?);
    }
    rows.insert(tx.conn()).await
}

/// Notes that there is a receipt to look at (SG-146); nothing else of the record moves.
///
/// # Errors
/// [`StoreError`].
pub async fn mark_answered(tx: &Tx, record: &Record) -> Result<(), StoreError> {
    update(tx, &Record { answered: true, ..record.clone() }).await
}

/// SG-201: the record goes, an audit copy stays.
pub(super) async fn delete(tx: &Tx, record: &Record, actor: &str) -> Result<(), StoreError> {
    let number = record.unified_no.as_str();
    let sql = "INSERT INTO deleted_record (unified_no, deleted_at, actor, doc) VALUES ($1, $2, $3, $4)";
    let copy = to_json("record", record)?;
    execute(tx.conn(), sql, [number.into(), tx.now().as_millis().into(), actor.into(), copy.into()]).await?;
    execute(tx.conn(), "DELETE FROM smart_gate_record WHERE unified_no = $1", [number.into()]).await?;
    Ok(())
}

/// What a row of the record holds, in the order of [`COLUMNS`].
///
/// # Errors
/// [`StoreError::Document`].
pub fn row(record: &Record) -> Result<[Value; COLUMNS.len()], StoreError> {
    let body = &record.body;
    Ok([
        record.unified_no.as_str().into(),
        record.trip_no.as_str().into(),
        record.version.into(),
        i64::from(record.version_no).into(),
        record.change_kind.code().into(),
        record.effective_version_no.map(i64::from).into(),
        record.status.code().into(),
        record.status_since.as_millis().into(),
        record.entry_at.as_millis().into(),
        record.uscc.as_str().into(),
        body.customs_code.as_str().into(),
        body.medium_type.as_str().into(),
        body.medium_key.as_str().into(),
        body.business_type.code().into(),
        body.ie_flag.code().into(),
        to_json("record", record)?.into(),
        record.effective.as_ref().map(medium).into(),
    ])
}

/// A medium as one text; no type has a blank.
fn medium(content: &Declaration) -> String {
    format!("{} {}", content.medium_type, content.medium_key)
}

fn record(row: &QueryResult) -> Result<Record, StoreError> {
    from_json("record", &column::<String>(row, "doc")?)
}
