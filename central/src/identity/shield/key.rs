//! 手机盾公钥: the key of a shield, as COSE writes it, and what it proves.
//! Promises: ES256 and EdDSA over Ed25519, and nothing else: what says it is one is one, a point on its curve.
//! Source: RFC 9052 section 7, RFC 9053 sections 2 and 7; WebAuthn Level 3, section 5.8.5.

use ciborium::Value;
use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::{Signature, VerifyingKey as P256Key, signature::Verifier};
use protocols::base64::Alphabet::Url;

use super::Fault;

/// ES256 of COSE.
pub(super) const ES256: i64 = -7;
/// EdDSA of COSE.
pub(super) const EDDSA: i64 = -8;
/// A key is two coordinates and a few labels; more is none of ours.
const LONGEST: usize = 2048;
/// An honest key is one flat map.
const DEEPEST: usize = 4;

/// 手机盾公钥.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// ECDSA over P-256 with SHA-256.
    Es256(Box<P256Key>),
    /// EdDSA over Ed25519.
    EdDsa(Ed25519Key),
}

impl PublicKey {
    /// Reads a COSE key; what follows it is not looked at.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
        let value: Value =
            ciborium::de::from_reader_with_recursion_limit(bytes, DEEPEST).map_err(|_| Fault::Key)?;
        let map = value.into_map().map_err(|_| Fault::Key)?;
        let of = |label: i64| {
            let mut found = map.iter().filter(|(key, _)| *key == Value::from(label)).map(|(_, value)| value);
            // A label that stands twice says two things.
            found.next().filter(|_| found.next().is_none())
        };
        let number = |label| of(label).and_then(Value::as_integer).and_then(|n| i64::try_from(n).ok());
        let coordinate = |label| {
            of(label).and_then(Value::as_bytes).and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        };
        let (kind, algorithm, curve) = (number(1), number(3), number(-1));
        match (kind, algorithm, curve, coordinate(-2), coordinate(-3)) {
            (Some(2), Some(ES256), Some(1), Some(x), Some(y)) => {
                let point = [[4].as_slice(), &x, &y].concat();
                P256Key::from_sec1_bytes(&point).map(|key| Self::Es256(Box::new(key))).map_err(|_| Fault::Key)
            }
            (Some(1), Some(EDDSA), Some(6), Some(x), None) => {
                let key = Ed25519Key::from_bytes(&x).map_err(|_| Fault::Key)?;
                // A weak key lets one signature stand for any text.
                if key.is_weak() { Err(Fault::Key) } else { Ok(Self::EdDsa(key)) }
            }
            _ => Err(Fault::Key),
        }
    }

    /// The algorithm by its name in JOSE.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// As the store has it.
    pub(super) fn stored(&self) -> String {
        let bytes = match self {
            Self::Es256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            Self::EdDsa(key) => key.as_bytes().to_vec(),
        };
        format!("{} {}", self.algorithm(), Url.encode(&bytes))
    }

    /// From the store.
    pub(super) fn of_store(text: &str) -> Option<Self> {
        let (algorithm, key) = text.split_once(' ')?;
        let key = Url.decode(key)?;
        match algorithm {
            "ES256" => P256Key::from_sec1_bytes(&key).ok().map(|key| Self::Es256(Box::new(key))),
            "EdDSA" => Ed25519Key::try_from(key.as_slice()).ok().map(Self::EdDsa),
            _ => None,
        }
    }

    /// Whether this is the key's signature over these bytes.
    pub(super) fn holds(&self, bytes: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => {
                Signature::from_der(signature).is_ok_and(|signature| key.verify(bytes, &signature).is_ok())
            }
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(bytes, &signature).is_ok()),
        }
    }
}
