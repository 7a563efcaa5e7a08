//! 接收回执: what this centre has of a gate's events, signed with a key that serves for this and for what gates are told of an index (`index`), and
//! for nothing else.
//! Promises: the key is made here, lives in memory only, and is another one each day and in each process; its certificate, under the
//! name of receipts and of the authority that every gate knows, goes with each receipt. What is signed is durable already.
//! Absent on purpose: keeping receipts: what the store has they can be made of again, and what it has not they must not say.
//! Source: invariant I5; faults A6, C5, C7, E4; docs/decisions 0083.

use protocols::{
    base64::Alphabet::Standard,
    contract::{ChainError, EventsReceipt, RECEIPTS_NAME, UtcMillis},
    ids::GateId,
    ikey::{IkeyError, PrivateKey},
};
use serde_json::Map;

use super::authority::{Authorities, AuthorityError};
use crate::{app::Central, gate_feed::intake::Head, identity::GateCaller};

const DAY_MS: u64 = 86_400_000;

/// Why there is no receipt, or no signature of an index.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// No key, or no certificate of it.
    #[error("no key can be certified for receipts")]
    Authority(#[from] AuthorityError),
    /// The key does not sign.
    #[error("the key does not sign")]
    Key(#[from] IkeyError),
    /// What is to be signed has no canonical form.
    #[error("what is to be signed has no canonical form")]
    Form(#[from] ChainError),
}

/// 回执签名: the key of today, and its certificate.
#[derive(Debug)]
pub(super) struct Signer {
    certificate: Box<str>,
    key: PrivateKey,
    made_at: UtcMillis,
}

impl Signer {
    pub(super) fn new(authorities: &Authorities, now: UtcMillis) -> Result<Self, AuthorityError> {
        let (certificate, key) = authorities.certify_centre(&[RECEIPTS_NAME.to_owned()], now)?;
        Ok(Self { certificate: certificate.to_pem()?.into(), key, made_at: now })
    }

    /// Whether it may still sign; a clock that went back by more than a day makes a new one too.
    pub(super) fn is_of_today(&self, now: UtcMillis) -> bool {
        now.as_millis().abs_diff(self.made_at.as_millis()) < DAY_MS
    }

    /// Of the key, PEM.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Of these bytes, Base64.
    pub(super) fn signature(&self, signed: &[u8]) -> Result<Box<str>, IkeyError> {
        Ok(Standard.encode(&self.key.sign(signed)?).into())
    }

    fn sign(&self, gate_id: &GateId, head: &Head, at: UtcMillis) -> Result<EventsReceipt, ReceiptError> {
        let mut receipt = EventsReceipt {
            gate_id: gate_id.clone(),
            epoch: head.epoch,
            seq: head.seq,
            hash: head.hash,
            at,
            certificate: self.certificate.clone(),
            signature: Box::default(),
            more: Map::new(),
        };
        receipt.signature = self.signature(&receipt.signed_bytes()?)?;
        Ok(receipt)
    }
}

/// The receipt for what the store has of this gate; none for a gate of this machine, which has no authority to verify it by. What cannot be
/// signed is told in the log and signed the next time: the gate holds its events back until then.
pub(crate) fn of(central: &Central, gate: &GateCaller, head: &Head, at: UtcMillis) -> Option<EventsReceipt> {
    let authorities = central.gate_authorities().filter(|_| gate.is_certified())?;
    let signer = authorities.signer(at).map_err(ReceiptError::from);
    match signer.and_then(|signer| signer.sign(&gate.gate_id, head, at)) {
        Ok(receipt) => Some(receipt),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a receipt cannot be signed");
            None
        }
    }
}
