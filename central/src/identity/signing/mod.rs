//! 电子签名: what a person signs with the card, and the proof that it was signed.
//! `statement`: the bytes · `nonce`: what makes them serve once · `trust`: whose certificates count · `presented`: a certificate as it
//! came · `verify`: the proof · `evidence`: what is kept, and judged again ·
//! `shown`: the same for people.
//! Promises: the statement is made from stored data (PO-098); a nonce serves once within 300 seconds (PO-103); only `verify` makes a
//! [`Signed`], and it has stored signature, certificate and bytes by then (PO-099).
//! Absent on purpose: which acts ask for a signature; the manuals know. Whose card it is: `identity::card`.

pub mod evidence;
mod nonce;
mod presented;
pub mod shown;
mod statement;
pub mod trust;
mod verify;

use protocols::{contract::UtcMillis, ids::CardNo, ikey::Envelope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::{
    attachment::Attachment,
    record::{Action as _, Record},
};

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

impl Act {
    /// What is done to a record, as it is stored now.
    #[must_use]
    pub fn on<R: Record>(record: &R, action: R::Action, fields: Value, files: &[Attachment]) -> Self {
        let head = record.head();
        Self {
            manual: R::MANUAL,
            number: head.number.to_string(),
            version: head.version,
            action: action.code(),
            fields,
            attachments: files.iter().map(SignedFile::from).collect(),
        }
    }
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

impl From<&Attachment> for SignedFile {
    fn from(file: &Attachment) -> Self {
        Self {
            category: file.category.as_deref().map(ToOwned::to_owned),
            sha256: file.sha256.to_string(),
            size_bytes: file.size_bytes,
        }
    }
}

/// Member `signature` of a request.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
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
    #[schema(value_type = Option<Sealed>)]
    pub sealed: Option<Envelope>,
}

/// [`Envelope`] as the OpenAPI document tells it: `protocols` knows no documents.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the document is made of it, and nothing else")]
struct Sealed {
    /// `SM2-SM4-GCM`.
    alg: String,
    /// The content key, encrypted to the platform; Base64.
    key: String,
    /// The initial value, 12 bytes; Base64.
    iv: String,
    /// The content with its tag; Base64.
    content: String,
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
