//! 认证器数据: what the shield itself says: for whom it works, what the person did, how often it has signed.
//! Promises: reading never panics and takes no byte for granted; only one who was there and proved it by PIN or finger counts.
//! Source: WebAuthn Level 3, section 6.1.

use sha2::{Digest, Sha256};

use super::{Fault, key::PublicKey};

const HEAD: usize = 37;
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;
/// Longest key handle of a credential, by the standard.
const LONGEST_ID: usize = 1023;

/// 认证器数据, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    /// How often it has signed; 0 where it does not count.
    pub(super) counter: u32,
    /// The credential, when it is a new one.
    pub(super) credential: Option<NewCredential>,
}

/// A credential as its authenticator tells it when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewCredential {
    pub(super) id: Vec<u8>,
    pub(super) key: PublicKey,
}

impl AuthenticatorData {
    /// Reads it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(Fault::AuthenticatorData)?;
        let (hash, head) = head.split_first_chunk::<32>().ok_or(Fault::AuthenticatorData)?;
        let (flags, counter) = head.split_first().ok_or(Fault::AuthenticatorData)?;
        let counter = counter.try_into().map_err(|_| Fault::AuthenticatorData)?;
        let credential = if flags & HAS_CREDENTIAL == 0 { None } else { Some(credential(rest)?) };
        Ok(Self { rp_id_hash: *hash, flags: *flags, counter: u32::from_be_bytes(counter), credential })
    }

    /// It works for this site, and the person was there and verified.
    pub(super) fn check(&self, rp_id: &str) -> Result<(), Fault> {
        if self.rp_id_hash != <[u8; 32]>::from(Sha256::digest(rp_id.as_bytes())) {
            return Err(Fault::Site);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Fault::Presence);
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err(Fault::Verification);
        }
        Ok(())
    }
}

/// AAGUID, length, key handle, key; extensions may follow.
fn credential(bytes: &[u8]) -> Result<NewCredential, Fault> {
    let (_aaguid, bytes) = bytes.split_at_checked(16).ok_or(Fault::AuthenticatorData)?;
    let (length, bytes) = bytes.split_first_chunk::<2>().ok_or(Fault::AuthenticatorData)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > LONGEST_ID {
        return Err(Fault::AuthenticatorData);
    }
    let (id, key) = bytes.split_at_checked(length).ok_or(Fault::AuthenticatorData)?;
    Ok(NewCredential { id: id.to_vec(), key: PublicKey::read(key)? })
}
