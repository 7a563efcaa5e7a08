//! 客户端数据: what the browser wrote down of a ceremony, over which the shield signed together with its own data.
//! Promises: only the ceremony that was asked for, only our challenge, only a page of our own origin at the top of its window.
//! Source: WebAuthn Level 3, sections 5.8.1 and 7.

use protocols::base64::Alphabet::Url;
use serde::Deserialize;

use super::Fault;

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// A new credential.
    Create,
    /// A known one answers.
    Get,
}

impl Ceremony {
    const fn code(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Browsers add members as they like; those are not looked at.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// Checks it against what was asked for.
pub(super) fn check(
    bytes: &[u8],
    ceremony: Ceremony,
    challenge: &[u8],
    origins: &[String],
) -> Result<(), Fault> {
    let told: ClientData = serde_json::from_slice(bytes).map_err(|_| Fault::ClientData)?;
    if told.r#type != ceremony.code() {
        return Err(Fault::Ceremony);
    }
    if Url.decode(&told.challenge).as_deref() != Some(challenge) {
        return Err(Fault::Challenge);
    }
    if told.cross_origin || !origins.contains(&told.origin) {
        return Err(Fault::Origin);
    }
    Ok(())
}

/// The challenge that they name.
pub(super) fn challenge(bytes: &[u8]) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Named {
        challenge: String,
    }
    Url.decode(&serde_json::from_slice::<Named>(bytes).ok()?.challenge)
}
