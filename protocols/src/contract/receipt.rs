//! 接收回执: what the centre has of a gate's events, in its own hand, so that neither can say something else later.
//! Promises: the signature covers every member that crossed the line but itself, also those that this version does not know, which
//! are kept and written again.
//! Absent on purpose: keys, certificates and trust: the centre signs (`gate_identity`), the gate verifies (`identity`).
//! Source: invariant I5; faults A6, C5, C7, E4; docs/decisions 0083; RFC 8785.

#[cfg(feature = "std")]
use alloc::vec::Vec;
use alloc::{boxed::Box, string::String};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{event::Hash, time::UtcMillis};
use crate::ids::GateId;

/// The name in certificates of keys that sign receipts and what gates are told of an index, and of no other key. Nobody calls it, and nobody can own it
/// (RFC 2606).
pub const RECEIPTS_NAME: &str = "receipts.kakou.invalid";

/// 接收回执: everything of a gate's journal up to here is stored and applied, and the chain ends in this hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsReceipt {
    /// Whose events.
    pub gate_id: GateId,
    /// Of which journal.
    pub epoch: u32,
    /// The last of them, without a gap from 1 on; 0 when there is none.
    pub seq: u64,
    /// Its hash; zeros when there is none.
    pub hash: Hash,
    /// When, by the centre's clock.
    pub at: UtcMillis,
    /// Of the key that signs, for [`RECEIPTS_NAME`], by an authority of gates; PEM.
    pub certificate: Box<str>,
    /// ECDSA with P-256 over SHA-256, DER in Base64, of all other members.
    pub signature: Box<str>,
    /// What a later centre says besides; signed like the rest.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

#[cfg(feature = "std")]
impl EventsReceipt {
    /// What is signed: the RFC 8785 bytes of all members but `signature`.
    ///
    /// # Errors
    /// [`super::ChainError::NotCanonical`].
    pub fn signed_bytes(&self) -> Result<Vec<u8>, super::ChainError> {
        signed_bytes(self)
    }
}

/// The same of anything that the centre signs.
#[cfg(feature = "std")]
pub(super) fn signed_bytes(told: &impl Serialize) -> Result<Vec<u8>, super::ChainError> {
    let members = serde_json::to_value(told).map_err(|_| super::ChainError::NotCanonical)?;
    let members = members.as_object().ok_or(super::ChainError::NotAnObject)?;
    super::canonical::without(members, "signature")
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::format;

    use serde_json::json;

    use super::*;

    /// Invariant I5: the signed bytes are those of every member as it came, of a later version's too, and of nothing but the members.
    #[test]
    fn what_is_signed_is_every_member_but_the_signature() {
        let told = json!({
            "seq": 12, "epoch": 1, "gate_id": "0708-G02", "hash": "0".repeat(64), "at": "2025-10-13T03:26:03.000Z",
            "certificate": "PEM", "signature": "MEQ=", "of_a_later_version": {"b": [2.5], "a": 1}
        });
        let receipt: EventsReceipt = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(serde_json::to_value(&receipt).unwrap(), told);
        let bytes = String::from_utf8(receipt.signed_bytes().unwrap()).unwrap();
        let expected = format!(
            r#"{{"at":"2025-10-13T03:26:03.000Z","certificate":"PEM","epoch":1,"gate_id":"0708-G02","hash":"{}","of_a_later_version":{{"a":1,"b":[2.5]}},"seq":12}}"#,
            "0".repeat(64)
        );
        assert_eq!(bytes, expected);
        let again = EventsReceipt { signature: "other".into(), ..receipt.clone() };
        assert_eq!(again.signed_bytes(), receipt.signed_bytes());
    }
}
