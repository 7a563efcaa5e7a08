//! 哈希链: each event carries the hash of the one before, so that a removed or altered one shows.
//! Promises: the hash covers every member that crossed the line, also those that this version does not know.
//! Absent on purpose: keys. An unkeyed chain shows accidents and edits, not a hostile owner; the
//! centre's receipts do (`receipt`).
//! Source: `contract` section 3, "Events"; RFC 8785.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use serde::Deserialize as _;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    canonical,
    event::{Event, Hash},
};

/// Why a record does not fit into the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Not a JSON object.
    #[error("an event is a JSON object")]
    NotAnObject,
    /// A member that every event has is absent or of another shape.
    #[error("event member {0:?} is absent or malformed")]
    Member(&'static str),
    /// The members do not give the hash that the event names.
    #[error("event {seq} names hash {named}, its members give {computed}")]
    Altered {
        /// Its number.
        seq: u64,
        /// The hash it names.
        named: Hash,
        /// The hash its members give.
        computed: Hash,
    },
    /// RFC 8785 has no form for it (a number beyond IEEE double).
    #[error("the event has no canonical form")]
    NotCanonical,
}

/// An event as it came, with the members that the chain needs; the rest may be unknown to this version.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEvent {
    /// All members as they came.
    pub members: Map<String, Value>,
    /// Its epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: u64,
    /// The hash before.
    pub prev_hash: Hash,
    /// Its hash, verified against `members`.
    pub hash: Hash,
}

impl RawEvent {
    /// Reads the envelope and verifies the hash; says nothing about the members it does not need.
    ///
    /// # Errors
    /// [`ChainError`], naming what does not hold.
    pub fn verify(value: Value) -> Result<Self, ChainError> {
        let Value::Object(members) = value else { return Err(ChainError::NotAnObject) };
        let epoch = members
            .get("epoch")
            .and_then(Value::as_u64)
            .and_then(|epoch| u32::try_from(epoch).ok())
            .ok_or(ChainError::Member("epoch"))?;
        let seq = members.get("seq").and_then(Value::as_u64).ok_or(ChainError::Member("seq"))?;
        let hash_member = |name: &'static str| {
            members
                .get(name)
                .and_then(Value::as_str)
                .and_then(|text| Hash::parse(text).ok())
                .ok_or(ChainError::Member(name))
        };
        let (prev_hash, named) = (hash_member("prev_hash")?, hash_member("hash")?);
        let computed = chain_hash(&prev_hash, &members)?;
        if computed != named {
            return Err(ChainError::Altered { seq, named, computed });
        }
        Ok(Self { members, epoch, seq, prev_hash, hash: named })
    }

    /// The event, if this version can read it.
    ///
    /// # Errors
    /// What serde says of the first member that it cannot read.
    pub fn read(&self) -> Result<Event, serde_json::Error> {
        Event::deserialize(&self.members)
    }
}

/// The RFC 8785 bytes of all members but `hash`.
///
/// # Errors
/// [`ChainError::NotCanonical`].
pub fn canonical_bytes(members: &Map<String, Value>) -> Result<Vec<u8>, ChainError> {
    canonical::without(members, "hash")
}

/// SHA-256 over the hash before, as 32 bytes, and the canonical bytes.
///
/// # Errors
/// [`ChainError::NotCanonical`].
pub fn chain_hash(prev_hash: &Hash, members: &Map<String, Value>) -> Result<Hash, ChainError> {
    let mut sha = Sha256::new();
    sha.update(prev_hash.0);
    sha.update(canonical_bytes(members)?);
    Ok(Hash(sha.finalize().into()))
}

/// The mark of a revision of a yard's index: SHA-256 over the mark before it (32 bytes, zeros when there is none), the revision in decimal
/// digits, a line feed, and the change as the centre keeps it. The centre makes it, the gate keeps it and shows it again.
#[must_use]
pub fn feed_mark(before: Option<Hash>, revision: u64, change: &str) -> Hash {
    let mut sha = Sha256::new();
    sha.update(before.unwrap_or(Hash::ZERO).0);
    sha.update(revision.to_string());
    sha.update("\n");
    sha.update(change);
    Hash(sha.finalize().into())
}

/// Sets `hash` from `prev_hash` and the other members; gives the JSON to store and to send.
///
/// # Errors
/// [`ChainError`] when the event has no canonical form.
pub fn seal(event: &mut Event) -> Result<String, ChainError> {
    let Value::Object(mut members) = serde_json::to_value(&*event).map_err(|_| ChainError::NotCanonical)?
    else {
        return Err(ChainError::NotAnObject);
    };
    event.hash = chain_hash(&event.prev_hash, &members)?;
    members.insert("hash".to_string(), Value::String(event.hash.to_string()));
    Ok(Value::Object(members).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn closing_pass() -> Value {
        let mut event = json!({
            "event_id": "0199e3a4-5c1e-7b40-9d0e-3f6b2c8a7d11", "gate_id": "0708-G02", "lane_id": "OUT1",
            "lane_direction": "OUT", "visit_id": "0708-G02-20251013-0415", "epoch": 1, "seq": 88412,
            "occurred_at": "2025-10-13T03:26:03.000Z", "event_type": "PASS", "verdict": "Y", "mode": "A",
            "trip_no": "20251089500000048210000000000123", "version_no": 1,
            "reads": {"plate": {"value": "蒙LK8216", "confidence": 0.98}, "e_plate": null, "ic_card": null, "barcode": null,
                      "containers": [], "seals": [], "gross_kg": 47340.5},
            "reason_code": "ok", "officer_id": null, "images": ["front-0415.jpg", "scale-0415.jpg"], "index_revision": 190_533,
            "mono_us": 12, "clock_offset_ms": -3, "prev_hash": "0".repeat(64), "of_a_later_version": {"b": 1, "a": [2.5]}
        });
        let hash = chain_hash(&Hash::ZERO, event.as_object().unwrap()).unwrap();
        event["hash"] = json!(hash.to_string());
        event
    }

    /// SG-245: the event of section 15.7, read into the type and back, loses nothing that the type knows.
    #[test]
    fn the_specs_event_is_read_and_its_chain_holds() {
        let raw = RawEvent::verify(closing_pass()).unwrap();
        let event = raw.read().unwrap();
        assert_eq!(event.reads.plate.as_ref().unwrap().confidence, Some(980));
        let Value::Object(mut back) = serde_json::to_value(&event).unwrap() else { panic!() };
        back.insert("of_a_later_version".into(), raw.members["of_a_later_version"].clone());
        assert_eq!(back, raw.members);
    }

    /// The hash covers unknown members too: a change anywhere shows (invariant I5).
    #[test]
    fn a_change_of_any_member_breaks_the_hash() {
        for (member, value) in [
            ("seq", json!(88413)),
            ("of_a_later_version", json!({"b": 1, "a": [2.6]})),
            ("reads", json!({})),
            ("prev_hash", json!("1".repeat(64))),
        ] {
            let mut event = closing_pass();
            event[member] = value;
            assert!(matches!(RawEvent::verify(event), Err(ChainError::Altered { .. })), "{member}");
        }
        let mut event = closing_pass();
        event.as_object_mut().unwrap().remove("verdict");
        assert!(matches!(RawEvent::verify(event), Err(ChainError::Altered { .. })));
    }

    #[test]
    fn a_broken_envelope_is_named() {
        assert_eq!(RawEvent::verify(json!([])), Err(ChainError::NotAnObject));
        for (member, value) in
            [("epoch", json!(-1)), ("seq", json!("1")), ("hash", json!("AB")), ("prev_hash", Value::Null)]
        {
            let mut event = closing_pass();
            event[member] = value;
            assert_eq!(RawEvent::verify(event), Err(ChainError::Member(member)));
        }
    }

    /// RFC 8785, sections 3.2.2 and 3.2.3: member order by UTF-16 units, numbers as ECMAScript writes them.
    #[test]
    fn canonical_bytes_are_those_of_the_standard() {
        let value = json!({"\u{20ac}": "Euro", "\r": "CR", "1": "One", "\u{1f600}": "Emoji", "\u{80}": "Control",
                           "numbers": [333_333_333.333_333_3_f64, 1e30, 4.50, 2e-3, 0.000_000_000_000_000_000_000_000_001]});
        let text = String::from_utf8(canonical_bytes(value.as_object().unwrap()).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"\\r\":\"CR\",\"1\":\"One\",\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"\u{80}\":\"Control\",\
             \"\u{20ac}\":\"Euro\",\"\u{1f600}\":\"Emoji\"}"
        );
    }
}
