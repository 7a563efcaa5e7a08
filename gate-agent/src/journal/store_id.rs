//! 日志标识: the name that a journal gets when it is made, and that tells itself whether it is still what it was.
//! Promises: a bit that turns in it is found, so that no damaged journal is taken for a new one, which would get an epoch of its own and leave the
//! old one's end untold (fault A6). The chain does not cover it: it names the chain.
//! Form: a UUID of version 8 (RFC 9562): the first half is random, the second follows from it. Journals of earlier releases have one of version 4,
//! which tells nothing, and keep it.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// A name that no other journal has.
pub(super) fn new() -> Uuid {
    complete(rand::random())
}

/// Whether a name is as it was made, as far as it can tell.
pub(super) fn is_whole(name: &str) -> bool {
    let Ok(uuid) = Uuid::parse_str(name) else { return false };
    if uuid.to_string() != name {
        return false;
    }
    match uuid.get_version_num() {
        8 => complete(first_half(*uuid.as_bytes())) == uuid,
        4 => true,
        _ => false,
    }
}

fn complete(random: [u8; 8]) -> Uuid {
    // Twice, since the version stands in the first half.
    let versioned = first_half(*Builder::from_custom_bytes(joined(random, [0; 8])).as_uuid().as_bytes());
    let digest: [u8; 32] = Sha256::digest(versioned).into();
    let mut second = [0; 8];
    second.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
    Builder::from_custom_bytes(joined(versioned, second)).into_uuid()
}

fn first_half(bytes: [u8; 16]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

fn joined(first: [u8; 8], second: [u8; 8]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(first.into_iter().chain(second)).for_each(|(byte, of_half)| *byte = of_half);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault A6: each bit of a name's text, turned by itself, is found; names differ; one of an earlier release stays good.
    #[test]
    fn a_turned_bit_is_found() {
        let name = new().to_string();
        assert!(is_whole(&name));
        assert_ne!(name, new().to_string());
        for bit in 0..name.len() * 8 {
            let mut turned = name.clone().into_bytes();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(!String::from_utf8(turned).is_ok_and(|turned| is_whole(&turned)), "bit {bit} of {name}");
        }
        assert!(is_whole("96f2de2a-bc24-496b-a3c2-f6f0a68c19e7"));
        assert!(!is_whole("96f2de2a-bc24-496b\ra3c2-f6f0a68c19e7"));
    }
}
