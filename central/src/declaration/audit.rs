//! 操作日志: who did what to which record, when and from where.
//! Promises: rows are added, never changed or removed by the service; no password, PIN, token or body of a request is in them.
//! `api`: the log as administrators read it · `refusal`: what people may not do.
//! Source: spec PO-335, PO-243.

mod api;
mod refusal;

pub use api::router;
pub use refusal::noted;
use serde_json::Value;

use super::{
    actor::Actor,
    lifecycle::Cause,
    record::{Record, Status},
};
use crate::store::{Rows, StoreError, Tx, to_json};

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
    write_all(tx, std::slice::from_ref(entry)).await
}

/// Adds entries, in this order.
///
/// # Errors
/// [`StoreError`].
pub async fn write_all(tx: &Tx, entries: &[Entry<'_>]) -> Result<(), StoreError> {
    let mut rows = Rows::new(
        "audit (id, at, actor, role, card_no, address, subject, number, action, before, after, detail)",
        "",
    );
    for entry in entries {
        rows.push([
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
        ]);
    }
    rows.insert(tx.conn()).await
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
