//! 索引签名: whether what a snapshot or changes make of the index is the centre's own word, for this gate's yard.
//! Promises: with an identity nothing becomes index that the centre has not signed as it was read here: yard, revisions, mark and digest; a
//! snapshot also with the number that was sent along, so that none of yesterday stands for today's. Over plain HTTP, by a token to this machine,
//! there is no authority, and the index is taken as it comes.
//! Limits: an answer without changes is not signed: whoever holds changes back is not found by a signature.
//! Source: fault E3, fault C7; invariant I4; docs/decisions 0087.

use protocols::{contract::Hash, ids::YardId};

use super::receipt::Receipts;
use crate::{
    cache::Told,
    identity::{ReceiptError, verify_index},
};

/// Why the index is followed no further: what came is not signed as it was read. The old index stays, and it is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the centre's signature of its index is not taken: {0}")]
pub struct IndexRefused(pub ReceiptError);

impl Receipts {
    /// Whether anything is asked of what the centre says.
    #[must_use]
    pub const fn are_asked_for(&self) -> bool {
        matches!(self, Self::Signed(..))
    }

    /// Whether what was read is the centre's word; `nonce` is what was sent along when a snapshot was asked for.
    ///
    /// # Errors
    /// [`IndexRefused`]; the index is to be left as it is then.
    pub fn check_index(&self, told: &Told, nonce: Option<Hash>) -> Result<(), IndexRefused> {
        let Self::Signed(keeper, _) = self else { return Ok(()) };
        let current = keeper.current();
        let identity = current.borrow();
        // Without an identity there is no line either; nobody is believed then.
        let identity = identity.as_ref().ok_or(IndexRefused(ReceiptError::Authority))?;
        judge_index(told, &identity.yard_id, nonce, &identity.authorities).map_err(IndexRefused)
    }
}

/// The same by a yard and authorities, PEM each.
///
/// # Errors
/// [`ReceiptError`].
pub fn judge_index(
    told: &Told,
    yard_id: &YardId,
    nonce: Option<Hash>,
    authorities: &[Box<str>],
) -> Result<(), ReceiptError> {
    let signed = told.signed.as_ref().ok_or(ReceiptError::Absent)?;
    verify_index(signed, authorities)?;
    let is_of_this_yard =
        signed.yard_id == *yard_id && told.yard_id.is_none_or(|yard_id| yard_id == signed.yard_id);
    let named = (signed.from, signed.revision, signed.mark, Some(signed.sha256), signed.nonce);
    let read = (told.from, told.revision, told.mark, told.sha256, nonce);
    if is_of_this_yard && named == read { Ok(()) } else { Err(ReceiptError::Another) }
}
