//! `[[person]]`: programs and test benches that may call the API without an account, and the first administrator.
//! Promises: tokens leave this file hashed only.

use std::collections::HashSet;

use protocols::ids::{CardNo, CustomsCode, Uscc, YardId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use toml::Table;

use super::{Config, Row, Wrong};
use crate::identity::Role;

/// SHA-256 of a token; what the service keeps of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token as it came.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// As the store has it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// One person.
#[derive(Clone, Debug)]
pub struct PersonConfig {
    /// The hash of the token.
    pub token: TokenHash,
    /// The user name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// 统一社会信用代码 of a declarant's enterprise.
    pub uscc: Option<Uscc>,
    /// The bound card (SG-018, SG-074).
    pub card_no: Option<CardNo>,
    /// 关区代码 of an officer (SG-022).
    pub customs_codes: Vec<CustomsCode>,
    /// 场所编号 of a yard operator.
    pub yard_ids: Vec<YardId>,
}

pub(super) fn read(rows: Vec<Table>, wrong: &mut Vec<Wrong>) -> Vec<PersonConfig> {
    let person = |(place, keys)| {
        let mut row = Row::new("person", place, keys, wrong);
        let (token, name, role) = (token(&mut row), row.required("name"), row.required("role"));
        let (uscc, card_no) = (row.optional("uscc"), row.optional("card_no"));
        let customs_codes: Vec<CustomsCode> = row.optional("customs_codes").unwrap_or_default();
        let yard_ids: Vec<YardId> = row.optional("yard_ids").unwrap_or_default();
        let of_enterprise =
            matches!(role, Some(Role::EnterpriseAdmin | Role::EnterpriseOperator | Role::AgencyOperator));
        if of_enterprise && uscc.is_none() {
            row.refuse("uscc", "a person of an enterprise needs the enterprise");
        }
        if role == Some(Role::CustomsOfficer) && customs_codes.is_empty() {
            row.refuse("customs_codes", "an officer needs at least one customs area");
        }
        if role == Some(Role::YardOperator) && yard_ids.is_empty() {
            row.refuse("yard_ids", "a yard operator needs at least one yard");
        }
        row.end();
        Some(PersonConfig { token: token?, name: name?, role: role?, uscc, card_no, customs_codes, yard_ids })
    };
    rows.into_iter().enumerate().filter_map(person).collect()
}

/// `token` or `token_sha256`, one of the two.
pub(super) fn token(row: &mut Row<'_>) -> Option<TokenHash> {
    let (plain, hashed): (Option<String>, Option<String>) =
        (row.optional("token"), row.optional("token_sha256"));
    match (plain, hashed) {
        (Some(plain), None) if plain.len() >= 8 => Some(TokenHash::of(&plain)),
        (Some(_), None) => {
            row.refuse("token", "must have at least 8 characters");
            None
        }
        (None, Some(hashed)) => {
            let mut bytes = [0; 32];
            if hex::decode_to_slice(&hashed, &mut bytes).is_err() {
                row.refuse("token_sha256", "must be 64 hex digits");
                return None;
            }
            Some(TokenHash(bytes))
        }
        _ => {
            row.refuse("token", "give either token or token_sha256");
            None
        }
    }
}

pub(super) fn check_tokens(config: &Config, wrong: &mut Vec<Wrong>) {
    let mut seen = HashSet::new();
    let people = config.people.iter().map(|person| (&person.token, &*person.name));
    for (token, name) in people.chain(config.gates.iter().map(|gate| (&gate.token, gate.gate_id.as_str()))) {
        if !seen.insert(token) {
            wrong.push(Wrong { key: "token".into(), why: format!("{name} has the token of another one") });
        }
    }
}
