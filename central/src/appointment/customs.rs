//! 海关: the one place where an answer of customs, or the clock, moves an application.
//! Promises: number, ties of declarations and notices are written with the step, or not at all.
//! Source: spec AC-006, AC-140, AC-198..AC-211, AC-225..AC-227.

use super::{
    lifecycle::{Action, effect, refined},
    numbers,
    record::Appointment,
    store,
};
use crate::{
    declaration::{
        lifecycle::{self, ApplyError, Cause, OutOfPlace},
        record::{Action as _, Status},
    },
    store::Tx,
};

/// Takes the step that this action is for the application as it is now.
///
/// # Errors
/// [`ApplyError`]; nothing has changed then once the transaction is dropped.
pub(super) async fn take(
    tx: &Tx,
    before: &Appointment,
    action: Action,
    cause: &Cause,
) -> Result<Appointment, ApplyError> {
    let refused = OutOfPlace { status: before.head.status.code(), action: action.code() };
    let action = refined(before, action, tx.now()).ok_or(refused)?;
    lifecycle::way::<Appointment>(before.head.status, action)?;
    let port = before.content.declaration_port.as_ref().ok_or(refused)?;
    let application_no = match action {
        Action::Approve => Some(numbers::application(tx, &port.code).await?),
        _ => None,
    };
    let after = lifecycle::apply(tx, before, action, cause, |record| {
        if let Some(number) = application_no {
            record.application_no = Some(number.into());
        }
        effect(record, action);
    });
    let after = after.await?.ok_or(refused)?;
    if let Some(answered) = action.answers() {
        store::end_answered(tx, &before.head.number, answered.code()).await?;
    }
    if matches!(action, Action::RefuseFeedback | Action::RefuseFeedbackLate) {
        for row in before.feedback.iter().filter(|row| row.waits()) {
            store::untie(tx, &before.head.number, &row.declaration_no).await?;
        }
    }
    if matches!(action, Action::Approve | Action::ConfirmCancellation) {
        tell_the_other_office(tx, &after).await?;
    }
    Ok(after)
}

/// AC-227: the office that sends people out of hours learns of it.
async fn tell_the_other_office(tx: &Tx, record: &Appointment) -> Result<(), ApplyError> {
    let (ours, theirs) = (&record.content.declaration_port, &record.content.entry_exit_port);
    if let (Some(ours), Some(theirs)) = (ours, theirs)
        && ours.code != theirs.code
    {
        store::notify(tx, &theirs.code, &record.head.number, record.head.status).await?;
    }
    Ok(())
}
