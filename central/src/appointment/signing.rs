//! What cards sign: the four statements to customs (AC-016, AC-018) and the decisions of officers (PO-111), made from stored data.
//! Promises: the handler of an act rebuilds the very statement that was given out; a change in between makes another version, and the
//! signature does not fit.

use serde_json::{Value, json};

use super::{facts::typed_numbers, lifecycle::Action, record::Appointment, store, view};
use crate::{
    app::Central,
    declaration::{attachment::Attachment, problem::Problem},
    identity::{
        Person,
        signing::{self, Act, Signature},
    },
    store::Tx,
};

/// What is signed for this action; none when it is no statement to customs.
pub(super) fn act(
    record: &Appointment,
    action: Action,
    files: &[Attachment],
    reason: Option<&str>,
) -> Option<Act> {
    let fields = match action {
        Action::Submit => view::entered(record),
        Action::Cancel => json!({ "application_no": record.application_no, "reason": reason }),
        Action::Feedback => json!({ "declaration_nos": typed_numbers(record) }),
        Action::Explain => {
            let text = record.explanation.as_ref().and_then(|explanation| explanation.text.as_deref());
            json!({ "text": text.map_or(Value::Null, Value::from) })
        }
        _ => return None,
    };
    Some(Act::on(record, action, fields, files))
}

/// What an officer signs for a decision, with the words that the enterprise will read (PO-111).
pub(super) fn decision(record: &Appointment, action: Action, text: Option<&str>) -> Act {
    Act::on(record, action, json!({ "text": text }), &[])
}

/// Proves that the bound card signed this act, and puts it on its way to customs in the same transaction (AC-213); the refusal names the
/// manual's own rule (AC-013, AC-015, AC-016).
pub(super) async fn verify(
    central: &Central,
    tx: &Tx,
    person: &Person,
    signature: Option<&Signature>,
    act: Act,
) -> Result<(), Problem> {
    let (number, version, kind) = (act.number.clone(), act.version, act.action);
    let verified = signing::verify(central, tx, person, signature, &[act]).await;
    verified.map_err(|problem| match problem.code() {
        "PO_CARD_MISMATCH" => problem.citing("AC-015"),
        "PO_CARD_ABSENT" => problem.citing("AC-016"),
        "PO_NO_PERMISSION" => problem.citing("AC-013"),
        _ => problem,
    })?;
    Ok(store::put_message(tx, &number, version, kind).await?)
}
