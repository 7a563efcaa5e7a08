//! 签名算法: the two ways in which a card signs, by the names that messages carry.
//! Promises: signatures are ASN.1 DER, SEQUENCE of `r` and `s`, for both; bytes that are no signature or no key are an error, never a
//! panic; a key does not show itself in traces.
//! Source: GB/T 32918.2 (SM2) with the identity of GM/T 0009 section 10; FIPS 186-5 (P-256); PO-101.

use alloc::{string::String, vec::Vec};
use core::fmt;

use p256::ecdsa::signature::{Signer, Verifier};
use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};

use super::IkeyError;

/// The identity that GM/T 0009 gives to signers without one of their own.
const SM2_IDENTITY: &str = "1234567812345678";

/// 签名算法.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// SM2 over SM3, what electronic-port cards sign with.
    Sm2Sm3,
    /// ECDSA with P-256 over SHA-256.
    Es256,
}

impl Algorithm {
    /// All of them, the default first.
    pub const ALL: &'static [Self] = &[Self::Sm2Sm3, Self::Es256];

    /// The name in messages and in configuration.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sm2Sm3 => "SM2-SM3",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.code() == code)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// 私钥.
#[derive(Clone)]
pub enum PrivateKey {
    /// SM2.
    Sm2(sm2::SecretKey),
    /// P-256.
    P256(p256::SecretKey),
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, ..)", self.algorithm())
    }
}

impl PrivateKey {
    /// A fresh key, from the system's randomness.
    ///
    /// # Errors
    /// [`IkeyError::Randomness`].
    pub fn generate(algorithm: Algorithm) -> Result<Self, IkeyError> {
        // A scalar is one of nearly all 32-byte strings; a second draw is as good as never needed.
        for _ in 0..4 {
            let mut bytes = [0_u8; 32];
            getrandom::fill(&mut bytes).map_err(|_| IkeyError::Randomness)?;
            let key = match algorithm {
                Algorithm::Sm2Sm3 => sm2::SecretKey::from_slice(&bytes).ok().map(Self::Sm2),
                Algorithm::Es256 => p256::SecretKey::from_slice(&bytes).ok().map(Self::P256),
            };
            if let Some(key) = key {
                return Ok(key);
            }
        }
        Err(IkeyError::Randomness)
    }

    /// Reads PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`IkeyError::Key`] for anything else.
    pub fn from_pem(text: &str) -> Result<Self, IkeyError> {
        let sm2 = sm2::SecretKey::from_pkcs8_pem(text).ok().map(Self::Sm2);
        let key = sm2.or_else(|| p256::SecretKey::from_pkcs8_pem(text).ok().map(Self::P256));
        key.ok_or(IkeyError::Key)
    }

    /// Writes PKCS#8 in PEM. The text is the secret itself.
    ///
    /// # Errors
    /// [`IkeyError::Key`].
    pub fn to_pem(&self) -> Result<String, IkeyError> {
        let pem = match self {
            Self::Sm2(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        pem.map(|pem| String::from(pem.as_str())).map_err(|_| IkeyError::Key)
    }

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sm2(_) => Algorithm::Sm2Sm3,
            Self::P256(_) => Algorithm::Es256,
        }
    }

    /// The other half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Sm2(key) => PublicKey::Sm2(key.public_key()),
            Self::P256(key) => PublicKey::P256(key.public_key()),
        }
    }

    /// Signs a message; DER.
    ///
    /// # Errors
    /// [`IkeyError::Key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IkeyError> {
        match self {
            Self::Sm2(key) => {
                let key = sm2::dsa::SigningKey::new(SM2_IDENTITY, key).map_err(|_| IkeyError::Key)?;
                let signature: sm2::dsa::Signature = key.try_sign(message).map_err(|_| IkeyError::Key)?;
                Ok(signature.to_der().to_vec())
            }
            Self::P256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::Signature = key.try_sign(message).map_err(|_| IkeyError::Key)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

/// 公钥.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// SM2.
    Sm2(sm2::PublicKey),
    /// P-256.
    P256(p256::PublicKey),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`IkeyError::Key`] for another kind of key.
    pub fn from_spki(der: &[u8]) -> Result<Self, IkeyError> {
        let sm2 = sm2::PublicKey::from_public_key_der(der).ok().map(Self::Sm2);
        let key = sm2.or_else(|| p256::PublicKey::from_public_key_der(der).ok().map(Self::P256));
        key.ok_or(IkeyError::Key)
    }

    /// Writes a SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`IkeyError::Key`].
    pub fn to_spki(&self) -> Result<Vec<u8>, IkeyError> {
        let der = match self {
            Self::Sm2(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
        };
        der.map(|der| der.as_bytes().to_vec()).map_err(|_| IkeyError::Key)
    }

    /// What it verifies.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sm2(_) => Algorithm::Sm2Sm3,
            Self::P256(_) => Algorithm::Es256,
        }
    }

    /// Whether this DER signature over this message is of this key.
    #[must_use]
    pub fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sm2(key) => sm2::dsa::VerifyingKey::new(SM2_IDENTITY, *key)
                .ok()
                .zip(sm2_signature(signature))
                .is_some_and(|(key, signature)| key.verify(message, &signature).is_ok()),
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                p256::ecdsa::VerifyingKey::from(key).verify(message, &signature).is_ok()
            }),
        }
    }
}

fn sm2_signature(der: &[u8]) -> Option<sm2::dsa::Signature> {
    sm2::dsa::Signature::from_der(der).ok()
}
