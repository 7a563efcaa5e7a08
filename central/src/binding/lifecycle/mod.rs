//! 状态转换 of bindings: the only code that moves a record.
//! `action`: what can be done · `chart`: section 11.2 and what a step makes of a record.
//! Promises: `apply` moves the row, writes receipts and the audit entry, keeps the version that ended, hands a declared one to the
//! outbox and tells the gates in one transaction, or does nothing. `follow_gates` does the same for all that a gate reported at once; what that is,
//! the rules shared with the gates have decided (`gate_feed::intake`).
//! Source: spec SG-167..SG-200, SG-268.

mod action;
pub(super) mod chart;

use std::collections::BTreeMap;

use protocols::{contract::UtcMillis, rules::TripStatus};
use serde_json::Value;

pub use action::Action;
pub use chart::{LIFECYCLE, actions, moved};

use super::{
    index,
    record::{ChangeKind, Declaration, Record},
    store, versions,
};
use crate::{
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        lifecycle::{ApplyError, Cause},
        outbox::{self, Function, Letter},
        receipt::{self, Receipt, ReceiptKind},
    },
    gate_feed::publish,
    store::{StoreError, Tx},
};

/// The manual, as in signatures, the outbox and the audit log.
pub const MANUAL: &str = "smart_gate";

/// Takes the step. `body` is the new content of a save or of a change.
///
/// # Errors
/// [`ApplyError`]; nothing has changed then once the transaction is dropped.
pub async fn apply(
    tx: &mut Tx,
    before: &Record,
    action: Action,
    cause: &Cause,
    body: Option<Declaration>,
) -> Result<Option<Record>, ApplyError> {
    let now = tx.now();
    let Some(mut record) = moved(before, action, cause, now)? else {
        store::delete(tx, before, &cause.actor.name).await?;
        audit_step(tx, before, action.code(), &cause.actor, None).await?;
        let view = index::of_deleted(before, now);
        publish::show_trip(tx, &before.body.customs_code, &before.trip_no, view).await?;
        return Ok(None);
    };
    if let Some(body) = body {
        record.body = body;
    }
    record.version += 1;
    store::update(tx, &record).await?;
    versions::keep_ended(tx, before, &record).await?;
    letters(tx, before.status, &record).await?;
    let mut receipt = receipt_of(Some(before.status), &record, action, cause, now);
    // A version that is opened or given up is the one that the act is about.
    receipt.version_no = before.version_no.max(record.version_no);
    if record.status == TripStatus::Locked && before.has_open_version() {
        let ended = versions::overtaken(before, now);
        receipt.version_no = record.version_no;
        receipt.from.clone_from(&ended.to);
        receipt::write(tx, record.unified_no.as_str(), &ended).await?;
    }
    receipt::write(tx, record.unified_no.as_str(), &receipt).await?;
    audit_step(tx, before, action.code(), &cause.actor, Some(record.status)).await?;
    show(tx, before, &record).await?;
    Ok(Some(record))
}

/// Stores the first save of a record, with its receipt.
///
/// # Errors
/// [`StoreError`].
pub async fn create(tx: &mut Tx, record: &Record, cause: &Cause) -> Result<(), StoreError> {
    store::insert(tx, record).await?;
    let receipt = receipt_of(None, record, Action::Save, cause, tx.now());
    receipt::write(tx, record.unified_no.as_str(), &receipt).await?;
    let entry = Entry {
        actor: &cause.actor,
        subject: MANUAL,
        number: record.unified_no.as_str(),
        action: Action::Save.code(),
        before: None,
        after: Some(record.status.code()),
        detail: Value::Null,
    };
    audit::write(tx, &entry).await
}

/// A record as gates have moved it in one transaction, and what it has to be told of it.
#[derive(Debug)]
pub struct Followed {
    /// As it is now.
    pub record: Record,
    /// Of all steps, in their order.
    pub receipts: Vec<Receipt>,
}

impl Followed {
    /// Nothing has moved it yet.
    #[must_use]
    pub const fn new(record: Record) -> Self {
        Self { record, receipts: Vec::new() }
    }

    /// One step: what a gate's event made of the record, with its receipts. What ends by it is kept now; the rest is for [`follow_gates`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn step(
        &mut self,
        tx: &Tx,
        mut record: Record,
        receipts: Vec<Receipt>,
    ) -> Result<(), StoreError> {
        record.version += 1;
        record.answered |= !receipts.is_empty();
        versions::keep_ended(tx, &self.record, &record).await?;
        letters(tx, self.record.status, &record).await?;
        self.record = record;
        self.receipts.extend(receipts);
        Ok(())
    }
}

/// Stores the records that gates have moved, with their receipts, and shows the gates what became of each.
///
/// # Errors
/// [`StoreError`].
pub async fn follow_gates(tx: &mut Tx, followed: &[Followed]) -> Result<(), StoreError> {
    store::update_all(tx, followed.iter().map(|followed| &followed.record)).await?;
    let (mut told, mut actors) = (Vec::new(), Vec::new());
    for Followed { record, receipts } in followed {
        for receipt in receipts {
            told.push((record.unified_no.as_str(), receipt));
            let name = receipt.gate_id.clone().unwrap_or_else(|| receipt.actor.clone());
            actors.push(Actor { name, role: "gate".into(), card_no: None, address: None });
        }
    }
    receipt::write_all(tx, &told).await?;
    let mut entries = Vec::new();
    for ((number, receipt), actor) in told.iter().zip(&actors) {
        let (before, after) = (receipt.from.as_deref(), receipt.to.as_deref());
        let detail = Value::Null;
        entries.push(Entry { actor, subject: MANUAL, number, action: &receipt.cause, before, after, detail });
    }
    audit::write_all(tx, &entries).await?;
    let mut shown: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for Followed { record, .. } in followed {
        let area = shown.entry(record.content().customs_code).or_default();
        area.push(publish::Shown { trip_no: record.trip_no, view: index::of(record) });
    }
    for (area, trips) in shown {
        publish::show_trips(tx, &area, &trips).await?;
    }
    Ok(())
}

/// What is declared waits in the outbox; what is not declared any more waits no longer (SG-170, SG-197).
async fn letters(tx: &Tx, before: TripStatus, record: &Record) -> Result<(), StoreError> {
    let number = record.unified_no.as_str();
    match (before == TripStatus::Declared, record.status == TripStatus::Declared) {
        (false, true) => {
            // Of a record whose approval was taken back customs holds nothing that could be modified (SG-176).
            let function = match (record.change_kind, &record.effective) {
                (ChangeKind::Delete, _) => Function::Delete,
                (ChangeKind::New | ChangeKind::Change, Some(_)) => Function::Modify,
                (ChangeKind::New | ChangeKind::Change, None) => Function::Add,
            };
            let letter = Letter { manual: MANUAL, number, version_no: record.version_no, function };
            outbox::put(tx, &letter).await
        }
        (true, false) => {
            let end = match record.status {
                TripStatus::Sent => outbox::End::Sent,
                TripStatus::SendFailed => outbox::End::Failed,
                TripStatus::Saved
                | TripStatus::Declared
                | TripStatus::CustomsApproved
                | TripStatus::Rejected
                | TripStatus::Closed
                | TripStatus::Locked
                | TripStatus::Unlocked
                | TripStatus::ManuallyClosed
                | TripStatus::LeftPort => outbox::End::Withdrawn,
            };
            outbox::end(tx, MANUAL, number, end).await
        }
        (true, true) | (false, false) => Ok(()),
    }
}

async fn audit_step(
    tx: &Tx,
    before: &Record,
    action: &str,
    actor: &Actor,
    after: Option<TripStatus>,
) -> Result<(), StoreError> {
    let (number, status) = (before.unified_no.as_str(), Some(before.status.code()));
    let entry = Entry {
        actor,
        subject: MANUAL,
        number,
        action,
        before: status,
        after: after.map(TripStatus::code),
        detail: Value::Null,
    };
    audit::write(tx, &entry).await
}

/// Tells the gates; a record whose area changed leaves the old area's yards.
async fn show(tx: &mut Tx, before: &Record, record: &Record) -> Result<(), StoreError> {
    let (old, area) = (before.content().customs_code, record.content().customs_code);
    if old != area {
        publish::show_trip(tx, &old, &record.trip_no, index::TripView::Absent).await?;
    }
    publish::show_trip(tx, &area, &record.trip_no, index::of(record)).await
}

fn receipt_of(
    from: Option<TripStatus>,
    after: &Record,
    action: Action,
    cause: &Cause,
    at: UtcMillis,
) -> Receipt {
    let (from, to) = (from.map(TripStatus::code), Some(after.status.code()));
    Receipt {
        code: action.receipt_code().map(ToOwned::to_owned),
        version_no: after.version_no,
        text: cause.text.clone(),
        confirmed_warnings: cause.confirmed_warnings.clone(),
        message_no: cause.message_no.clone(),
        ..Receipt::new(at, ReceiptKind::Transition, action.code(), &cause.actor.name, from, to)
    }
}
