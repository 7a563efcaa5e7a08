//! 上传用卡: the card that an upload needs (AE-014, AE-091), shown once a session.
//! Promises: the first upload of a session carries a signature of the bound card over a statement of action `upload`; later ones of the same
//! session need none while the same card is bound (PO-102, PO-107). A key of a program has no session: each of its uploads is signed.
//! Source: docs/decisions/0048.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{lifecycle::Action, record::Record, store};
use crate::{
    app::Central,
    declaration::{fault::FieldError, problem::Problem},
    identity::{
        Person,
        signing::{self, Act, Signature},
    },
    store::{StoreError, Tx},
};

/// The header that carries the signature, as the JSON of a request's member `signature`.
pub(super) const HEADER: &str = "x-card-statement";

/// What the card signs: that its holder is about to upload to this record; the file itself is signed with the application.
pub(super) fn act_of(record: &Record) -> Act {
    Act::on(record, Action::Upload, json!({}), &[])
}

/// The signature of a request, if it carries one.
///
/// # Errors
/// 422 when the header cannot be read.
pub(super) fn sent(headers: &HeaderMap) -> Result<Option<Signature>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let read = serde_json::from_slice(value.as_bytes());
    read.map(Some).map_err(|error| {
        let (zh, en) = ("签名格式有误", format!("not a signature as JSON: {error}"));
        Problem::fields(vec![FieldError::format(HEADER.to_owned(), "PO-331", zh, en, Value::Null)])
    })
}

/// Whether this session has shown the card that is bound now.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn is_shown(central: &Central, person: &Person) -> Result<bool, StoreError> {
    let (Some(session), Some(card_no)) = (person.session_id.as_deref(), person.card_no) else {
        return Ok(false);
    };
    let shown = store::card_of_session(central.store().read(), session).await?;
    Ok(shown.as_deref() == Some(card_no.as_str()))
}

/// Proves the card for an upload to this record.
///
/// # Errors
/// `PO_CARD_ABSENT`, `PO_CARD_MISMATCH`, `PO_SIGNATURE_INVALID`.
pub(super) async fn prove(
    central: &Central,
    tx: &Tx,
    person: &Person,
    signature: Option<&Signature>,
    record: &Record,
) -> Result<(), Problem> {
    if signature.is_none() && is_shown(central, person).await? {
        return Ok(());
    }
    let signed = signing::verify(central, tx, person, signature, &[act_of(record)]).await?;
    if let Some(session) = person.session_id.as_deref() {
        store::keep_card_of_session(tx, session, signed.card_no().as_str()).await?;
    }
    Ok(())
}
