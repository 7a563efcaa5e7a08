//! The one place where a word of customs meets a record.
//! Promises: what customs said is stored in any case, once by its number (PO-233); what fits no status, or answers a version that is no
//! longer open, changes nothing and raises an alert (SG-165, SG-190).
//! Source: spec SG-165, SG-174..SG-176, SG-180, SG-181, SG-183, SG-185, SG-187, SG-188, SG-190, SG-268; spec README on SG-183.

use protocols::rules::TripStatus;

use crate::{
    binding::{
        Record,
        lifecycle::{self, Action},
        store,
    },
    config::Receipt41,
    declaration::{
        lifecycle::{ApplyError, Cause},
        receipt::{self, Receipt, ReceiptKind},
    },
    gate_feed::alert::{self, Alert, Trouble, Unfit, Words},
    store::{StoreError, Tx},
};

/// Longest code that is kept of a receipt.
const LONGEST_CODE: usize = 20;

/// 海关回执: what customs said about a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// The receipt code.
    pub(super) code: &'a str,
    /// The version that it answers, where customs says so.
    pub(super) version_no: Option<u32>,
    /// What receipt 41 means at this office.
    pub(super) receipt_41: Receipt41,
}

/// 结果 of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// The record has this status now.
    Applied(TripStatus),
    /// Stored and raised; the record stays as it was.
    Kept(TripStatus),
    /// Taken before.
    Known,
}

/// What customs means by this code.
pub(super) fn action_of(code: &str, receipt_41: Receipt41) -> Option<Action> {
    match (Action::of_receipt(code)?, receipt_41) {
        (Action::Hold, Receipt41::InUse) => Some(Action::Use),
        (action, _) => Some(action),
    }
}

/// Settles what customs said; the caller commits.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn settle(
    tx: &mut Tx,
    before: &Record,
    said: &Said<'_>,
    cause: Cause,
) -> Result<Settled, StoreError> {
    let number = before.unified_no.as_str();
    if let Some(message_no) = &cause.message_no
        && receipt::is_taken(tx, number, message_no).await?
    {
        return Ok(Settled::Known);
    }
    let unfit = match action_of(said.code, said.receipt_41) {
        None => Unfit::UnknownCode,
        Some(action) if !concerns(before, action, said.version_no) => Unfit::OutOfPlace,
        Some(action) => match lifecycle::apply(tx, before, action, &cause, None).await {
            Ok(after) => return Ok(Settled::Applied(after.map_or(before.status, |after| after.status))),
            Err(ApplyError::OutOfPlace(_) | ApplyError::Overtaken(_)) => Unfit::OutOfPlace,
            Err(ApplyError::Store(error)) => return Err(error),
        },
    };
    let status = before.status.code();
    let code: String = said.code.chars().take(LONGEST_CODE).collect();
    let trouble = Trouble::Receipt {
        unfit,
        code: &code,
        about: None,
        status: Words::new(before.status.label_zh(), status),
    };
    let alert = Alert { trip_no: Some(before.trip_no.to_string()), ..Alert::of(&trouble) };
    let row = Receipt {
        code: Some(code),
        version_no: said.version_no.unwrap_or(before.version_no),
        text: cause.text,
        message_no: cause.message_no,
        ..Receipt::new(
            tx.now(),
            ReceiptKind::Unapplied,
            "receipt",
            &cause.actor.name,
            Some(status),
            Some(status),
        )
    };
    receipt::write(tx, number, &row).await?;
    store::mark_answered(tx, before).await?;
    alert::raise(tx, &alert).await?;
    Ok(Settled::Kept(before.status))
}

/// Whether a receipt about this version is about the record as it is: an answer is about the newest version, an order about the trip.
fn concerns(record: &Record, action: Action, version_no: Option<u32>) -> bool {
    let answers = matches!(action, Action::Approve | Action::Return);
    version_no.is_none_or(|version_no| {
        version_no == record.version_no || (!answers && Some(version_no) == record.effective_version_no)
    })
}
