//! Bodies of the calls that are neither index nor events.
//! Source: `contract` section 3, the table of calls.

use alloc::{boxed::Box, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

use super::{
    entry::Applied, event::Hash, index_signature::IndexSignature, receipt::EventsReceipt, time::UtcMillis,
};
use crate::{
    ids::{GateId, LaneId, VisitId, YardId},
    rules::{ReasonCode, Verdict},
};

/// `POST hello`: who is there, with which journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloRequest {
    /// The gate.
    pub gate_id: GateId,
    /// A UUID made with the journal file; a new one gets the next epoch.
    pub store_id: Box<str>,
    /// The agent's version.
    pub version: Box<str>,
    /// The epoch that the journal's records bear, for a centre that was restored and does not know the journal any more; none of a journal without records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Where its index stands, for the centre to say whether that is a past of its own; none before the first mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<IndexMark>,
}

/// 变更链: a revision of a yard's index, and the mark of the way that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexMark {
    /// The revision.
    pub revision: u64,
    /// Its mark ([`super::feed_mark`]).
    pub mark: Hash,
}

/// What the centre expects of this gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAnswer {
    /// The epoch of this journal.
    pub epoch: u32,
    /// The next event the centre wants.
    pub expected_seq: u64,
    /// The hash of the event before it; zeros when there is none.
    pub expected_hash: Hash,
    /// The newest revision of the yard's index.
    pub revision: u64,
    /// The centre's clock.
    pub time: UtcMillis,
    /// False when the index that the gate has told of is not of this centre's past: it was restored since. None when it cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knows_index: Option<bool>,
    /// The authorities by which the centre is to be known, PEM each; nothing from a centre that has none, and over plain HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<Box<str>>,
    /// For the event before the expected one; nothing from an older centre, and over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<EventsReceipt>,
}

/// First line of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHead {
    /// 场所.
    pub yard_id: YardId,
    /// The revision that the rows show.
    pub revision: u64,
    /// How many entries follow.
    pub entries: u64,
    /// How many stubs.
    pub stubs: u64,
    /// How many denied media.
    pub denied: u64,
    /// The revision's mark; none from a centre that keeps no marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Hash>,
}

/// Last line of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotTail {
    /// SHA-256 over all lines before it, each with its line feed.
    pub sha256: Hash,
    /// The same in the centre's own hand; nothing from an older centre, and over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<IndexSignature>,
}

/// `POST events` was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsAck {
    /// The epoch spoken of.
    pub epoch: u32,
    /// Everything up to here is stored and applied.
    pub acked_seq: u64,
    /// From this revision on the index shows the effect of these events.
    pub revision: u64,
    /// The same in the centre's own hand; nothing from an older centre, and over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<EventsReceipt>,
}

/// Why `POST events` was refused (409).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The first event is not the expected one.
    Gap,
    /// A hash does not follow from the one before.
    Chain,
    /// The epoch is not this gate's present one.
    Epoch,
}

/// Body of that refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsRefusal {
    /// Why.
    pub code: RefusalCode,
    /// The next event the centre wants.
    pub expected_seq: u64,
    /// The hash before it.
    pub expected_hash: Hash,
}

/// `POST status`: how the gate is now; newest only, never queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStatus {
    /// The gate.
    pub gate_id: GateId,
    /// The gate's clock.
    pub at: UtcMillis,
    /// Its newest event, if it has any.
    pub head: Option<Applied>,
    /// Its index's revision, if it has one.
    pub index_revision: Option<u64>,
    /// Seconds since the centre last confirmed the index.
    pub index_age_s: Option<u64>,
    /// Its lanes.
    pub lanes: Vec<LaneLive>,
    /// How the gate itself is; an older agent does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<GateHealth>,
}

/// How a gate is, apart from its lanes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateHealth {
    /// Events that the centre does not have yet.
    pub backlog: u64,
    /// Gate's clock minus centre's, as last measured (SG-254).
    pub clock_offset_ms: Option<i64>,
    /// Whether it records.
    pub journal: Recording,
    /// Why it does not, in the gate's words, if it does not; an older agent does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_error: Option<Box<str>>,
    /// What is free of the disk with its data, in mebibytes.
    pub disk_free_mb: Option<u64>,
    /// The whole of that disk.
    pub disk_total_mb: Option<u64>,
}

/// Whether a gate records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// Not opened yet.
    Opening,
    /// It does.
    Available,
    /// It does, but the last or the present write takes too long.
    Slow,
    /// It does, in the room that is kept for a full disk, or without such room: when that is used up, nothing opens by itself.
    OnReserve,
    /// It does not: nothing opens by itself.
    Unavailable,
    /// Something that a later agent says.
    #[serde(other)]
    Other,
}

/// One lane, now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneLive {
    /// The lane.
    pub lane_id: LaneId,
    /// The state's name in lower case.
    pub state: String,
    /// The visit in it.
    pub visit_id: Option<VisitId>,
    /// The last verdict of that visit.
    pub verdict: Option<Verdict>,
    /// Its reason.
    pub reason_code: Option<ReasonCode>,
    /// Devices of the lane that do not answer.
    pub faults: Vec<String>,
}
