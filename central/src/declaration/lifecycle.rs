//! 状态转换: a manual's state chart as a table, the questions asked of it, and the one step that moves a record.
//! Promises: a pair that the table does not have is refused (SG-190, PO-337); buttons and checks ask the same table (SG-150); a step
//! moves the row, writes the receipt and the audit entry in one transaction, or does nothing.

use protocols::contract::UtcMillis;

use super::{
    actor::Actor,
    audit, notice,
    receipt::{self, Receipt, ReceiptKind},
    record::{self, Action, Head, Record, Status},
};
use crate::store::{StoreError, Tx};

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The declaring enterprise.
    Enterprise,
    /// Customs: an officer or a customs message.
    Customs,
    /// The centre itself, and what the customs gateway reports of deliveries.
    Centre,
}

/// One row of a state chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<S, A> {
    /// In which state.
    pub from: S,
    /// What is done.
    pub action: A,
    /// By whom.
    pub by: By,
    /// The state afterwards; none when the record is deleted.
    pub to: Option<S>,
}

/// A row that leads to a state.
pub const fn step<S, A>(from: S, action: A, by: By, to: S) -> Step<S, A> {
    Step { from, action, by, to: Some(to) }
}

/// A row that deletes the record.
pub const fn gone<S, A>(from: S, action: A, by: By) -> Step<S, A> {
    Step { from, action, by, to: None }
}

/// The row for this pair, if the chart has one.
#[must_use]
pub fn find<S: Copy + PartialEq, A: Copy + PartialEq>(
    table: &[Step<S, A>],
    from: S,
    action: A,
) -> Option<Step<S, A>> {
    table.iter().copied().find(|row| row.from == from && row.action == action)
}

/// What this side may do in this state, in the order of the table.
pub fn offered<S: Copy + PartialEq, A: Copy + PartialEq>(
    table: &[Step<S, A>],
    from: S,
    by: By,
) -> impl Iterator<Item = A> {
    table.iter().filter(move |row| row.from == from && row.by == by).map(|row| row.action)
}

/// The chart has no such step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action} is not possible in status {status}")]
pub struct OutOfPlace {
    /// The status.
    pub status: &'static str,
    /// What was to be done.
    pub action: &'static str,
}

/// Why `apply` did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The chart has no such step.
    #[error(transparent)]
    OutOfPlace(#[from] OutOfPlace),
    /// Somebody else moved the record meanwhile.
    #[error("the record has moved on from version {0}")]
    Overtaken(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What goes with a step.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Who acts.
    pub actor: Actor,
    /// The receipt code, when customs spoke.
    pub code: Option<&'static str>,
    /// The words of customs, of the officer or of the person.
    pub text: Option<String>,
    /// The number of the message that brought it; one that is stored already is not taken again (PO-233).
    pub message_no: Option<String>,
    /// Rules that warned, and that the person had confirmed.
    pub confirmed_warnings: Vec<String>,
}

impl Cause {
    /// Somebody acts, without further words.
    #[must_use]
    pub const fn by(actor: Actor) -> Self {
        Self { actor, code: None, text: None, message_no: None, confirmed_warnings: Vec::new() }
    }

    /// The same with words.
    #[must_use]
    pub fn saying(self, text: Option<String>) -> Self {
        Self { text, ..self }
    }
}

/// Where the step leads from here; none when the record goes.
///
/// # Errors
/// [`OutOfPlace`].
pub fn way<R: Record>(from: R::Status, action: R::Action) -> Result<Option<R::Status>, OutOfPlace> {
    let refused = OutOfPlace { status: from.code(), action: action.code() };
    find(R::LIFECYCLE, from, action).map(|row| row.to).ok_or(refused)
}

/// Stores the first save of a record, with its receipt.
///
/// # Errors
/// [`StoreError`].
pub async fn create<R: Record>(
    tx: &Tx,
    record: &R,
    action: R::Action,
    cause: &Cause,
) -> Result<(), StoreError> {
    record::insert(tx, record).await?;
    let receipt = receipt_of(None, record.head(), action.code(), cause, tx.now());
    receipt::write(tx, &record.head().number, &receipt).await?;
    audit::of_step::<R>(tx, &record.head().number, action.code(), None, Some(record.head().status), cause)
        .await
}

/// Takes the step: `change` makes the new content, the table says the new status.
///
/// # Errors
/// [`ApplyError`]; nothing has changed then once the transaction is dropped.
pub async fn apply<R: Record>(
    tx: &Tx,
    before: &R,
    action: R::Action,
    cause: &Cause,
    change: impl FnOnce(&mut R),
) -> Result<Option<R>, ApplyError> {
    let (now, old) = (tx.now(), before.head());
    let to = way::<R>(old.status, action)?;
    let Some(to) = to else {
        record::delete(tx, before, &cause.actor.name).await?;
        audit::of_step::<R>(tx, &old.number, action.code(), Some(old.status), None, cause).await?;
        notice::left(tx, R::MANUAL, &old.number, None).await?;
        return Ok(None);
    };
    let mut after = before.clone();
    change(&mut after);
    let head = after.head_mut();
    *head = Head {
        version: old.version + 1,
        status: to,
        status_since: if to == old.status { old.status_since } else { now },
        operated_at: now,
        answered: old.answered || cause.code.is_some(),
        ..old.clone()
    };
    if !record::update(tx, &after).await? {
        return Err(ApplyError::Overtaken(old.version));
    }
    let receipt = receipt_of(Some(old), after.head(), action.code(), cause, now);
    receipt::write(tx, &old.number, &receipt).await?;
    audit::of_step::<R>(tx, &old.number, action.code(), Some(old.status), Some(to), cause).await?;
    notice::left(tx, R::MANUAL, &old.number, Some(to.code())).await?;
    Ok(Some(after))
}

/// Keeps what customs said where it changes no status (PO-233, SG-190, AE-193).
///
/// # Errors
/// [`ApplyError::Overtaken`], [`ApplyError::Store`].
pub async fn note<R: Record>(
    tx: &Tx,
    before: &R,
    said: &str,
    cause: &Cause,
    change: impl FnOnce(&mut R),
) -> Result<R, ApplyError> {
    let mut after = before.clone();
    change(&mut after);
    let old = before.head();
    *after.head_mut() =
        Head { version: old.version + 1, operated_at: tx.now(), answered: true, ..old.clone() };
    if !record::update(tx, &after).await? {
        return Err(ApplyError::Overtaken(old.version));
    }
    let mut receipt = receipt_of(Some(old), after.head(), said, cause, tx.now());
    receipt.kind = ReceiptKind::Unapplied;
    receipt::write(tx, &old.number, &receipt).await?;
    Ok(after)
}

fn receipt_of<S: Status>(
    before: Option<&Head<S>>,
    after: &Head<S>,
    said: &str,
    cause: &Cause,
    at: UtcMillis,
) -> Receipt {
    Receipt {
        code: cause.code.map(ToOwned::to_owned),
        message_no: cause.message_no.clone(),
        text: cause.text.clone(),
        confirmed_warnings: cause.confirmed_warnings.clone(),
        ..Receipt::new(
            at,
            ReceiptKind::Transition,
            said,
            &cause.actor.name,
            before.map(|before| before.status.code()),
            Some(after.status.code()),
        )
    }
}
