//! What leaves the yard in a bundle, and what does not.
//! Promises: of an event stands what the program says (numbers, codes, names of its lanes and devices) and nothing that was read from a vehicle, typed by a person or told by the centre;
//! that stands as a sign that is the same for the same text, by a salt that is thrown away with the bundle. What is not known to be harmless is masked.
//! Limit: one word in small letters is taken for the program's own, also where a person has typed it as a reason.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use toml::Table;

/// Members of an event that are the program's own; whatever else it has is of vehicles and persons.
const OUR_MEMBERS: [&str; 20] = [
    "event_id",
    "gate_id",
    "lane_id",
    "lane_direction",
    "visit_id",
    "epoch",
    "seq",
    "occurred_at",
    "event_type",
    "verdict",
    "mode",
    "version_no",
    "reason_code",
    "index_revision",
    "index_age_s",
    "outcome",
    "mono_us",
    "clock_offset_ms",
    "prev_hash",
    "hash",
];
/// Words in the names of keys whose texts are secrets, also where the key is misspelt.
const SECRET_KEYS: [&str; 5] = ["pass", "token", "pin", "secret", "key"];
const HARMLESS_ENDS: [&str; 5] = ["_file", "_ms", "_s", "_min", "_days"];
/// Keys of persons.
const OF_PERSONS: [&str; 2] = ["id", "name"];
/// Longest word of the program's own.
const OUR_LONGEST: usize = 40;

/// 脱敏.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    salt: [u8; 16],
    known: Arc<BTreeSet<String>>,
    wrong: Arc<BTreeSet<String>>,
}

impl Mask {
    /// One by a salt of its own. The texts `known` are harmless; keys of these `wrong` names may be misspelt secrets.
    pub(super) fn new(known: BTreeSet<String>, wrong: BTreeSet<String>) -> Self {
        Self { salt: rand::random(), known: Arc::new(known), wrong: Arc::new(wrong) }
    }

    fn sign(&self, text: &str) -> String {
        let sum = Sha256::new().chain_update(self.salt).chain_update(text).finalize();
        sum.iter().take(5).fold("~".to_owned(), |mut sign, byte| {
            let _ = write!(sign, "{byte:02x}");
            sign
        })
    }

    /// An event whose own members stand as they are.
    pub(super) fn event(&self, event: Value) -> Value {
        let Value::Object(members) = event else { return Value::String(self.sign(&event.to_string())) };
        let masked = members.into_iter().map(|(name, value)| {
            let is_ours = OUR_MEMBERS.contains(&name.as_str());
            let value = match value {
                // Who acts may be called by one small word.
                Value::String(person) if name == "officer_id" => Value::String(self.sign(&person)),
                value if is_ours => value,
                value => self.value(value),
            };
            (name, value)
        });
        Value::Object(masked.collect())
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) if self.is_ours(&text) => Value::String(text),
            Value::String(text) => Value::String(self.sign(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => {
                // A table by plate or card has them for names.
                let name = |name: String| if self.is_ours(&name) { name } else { self.sign(&name) };
                let members = members.into_iter().map(|(key, value)| (name(key), self.value(value)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    /// A lane, a device, or a code such as `io_lost`: one word in small letters.
    fn is_ours(&self, text: &str) -> bool {
        let is_word =
            text.len() <= OUR_LONGEST && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
        is_word || self.known.contains(text)
    }

    /// A configuration without secrets and persons.
    pub(super) fn configuration(&self, table: Table) -> Table {
        let masked = table.into_iter().map(|(name, value)| {
            let value = if name == "person" { self.persons(value) } else { self.hide(&name, value) };
            (name, value)
        });
        masked.collect()
    }

    fn persons(&self, value: toml::Value) -> toml::Value {
        match value {
            toml::Value::Array(persons) => {
                toml::Value::Array(persons.into_iter().map(|person| self.persons(person)).collect())
            }
            toml::Value::Table(person) => {
                let masked = person.into_iter().map(|(name, value)| {
                    let value = match value {
                        toml::Value::String(text) if OF_PERSONS.contains(&name.as_str()) => {
                            toml::Value::String(self.sign(&text))
                        }
                        other => self.hide(&name, other),
                    };
                    (name, value)
                });
                toml::Value::Table(masked.collect())
            }
            other => self.hide("pin", other),
        }
    }

    /// Puts a word in the place of every text below a key that may be a secret's, and of the user in an address.
    fn hide(&self, name: &str, value: toml::Value) -> toml::Value {
        use toml::Value as V;
        match value {
            V::Table(table) => {
                let hidden = table.into_iter().map(|(name, value)| {
                    let value = self.hide(&name, value);
                    (name, value)
                });
                V::Table(hidden.collect())
            }
            V::Array(values) => V::Array(values.into_iter().map(|value| self.hide(name, value)).collect()),
            V::String(_) | V::Integer(_) if self.is_secret(name) => V::String("(hidden)".to_owned()),
            V::String(text) => V::String(without_user(text)),
            other => other,
        }
    }

    /// A file's name is none, nor a time such as `key_absence_ms`.
    fn is_secret(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let is_harmless = HARMLESS_ENDS.iter().any(|end| lower.ends_with(end));
        self.wrong.contains(name) || (!is_harmless && SECRET_KEYS.iter().any(|word| lower.contains(word)))
    }
}

fn without_user(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://(hidden)@{host}{}", &rest[authority.len()..]),
        None => text,
    }
}
