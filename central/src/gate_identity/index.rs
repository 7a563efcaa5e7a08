//! 索引签名: what this centre tells of a yard's index, signed with the key of its receipts.
//! Promises: what is signed is what goes out, to the last member; it names no gate, so one answer to many gates is signed once.
//! Absent on purpose: keeping signatures: each is made of what is read for the answer.
//! Source: fault E3; docs/decisions 0083, 0087.

use protocols::{
    contract::{ChainError, Hash, IndexSignature, SnapshotHead, UtcMillis, changes_digest},
    ids::YardId,
};
use serde_json::{Map, Value};

use super::receipt::{ReceiptError, Signer};
use crate::app::Central;

/// What is to be signed.
#[derive(Debug)]
struct Said {
    yard_id: YardId,
    from: Option<u64>,
    revision: u64,
    mark: Option<Hash>,
    sha256: Hash,
    nonce: Option<Hash>,
}

/// Signs a snapshot that begins with this head and whose lines have this digest. What cannot be signed is told in the log, and the gate asks again.
pub(crate) fn of_snapshot(
    central: &Central,
    head: &SnapshotHead,
    sha256: Hash,
    nonce: Option<Hash>,
) -> Option<IndexSignature> {
    let SnapshotHead { yard_id, revision, mark, .. } = *head;
    signed(central, Ok(Said { yard_id, from: None, revision, mark, sha256, nonce }))
}

/// Signs changes: `list` is the JSON of the member `changes`, which lead from one revision to another with its mark. None where there is no
/// authority to verify it by.
pub(crate) fn of_changes(
    central: &Central,
    yard_id: YardId,
    (from, revision): (u64, u64),
    mark: Option<Hash>,
    list: &str,
) -> Option<IndexSignature> {
    central.gate_authorities()?;
    let list: Result<Value, _> = serde_json::from_str(list);
    let sha256 = list.map_err(|_| ChainError::NotCanonical).and_then(|list| changes_digest(&list));
    let said = sha256.map(|sha256| Said { yard_id, from: Some(from), revision, mark, sha256, nonce: None });
    signed(central, said.map_err(ReceiptError::from))
}

fn signed(central: &Central, said: Result<Said, ReceiptError>) -> Option<IndexSignature> {
    let authorities = central.gate_authorities()?;
    let at = central.store().clock().now();
    let made = said.and_then(|said| {
        let signer = authorities.signer(at)?;
        said.signed(&signer, at)
    });
    made.inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, "the index cannot be signed");
    })
    .ok()
}

impl Said {
    fn signed(self, signer: &Signer, at: UtcMillis) -> Result<IndexSignature, ReceiptError> {
        let mut signed = IndexSignature {
            yard_id: self.yard_id,
            from: self.from,
            revision: self.revision,
            mark: self.mark,
            sha256: self.sha256,
            nonce: self.nonce,
            at,
            certificate: signer.certificate().into(),
            signature: Box::default(),
            more: Map::new(),
        };
        signed.signature = signer.signature(&signed.signed_bytes()?)?;
        Ok(signed)
    }
}
