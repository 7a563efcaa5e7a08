//! From a statement to its proof.
//! Promises: the statement that is verified is made again from what is stored, never taken from the caller; checks go from what the
//! person can mend (another card) to what nobody can (a wrong signature); the nonce is used up with the act or not at all.
//! Source: PO-093, PO-094, PO-098..PO-104, PO-108, PO-111, PO-112.

use protocols::{ids::CardNo, ikey::Holder};

use super::{Act, Presented, Signature, Signed, Statement, evidence, nonce, statement as bytes};
use crate::{
    app::Central,
    config::Sealing,
    declaration::problem::Problem,
    identity::{
        Person, Standing,
        card::{binding, refusal},
    },
    store::Tx,
};

/// Makes the statement for these acts, with a fresh nonce.
///
/// # Errors
/// 403 without a bound card that may sign.
pub async fn statement(tx: &Tx, person: &Person, acts: &[Act]) -> Result<Statement, Problem> {
    signing_card(tx, person).await?;
    let nonce = nonce::make(tx, person).await?;
    let text = text_of(acts, &nonce.text, tx.now())?;
    Ok(Statement { text, nonce: nonce.text, expires_at: nonce.expires_at })
}

/// Verifies the signature over the statement of these acts, uses its nonce up and stores signature, certificate and bytes.
///
/// # Errors
/// `PO_CARD_ABSENT` without a signature, `PO_CARD_MISMATCH` when it is another card than the bound one, `PO_SIGNATURE_INVALID`,
/// `PO_NO_PERMISSION`.
pub async fn verify(
    central: &Central,
    tx: &Tx,
    person: &Person,
    signature: Option<&Signature>,
    acts: &[Act],
) -> Result<Signed, Problem> {
    let registered = signing_card(tx, person).await?;
    let signature = signature.ok_or_else(refusal::absent)?;
    let presented = Presented::read(central.cards(), &signature.alg, &signature.certificate)?;
    if presented.holder.card_no != registered {
        return Err(refusal::mismatch(presented.holder.card_no, registered));
    }
    presented.must_be_trusted(central.cards(), tx.conn(), tx.now()).await?;
    same_identity(person, &presented.holder)?;
    let time = nonce::take(tx, person, &signature.nonce).await?;
    let time = time.ok_or_else(|| refusal::invalid("the nonce is not this person's, too old, or used"))?;
    let text = text_of(acts, &signature.nonce, time)?;
    presented.must_have_signed(&text, &signature.value)?;
    opens_to(central, signature, &text)?;
    evidence::keep(tx, person, registered, signature, &text, acts).await?;
    Ok(Signed { card_no: registered })
}

/// A statement for a shield, with a fresh nonce; whether the account has one, `identity::shield` knows.
///
/// # Errors
/// When there is nothing to sign.
pub(in crate::identity) async fn shield_statement(
    tx: &Tx,
    person: &Person,
    acts: &[Act],
) -> Result<Statement, Problem> {
    let nonce = nonce::make(tx, person).await?;
    let text = text_of(acts, &nonce.text, tx.now())?;
    Ok(Statement { text, nonce: nonce.text, expires_at: nonce.expires_at })
}

/// The same statement once more, from what is stored; its nonce is used up.
///
/// # Errors
/// `PO_SIGNATURE_INVALID` when the nonce does not serve.
pub(in crate::identity) async fn shield_statement_again(
    tx: &Tx,
    person: &Person,
    nonce: &str,
    acts: &[Act],
) -> Result<String, Problem> {
    let time = nonce::take(tx, person, nonce).await?;
    let time = time.ok_or_else(|| refusal::invalid("the nonce is not this person's, too old, or used"))?;
    text_of(acts, nonce, time)
}

fn text_of(acts: &[Act], nonce: &str, time: protocols::contract::UtcMillis) -> Result<String, Problem> {
    if acts.is_empty() {
        return Err(Problem::malformed("there is nothing to sign"));
    }
    bytes::text(acts, nonce, time).map_err(|error| Problem::malformed(error.to_string()))
}

/// The card that this person may sign with: the bound one, unless its binding is suspended (PO-104).
async fn signing_card(tx: &Tx, person: &Person) -> Result<CardNo, Problem> {
    let card_no = person.card_no.ok_or_else(Problem::no_permission)?;
    // A person of the configuration has no account; the configured card is the bound one.
    let Some(account_id) = &person.account_id else { return Ok(card_no) };
    let bound = binding::of_account(tx.conn(), account_id).await?.ok_or_else(Problem::no_permission)?;
    if bound.is_suspended(tx.now()) { Err(refusal::suspended()) } else { Ok(bound.card_no) }
}

/// PO-112: the card and the account name the same enterprise; neither is believed above the other.
pub(in crate::identity) fn same_identity(person: &Person, holder: &Holder) -> Result<(), Problem> {
    let (uscc, customs_reg_no) = match &person.standing {
        Standing::Declarant(declarant) => (
            Some(declarant.uscc.as_str()),
            declarant.enterprise.as_ref().and_then(|enterprise| enterprise.customs_reg_no.as_deref()),
        ),
        Standing::Agency(agency) => (agency.uscc.as_deref(), agency.customs_reg_no.as_deref()),
        _ => (None, None),
    };
    if names(holder, uscc, customs_reg_no) { Ok(()) } else { Err(Problem::no_permission()) }
}

/// Whether a card is one of who has these codes.
pub(in crate::identity) fn names(holder: &Holder, uscc: Option<&str>, customs_reg_no: Option<&str>) -> bool {
    // The register may not know the customs code yet (PO-030); a card that has none where the register does is not the same.
    let same_code = customs_reg_no.is_none() || holder.customs_reg_no.as_deref() == customs_reg_no;
    holder.uscc.as_deref() == uscc && same_code
}

/// PO-100: what is sealed to the platform is the very statement.
fn opens_to(central: &Central, signature: &Signature, text: &str) -> Result<(), Problem> {
    let Some(sealed) = &signature.sealed else {
        return match central.cards().sealing() {
            Sealing::Optional => Ok(()),
            Sealing::Required => Err(refusal::invalid("the statement has to be sealed to the platform")),
        };
    };
    let platform = central.cards().platform();
    let platform = platform.ok_or_else(|| refusal::invalid("this platform has no key to seal to"))?;
    let opened = sealed.open(&platform.key).map_err(|error| refusal::invalid(&error.to_string()))?;
    if opened == text.as_bytes() {
        Ok(())
    } else {
        Err(refusal::invalid("what is sealed is not the statement"))
    }
}
