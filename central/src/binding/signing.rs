//! 待签内容 of bindings: what the cards of declarants and officers sign, made from stored data.
//! Promises: the handler of an act makes the very statement again that was given out; whatever happened to the record in between makes
//! another one, and the signature does not fit (PO-098).
//! Source: spec SG-019..SG-021, PO-108, PO-111; decision 0054.

use serde_json::json;

use super::{
    lifecycle::{Action, MANUAL},
    record::{ChangeKind, Record},
};
use crate::{
    app::Central,
    declaration::problem::Problem,
    identity::{
        Person,
        signing::{self, Act, Signature},
    },
    store::Tx,
};

/// What the enterprise hands to customs: the whole content of the version, as it is stored.
pub(super) fn submission(record: &Record, action: Action) -> Act {
    // A delete order that could not be sent is declared again, and is one still (SG-172).
    let action = if takes_out(record, action) { Action::DeleteOrder } else { action };
    Act { fields: json!(record.body), ..act(record, action) }
}

/// Whether this act asks customs to take the record out.
pub(super) fn takes_out(record: &Record, action: Action) -> bool {
    action == Action::DeleteOrder || (action == Action::Declare && record.change_kind == ChangeKind::Delete)
}

/// What an officer decides, with the words that the enterprise will read (PO-111).
#[must_use]
pub fn decision(record: &Record, action: Action, text: Option<&str>) -> Act {
    Act { fields: json!({ "text": text }), ..act(record, action) }
}

fn act(record: &Record, action: Action) -> Act {
    Act {
        manual: MANUAL,
        number: record.unified_no.as_str().to_owned(),
        version: record.version,
        action: action.code(),
        fields: json!({}),
        attachments: Vec::new(),
    }
}

/// Proves that the bound card signed this submission; the refusal names the manual's own rule.
///
/// # Errors
/// `PO_CARD_ABSENT` (SG-019), `PO_CARD_MISMATCH` (SG-020), `PO_SIGNATURE_INVALID`, `PO_NO_PERMISSION`.
pub(super) async fn verify(
    central: &Central,
    tx: &Tx,
    person: &Person,
    signature: Option<&Signature>,
    act: Act,
) -> Result<(), Problem> {
    let verified = signing::verify(central, tx, person, signature, &[act]).await;
    verified.map(drop).map_err(|problem| match problem.code() {
        "PO_CARD_ABSENT" => problem.citing("SG-019"),
        "PO_CARD_MISMATCH" => problem.citing("SG-020"),
        _ => problem,
    })
}
