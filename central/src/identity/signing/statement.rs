//! 待签名数据: the bytes that a card signs, canonical JSON (RFC 8785, UTF-8).
//! Promises: the same acts, nonce and time give the same bytes, here and in any other implementation of the RFC; one signature over
//! several acts names every one of them (PO-111).
//! Source: PO-098, PO-111; `contract` section 8.

use protocols::contract::UtcMillis;
use serde_json::{Map, Value, json};

use super::Act;

/// A value has no canonical form: a number beyond IEEE double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the acts have no canonical form")]
pub(super) struct NotCanonical;

/// One act is an object with nonce and time; several stand in its `acts`.
pub(super) fn text(acts: &[Act], nonce: &str, time: UtcMillis) -> Result<String, NotCanonical> {
    let mut members = match acts {
        [only] => members(only),
        several => {
            let acts: Vec<_> = several.iter().map(|act| Value::Object(members(act))).collect();
            Map::from_iter([("acts".to_owned(), Value::Array(acts))])
        }
    };
    members.insert("nonce".into(), nonce.into());
    members.insert("time".into(), time.to_string().into());
    serde_json_canonicalizer::to_string(&members).map_err(|_| NotCanonical)
}

fn members(act: &Act) -> Map<String, Value> {
    let files: Vec<_> = act.attachments.iter().map(|file| json!(file)).collect();
    [
        ("kind", Value::from(act.manual)),
        ("number", act.number.as_str().into()),
        ("version", act.version.into()),
        ("action", act.action.into()),
        ("fields", act.fields.clone()),
        ("attachments", files.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
