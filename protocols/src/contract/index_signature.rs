//! 索引签名: what the centre tells of a yard's index, in its own hand: a whole snapshot, or the changes of one answer.
//! Promises: as of receipts (`receipt`), every member that crossed the line but the signature itself is signed. It names the yard and no gate: what
//! all gates of a yard are told alike is signed once. No receipt can stand for one, and none for a receipt: each has members that the other lacks.
//! Absent on purpose: keys, certificates and trust: the centre signs (`gate_identity`), the gate verifies (`identity`).
//! Source: fault E3; invariant I4; docs/decisions 0087; RFC 8785.

#[cfg(feature = "std")]
use alloc::vec::Vec;
use alloc::{boxed::Box, string::String};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
#[cfg(feature = "std")]
use sha2::{Digest, Sha256};

use super::{event::Hash, time::UtcMillis};
use crate::ids::YardId;

/// 索引签名.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSignature {
    /// Whose index.
    pub yard_id: YardId,
    /// The revision that the changes follow; none for a snapshot, which is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The revision that the index has afterwards.
    pub revision: u64,
    /// Its mark; none when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Hash>,
    /// Of a snapshot: all lines before the last, each with its line feed. Of changes: [`changes_digest`].
    pub sha256: Hash,
    /// What the gate sent along when it asked for a snapshot, so that no older one can take its place; none with changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Hash>,
    /// When, by the centre's clock.
    pub at: UtcMillis,
    /// Of the key that signs, for [`super::RECEIPTS_NAME`], by an authority of gates; PEM.
    pub certificate: Box<str>,
    /// ECDSA with P-256 over SHA-256, DER in Base64, of all other members.
    pub signature: Box<str>,
    /// What a later centre says besides; signed like the rest.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

#[cfg(feature = "std")]
impl IndexSignature {
    /// What is signed: the RFC 8785 bytes of all members but `signature`.
    ///
    /// # Errors
    /// [`super::ChainError::NotCanonical`].
    pub fn signed_bytes(&self) -> Result<Vec<u8>, super::ChainError> {
        super::receipt::signed_bytes(self)
    }
}

/// SHA-256 over the RFC 8785 bytes of the member `changes` as it came, members and operations of a later version included.
///
/// # Errors
/// [`super::ChainError::NotCanonical`].
#[cfg(feature = "std")]
pub fn changes_digest(changes: &Value) -> Result<Hash, super::ChainError> {
    let bytes = serde_json_canonicalizer::to_vec(changes).map_err(|_| super::ChainError::NotCanonical)?;
    Ok(Hash(Sha256::digest(bytes).into()))
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::format;

    use serde_json::json;

    use super::*;
    use crate::contract::EventsReceipt;

    fn told() -> Value {
        json!({
            "yard_id": "07080000001", "from": 11, "revision": 12, "mark": "1".repeat(64), "sha256": "2".repeat(64),
            "at": "2025-10-13T03:26:03.000Z", "certificate": "PEM", "signature": "MEQ=", "of_a_later_version": [2.5]
        })
    }

    /// fault E3: the signed bytes are those of every member as it came, of a later version's too; what is absent is signed as absent.
    #[test]
    fn what_is_signed_is_every_member_but_the_signature() {
        let signed: IndexSignature = serde_json::from_value(told()).unwrap();
        assert_eq!(serde_json::to_value(&signed).unwrap(), told());
        let bytes = String::from_utf8(signed.signed_bytes().unwrap()).unwrap();
        let expected = format!(
            r#"{{"at":"2025-10-13T03:26:03.000Z","certificate":"PEM","from":11,"mark":"{}","of_a_later_version":[2.5],"revision":12,"sha256":"{}","yard_id":"07080000001"}}"#,
            "1".repeat(64),
            "2".repeat(64)
        );
        assert_eq!(bytes, expected);
        let whole = IndexSignature { from: None, ..signed.clone() };
        assert_ne!(whole.signed_bytes(), signed.signed_bytes());
    }

    /// fault E3: a receipt is no signature of an index, and no such signature is a receipt.
    #[test]
    fn receipts_and_signatures_of_an_index_are_told_apart() {
        let receipt = json!({
            "gate_id": "0708-G02", "epoch": 1, "seq": 12, "hash": "0".repeat(64), "at": "2025-10-13T03:26:03.000Z",
            "certificate": "PEM", "signature": "MEQ="
        });
        assert!(serde_json::from_value::<IndexSignature>(receipt).is_err());
        assert!(serde_json::from_value::<EventsReceipt>(told()).is_err());
    }

    /// fault E3, RFC 8785: the digest does not depend on the order of members and on spaces, and on everything else.
    #[test]
    fn a_digest_of_changes_is_of_their_content() {
        let digest = |text: &str| changes_digest(&serde_json::from_str(text).unwrap()).unwrap();
        let own = digest(r#"[{"rev":1,"op":"weather","wind":7.50}]"#);
        assert_eq!(digest(r#"[ {"wind": 7.5, "op": "weather", "rev": 1} ]"#), own);
        for other in [r#"[{"rev":1,"op":"weather","wind":7.51}]"#, r#"[{"rev":1,"op":"weather"}]"#, "[]"] {
            assert_ne!(digest(other), own, "{other}");
        }
    }
}
