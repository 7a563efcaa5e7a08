//! 操作日志: who did what to which record, when and from where.
//! Promises: rows are added, never changed or removed by the service; no password, PIN, token or body of a request is in them.
//! `api`: the log as administrators read it.
//! Source: spec PO-335, PO-243.

mod api;

pub use api::router;
use serde_json::Value;

use super::{
    actor::Actor,
    lifecycle::Cause,
    record::{Record, Status},
};
use crate::store::{StoreError, Tx, execute, to_json};

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// `appointment`, `identity`, ...
    pub subject: &'a str,
    /// The record, account or card.
    pub number: &'a str,
    /// What.
    pub action: &'a str,
    /// The status before.
    pub before: Option<&'a str>,
    /// The status after.
    pub after: Option<&'a str>,
    /// More, for people who ask later.
    pub detail: Value,
}

/// Adds an entry.
///
/// # Errors
/// [`StoreError`].
pub async fn write(tx: &Tx, entry: &Entry<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (id, at, actor, role, card_no, address, subject, number, action, before, after, detail)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = [
        uuid::Uuid::now_v7().to_string().into(),
        tx.now().as_millis().into(),
        entry.actor.name.clone().into(),
        entry.actor.role.clone().into(),
        entry.actor.card_no.clone().into(),
        entry.actor.address.clone().into(),
        entry.subject.into(),
        entry.number.into(),
        entry.action.into(),
        entry.before.map(ToOwned::to_owned).into(),
        entry.after.map(ToOwned::to_owned).into(),
        to_json("audit detail", &entry.detail)?.into(),
    ];
    execute(tx.conn(), sql, values).await?;
    Ok(())
}

pub(super) async fn of_step<R: Record>(
    tx: &Tx,
    number: &str,
    action: &str,
    before: Option<R::Status>,
    after: Option<R::Status>,
    cause: &Cause,
) -> Result<(), StoreError> {
    let (before, after) = (before.map(Status::code), after.map(Status::code));
    let entry =
        Entry { actor: &cause.actor, subject: R::MANUAL, number, action, before, after, detail: Value::Null };
    write(tx, &entry).await
}
