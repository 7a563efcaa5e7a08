//! All SQL of the working calendars.
//! Promises: every change stays, with who made it and when (AC-099); two keepers cannot overwrite each other.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;

use super::Calendar;
use crate::{
    declaration::{actor::Actor, audit},
    store::{StoreError, Tx, all, column, execute, from_json, one, to_json},
};

/// A port's calendar as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// 口岸编码.
    pub port: CustomsCode,
    /// Counts its changes.
    pub version: i64,
    /// The calendar.
    pub calendar: Calendar,
}

/// One change of a port's calendar.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that it made.
    pub version: i64,
    /// When.
    pub at: UtcMillis,
    /// Who.
    pub actor: Actor,
    /// The calendar since then.
    pub calendar: Calendar,
}

/// The calendar of this port.
///
/// # Errors
/// [`StoreError`].
pub async fn find<C: ConnectionTrait>(conn: &C, port: &str) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT port, version, doc FROM port_calendar WHERE port = $1";
    one(conn, sql, [port.into()]).await?.as_ref().map(kept).transpose()
}

/// The calendars of all ports, in the order of their codes.
///
/// # Errors
/// [`StoreError`].
pub async fn every<C: ConnectionTrait>(conn: &C) -> Result<Vec<Kept>, StoreError> {
    all(conn, "SELECT port, version, doc FROM port_calendar ORDER BY port", [])
        .await?
        .iter()
        .map(kept)
        .collect()
}

fn kept(row: &QueryResult) -> Result<Kept, StoreError> {
    let port: String = column(row, "port")?;
    let port =
        CustomsCode::parse(&port).map_err(|_| StoreError::Value { what: "port", value: port.clone() })?;
    let calendar = from_json("working calendar", &column::<String>(row, "doc")?)?;
    Ok(Kept { port, version: column(row, "version")?, calendar })
}

/// Keeps a calendar over the version that its keeper saw, 0 where there was none; tells the present version when that is another one.
///
/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &Tx,
    port: &CustomsCode,
    seen: i64,
    calendar: &Calendar,
    actor: &Actor,
) -> Result<Result<i64, i64>, StoreError> {
    let version = seen + 1;
    let (place, doc) = (port.as_str(), to_json("working calendar", calendar)?);
    let written = if seen == 0 {
        let sql = "INSERT INTO port_calendar (port, version, doc) VALUES ($1, $2, $3) ON CONFLICT (port) DO NOTHING";
        execute(tx.conn(), sql, [place.into(), version.into(), doc.clone().into()]).await?
    } else {
        let sql = "UPDATE port_calendar SET version = $2, doc = $3 WHERE port = $1 AND version = $4";
        execute(tx.conn(), sql, [place.into(), version.into(), doc.clone().into(), seen.into()]).await?
    };
    if written == 0 {
        return Ok(Err(find(tx.conn(), place).await?.map_or(0, |kept| kept.version)));
    }
    let sql = "INSERT INTO port_calendar_change (port, version, at, actor, doc) VALUES ($1, $2, $3, $4, $5)";
    let (at, by) = (tx.now().as_millis(), to_json("actor", actor)?);
    execute(tx.conn(), sql, [place.into(), version.into(), at.into(), by.into(), doc.into()]).await?;
    let detail = json!({ "version": version, "published_until": calendar.published_until });
    let entry = audit::Entry {
        actor,
        subject: "calendar",
        number: place,
        action: "set_calendar",
        before: None,
        after: None,
        detail,
    };
    audit::write(tx, &entry).await?;
    Ok(Ok(version))
}

/// The changes of a port's calendar, newest first, at most a hundred.
///
/// # Errors
/// [`StoreError`].
pub async fn changes<C: ConnectionTrait>(conn: &C, port: &str) -> Result<Vec<Change>, StoreError> {
    let sql = "SELECT version, at, actor, doc FROM port_calendar_change WHERE port = $1 ORDER BY version DESC LIMIT 100";
    let change = |row: &QueryResult| {
        Ok(Change {
            version: column(row, "version")?,
            at: UtcMillis::from_millis(column(row, "at")?),
            actor: from_json("actor", &column::<String>(row, "actor")?)?,
            calendar: from_json("working calendar", &column::<String>(row, "doc")?)?,
        })
    };
    all(conn, sql, [port.into()]).await?.iter().map(change).collect()
}
