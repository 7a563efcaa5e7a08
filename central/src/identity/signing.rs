//! 电子签名: what a person signs with the card, and the proof that it was signed.
//! Promises: the statement is made from stored data (PO-098); a nonce serves once within 300 seconds (PO-103); only `verify` makes a
//! [`Signed`].

use protocols::ids::CardNo;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Person;
use crate::{app::Central, declaration::problem::Problem, store::Tx};

/// 申报行为: one act on one record, as it is signed.
#[derive(Clone, Debug, Serialize)]
pub struct Act {
    /// The manual: `appointment`, `attendance`, `smart_gate`.
    pub manual: &'static str,
    /// The record's number.
    pub number: String,
    /// The version that the person sees.
    pub version: i64,
    /// What is done: `submit`, `cancel`, `approve`, ...
    pub action: &'static str,
    /// Every field that a person entered, as stored.
    pub fields: Value,
    /// The files that belong to it.
    pub attachments: Vec<SignedFile>,
}

/// A file in a statement.
#[derive(Clone, Debug, Serialize)]
pub struct SignedFile {
    /// 随附单据类别.
    pub category: Option<String>,
    /// 64 lower-case hex digits.
    pub sha256: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// Member `signature` of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `SM2-SM3` or `ES256`.
    pub alg: String,
    /// The card's certificate, DER in Base64.
    pub certificate: String,
    /// The signature over the bytes of the statement, Base64.
    pub value: String,
    /// The nonce of the statement.
    pub nonce: String,
}

/// What the client signs: these very bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// Canonical JSON (RFC 8785).
    pub text: String,
    /// Its nonce.
    pub nonce: String,
    /// Until when it serves.
    pub expires_at: protocols::contract::UtcMillis,
}

/// Proof that the bound card signed; stored with the submission.
#[derive(Clone, Debug)]
pub struct Signed {
    card_no: CardNo,
}

impl Signed {
    /// The card.
    #[must_use]
    pub const fn card_no(&self) -> CardNo {
        self.card_no
    }
}

/// Makes the statement for these acts, with a fresh nonce.
///
/// # Errors
/// 403 without a bound card.
pub async fn statement(tx: &Tx, person: &Person, acts: &[Act]) -> Result<Statement, Problem> {
    let _ = (tx, person, acts);
    Err(Problem::upstream("signing is not merged yet"))
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
    let _ = (central, tx, person, signature, acts);
    Err(Problem::upstream("signing is not merged yet"))
}
