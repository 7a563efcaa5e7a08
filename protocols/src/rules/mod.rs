//! What gate and centre must agree on: statuses, verdicts, reasons, policy, and what an event does to a trip.
//! Promises: pure tables and folds; the same arguments give the same answer on both sides of the line.
//! Absent on purpose: matching (only a gate matches) and the customs side of the lifecycle (only the centre has it).
//! Source: spec SG, sections 7, 11 and 12; `contract` for the names.

mod closing;
mod codes;
mod policy;
mod reason;
mod status;
mod trip;

pub use closing::{ClosingFacts, closing_passage};
pub use codes::{
    BillType, BusinessType, Direction, IeFlag, LaneDirection, ObjectType, PassType, TransportMode,
    UnknownCode,
};
pub use policy::{Gather, LanePolicy, Percent, YardPolicy};
pub use reason::{Mode, ReasonCode, Verdict};
pub use status::{CloseReason, LockSource, TripStatus};
pub use trip::{Anomaly, Lock, TripAct, TripEvent, TripMove, TripState, apply};
