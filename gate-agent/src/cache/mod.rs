//! 索引缓存: this gate's copy of its yard's index, policy and deny list, on disk and in memory.
//! Promises: a change is applied exactly once, with its cursor, in one transaction; a snapshot is taken whole or not at all; the
//! deny list never goes back to an older version; the index's age never shrinks by a clock that was set back (fault B1); a
//! look-up takes microseconds and shows this gate's own acts (SG-249). While the index still loads, look-ups read the file.
//! What is kept carries checksums: damage is `Corrupt`, never a guess; a new snapshot heals it.
//! Memory: less than 600 bytes a binding at a million (`examples/index_memory.rs` measures it).
//! Reading order: `packed`, `index`, `schema`, `db`, `age`, `memory`, `told`, `feed`, `handle`, `mark`, `origin`, `doubt`, `sum`, `snapshot`, `heal`, `digest`, `kept`,
//! `repair`.
//! Absent on purpose: asking the centre and whether it is the centre's word (`sync`), judging (`decision`).
//! Source: spec SG-202, SG-205, SG-207, SG-209; `contract` sections 2 and 3.

mod age;
mod db;
mod digest;
mod doubt;
mod error;
mod feed;
mod handle;
mod heal;
mod index;
mod kept;
mod mark;
mod memory;
mod origin;
mod packed;
#[cfg(test)]
pub(crate) mod plant;
mod repair;
#[cfg(test)]
pub(crate) mod samples;
mod schema;
mod snapshot;
mod sum;
#[cfg(test)]
mod tests;
mod told;

pub use digest::IndexDigest;
pub use error::{CacheError, SnapshotError};
pub use feed::Feed;
pub use handle::{Cache, Policy, Residence};
pub use heal::keep_open;
pub use repair::{HeldPart, Mending, Repaired};
pub use snapshot::{SnapshotBuilder, WholeSnapshot};
pub use told::Told;
