//! Random words that a caller brings back: nonces and challenges.
//! Promises: 256 bits from the system's randomness; kept as SHA-256 only, so that who reads the database can use none.

use sha2::{Digest, Sha256};

/// 64 lower-case hex digits.
pub(super) fn draw() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// What is kept of one.
pub(super) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
