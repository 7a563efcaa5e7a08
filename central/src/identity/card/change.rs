//! 绑定、挂失、解绑、更新: the steps of a binding's life.
//! Promises: each is in the audit log with its state before and after; a step that the life cycle does not have is
//! `PO_STATUS_CONFLICT`; the card of another enterprise does not exist for who asks.
//! Source: PO-092, PO-104, PO-407..PO-410.

use protocols::ids::CardNo;
use serde_json::{Value, json};

use super::{
    Answer,
    binding::{self, Binding, State},
    challenge::{Purpose, answered},
    refusal,
};
use crate::{
    app::Central,
    declaration::{actor::Actor, audit, problem::Problem},
    identity::{Person, Standing, signing::same_identity},
    store::{StoreError, Tx},
};

/// PO-407: binds the card that answered to the account of this person.
///
/// # Errors
/// `PO_SIGNATURE_INVALID`; `PO_NO_PERMISSION` for a card of another enterprise; 409 when the account has a card or the card an account.
pub async fn bind(central: &Central, tx: &Tx, person: &Person, answer: &Answer) -> Result<Binding, Problem> {
    let account_id = person.account_id.as_deref().ok_or_else(Problem::no_permission)?;
    let presented = answered(central, tx, Purpose::Bind, Some(account_id), answer).await?;
    same_identity(person, &presented.holder)?;
    if binding::of_account(tx.conn(), account_id).await?.is_some() {
        return Err(Problem::status_conflict("a card is bound to this account already"));
    }
    if binding::of_card(tx.conn(), presented.holder.card_no).await?.is_some() {
        return Err(Problem::status_conflict("this card is bound to an account already"));
    }
    let bound = Binding::of(&presented, account_id, tx.now());
    binding::insert(tx, &bound, &presented).await?;
    write(tx, &person.actor(), "bind", bound.card_no, None, Some(State::Bound), Value::Null).await?;
    Ok(bound)
}

/// PO-410: the card that answered has a new certificate; its suspended binding serves again.
///
/// # Errors
/// `PO_CARD_MISMATCH`, `PO_SIGNATURE_INVALID`, `PO_NO_PERMISSION`; 409 when the binding is not suspended or the certificate is the old one.
pub async fn renew(central: &Central, tx: &Tx, person: &Person, answer: &Answer) -> Result<Binding, Problem> {
    let account_id = person.account_id.as_deref().ok_or_else(Problem::no_permission)?;
    let before = binding::of_account(tx.conn(), account_id).await?.ok_or_else(Problem::no_permission)?;
    let presented = answered(central, tx, Purpose::Renew, Some(account_id), answer).await?;
    if presented.holder.card_no != before.card_no {
        return Err(refusal::mismatch(presented.holder.card_no, before.card_no));
    }
    same_identity(person, &presented.holder)?;
    if !before.is_suspended(tx.now()) {
        return Err(Problem::status_conflict("the card is bound and serves"));
    }
    let renewed = Binding::of(&presented, account_id, tx.now());
    // A card that was reported lost comes back with another certificate only: whoever found it has the old one.
    if renewed.certificate_id == before.certificate_id {
        return Err(Problem::status_conflict("the certificate has not been renewed"));
    }
    let renewed = Binding { bound_at: before.bound_at, ..renewed };
    binding::renew(tx, &renewed, &presented).await?;
    let (from, to) = (Some(State::Suspended), Some(State::Bound));
    write(tx, &person.actor(), "renew", renewed.card_no, from, to, Value::Null).await?;
    Ok(renewed)
}

/// PO-104, PO-408: nothing is signed with this card any more.
///
/// # Errors
/// 403 for who administers no enterprise, 404 for the card of another one, 409 when it is suspended already.
pub async fn report_lost(
    tx: &Tx,
    person: &Person,
    card_no: CardNo,
    reason: &str,
) -> Result<Binding, Problem> {
    let before = administered(tx, person, card_no).await?;
    if before.is_suspended(tx.now()) {
        return Err(Problem::status_conflict("the binding is suspended already"));
    }
    suspend(tx, &person.actor(), &before, reason).await?;
    let reason = Some(reason.to_owned());
    Ok(Binding { state: State::Suspended, state_since: tx.now(), reason, ..before })
}

/// Proof that the person who unbinds was asked again who they are (PO-409).
#[derive(Debug)]
pub struct Rechecked(());

impl Rechecked {
    /// By the person's own card, which was opened by its PIN to answer.
    ///
    /// # Errors
    /// `PO_CARD_MISMATCH`, `PO_SIGNATURE_INVALID`; 403 for who has no card, or one that is suspended: whoever found it must not unbind others.
    pub async fn by_card(
        central: &Central,
        tx: &Tx,
        person: &Person,
        answer: &Answer,
    ) -> Result<Self, Problem> {
        let own = person.card_no.ok_or_else(Problem::no_permission)?;
        let bound = binding::of_card(tx.conn(), own).await?;
        if bound.is_some_and(|bound| bound.is_suspended(tx.now())) {
            return Err(refusal::suspended());
        }
        let presented = answered(central, tx, Purpose::Unbind, person.account_id.as_deref(), answer).await?;
        if presented.holder.card_no == own {
            Ok(Self(()))
        } else {
            Err(refusal::mismatch(presented.holder.card_no, own))
        }
    }

    /// By a one-time code to the registered mobile; for who has just verified it.
    #[must_use]
    pub const fn by_mobile_code() -> Self {
        Self(())
    }
}

/// PO-409: the card is nobody's.
///
/// # Errors
/// 403 for who administers no enterprise, 404 for the card of another one.
pub async fn unbind(tx: &Tx, person: &Person, card_no: CardNo, proof: Rechecked) -> Result<(), Problem> {
    let Rechecked(()) = proof;
    let before = administered(tx, person, card_no).await?;
    binding::delete(tx, card_no).await?;
    let detail = json!({ "account_id": before.account_id });
    let from = Some(before.state_at(tx.now()));
    Ok(write(tx, &person.actor(), "unbind", card_no, from, None, detail).await?)
}

/// The certificate is revoked: the system suspends the binding (PO-408).
pub(super) async fn suspend(
    tx: &Tx,
    actor: &Actor,
    before: &Binding,
    reason: &str,
) -> Result<(), StoreError> {
    binding::suspend(tx, before.card_no, reason).await?;
    let (from, to) = (Some(before.state), Some(State::Suspended));
    write(tx, actor, "suspend", before.card_no, from, to, json!({ "reason": reason })).await
}

/// The binding of a card that this person looks after: an enterprise's administrator after its own, the platform's after all (officers
/// have no enterprise).
async fn administered(tx: &Tx, person: &Person, card_no: CardNo) -> Result<Binding, Problem> {
    let uscc = match &person.standing {
        Standing::Declarant(declarant) if declarant.administrator => Some(declarant.uscc.as_str()),
        Standing::Admin => None,
        _ => return Err(Problem::no_permission()),
    };
    let found = binding::of_card(tx.conn(), card_no).await?;
    found.filter(|found| uscc.is_none() || found.uscc.as_deref() == uscc).ok_or_else(Problem::not_found)
}

async fn write(
    tx: &Tx,
    actor: &Actor,
    action: &str,
    card_no: CardNo,
    before: Option<State>,
    after: Option<State>,
    detail: Value,
) -> Result<(), StoreError> {
    let number = card_no.to_string();
    let (before, after) = (before.map(State::code), after.map(State::code));
    audit::write(tx, &audit::Entry { actor, subject: "card", number: &number, action, before, after, detail })
        .await
}
