//! What a page hands to the browser: the options of a ceremony, in the JSON that browsers take (`parseCreationOptionsFromJSON`,
//! `parseRequestOptionsFromJSON`).
//! Promises: verification is required, and a credential that the phone finds by itself, so that nobody types a name.

use protocols::base64::Alphabet::Url;
use serde_json::{Value, json};

use super::{challenge::SERVES_MS, key, store::Shield};
use crate::{app::Central, identity::account::Account};

/// The account as credentials name it: its key, which says nothing about a person.
pub(super) fn handle(account_id: &str) -> String {
    Url.encode(account_id.as_bytes()).trim_end_matches('=').to_owned()
}

/// For a new credential.
pub(super) fn creation(central: &Central, account: &Account, known: &[Shield], challenge: &str) -> Value {
    let logins = &central.config().logins;
    let excluded: Vec<_> =
        known.iter().map(|shield| json!({"type": "public-key", "id": shield.credential_id})).collect();
    let algorithms = [key::ES256, key::EDDSA].map(|alg| json!({"type": "public-key", "alg": alg}));
    json!({
        "rp": {"id": logins.rp_id(), "name": "国际贸易单一窗口"},
        "user": {"id": handle(&account.id), "name": account.username, "displayName": account.person_name.as_ref().unwrap_or(&account.username)},
        "challenge": challenge, "pubKeyCredParams": algorithms, "timeout": SERVES_MS, "excludeCredentials": excluded, "attestation": "none",
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
    })
}

/// For an answer of one of these; of any that the device has when none is named.
pub(super) fn request(central: &Central, of: &[Shield], challenge: &str) -> Value {
    let allowed: Vec<_> =
        of.iter().map(|shield| json!({"type": "public-key", "id": shield.credential_id})).collect();
    json!({
        "rpId": central.config().logins.rp_id(), "challenge": challenge, "timeout": SERVES_MS,
        "allowCredentials": allowed, "userVerification": "required",
    })
}
