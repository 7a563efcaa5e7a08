//! An event as a lane hands it to the journal: everything but what only the journal can give (identity, number, hashes).
//! Absent on purpose: I/O, SQL, clocks.

use protocols::{
    contract::{EventType, Hash, RaiseOutcome, Reads, UtcMillis},
    ids::{LaneId, TripNo, VisitId},
    rules::{LaneDirection, Mode, ReasonCode, Verdict},
    tick::Tick,
};

/// What happened, before it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// 事件类型.
    pub event_type: EventType,
    /// The lane; none for what concerns the whole gate.
    pub lane: Option<LaneRef>,
    /// The passage.
    pub visit_id: Option<VisitId>,
    /// When, on the monotonic clock.
    pub at: Tick,
    /// When, on the wall clock.
    pub occurred_at: UtcMillis,
    /// 判定结果.
    pub verdict: Option<Verdict>,
    /// 采集方式.
    pub mode: Option<Mode>,
    /// The matched trip.
    pub trip: Option<TripRef>,
    /// All that was read.
    pub reads: Reads,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// The person who acted.
    pub officer_id: Option<Box<str>>,
    /// The index that was asked.
    pub index: Option<IndexStamp>,
    /// Of a `RAISE_OUTCOME`.
    pub outcome: Option<RaiseOutcome>,
    /// Facts of the type's own.
    pub detail: Option<serde_json::Value>,
    /// All that the decision took which this records.
    pub basis: Option<serde_json::Value>,
}

impl Draft {
    /// A draft with a type and a time and nothing else.
    #[must_use]
    pub fn new(event_type: EventType, at: Tick, occurred_at: UtcMillis) -> Self {
        Self {
            event_type,
            lane: None,
            visit_id: None,
            at,
            occurred_at,
            verdict: None,
            mode: None,
            trip: None,
            reads: Reads::default(),
            reason: None,
            officer_id: None,
            index: None,
            outcome: None,
            detail: None,
            basis: None,
        }
    }
}

/// A lane and the way it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LaneRef {
    /// The lane.
    pub lane_id: LaneId,
    /// The way it leads.
    pub direction: LaneDirection,
}

/// A trip in its effective version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TripRef {
    /// 车次确认编号.
    pub trip_no: TripNo,
    /// The version that was judged.
    pub version_no: u32,
}

/// Which index was asked, and how old it was (SG-209, SG-245).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexStamp {
    /// Its revision.
    pub revision: u64,
    /// Seconds since the centre last confirmed it.
    pub age_s: u64,
    /// The revision's mark, from a centre that gives marks (decision 0068).
    pub mark: Option<Hash>,
}
