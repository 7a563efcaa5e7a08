//! 卡口签名: what the gate says in its own hand: an export of its journal, so that it can be told whose it is and whether it is whole; and what it tells its
//! neighbours of trips.
//! Promises: it covers all its own members but itself, and of an export every line before it; it is the gate's when its key was certified, for this gate,
//! by an authority that is believed, at the time that it names.
//! Limits: root on the gate has the gate's key, so it says nothing against the gate's owner; the centre's receipts do (`receipt`).
//! Source: invariant I5; fault E4; docs/decisions 0085, 0098.

use std::sync::Arc;

use protocols::{
    base64::Alphabet::Standard,
    contract::{ActsPage, Hash, UtcMillis, canonical_bytes},
    ids::{GateId, YardId},
};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
    server::{ParsedCertificate, WebPkiClientVerifier},
};
use serde_json::{Map, Value, json};

use super::{
    file::Identity,
    key::KeyError,
    receipt::{ReceiptError, has_signed, moment, reason, roots},
};
use crate::journal::Sum;

/// Tag of a URI among the names of a certificate, RFC 5280.
const URI: u8 = 0x86;

/// 导出签名, once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSignature {
    /// Whose.
    pub gate_id: GateId,
    /// When, by the gate's clock.
    pub at: UtcMillis,
}

/// Signs an export that sums up to this.
///
/// # Errors
/// [`KeyError`].
pub fn sign_export(identity: &Identity, sum: Sum, at: UtcMillis) -> Result<Value, KeyError> {
    let mut signed = json!({
        "gate_id": identity.gate_id, "yard_id": identity.yard_id, "lines": sum.lines, "sha256": sum.sha256, "at": at,
        "certificate": identity.certificate,
    });
    let signature = identity.key()?.sign(&bytes(&signed).ok_or(KeyError::Unreadable)?)?;
    if let Some(members) = signed.as_object_mut() {
        members.insert("signature".to_owned(), Standard.encode(&signature).into());
    }
    Ok(signed)
}

/// Verifies a signature of an export that sums up to this, by these authorities, PEM each.
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_signature(
    signed: &Value,
    sum: Sum,
    authorities: &[Box<str>],
) -> Result<ExportSignature, ReceiptError> {
    use ReceiptError::{Another, Unreadable};
    let text = |name: &str| signed.get(name).and_then(Value::as_str).ok_or(Unreadable);
    let gate_id = GateId::parse(text("gate_id")?).map_err(|_| Unreadable)?;
    let yard_id = YardId::parse(text("yard_id")?).map_err(|_| Unreadable)?;
    let at = UtcMillis::parse(text("at")?).map_err(|_| Unreadable)?;
    let told = Sum {
        lines: signed.get("lines").and_then(Value::as_u64).ok_or(Unreadable)?,
        sha256: Hash::parse(text("sha256")?).map_err(|_| Unreadable)?,
    };
    // Whoever knows no authority sees at least that something is missing.
    if told != sum {
        return Err(Another);
    }
    let hand = Hand { gate_id: &gate_id, yard_id: &yard_id, certificate: text("certificate")?, at };
    hand.has_signed(&bytes(signed).ok_or(Unreadable)?, text("signature")?, authorities)?;
    Ok(ExportSignature { gate_id, at })
}

/// Signs a page of acts.
///
/// # Errors
/// [`KeyError`].
pub fn sign_acts(identity: &Identity, page: ActsPage) -> Result<ActsPage, KeyError> {
    let page = ActsPage { certificate: identity.certificate.clone(), ..page };
    let signature = identity.key()?.sign(&page.signed_bytes().map_err(|_| KeyError::Unreadable)?)?;
    Ok(ActsPage { signature: Standard.encode(&signature).into(), ..page })
}

/// Verifies by these authorities, PEM each, that a page of acts is in the hand of the gate that it names.
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_acts(page: &ActsPage, authorities: &[Box<str>]) -> Result<(), ReceiptError> {
    let ActsPage { gate_id, yard_id, at, .. } = page;
    let signed = page.signed_bytes().map_err(|_| ReceiptError::Unreadable)?;
    let hand = Hand { gate_id, yard_id, certificate: &page.certificate, at: *at };
    hand.has_signed(&signed, &page.signature, authorities)
}

/// Who is said to have signed, and by what he shows it.
struct Hand<'a> {
    gate_id: &'a GateId,
    yard_id: &'a YardId,
    certificate: &'a str,
    at: UtcMillis,
}

impl Hand<'_> {
    fn has_signed(
        &self,
        signed: &[u8],
        signature: &str,
        authorities: &[Box<str>],
    ) -> Result<(), ReceiptError> {
        use ReceiptError::{Authority, Purpose, Unreadable};
        let shown = CertificateDer::from_pem_slice(self.certificate.as_bytes()).map_err(|_| Unreadable)?;
        let certificate = ParsedCertificate::try_from(&shown).map_err(|_| Unreadable)?;
        let roots = Arc::new(roots(authorities));
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::new(ring::default_provider()));
        // Without any authority there is nothing to verify by.
        let verifier = verifier.build().map_err(|_| Authority)?;
        verifier.verify_client_cert(&shown, &[], moment(self.at)?).map_err(|error| reason(&error))?;
        if !names(&shown, &format!("urn:kakou:gate:{}:{}", self.yard_id, self.gate_id)) {
            return Err(Purpose);
        }
        has_signed(&certificate, signed, signature)
    }
}

/// The RFC 8785 bytes of all members but the signature.
fn bytes(signed: &Value) -> Option<Vec<u8>> {
    let mut members: Map<String, Value> = signed.as_object()?.clone();
    members.remove("signature");
    canonical_bytes(&members).ok()
}

/// Whether the certificate has this URI among its names. All that stands in it but the key was written by the authority, which takes no names
/// from a request, so the bytes of the name are enough, and nobody has to take the certificate apart.
fn names(certificate: &CertificateDer<'_>, uri: &str) -> bool {
    let Ok(length) = u8::try_from(uri.len()) else { return false };
    let name = [&[URI, length][..], uri.as_bytes()].concat();
    length < 0x80 && certificate.windows(name.len()).any(|part| part == name)
}
