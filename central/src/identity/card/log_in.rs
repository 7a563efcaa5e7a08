//! 卡介质登录: who a card belongs to.
//! Promises: says whose the card is only after it has answered a challenge of 60 seconds (PO-063); the PIN stays on the user's machine.
//! Absent on purpose: opening the session (`identity::session`).
//! Source: PO-051, PO-063, PO-064, PO-104; PO-V03, PO-X08..PO-X10.

use protocols::{ids::CardNo, ikey::Holder};

use super::{
    Answer, Challenge,
    binding::{self, Binding},
    challenge::{self, Purpose, answered},
    refusal,
};
use crate::{
    app::Central,
    declaration::problem::Problem,
    store::{StoreError, Tx},
};

/// A card that has answered.
#[derive(Clone, Debug)]
pub struct Proof {
    /// 持卡人, as the certificate names him.
    pub holder: Holder,
    /// Whose the card is; none when it is bound to no account.
    pub binding: Option<Binding>,
}

impl Proof {
    /// 卡号.
    #[must_use]
    pub const fn card_no(&self) -> CardNo {
        self.holder.card_no
    }

    /// The account, or `PO_CARD_UNBOUND` (PO-064).
    ///
    /// # Errors
    /// As said.
    pub fn account_id(&self) -> Result<&str, Problem> {
        self.binding.as_ref().map(|binding| &*binding.account_id).ok_or_else(refusal::unbound)
    }
}

/// A challenge for a card of whoever comes.
///
/// # Errors
/// [`StoreError`].
pub async fn log_in_challenge(tx: &Tx) -> Result<Challenge, StoreError> {
    challenge::make(tx, Purpose::LogIn, None).await
}

/// The card that answered, and whose it is. The challenge is used up once the transaction is committed.
///
/// # Errors
/// `PO_SIGNATURE_INVALID`; `PO_NO_PERMISSION` when the binding is suspended.
pub async fn prove(tx: &Tx, central: &Central, answer: &Answer) -> Result<Proof, Problem> {
    let presented = answered(central, tx, Purpose::LogIn, None, answer).await?;
    let binding = binding::of_card(tx.conn(), presented.holder.card_no).await?;
    if binding.as_ref().is_some_and(|binding| binding.is_suspended(tx.now())) {
        return Err(refusal::suspended());
    }
    Ok(Proof { holder: presented.holder, binding })
}
