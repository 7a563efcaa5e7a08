//! 回执校验: whether a receipt, or what is told of an index, is the centre's word.
//! Promises: it is when the key that signed it was certified, for receipts and nothing else, by an authority that is believed, at the time
//! that the receipt names; so a receipt can be verified as long as its authority is known, and nothing of the gate's own can make one: a
//! gate's certificate is for callers, and the centre's own end has other names.
//! Absent on purpose: whether it fits this gate's journal or what came with it (`sync`), the time of today: a receipt says what was so then.
//! Source: invariant I5; faults A6, E3, E4; docs/decisions 0083, 0087.

use std::time::Duration;

use protocols::{
    base64::Alphabet::Standard,
    contract::{ChainError, EventsReceipt, IndexSignature, RECEIPTS_NAME, UtcMillis},
};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls::{
    CertificateError, RootCertStore,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::ring as provider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

use super::key::P256_KEY;

/// Before the algorithm of a SubjectPublicKeyInfo with a P-256 key, and between it and the point.
const SPKI: [&[u8]; 3] = [&[0x30, 0x59, 0x30, 0x13], P256_KEY, &[0x03, 0x42, 0]];

/// Why a receipt is none, or a signature of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// An older centre, or one that cannot sign now.
    #[error("the centre has given none")]
    Absent,
    /// No certificate, no signature, no key of the kind.
    #[error("it cannot be read")]
    Unreadable,
    /// Somebody else's, or one whose authority is believed no more.
    #[error("its key is not certified by an authority that is known here")]
    Authority,
    /// The certificate was not valid at the time that the receipt names.
    #[error("its key was not certified for the time that it names")]
    Time,
    /// A certificate for something else.
    #[error("its key is not certified for this")]
    Purpose,
    /// Altered, or signed by another key.
    #[error("its signature does not hold")]
    Signature,
    /// Signed, but not what it came with: another gate, journal or event; another yard or another index.
    #[error("it is for something else than what it came with")]
    Another,
}

/// Verifies it by these authorities, PEM each.
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_receipt(receipt: &EventsReceipt, authorities: &[Box<str>]) -> Result<(), ReceiptError> {
    let signed = receipt.signed_bytes();
    verify(&receipt.certificate, receipt.at, signed, &receipt.signature, authorities)
}

/// Verifies by these authorities, PEM each, what the centre has signed of an index.
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_index(signed: &IndexSignature, authorities: &[Box<str>]) -> Result<(), ReceiptError> {
    verify(&signed.certificate, signed.at, signed.signed_bytes(), &signed.signature, authorities)
}

fn verify(
    certificate: &str,
    at: UtcMillis,
    signed: Result<Vec<u8>, ChainError>,
    signature: &str,
    authorities: &[Box<str>],
) -> Result<(), ReceiptError> {
    let shown = CertificateDer::from_pem_slice(certificate.as_bytes());
    let shown = shown.map_err(|_| ReceiptError::Unreadable)?;
    let certificate = ParsedCertificate::try_from(&shown).map_err(|_| ReceiptError::Unreadable)?;
    let algorithms = provider::default_provider().signature_verification_algorithms;
    let (roots, at) = (roots(authorities), moment(at)?);
    verify_server_cert_signed_by_trust_anchor(&certificate, &roots, &[], at, algorithms.all)
        .map_err(|error| reason(&error))?;
    let name = ServerName::try_from(RECEIPTS_NAME).map_err(|_| ReceiptError::Purpose)?;
    verify_server_name(&certificate, &name).map_err(|_| ReceiptError::Purpose)?;
    has_signed(&certificate, &signed.map_err(|_| ReceiptError::Unreadable)?, signature)
}

/// Whether the P-256 key of this certificate has signed these bytes; what the certificate is worth is another question.
pub(super) fn has_signed(
    certificate: &ParsedCertificate<'_>,
    signed: &[u8],
    signature: &str,
) -> Result<(), ReceiptError> {
    let spki = certificate.subject_public_key_info();
    let spki: &[u8] = spki.as_ref();
    let point = SPKI.iter().try_fold(spki, |rest, part| rest.strip_prefix(*part));
    let (point, signature) = point.zip(Standard.decode(signature)).ok_or(ReceiptError::Unreadable)?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(signed, &signature).map_err(|_| ReceiptError::Signature)
}

/// Who is believed; an authority that cannot be read certifies nothing.
pub(super) fn roots(authorities: &[Box<str>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        let authority = CertificateDer::from_pem_slice(authority.as_bytes());
        let _ = authority.map(|authority| roots.add(authority));
    }
    roots
}

/// As certificates are judged at.
pub(super) fn moment(at: UtcMillis) -> Result<UnixTime, ReceiptError> {
    let at = u64::try_from(at.as_millis()).map_err(|_| ReceiptError::Time)?;
    Ok(UnixTime::since_unix_epoch(Duration::from_millis(at)))
}

/// Whether this is a certificate in PEM.
#[must_use]
pub fn is_certificate(pem: &str) -> bool {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .is_ok_and(|certificate| ParsedCertificate::try_from(&certificate).is_ok())
}

pub(super) fn reason(error: &rustls::Error) -> ReceiptError {
    use rustls::Error::InvalidCertificate;
    match error {
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            ReceiptError::Authority
        }
        InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => ReceiptError::Time,
        _ => ReceiptError::Purpose,
    }
}
