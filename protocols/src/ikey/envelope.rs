//! 数字信封: content for one reader, a random content key under SM4-GCM, that key under the reader's SM2 key.
//! Promises: an altered envelope does not open; a content key and an initial value serve one envelope only; short or foreign bytes are
//! an error, never a panic.
//! Absent: P-256 readers; the platform's key is SM2 (decision 0041).
//! Source: PO-100, PO-101; GB/T 32907 (SM4), GB/T 32918.4 (SM2, C1 || C3 || C2), NIST SP 800-38D (GCM).

use alloc::{string::String, vec::Vec};

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use getrandom::SysRng;
use serde::{Deserialize, Serialize};
use sm2::pke::{DecryptingKey, EncryptingKey};
use sm4::Sm4;

use super::{IkeyError, PrivateKey, PublicKey};
use crate::base64::Alphabet::Standard;

/// The only form: SM4-GCM under SM2.
pub const ENVELOPE: &str = "SM2-SM4-GCM";

/// An uncompressed point, a hash and one byte at least.
const SHORTEST_KEY: usize = 65 + 32 + 1;
const UNCOMPRESSED: u8 = 4;

type Cipher = AesGcm<Sm4, U12>;

/// 数字信封.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// `SM2-SM4-GCM`.
    pub alg: String,
    /// The content key, encrypted to the reader; Base64.
    pub key: String,
    /// The initial value, 12 bytes; Base64.
    pub iv: String,
    /// The content with its tag; Base64.
    pub content: String,
}

impl Envelope {
    /// Seals content to the owner of this key.
    ///
    /// # Errors
    /// [`IkeyError::Envelope`] for a reader without an SM2 key, [`IkeyError::Randomness`].
    pub fn seal(reader: &PublicKey, content: &[u8]) -> Result<Self, IkeyError> {
        let PublicKey::Sm2(reader) = reader else {
            return Err(IkeyError::Envelope("the reader's key is no SM2 key"));
        };
        let (mut key, mut iv) = ([0_u8; 16], [0_u8; 12]);
        getrandom::fill(&mut key).map_err(|_| IkeyError::Randomness)?;
        getrandom::fill(&mut iv).map_err(|_| IkeyError::Randomness)?;
        let refused = IkeyError::Envelope("the content cannot be sealed");
        let sealed = cipher(&key)?
            .encrypt(&iv.into(), Payload { msg: content, aad: ENVELOPE.as_bytes() })
            .map_err(|_| refused.clone())?;
        let key = EncryptingKey::new(*reader).encrypt(&mut SysRng, &key).map_err(|_| refused)?;
        Ok(Self {
            alg: ENVELOPE.into(),
            key: Standard.encode(&key),
            iv: Standard.encode(&iv),
            content: Standard.encode(&sealed),
        })
    }

    /// Opens it with the reader's key.
    ///
    /// # Errors
    /// [`IkeyError::Envelope`], [`IkeyError::Base64`].
    pub fn open(&self, reader: &PrivateKey) -> Result<Vec<u8>, IkeyError> {
        let PrivateKey::Sm2(reader) = reader else {
            return Err(IkeyError::Envelope("the reader's key is no SM2 key"));
        };
        if self.alg != ENVELOPE {
            return Err(IkeyError::Envelope("its form is not known"));
        }
        let bytes = |text: &str, what| Standard.decode(text).ok_or(IkeyError::Base64(what));
        let (key, iv) = (bytes(&self.key, "key")?, bytes(&self.iv, "iv")?);
        let content = bytes(&self.content, "content")?;
        // The library cuts at these lengths without asking whether they are there.
        if key.len() < SHORTEST_KEY || key.first() != Some(&UNCOMPRESSED) {
            return Err(IkeyError::Envelope("its content key is too short"));
        }
        let key = DecryptingKey::new(reader.clone()).decrypt(&key);
        let key = key.map_err(|_| IkeyError::Envelope("it is sealed to another reader, or altered"))?;
        let key: [u8; 16] =
            key.try_into().map_err(|_| IkeyError::Envelope("its content key has another length"))?;
        let iv: [u8; 12] =
            iv.try_into().map_err(|_| IkeyError::Envelope("its initial value has another length"))?;
        cipher(&key)?
            .decrypt(&iv.into(), Payload { msg: &content, aad: ENVELOPE.as_bytes() })
            .map_err(|_| IkeyError::Envelope("its content was altered"))
    }
}

fn cipher(key: &[u8; 16]) -> Result<Cipher, IkeyError> {
    Cipher::new_from_slice(key).map_err(|_| IkeyError::Envelope("the content key has another length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// PO-101; RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_gives_what_the_rfc_prints() {
        let key: [u8; 16] = bytes("0123456789ABCDEFFEDCBA9876543210").try_into().unwrap();
        let iv: [u8; 12] = bytes("00001234567800000000ABCD").try_into().unwrap();
        let plain = bytes(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDEEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
        );
        let aad = bytes("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let sealed = cipher(&key).unwrap().encrypt(&iv.into(), Payload { msg: &plain, aad: &aad }).unwrap();
        let expected = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15\
                        a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec";
        assert_eq!(hex::encode(sealed), expected);
    }

    /// PO-101; GB/T 32918.5-2017, A.3: "encryption standard" to the key of A.2, as C1 || C3 || C2.
    #[test]
    fn sm2_opens_what_the_standard_prints() {
        let key = bytes("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let sealed = bytes(
            "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73\
             E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0\
             59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766\
             21886CA989CA9C7D58087307CA93092D651EFA",
        );
        let key = DecryptingKey::new(sm2::SecretKey::from_slice(&key).unwrap());
        assert_eq!(key.decrypt(&sealed).unwrap(), b"encryption standard");
    }
}
