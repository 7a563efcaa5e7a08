//! What the gate keeps of a code that was issued: who, until when, a hash, and a seal over all of it.
//! The seal is a MAC under the hash of the issuer's PIN, which stands in the configuration: a line that was changed by hand, brought from
//! another gate or made by somebody who cannot read the configuration does not hold; and when the issuer's PIN is changed or he is taken
//! out of the register, his codes are void.
//! Limits: whoever is the agent's user has the key too; he has the barrier's port as well.
//! Source: docs/decisions 0084.

use protocols::{base64::Alphabet::Standard, contract::UtcMillis, ids::GateId};
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use serde::{Deserialize, Serialize};

use super::code::ReleaseCode;
use crate::{
    lane::CodeId,
    person::{Entry, PinHash},
};

/// 已签发的放行码: one line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedCode {
    /// Names it.
    pub id: CodeId,
    /// The supervisor's id.
    pub issuer: Box<str>,
    /// Since when it is good.
    pub issued: UtcMillis,
    /// Until when.
    pub until: UtcMillis,
    /// Somebody has taken it back.
    pub revoked: bool,
    /// The journal that would record its use.
    pub journal: Box<str>,
    /// Argon2id, as for PINs.
    hash: Box<str>,
    seal: Box<str>,
}

impl IssuedCode {
    /// Of this code, from this supervisor, for this gate and this journal.
    ///
    /// # Errors
    /// When the library refuses, which its constants do not let happen.
    pub fn new(
        code: &ReleaseCode,
        issuer: &Entry,
        (issued, until): (UtcMillis, UtcMillis),
        gate_id: &GateId,
        journal: &str,
    ) -> Result<Self, argon2::password_hash::Error> {
        let mut made = Self {
            id: code.id(),
            issuer: issuer.person.id.clone(),
            issued,
            until,
            revoked: false,
            journal: journal.into(),
            hash: PinHash::of(&code.secret())?.to_string().into(),
            seal: Box::default(),
        };
        made.seal(gate_id, &issuer.pin);
        Ok(made)
    }

    /// Takes it back.
    pub fn revoke(&mut self, gate_id: &GateId, issuer: &PinHash) {
        self.revoked = true;
        self.seal(gate_id, issuer);
    }

    /// True when nothing of it was changed since, for this gate and by this hash of its issuer's PIN.
    #[must_use]
    pub fn holds(&self, gate_id: &GateId, issuer: &PinHash) -> bool {
        let seal = Standard.decode(&self.seal);
        seal.is_some_and(|seal| verify(&key(issuer), &self.sealed(gate_id), &seal).is_ok())
    }

    /// The hash, unless somebody has put something else there.
    pub(super) fn hash(&self) -> Option<PinHash> {
        PinHash::parse(&self.hash).ok()
    }

    fn seal(&mut self, gate_id: &GateId, issuer: &PinHash) {
        self.seal = Standard.encode(sign(&key(issuer), &self.sealed(gate_id)).as_ref()).into();
    }

    /// All that the seal covers. As JSON, so that no two lines have the same.
    fn sealed(&self, gate_id: &GateId) -> Vec<u8> {
        let Self { id, issuer, issued, until, revoked, journal, hash, seal: _ } = self;
        // Texts, numbers and truth values are always JSON.
        serde_json::to_vec(&(gate_id, id, issuer, issued, until, revoked, journal, hash)).unwrap_or_default()
    }
}

fn key(issuer: &PinHash) -> Key {
    Key::new(HMAC_SHA256, issuer.to_string().as_bytes())
}
