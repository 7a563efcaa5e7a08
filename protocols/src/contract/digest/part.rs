//! A part of an index, row by row.
//! Promises: a part is bounded; what is said of it concerns keys inside it and no others.

use alloc::{
    boxed::Box,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

use super::{RowKind, form::RowDigest};
use crate::{
    contract::{PolicyRow, SnapshotRow},
    ids::{MediumKey, MediumType},
};

/// Rows in one part at most.
pub const MOST_PART_ROWS: usize = 1000;

/// One row of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedDigest {
    /// By what it is found.
    pub key: Box<str>,
    /// What it is.
    pub digest: RowDigest,
}

/// The rows of a kind whose keys lie behind `after`, up to and with `to`; in the order of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// Of which kind.
    pub kind: RowKind,
    /// Behind this key; from the first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Box<str>>,
    /// Up to this one; to the last when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Box<str>>,
    /// All of them, [`MOST_PART_ROWS`] at most.
    pub rows: Vec<KeyedDigest>,
}

/// What differs in a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlike {
    /// Rows that the other side has not, or has otherwise.
    pub rows: Vec<SnapshotRow>,
    /// Keys that the other side has and this one has not.
    pub gone: Vec<Box<str>>,
}

/// The key of a denied medium.
#[must_use]
pub fn denied_key(medium_type: MediumType, medium_key: &MediumKey) -> String {
    format!("{medium_type} {medium_key}")
}

/// The key of a row of policy.
#[must_use]
pub fn policy_key(row: &PolicyRow) -> String {
    match row {
        PolicyRow::Yard(_) => "yard".to_string(),
        PolicyRow::Lane(lane) => format!("lane/{}/{}", lane.gate_id, lane.lane_id),
    }
}

/// Kind and key of a row.
fn place(row: &SnapshotRow) -> (RowKind, String) {
    match row {
        SnapshotRow::Entry(entry) => (RowKind::Trip, entry.trip_no.to_string()),
        SnapshotRow::Stub(stub) => (RowKind::Trip, stub.trip_no.to_string()),
        SnapshotRow::Deny(denied) => (RowKind::Deny, denied_key(denied.medium_type, &denied.medium_key)),
        SnapshotRow::Policy(policy) => (RowKind::Policy, policy_key(policy)),
    }
}

impl IndexPart {
    /// Whether a key lies in it.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        self.after.as_deref().is_none_or(|after| after < key) && self.to.as_deref().is_none_or(|to| key <= to)
    }

    /// Whether a row lies in it; with its key.
    #[must_use]
    pub fn key_of(&self, row: &SnapshotRow) -> Option<String> {
        let (kind, key) = place(row);
        (kind == self.kind && self.holds(&key)).then_some(key)
    }

    /// What of these rows, which are all that this side has up to `to`, is not in the part, or otherwise; and what of the part is not among them.
    #[must_use]
    pub fn unlike(&self, own: Vec<SnapshotRow>, to: Option<&str>) -> Unlike {
        let is_within = |key: &str| self.holds(key) && to.is_none_or(|to| key <= to);
        let mut theirs: BTreeMap<&str, RowDigest> =
            self.rows.iter().filter(|row| is_within(&row.key)).map(|row| (&*row.key, row.digest)).collect();
        let mut is_other = |row: &SnapshotRow| {
            let Some(key) = self.key_of(row).filter(|key| is_within(key)) else { return false };
            theirs.remove(&*key) != Some(RowDigest::of(row))
        };
        let rows = own.into_iter().filter(&mut is_other).collect();
        Unlike { rows, gone: theirs.into_keys().map(Box::from).collect() }
    }
}
