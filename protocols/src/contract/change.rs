//! Rows of the index beside its entries, the snapshot that holds all of them, and the feed that changes them.
//! Promises: a trip has an entry or a stub, never both: `upsert` and `stub` replace whatever the trip had, `remove` takes either.
//! Source: `contract` sections 2 (stubs, deny list) and 3; spec SG-205, SG-207.

use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

use super::{entry::IndexEntry, event::Hash, index_signature::IndexSignature, time::UtcMillis};
use crate::{
    ids::{MediumKey, MediumType, TripNo},
    rules::{LanePolicy, ReasonCode, TripStatus, YardPolicy},
};

/// 存根: lets a lane say why a known medium does not open; it never opens anything itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    /// 绑定介质类型.
    pub medium_type: MediumType,
    /// 绑定介质关键信息.
    pub medium_key: MediumKey,
    /// 车次确认编号.
    pub trip_no: TripNo,
    /// 单证状态.
    pub status: TripStatus,
    /// Since when it is in this status.
    pub since: UtcMillis,
    /// `not_approved`, `withdrawn` or `already_used`; from the status when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<ReasonCode>,
}

impl Stub {
    /// Why this medium does not open.
    #[must_use]
    pub fn reason(&self) -> ReasonCode {
        self.reason_code.unwrap_or(match self.status {
            TripStatus::Saved
            | TripStatus::Declared
            | TripStatus::Sent
            | TripStatus::SendFailed
            | TripStatus::Rejected
            | TripStatus::CustomsApproved
            | TripStatus::Unlocked => ReasonCode::NotApproved,
            TripStatus::Closed => ReasonCode::Withdrawn,
            TripStatus::Locked => ReasonCode::Locked,
            TripStatus::ManuallyClosed | TripStatus::LeftPort => ReasonCode::AlreadyUsed,
        })
    }
}

/// 黑名单: a medium that never opens by itself, whatever else matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// 绑定介质类型.
    pub medium_type: MediumType,
    /// 绑定介质关键信息.
    pub medium_key: MediumKey,
    /// The officer's words; never shown to the driver.
    pub reason: String,
    /// Since when.
    pub since: UtcMillis,
    /// Monotone over the whole list; an older version never replaces a newer one.
    pub version: u64,
}

/// One row of policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum PolicyRow {
    /// For the whole yard.
    Yard(YardPolicy),
    /// For one lane; a yard's gates all get the rows of all its lanes.
    Lane(LanePolicy),
}

/// One line of a snapshot between its head and its tail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum SnapshotRow {
    /// A usable record; sorted by (`medium_type`, `medium_key`).
    Entry(IndexEntry),
    /// A record that says why.
    Stub(Stub),
    /// A denied medium.
    Deny(Denied),
    /// A row of policy.
    Policy(PolicyRow),
}

/// What one revision did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ChangeOp {
    /// The entry is new or different; a lock, an unlock and a hold are upserts.
    Upsert(IndexEntry),
    /// The trip now only says why.
    Stub(Stub),
    /// The trip left the index.
    Remove {
        /// Which trip.
        trip_no: TripNo,
    },
    /// A medium is denied.
    Deny(Denied),
    /// A medium is no longer denied.
    Allow {
        /// 绑定介质类型.
        medium_type: MediumType,
        /// 绑定介质关键信息.
        medium_key: MediumKey,
        /// The deny list's version.
        version: u64,
    },
    /// A row of policy is new or different.
    Policy(PolicyRow),
}

/// One revision of a yard's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Per yard, handed out in commit order, without gaps.
    pub rev: u64,
    /// What it did.
    #[serde(flatten)]
    pub op: ChangeOp,
}

/// Answer of `GET changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The revision that was asked after.
    pub from: u64,
    /// The last revision in this answer; `from` when there is none.
    pub to: u64,
    /// True when more are ready.
    pub more: bool,
    /// The revisions `from + 1 ..= to`.
    pub changes: Vec<Change>,
    /// The mark of `to`; none from a centre that keeps no marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Hash>,
    /// The changes in the centre's own hand; nothing without changes, and from a centre that is older or has no authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<IndexSignature>,
}
