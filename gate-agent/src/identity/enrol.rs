//! 注册: how a gate that has nothing but a code gets its first certificate.
//! Promises: the key is made here and durable before it asks, so that the same code may be tried again when the answer was lost; the
//! centre is known by the fingerprint that came with the code, or not at all; a certificate for another gate is not taken.
//! Source: `design` section 4 (Enrol); fault C9; docs/decisions 0080.

use std::{sync::Arc, time::Duration};

use protocols::{contract::EnrolRequest, ids::GateId};
use reqwest::Url;

use super::{
    file::{Identity, IdentityError, IdentityFiles},
    key::KeyError,
    time::TrustedTime,
    trust::{self, TrustError},
};
use crate::{
    clock::SystemClock,
    sync::{HttpLink, HttpLinkError, LinkError},
};

const ANSWER: Duration = Duration::from_secs(30);

/// 注册码, and the authority that goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    text: String,
    authority: [u8; 32],
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(hidden)")
    }
}

/// Why a code cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nobody says whom to believe.
    #[error(
        "the code has no fingerprint behind a dot, and --fingerprint is not given: without it anybody could pose as the centre"
    )]
    NoFingerprint,
    /// Both say it, and not the same.
    #[error("the code has another fingerprint than --fingerprint")]
    TwoFingerprints,
    /// Not one.
    #[error("a fingerprint has 64 hex digits")]
    Fingerprint,
    /// Nothing before the dot.
    #[error("the code is empty")]
    Empty,
}

impl Code {
    /// Reads it as an administrator hands it out, or with the fingerprint apart.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn read(text: &str, fingerprint: Option<&str>) -> Result<Self, CodeError> {
        let (text, behind) = match text.trim().split_once('.') {
            Some((text, behind)) => (text, Some(behind)),
            None => (text.trim(), None),
        };
        let read = |text: Option<&str>| text.map(digits).transpose();
        let authority = match (read(behind)?, read(fingerprint)?) {
            (Some(one), Some(other)) if one != other => return Err(CodeError::TwoFingerprints),
            (one, other) => one.or(other).ok_or(CodeError::NoFingerprint)?,
        };
        if text.is_empty() { Err(CodeError::Empty) } else { Ok(Self { text: text.to_owned(), authority }) }
    }
}

/// As tools print fingerprints: with colons or without.
fn digits(text: &str) -> Result<[u8; 32], CodeError> {
    let plain: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b':' | b' ')).collect();
    let mut bytes = [0; 32];
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if plain.len() != 64 {
        return Err(CodeError::Fingerprint);
    }
    for (byte, pair) in bytes.iter_mut().zip(plain.chunks_exact(2)) {
        let pair = pair.iter().try_fold(0, |sum, byte| Some(sum << 4 | digit(*byte)?));
        *byte = pair.ok_or(CodeError::Fingerprint)?;
    }
    Ok(bytes)
}

/// Why the gate is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Plain HTTP needs no certificate.
    #[error(
        "centre.url must be https: over plain http a gate speaks with its own machine only, and by a token"
    )]
    Plain,
    /// The files.
    #[error("the gate's identity")]
    File(#[from] IdentityError),
    /// The key.
    #[error("the gate's key")]
    Key(#[from] KeyError),
    /// TLS.
    #[error("the line to the centre")]
    Trust(#[from] TrustError),
    /// The client.
    #[error("the line to the centre")]
    Client(#[from] HttpLinkError),
    /// The centre did not.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A code of another gate.
    #[error("the code is one of gate {theirs}, and this is gate {ours} (gate.gate_id)")]
    Another {
        /// Whose code it is.
        theirs: GateId,
        /// Who this is.
        ours: GateId,
    },
}

/// Enrols; the identity as it lies in the folder then.
///
/// # Errors
/// [`EnrolError`].
pub async fn enrol(
    url: &Url,
    gate_id: &GateId,
    files: &IdentityFiles,
    code: &Code,
) -> Result<Identity, EnrolError> {
    if url.scheme() != "https" {
        return Err(EnrolError::Plain);
    }
    let time = Arc::new(TrustedTime::new(Arc::new(SystemClock), files.floor()));
    let link = HttpLink::with_tls(url.as_str(), trust::by_fingerprint(code.authority, time)?, ANSWER)?;
    let key = files.asking_key()?;
    let request = EnrolRequest { code: code.text.clone(), csr: key.request()? };
    let answered = link.enrol(&request).await?;
    if answered.gate_id != *gate_id {
        return Err(EnrolError::Another { theirs: answered.gate_id, ours: gate_id.clone() });
    }
    let identity = Identity::new(&key, answered);
    files.answered(&identity)?;
    files.keep_floor(identity.not_before)?;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c";

    /// fault C9: nobody is believed at first sight: a code without its authority's fingerprint is not sent to anybody.
    #[test]
    fn a_code_goes_with_the_authoritys_fingerprint() {
        let with = format!("7Q2XK-M4T9D.{SHA}");
        let apart = Code::read("7Q2XK-M4T9D", Some(&SHA.to_uppercase())).unwrap();
        assert_eq!(Code::read(&format!(" {with}\n"), None).unwrap(), apart);
        let colons: Vec<_> = SHA.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        assert_eq!(Code::read(&with, Some(&colons.join(":"))).unwrap(), apart);
        for (text, fingerprint, why) in [
            ("7Q2XK-M4T9D", None, CodeError::NoFingerprint),
            (with.as_str(), Some("00".repeat(32)), CodeError::TwoFingerprints),
            ("7Q2XK-M4T9D.5f0c", None, CodeError::Fingerprint),
            ("7Q2XK-M4T9D", Some("g0".repeat(32)), CodeError::Fingerprint),
            ("", Some(SHA.to_owned()), CodeError::Empty),
        ] {
            assert_eq!(Code::read(text, fingerprint.as_deref()), Err(why), "{text:?}");
        }
        assert_eq!(format!("{apart:?}"), "Code(hidden)");
    }
}
