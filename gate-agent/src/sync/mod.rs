//! 同步: the line to the centre, seen from the gate.
//! Promises: an event leaves the outbox only by a contiguous receipt of the centre (SG-247, SG-248), signed where there is an authority; one batch is under way at a
//! time; whatever is cut, lost, doubled or restored, the journal is never changed to please the centre: when both disagree about
//! the past, pushing stops with an alarm; attempts to reconnect are jittered and on average 2 s apart (fault C4); a line that
//! hangs is noticed within 15 s (fault C2); nothing becomes index that the centre has not signed, where there is an authority; live status is the
//! newest only, never queued.
//! Reading order: `link` (the port), `http`, `state`, `backoff`, `need`, `past`, `receipt`, `signed`, `line`, `outbox`, `puller`, `compare`,
//! `status`. `app` spawns the `run_*` futures.
//! Absent on purpose: certificates (`identity`), judging, retries inside the HTTP client.
//! Source: spec SG-205, SG-246..SG-248, SG-254; `contract` section 3; faults C1..C7, E3; docs/decisions 0083, 0087.

mod backoff;
mod compare;
mod http;
mod line;
mod link;
mod need;
mod outbox;
mod past;
mod puller;
mod receipt;
mod signed;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use http::{HttpLink, HttpLinkError, Renewed};
pub use line::{Pace, Sync};
pub use link::{CentreLink, LinkError, SnapshotLines};
pub use past::{
    AfterRefusal, Past, after_refusal, against_receipt, compare, is_index_foreign, is_receipt_of,
};
pub use receipt::{Place, Receipts};
pub use signed::{IndexRefused, judge_index};
pub use state::{Alarm, Line, SyncState};
