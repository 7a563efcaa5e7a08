//! Gate and centre, `/gate/v1`: every record that crosses the line, with its JSON form.
//! Promises: what is read back equals what was written; unknown members are ignored when reading and kept in the hash chain.
//! Rules for change: additive only; a member is never renamed, a code never changes its meaning; new members are optional with
//! a default, so that an agent one minor version older or newer keeps working.
//! Source: `contract` sections 1 to 3; spec SG-202, SG-205, SG-245.

mod acts;
mod calls;
#[cfg(feature = "std")]
mod canonical;
#[cfg(feature = "std")]
mod chain;
mod change;
mod digest;
mod enrol;
mod entry;
mod event;
mod index_signature;
mod receipt;
mod time;
mod weight;

pub use acts::{
    ACTS_FILTER, ActsError, ActsPage, AskActs, GateAct, MOST_ACTS, Shown, acts_asked_topic, acts_topic,
};
pub use calls::{
    EventsAck, EventsRefusal, GateHealth, HelloAnswer, HelloRequest, IndexMark, LaneLive, LiveStatus,
    Recording, RefusalCode, SnapshotHead, SnapshotTail,
};
#[cfg(feature = "std")]
pub use chain::{ChainError, RawEvent, canonical_bytes, chain_hash, feed_mark, seal};
pub use change::{Change, ChangeOp, Changes, Denied, PolicyRow, SnapshotRow, Stub};
pub use digest::{
    DIGEST_FORM, DigestsAnswer, DigestsRequest, IndexPart, IndexRanges, IndexSums, KeyedDigest, LookAt,
    MOST_PART_ROWS, NotADigest, RangeSum, RowDigest, RowKind, RowSum, Touched, Unlike, denied_key,
    ends_range, policy_key,
};
pub use enrol::{Credentials, EnrolRequest, RenewRequest, RenewalWaits};
pub use entry::{Applied, EntryLine, IndexEntry};
pub use event::{Event, EventType, Hash, NotAHash, RaiseOutcome, ReadValue, Reads};
pub use index_signature::IndexSignature;
#[cfg(feature = "std")]
pub use index_signature::changes_digest;
pub use receipt::{EventsReceipt, RECEIPTS_NAME};
pub use time::{BadTime, UtcMillis};
pub use weight::{BadWeight, Kg};
