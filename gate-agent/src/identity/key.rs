//! 卡口私钥: made on the gate, kept there, and shown nowhere; and the request for its certificate.
//! A request is a few fixed bytes around the public key, so it is written out here and needs no library of certificates in the agent.
//! Source: RFC 5915 and 5958 (by `ring`), RFC 2986, RFC 5480; docs/decisions 0080.

use std::fmt;

use protocols::base64::Alphabet::Standard;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};

/// ecPublicKey and prime256v1, RFC 5480.
pub(super) const P256_KEY: &[u8] =
    &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
/// ecdsa-with-SHA256, RFC 5758.
const ECDSA_WITH_SHA256: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// `[0]`, the attributes of a request: none.
const NO_ATTRIBUTES: &[u8] = &[0xA0, 0];
const VERSION_0: &[u8] = &[0x02, 1, 0];
/// Characters in a line of PEM.
const LINE: usize = 64;

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing random.
    #[error("the system gives no randomness for a key")]
    Randomness,
    /// No P-256 key in PKCS#8.
    #[error("the gate's key cannot be read")]
    Unreadable,
}

/// 卡口私钥.
#[derive(Clone, PartialEq, Eq)]
pub struct GateKey(Vec<u8>);

impl fmt::Debug for GateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GateKey(hidden)")
    }
}

impl GateKey {
    /// A fresh one.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        Ok(Self(made.map_err(|_| KeyError::Randomness)?.as_ref().to_vec()))
    }

    /// Reads PEM.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let read = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::Unreadable)?;
        let key = Self(read.secret_pkcs8_der().to_vec());
        key.pair()?;
        Ok(key)
    }

    /// Writes PEM: the secret itself.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem("PRIVATE KEY", &self.0)
    }

    /// As TLS takes it.
    #[must_use]
    pub fn der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.0.clone()))
    }

    /// Asks for a certificate: PKCS#10 in PEM, without names, since whoever issues knows the gate.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn request(&self) -> Result<String, KeyError> {
        let pair = self.pair()?;
        let algorithm = tagged(SEQUENCE, &[P256_KEY]);
        let public = tagged(BIT_STRING, &[&[0], pair.public_key().as_ref()]);
        let public = tagged(SEQUENCE, &[&algorithm, &public]);
        let info = tagged(SEQUENCE, &[VERSION_0, &tagged(SEQUENCE, &[]), &public, NO_ATTRIBUTES]);
        let signature = tagged(BIT_STRING, &[&[0], &self.sign(&info)?]);
        let request = tagged(SEQUENCE, &[&info, &tagged(SEQUENCE, &[ECDSA_WITH_SHA256]), &signature]);
        Ok(pem("CERTIFICATE REQUEST", &request))
    }

    /// Signs: ECDSA with SHA-256, DER.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signed = self.pair()?.sign(&SystemRandom::new(), bytes).map_err(|_| KeyError::Randomness)?;
        Ok(signed.as_ref().to_vec())
    }

    fn pair(&self) -> Result<EcdsaKeyPair, KeyError> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.0, &SystemRandom::new())
            .map_err(|_| KeyError::Unreadable)
    }
}

/// Tag, length, and these parts; what is written here is below 64 KiB.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let mut out = vec![tag];
    match u16::try_from(inside.len()).unwrap_or(u16::MAX).to_be_bytes() {
        [0, short] if short < 0x80 => out.push(short),
        [0, long] => out.extend([0x81, long]),
        longer => out.extend([&[0x82][..], &longer].concat()),
    }
    out.extend(inside);
    out
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = Standard.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(LINE).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
