//! 单证状态: the state chart of section 11.2 for first declarations, and the only code that moves a record.
//! Promises: `apply` moves the row, writes the receipt and tells the gates in one transaction, or does nothing. `follow_gate` does
//! the same for what a gate reported; what that is, the rules shared with the gates have decided (`gate_feed::intake`).
//! Source: spec SG-167..SG-189, SG-268.

use protocols::{
    contract::UtcMillis,
    rules::{CloseReason, TripStatus},
};

use super::{
    index,
    record::{Declaration, Hold, Record},
    store,
};
use crate::{
    declaration::{
        lifecycle::{By, Step, find, gone, offered, step},
        receipt::{self, Receipt, ReceiptKind},
    },
    gate_feed::publish,
    store::{StoreError, Tx},
};

/// What can be done to a record, other than by a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// 暂存.
    Save,
    /// 申报.
    Declare,
    /// 删除.
    Delete,
    /// Delivered to the intranet.
    Deliver,
    /// Not delivered.
    FailDelivery,
    /// 海关审核通过, receipt 10.
    Approve,
    /// 退单, receipt 20.
    Return,
    /// 办结 by customs, receipt 40.
    Finish,
    /// 海关布控, receipt 41.
    Hold,
    /// The hold is lifted, receipt 42; the vehicle is outside.
    Lift,
    /// The hold is lifted, receipt 42; the vehicle is in a lane or on site.
    LiftOnSite,
    /// The hold is lifted, receipt 42; the closing passage has taken place under it.
    LiftPassed,
    /// The hold is lifted, receipt 42; the vehicle is outside, and customs had taken its approval back.
    LiftWithdrawn,
    /// 人工办结, receipt 43.
    Close,
    /// 口岸离场, receipt 50.
    LeavePort,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::Save,
        Self::Declare,
        Self::Delete,
        Self::Deliver,
        Self::FailDelivery,
        Self::Approve,
        Self::Return,
        Self::Finish,
        Self::Hold,
        Self::Lift,
        Self::LiftOnSite,
        Self::LiftPassed,
        Self::LiftWithdrawn,
        Self::Close,
        Self::LeavePort,
    ];

    /// Its name in receipts and in `actions`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Declare => "declare",
            Self::Delete => "delete",
            Self::Deliver => "deliver",
            Self::FailDelivery => "fail_delivery",
            Self::Approve => "approve",
            Self::Return => "return",
            Self::Finish => "finish",
            Self::Hold => "hold",
            Self::Lift | Self::LiftOnSite | Self::LiftPassed | Self::LiftWithdrawn => "lift",
            Self::Close => "close",
            Self::LeavePort => "left-port",
        }
    }

    /// The receipt code that a customs message uses (SG-165).
    #[must_use]
    pub const fn receipt_code(self) -> Option<&'static str> {
        match self {
            Self::Approve => Some("10"),
            Self::Return => Some("20"),
            Self::Finish => Some("40"),
            Self::Hold => Some("41"),
            Self::Lift | Self::LiftOnSite | Self::LiftPassed | Self::LiftWithdrawn => Some("42"),
            Self::Close => Some("43"),
            Self::LeavePort => Some("50"),
            Self::Save | Self::Declare | Self::Delete | Self::Deliver | Self::FailDelivery => None,
        }
    }

    /// What a customs message with this code asks for; lifting is refined by the record (SG-185).
    #[must_use]
    pub fn of_receipt(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.receipt_code() == Some(code))
    }
}

use Action::{
    Approve, Close, Declare, Delete, Deliver, FailDelivery, Finish, LeavePort, Lift, LiftOnSite, LiftPassed,
    LiftWithdrawn, Return, Save,
};
use By::{Centre, Customs, Enterprise};
use TripStatus::{
    Closed, CustomsApproved, Declared, LeftPort, Locked, ManuallyClosed, Rejected, Saved, SendFailed, Sent,
    Unlocked,
};

/// The state chart. A first save makes the record and therefore has no row.
#[rustfmt::skip]
pub const LIFECYCLE: &[Step<TripStatus, Action>] = &[
    //   from             action        by          to
    step(Saved,           Save,         Enterprise, Saved),            // SG-168
    step(SendFailed,      Save,         Enterprise, Saved),            // SG-173
    step(Rejected,        Save,         Enterprise, Saved),            // SG-173
    step(Saved,           Declare,      Enterprise, Declared),         // SG-169
    step(SendFailed,      Declare,      Enterprise, Declared),         // SG-172
    gone(Saved,           Delete,       Enterprise),                   // SG-177
    gone(SendFailed,      Delete,       Enterprise),                   // SG-177
    gone(Rejected,        Delete,       Enterprise),                   // SG-177
    step(Declared,        Deliver,      Centre,     Sent),             // SG-170
    step(Declared,        FailDelivery, Centre,     SendFailed),       // SG-171
    step(Sent,            Approve,      Customs,    CustomsApproved),  // SG-174
    step(Sent,            Return,       Customs,    Rejected),         // SG-175
    step(CustomsApproved, Return,       Customs,    Rejected),         // SG-176
    step(Unlocked,        Return,       Customs,    Rejected),         // SG-176
    step(CustomsApproved, Action::Hold, Customs,    Locked),           // SG-183
    step(Unlocked,        Action::Hold, Customs,    Locked),           // SG-183
    step(Locked,          Action::Hold, Customs,    Locked),           // SG-183
    step(Locked,          Lift,         Customs,    Unlocked),         // SG-185
    step(Locked,          LiftOnSite,   Customs,    Locked),           // SG-185
    step(Locked,          LiftPassed,   Customs,    Closed),           // SG-185, SG-244
    step(Locked,          LiftWithdrawn, Customs,   Rejected),         // SG-185, SG-176
    step(CustomsApproved, Finish,       Customs,    Closed),           // SG-268
    step(Unlocked,        Finish,       Customs,    Closed),           // SG-268
    step(Locked,          Finish,       Customs,    Closed),           // SG-268
    step(CustomsApproved, Close,        Customs,    ManuallyClosed),   // SG-187
    step(Unlocked,        Close,        Customs,    ManuallyClosed),   // SG-187
    step(Locked,          Close,        Customs,    ManuallyClosed),   // SG-187
    step(Closed,          LeavePort,    Customs,    LeftPort),         // SG-188
    step(ManuallyClosed,  LeavePort,    Customs,    LeftPort),         // SG-188
];

/// Who acts, and what goes with it.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    /// A user name, `customs` or `centre`.
    pub actor: String,
    /// Words for the receipt.
    pub text: Option<String>,
    /// Warnings that the person has confirmed.
    pub confirmed_warnings: Vec<String>,
}

/// The chart has no such step (SG-190).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not possible in status {status}", .action.code())]
pub struct OutOfPlace {
    /// The status.
    pub status: TripStatus,
    /// What was to be done.
    pub action: Action,
}

/// What may be done to this record by this side, in the order of the chart (SG-150).
#[must_use]
pub fn actions(record: &Record, by: By) -> Vec<&'static str> {
    let possible = |action: &Action| guard(record, *action).is_some();
    let mut names: Vec<_> =
        offered(LIFECYCLE, record.status, by).filter(possible).map(Action::code).collect();
    names.dedup();
    names
}

/// The action as this record takes it: only a customs hold is lifted, and what comes after it is what happened under it (SG-185); a
/// second hold changes nothing and is refused.
fn guard(record: &Record, action: Action) -> Option<Action> {
    match (action, &record.hold) {
        (Action::Hold, Some(Hold::Customs { .. })) => None,
        (Lift | LiftOnSite | LiftPassed | LiftWithdrawn, Some(Hold::Customs { over, .. })) => {
            Some(match (record.closing_passed, over, &record.effective) {
                (true, _, _) => LiftPassed,
                (false, Some(_), _) => LiftOnSite,
                (false, None, Some(_)) => Lift,
                // Nothing leads out of `UNLOCKED` without an approval; the enterprise corrects and declares again.
                (false, None, None) => LiftWithdrawn,
            })
        }
        (Lift | LiftOnSite | LiftPassed | LiftWithdrawn, _) => None,
        // SG-188: a trip closed by a delete order never had a vehicle.
        (Action::LeavePort, _) if record.close_reason == Some(CloseReason::DeleteOrder) => None,
        (action, _) => Some(action),
    }
}

/// What the step makes of the record; none when it is deleted. Pure.
///
/// # Errors
/// [`OutOfPlace`] when the chart has no such step.
pub fn moved(
    before: &Record,
    action: Action,
    cause: &Cause,
    now: UtcMillis,
) -> Result<Option<Record>, OutOfPlace> {
    let refused = OutOfPlace { status: before.status, action };
    let action = guard(before, action).ok_or(refused)?;
    let Some(to) = find(LIFECYCLE, before.status, action).ok_or(refused)?.to else { return Ok(None) };
    let mut record = before.clone();
    record.status = to;
    if to != before.status {
        record.status_since = now;
    }
    record.answered |= action.receipt_code().is_some();
    match action {
        Action::Approve => {
            record.effective = Some(record.body.clone());
            record.effective_version_no = Some(record.version_no);
            record.approved_at = Some(now);
        }
        Action::Return => {
            record.effective = None;
            record.effective_version_no = None;
        }
        Action::Hold => {
            let (officer, reason) =
                (cause.actor.clone().into(), cause.text.clone().unwrap_or_default().into());
            record.hold =
                Some(Hold::Customs { officer, reason, since: now, over: record.hold.take().map(Box::new) });
        }
        Action::LiftOnSite => {
            record.hold = match record.hold.take() {
                Some(Hold::Customs { over, .. }) => over.map(|over| *over),
                other => other,
            };
        }
        Action::Lift | Action::LiftPassed | Action::LiftWithdrawn | Action::Finish | Action::Close => {
            record.hold = None;
        }
        Action::Save
        | Action::Declare
        | Action::Delete
        | Action::Deliver
        | Action::FailDelivery
        | Action::LeavePort => {}
    }
    Ok(Some(record))
}

/// Why `apply` did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The chart has no such step.
    #[error(transparent)]
    OutOfPlace(#[from] OutOfPlace),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the step. `body` is the new content of a save.
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
        store::delete(tx, before, &cause.actor).await?;
        publish::show_trip(tx, &before.body.customs_code, &before.trip_no, &index::of_deleted(before, now))
            .await?;
        return Ok(None);
    };
    if let Some(body) = body {
        record.body = body;
    }
    record.version += 1;
    store::update(tx, &record).await?;
    receipt::write(tx, record.unified_no.as_str(), &receipt_of(before, &record, action, cause, now)).await?;
    show(tx, before, &record).await?;
    Ok(Some(record))
}

/// Stores the first save of a record, with its receipt.
///
/// # Errors
/// [`StoreError`].
pub async fn create(tx: &mut Tx, record: &Record, cause: &Cause) -> Result<(), StoreError> {
    store::insert(tx, record).await?;
    let mut receipt = receipt_of(record, record, Action::Save, cause, tx.now());
    receipt.from = None;
    receipt::write(tx, record.unified_no.as_str(), &receipt).await
}

/// Stores what a gate's event made of the record, with its receipts.
///
/// # Errors
/// [`StoreError`].
pub async fn follow_gate(tx: &mut Tx, record: &mut Record, receipts: &[Receipt]) -> Result<(), StoreError> {
    record.version += 1;
    record.answered |= !receipts.is_empty();
    store::update(tx, record).await?;
    for receipt in receipts {
        receipt::write(tx, record.unified_no.as_str(), receipt).await?;
    }
    show(tx, record, record).await
}

/// Tells the gates; a record whose area changed leaves the old area's yards.
async fn show(tx: &mut Tx, before: &Record, record: &Record) -> Result<(), StoreError> {
    let (old, area) = (before.content().customs_code, record.content().customs_code);
    if old != area {
        publish::show_trip(tx, &old, &record.trip_no, &index::TripView::Absent).await?;
    }
    publish::show_trip(tx, &area, &record.trip_no, &index::of(record)).await
}

fn receipt_of(before: &Record, after: &Record, action: Action, cause: &Cause, at: UtcMillis) -> Receipt {
    let (from, to) = (before.status.code(), after.status.code());
    Receipt {
        code: action.receipt_code().map(ToOwned::to_owned),
        version_no: after.version_no,
        text: cause.text.clone(),
        confirmed_warnings: cause.confirmed_warnings.clone(),
        ..Receipt::new(at, ReceiptKind::Transition, action.code(), &cause.actor, Some(from), Some(to))
    }
}
