//! 回执: what this gate asks of the centre before it believes that its events are there, and where it keeps the centre's word.
//! Promises: with an identity nothing counts as acknowledged without a receipt that an authority of the identity stands behind, and that is
//! for this gate, this journal and this very event; what was signed for once is held against journal and centre ever after.
//! Over plain HTTP, by a token to this machine, there is no authority: receipts come unsigned there and are taken as they come.
//! Source: invariant I5; faults A6, C5, C7, E4; docs/decisions 0083.

use std::{io, path::Path, sync::Arc};

use protocols::{
    contract::{EventsReceipt, Hash},
    ids::GateId,
};

use crate::{
    apart::beside,
    identity::{IdentityKeeper, ReceiptError, verify_receipt},
    journal::ReceiptBook,
};

/// 回执要求: what is asked of receipts.
#[derive(Clone, Debug)]
pub enum Receipts {
    /// Nothing: there is nobody to verify them by.
    Unsigned,
    /// The centre's signature, by the authorities of this identity; they are kept there.
    Signed(Arc<IdentityKeeper>, Arc<ReceiptBook>),
}

/// A place in a gate's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which journal.
    pub epoch: u32,
    /// The event.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Receipts {
    /// With the receipts that lie beside this journal.
    #[must_use]
    pub fn signed(keeper: &Arc<IdentityKeeper>, journal: &Path) -> Self {
        Self::Signed(Arc::clone(keeper), Arc::new(ReceiptBook::beside(journal)))
    }

    /// Whether the centre's word for this place is good.
    ///
    /// # Errors
    /// [`ReceiptError`]; nothing is acknowledged then.
    pub fn check(
        &self,
        gate_id: &GateId,
        place: Place,
        receipt: Option<&EventsReceipt>,
    ) -> Result<(), ReceiptError> {
        let Self::Signed(keeper, _) = self else { return Ok(()) };
        let receipt = receipt.ok_or(ReceiptError::Absent)?;
        verified(keeper, receipt)?;
        let named = Place { epoch: receipt.epoch, seq: receipt.seq, hash: receipt.hash };
        if receipt.gate_id == *gate_id && named == place { Ok(()) } else { Err(ReceiptError::Another) }
    }

    /// The newest word of the centre for this journal that still verifies: a damaged one, and one whose authority is believed no more,
    /// raises no alarm by itself.
    #[must_use]
    pub fn newest(&self, gate_id: &GateId, epoch: u32) -> Option<Place> {
        let Self::Signed(keeper, book) = self else { return None };
        let kept = book.newest(epoch).filter(|kept| kept.gate_id == *gate_id)?;
        verified(keeper, &kept).ok()?;
        Some(Place { epoch, seq: kept.seq, hash: kept.hash })
    }

    /// Keeps what was checked, durably, unless it is for fewer events than what is kept.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn keep(&self, receipt: Option<&EventsReceipt>) -> io::Result<()> {
        let (Self::Signed(_, book), Some(receipt)) = (self, receipt.cloned()) else { return Ok(()) };
        let book = Arc::clone(book);
        beside(move || book.keep(&receipt)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

fn verified(keeper: &IdentityKeeper, receipt: &EventsReceipt) -> Result<(), ReceiptError> {
    let current = keeper.current();
    let authorities = current.borrow().as_ref().map(|identity| identity.authorities.clone());
    verify_receipt(receipt, &authorities.unwrap_or_default())
}
