//! 判定依据: all that one decision took, as the record of it keeps it, and the decision made again from there.
//! Promises: pure; what is read back decides as it did, by the same [`RULES`]; a record grows by a bounded amount: where more rows were looked
//! at than [`MOST_BYTES`] hold, their number and digest stand in their place, and the decision cannot be made again from the journal alone.
//! Rows stand as in the feed's snapshot, without what is null, false or empty. Raw values, devices and chip numbers stand in the record's
//! `reads`, place and index in its own members; nothing stands there twice but the keys.
//! Absent on purpose: comparing with what was recorded (`lane::redecide`), which knows how a decision becomes a record.
//! Source: fault A6; `faults` section 6.2; docs/decisions 0085.

mod recorded;

pub use recorded::BasisError;

use protocols::{
    contract::{Hash, UtcMillis, canonical_bytes},
    ids::{GateId, LaneId, TripNo, VisitId},
    rules::LanePolicy,
    talk::SealState,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Decision, Evidence, Place, View, decide,
    evidence::Heard,
    reading::{Gross, Standing},
};

/// Version of the rules. It rises with any change by which some evidence is decided otherwise, or told in other findings.
pub const RULES: u64 = 1;

/// What rows may take of a record; twenty records of the plainest kind.
const MOST_BYTES: usize = 16 * 1024;

/// What of a policy's row is asked when a vehicle is judged.
const JUDGED_BY: [&str; 9] = [
    "gate_id",
    "lane_id",
    "lane_direction",
    "gathers",
    "customs_codes",
    "weight_tolerance_pct",
    "weight_tolerance_kg",
    "max_index_age_h",
    "max_binding_age_days",
];

/// 判定依据.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// What was read.
    pub evidence: Evidence,
    /// What the index said of it, another lane's claims laid over.
    pub view: View,
    /// The lane's policy.
    pub policy: LanePolicy,
    /// The trip that a person had chosen.
    pub chosen: Option<TripNo>,
    /// When it was decided, on the wall clock.
    pub at: UtcMillis,
}

impl Basis {
    /// The decision, made again.
    #[must_use]
    pub fn decide(&self, gate_id: &GateId, lane_id: &LaneId, visit_id: &VisitId) -> Decision {
        let place =
            Place { gate_id, lane_id, visit_id, policy: &self.policy, chosen: self.chosen, now: self.at };
        decide(&self.evidence, &self.view, &place)
    }

    /// As a record keeps it.
    #[must_use]
    pub fn told(&self) -> Value {
        let Self { evidence, view, chosen, at, .. } = self;
        let media: Vec<Value> = evidence.media().iter().map(medium).collect();
        let containers: Vec<Value> = evidence
            .containers()
            .iter()
            .map(|seen| json!({ "number": seen.number.as_str(), "by_hand": seen.by_hand }))
            .collect();
        let seals: Vec<Value> = evidence
            .seals()
            .iter()
            .map(|seen| json!({ "number": seen.number.as_str(), "state": state(seen.state) }))
            .collect();
        let weighed = evidence.weighed().map(|weighed| match weighed.state {
            Gross::Stable(kg) => json!({ "kg": kg }),
            Gross::Unstable => json!("unstable"),
            Gross::None => json!("none"),
        });
        let mark = view.index.and_then(|index| index.mark);
        let (rows, left_out) = self.rows();
        let mut told = json!({
            "rules": RULES, "at": at, "chosen": chosen, "mark": mark, "entry_lane": view.yard_has_entry_lane,
            "media": media, "containers": containers, "seals": seals, "weighed": weighed,
            "rows": rows, "left_out": left_out,
        });
        lean(&mut told);
        told
    }

    /// Policy and what was looked at, and what stands in place of that where it is too much.
    fn rows(&self) -> (Vec<Value>, Option<Value>) {
        let view = &self.view;
        let yard = view.yard.iter().map(|yard| policy("yard", yard));
        let mut rows: Vec<Value> = yard.chain([policy("lane", &self.policy)]).collect();
        let mut looked_at: Vec<Value> = Vec::new();
        for (entries, place) in [(&view.candidates, ""), (&view.by_slip, "slip"), (&view.near, "near")] {
            looked_at.extend(entries.iter().map(|entry| row("entry", place, entry)));
        }
        looked_at.extend(view.stubs.iter().map(|stub| row("stub", "", stub)));
        looked_at.extend(view.denied.iter().map(|denied| row("deny", "", denied)));
        let bytes: usize = looked_at.iter().map(|row| row.to_string().len()).sum();
        if bytes <= MOST_BYTES {
            rows.extend(looked_at);
            return (rows, None);
        }
        let count = looked_at.len();
        let whole = Map::from_iter([("rows".to_owned(), Value::Array(looked_at))]);
        let digest = canonical_bytes(&whole).ok().map(|bytes| Hash(Sha256::digest(bytes).into()));
        (rows, Some(json!({ "rows": count, "sha256": digest })))
    }
}

/// What of a medium decides and does not stand in the record's `reads`, and by what it is found there.
fn medium(heard: &Heard) -> Value {
    let medium = &heard.medium;
    let alone = u32::from(medium.confidence.unwrap_or(1000));
    json!({
        "t": medium.medium_type, "key": medium.key.as_str(), "standing": standing(medium.standing),
        "copied": heard.is_copied, "confidence": medium.confidence, "signal": medium.signal,
        "looks": medium.signal.map(|_| medium.looks),
        "sureness": (heard.sureness != alone).then_some(heard.sureness),
    })
}

fn policy(scope: &str, of: &impl Serialize) -> Value {
    let mut row = row("policy", "", of);
    if let Some(members) = row.as_object_mut() {
        members.retain(|name, _| name == "t" || JUDGED_BY.contains(&name.as_str()));
        members.insert("scope".to_owned(), scope.into());
    }
    row
}

/// A row as in the snapshot; `place` says where it was found if not by a medium that was read.
fn row(kind: &str, place: &str, of: &impl Serialize) -> Value {
    let mut row = serde_json::to_value(of).unwrap_or_default();
    if let Some(members) = row.as_object_mut() {
        // What the centre has taken of whose events is no matter here, and an officer's words are for officers.
        members.remove("applied");
        members.remove("reason");
        members.insert("t".to_owned(), kind.into());
        if !place.is_empty() {
            members.insert("as".to_owned(), place.into());
        }
    }
    lean(&mut row);
    row
}

/// Leaves out what is null, false or empty.
fn lean(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(lean);
            members.retain(|_, value| !is_nothing(value));
        }
        Value::Array(items) => items.iter_mut().for_each(lean),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Standings that are told; the first is not.
const STANDINGS: [(Standing, &str); 5] = [
    (Standing::ByHand, "by_hand"),
    (Standing::Late, "late"),
    (Standing::Contested, "contested"),
    (Standing::Parked, "parked"),
    (Standing::MadeUp, "made_up"),
];

fn standing(standing: Standing) -> Option<&'static str> {
    STANDINGS.iter().find(|(known, _)| *known == standing).map(|(_, name)| *name)
}

const STATES: [(SealState, &str); 4] = [
    (SealState::Sealed, "sealed"),
    (SealState::Open, "open"),
    (SealState::Tampered, "tampered"),
    (SealState::Unknown, "unknown"),
];

fn state(state: SealState) -> Option<&'static str> {
    STATES.iter().find(|(known, _)| *known == state).map(|(_, name)| *name)
}
