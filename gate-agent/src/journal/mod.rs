//! 事件日志: the durable record of everything that happened at this gate, and the proof of it that a barrier needs.
//! Promises: what was answered as committed is on disk (WAL, `synchronous=FULL`) and is never lost, changed or numbered twice;
//! one hash chain without gaps per epoch; a trip used here shows as used at once (SG-249); nothing is removed before the centre
//! has it and `journal_keep_days` are over.
//! After a failed write nothing in memory is trusted: the file is opened and its tail verified again (fault A4).
//! A new file records nothing, and so opens no barrier, before the centre has given it an epoch: records of two files under one
//! epoch could not be told apart. Once given, the epoch is in the file, and every later start works offline.
//! Reading order: `draft`, `record`, `store`, `store_id`, `core` with `doubt` and `retention`, `overlay`, `recover`, `closed`, `codes`, `thread`; `emergency` and `carried` are the other path; `receipts` is what
//! the centre has signed for; `browse`, `verify`, `export`, `exported` and `walk` are for people.
//! Absent on purpose: sending (`sync`), deciding what settles an interrupted visit (`lane`), keys and signatures (`identity`).
//! Source: spec SG-245..SG-249; `contract` section 3; faults A1, A4, A6, A7, A9.

mod browse;
mod carried;
mod closed;
mod codes;
mod committed;
mod core;
mod doubt;
mod draft;
mod emergency;
mod error;
mod export;
mod exported;
mod health;
mod job;
mod memory;
mod overlay;
mod receipts;
mod record;
mod recover;
mod reserve;
mod retention;
mod schema;
mod sqlite;
mod store;
mod store_id;
#[cfg(test)]
mod tests;
mod thread;
mod verify;
mod walk;

pub use self::browse::{Extent, Page, Visit, extent, newest, visit, visits};
pub use self::core::JournalCore;
pub use carried::missing;
pub use closed::{CLOSE_LANE, ClosedLane, OPEN_LANE};
pub use codes::{CODE, UsedCodes, used_codes};
pub use committed::Committed;
pub use draft::{Draft, IndexStamp, LaneRef, TripRef};
pub use emergency::{EMERGENCY_TIMEOUT, EmergencyLog};
pub use error::{JournalError, StoreError};
pub use export::{ExportError, Sum, Summing, export};
pub use exported::{exported_receipts, exported_signature, is_export, verify_export};
pub use health::{JournalHealth, JournalState};
pub use memory::{Fault, MemoryDisk, MemoryStore};
pub use overlay::{Overlay, ToldAct};
pub use receipts::{KeptReceipts, ReceiptBook, kept_receipts};
pub use record::Record;
pub use recover::{Recovered, Unsettled, then_leaves};
pub use sqlite::SqliteStore;
pub use store::{Head, JournalStore, Marks, Opened};
pub use thread::{Journal, QUEUE};
pub use verify::{Damage, Report, verify, verify_against};
pub use walk::walk;
