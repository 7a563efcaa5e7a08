//! 断言与注册: what a shield answers, and what is believed of it; one check for log-in, renewal and signature.
//! Promises: pure. Every part is compared with what was asked for: ceremony, challenge, origin, site, presence, verification, counter, key.
//! A signature covers the bytes as they came, never as we would write them.
//! Absent on purpose: attestation. Which make of phone it is proves nothing here; the account's holder applies while logged in.
//! Source: WebAuthn Level 3, sections 7.1 and 7.2; PO-066, PO-105; decision 0058.

use ciborium::Value;
use protocols::base64::Alphabet::Url;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    Fault,
    authenticator::{AuthenticatorData, NewCredential},
    client_data::{self, Ceremony},
    key::PublicKey,
};

/// Longest part of an answer; an honest one has a few hundred bytes.
const LONGEST: usize = 16 * 1024;
const DEEPEST: usize = 16;

/// Whom a shield must work for, and what it must have signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    /// The site's identifier, its host.
    pub(super) rp_id: &'a str,
    /// Where its pages are.
    pub(super) origins: &'a [String],
    /// What was to be signed.
    pub(super) challenge: &'a [u8],
}

/// 断言: what a shield answers, as browsers write it as JSON.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Assertion {
    /// The credential's key handle, base64url.
    pub(super) id: String,
    r#type: String,
    #[schema(inline)]
    pub(super) response: AssertionResponse,
}

/// Its parts, base64url each; what else browsers add is not looked at.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub(super) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: String,
    #[serde(rename = "authenticatorData")]
    pub(super) authenticator_data: String,
    pub(super) signature: String,
    #[serde(default, rename = "userHandle")]
    pub(super) user_handle: Option<String>,
}

/// 注册: a new credential, as browsers write it as JSON.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct Registration {
    id: String,
    r#type: String,
    #[schema(inline)]
    response: RegistrationResponse,
}

impl Registration {
    /// The client data, base64url.
    pub(super) fn client_data(&self) -> &str {
        &self.response.client_data
    }
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    attestation_object: String,
}

/// A credential that was made as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// Its key handle, base64url.
    pub(super) id: String,
    pub(super) key: PublicKey,
    pub(super) counter: u32,
}

pub(super) fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    if text.len() > LONGEST { None } else { Url.decode(text) }.ok_or(Fault::Encoding)
}

/// Judges the answer of a shield with this key and this counter; its new counter.
pub(super) fn answered(
    expected: Expected<'_>,
    key: &PublicKey,
    counter: u32,
    assertion: &Assertion,
) -> Result<u32, Fault> {
    if assertion.r#type != "public-key" {
        return Err(Fault::Encoding);
    }
    let response = &assertion.response;
    let client_data = bytes(&response.client_data)?;
    let authenticator_data = bytes(&response.authenticator_data)?;
    client_data::check(&client_data, Ceremony::Get, expected.challenge, expected.origins)?;
    let told = AuthenticatorData::read(&authenticator_data)?;
    told.check(expected.rp_id)?;
    let signed = [authenticator_data.as_slice(), &Sha256::digest(&client_data)].concat();
    if !key.holds(&signed, &bytes(&response.signature)?) {
        return Err(Fault::Signature);
    }
    // Who counts must count up: a copy of the shield would fall behind. Who does not count says 0 always.
    if (told.counter, counter) != (0, 0) && told.counter <= counter {
        return Err(Fault::Counter);
    }
    Ok(told.counter)
}

/// Judges a new credential.
pub(super) fn made(expected: Expected<'_>, registration: &Registration) -> Result<Made, Fault> {
    if registration.r#type != "public-key" {
        return Err(Fault::Encoding);
    }
    let client_data = bytes(&registration.response.client_data)?;
    client_data::check(&client_data, Ceremony::Create, expected.challenge, expected.origins)?;
    let told = AuthenticatorData::read(&authenticator_data(&registration.response.attestation_object)?)?;
    told.check(expected.rp_id)?;
    let NewCredential { id, key } = told.credential.ok_or(Fault::AuthenticatorData)?;
    let id = Url.encode(&id).trim_end_matches('=').to_owned();
    if id != registration.id {
        return Err(Fault::Encoding);
    }
    Ok(Made { id, key, counter: told.counter })
}

/// Member `authData` of the attestation object.
fn authenticator_data(text: &str) -> Result<Vec<u8>, Fault> {
    let object = bytes(text)?;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(object.as_slice(), DEEPEST)
        .map_err(|_| Fault::AuthenticatorData)?;
    let members = value.into_map().map_err(|_| Fault::AuthenticatorData)?;
    let of_name = members.into_iter().find(|(name, _)| name.as_text() == Some("authData"));
    of_name.and_then(|(_, data)| data.into_bytes().ok()).ok_or(Fault::AuthenticatorData)
}

/// Whether kept client data, authenticator data and signature (base64url each) are this key's over this challenge.
pub(super) fn still_holds(key: Option<&PublicKey>, parts: &[String; 3], challenge: &[u8]) -> bool {
    let [client_data, authenticator_data, signature] = parts;
    let (Ok(client_data), Ok(authenticator_data), Ok(signature)) =
        (bytes(client_data), bytes(authenticator_data), bytes(signature))
    else {
        return false;
    };
    let signed = [authenticator_data.as_slice(), &Sha256::digest(&client_data)].concat();
    let names = client_data::challenge(&client_data).is_some_and(|named| named == challenge);
    names && key.is_some_and(|key| key.holds(&signed, &signature))
}
