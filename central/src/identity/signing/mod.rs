//! 电子签名: what a person signs with the card, and the proof that it was signed.
//! `statement`: the bytes · `nonce`: what makes them serve once · `trust`: whose certificates count · `presented`: a certificate as it
//! came · `verify`: the proof · `evidence`: what is kept, and judged again.
//! Promises: the statement is made from stored data (PO-098); a nonce serves once within 300 seconds (PO-103); only `verify` makes a
//! [`Signed`], and it has stored signature, certificate and bytes by then (PO-099).
//! Absent on purpose: which acts ask for a signature; the manuals know. Whose card it is: `identity::card`.

pub mod evidence;
mod nonce;
mod presented;
mod statement;
pub mod trust;
mod verify;

use protocols::{contract::UtcMillis, ids::CardNo, ikey::Envelope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use presented::Presented;
pub(super) use verify::{names, same_identity, shield_statement, shield_statement_again};
pub use verify::{statement, verify};

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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `SM2-SM3` or `ES256`.
    pub alg: String,
    /// The card's certificate, DER in Base64.
    pub certificate: String,
    /// The signature over the bytes of the statement, DER in Base64.
    pub value: String,
    /// The nonce of the statement.
    pub nonce: String,
    /// The statement once more, sealed to the platform (PO-100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Envelope>,
}

/// What the client signs: these very bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// Canonical JSON (RFC 8785).
    pub text: String,
    /// Its nonce.
    pub nonce: String,
    /// Until when it serves.
    pub expires_at: UtcMillis,
}

/// Proof that the bound card signed; signature, certificate and bytes are stored.
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

#[cfg(test)]
mod tests;
