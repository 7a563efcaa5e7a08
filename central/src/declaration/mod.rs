//! What all manuals share, written once: records and their life cycles, receipts, numbers, queries, formats, faults, the audit log.
//! Laws of absence: knows no manual; a manual may use it, never the other way round.

pub mod actor;
pub mod attachment;
pub mod audit;
pub mod body;
pub mod calendar;
pub mod codes;
pub mod etag;
pub mod fault;
pub mod formats;
pub mod lifecycle;
pub mod notice;
pub mod numbering;
pub mod once;
pub mod outbox;
pub mod own;
pub mod paper;
pub mod problem;
pub mod query;
pub mod receipt;
pub mod record;
pub mod reference;
pub mod seen;
pub mod sheet;
pub mod upkeep;
pub mod words;
pub mod working_copy;
