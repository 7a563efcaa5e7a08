//! 电子口岸 IC 卡和 Ikey: what a card signs with, its certificate, sealed content, and the words of the local card service.
//! `algorithm`: keys and signatures · `certificate`: what a certificate says of its holder · `authority`: making certificates and
//! revocation lists · `endpoint`: the same for the two ends of a gate's line · `envelope`: content for one reader · `service`: JSON between a page and the card service.
//! Promises: both ends of each form lie here, so card and centre cannot drift; no panic on any input; keys do not show in traces.
//! Absent on purpose: trust (the centre's `identity::signing` decides whom it believes), PINs (the card's own matter).
//! Source: PO-095, PO-098..PO-101, `contract` section 8; docs/decisions 0040.

mod algorithm;
mod authority;
mod certificate;
mod endpoint;
mod envelope;
pub mod service;

pub use algorithm::{Algorithm, PrivateKey, PublicKey};
pub use authority::{Authority, Period, self_signed};
pub use certificate::{Certificate, Holder, RevocationList};
pub use endpoint::{End, SigningRequest};
pub use envelope::{ENVELOPE, Envelope};

/// What cannot be read or made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IkeyError {
    /// No key of a kind that cards have.
    #[error("the key is neither an SM2 nor a P-256 key")]
    Key,
    /// Not a certificate, or one that cards do not have.
    #[error("the certificate cannot be used: {0}")]
    Certificate(&'static str),
    /// Not a request for a certificate, or not one of the key in it.
    #[error("the request for a certificate cannot be used: {0}")]
    SigningRequest(&'static str),
    /// Not a revocation list.
    #[error("the revocation list cannot be used: {0}")]
    RevocationList(&'static str),
    /// Sealed content that is not for this key, altered, or not sealed at all.
    #[error("the sealed content cannot be opened: {0}")]
    Envelope(&'static str),
    /// Text that should be Base64.
    #[error("{0} is not Base64")]
    Base64(&'static str),
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

#[cfg(test)]
mod tests;
