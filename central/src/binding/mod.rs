//! 智能卡口散杂货: the manual of smart-gate bindings.
//! `draft` and `rules`: sections 4 to 8 · `api`: section 9, entry · `submission` and `signing`: declaration, and what is signed for it ·
//! `amend`: change and delete orders, copies · `removal`: deletion · `search`: section 10 · `lifecycle` and `versions`: section 11 · `index`: what the gates get, section 12.1 ·
//! `signatures`: what was signed about a record · `sheet`: lists for spreadsheet programs · `slip` and `slip_page`: the driver's paper, as texts and as PDF · `import`: stored records of the section 15 form · `store`: the records' SQL.
//! ```text
//! SAVED -> DECLARED -> SENT -> CUSTOMS_APPROVED <-> LOCKED / UNLOCKED -> CLOSED / MANUALLY_CLOSED -> LEFT_PORT
//!   ^---------- SEND_FAILED, REJECTED
//! ```
//! A change or a delete order runs through the same statuses over the version that customs approved before, which the gates go by
//! until customs has decided.

pub mod amend;
pub mod api;
mod areas;
mod difference;
mod draft;
mod form;
pub mod import;
pub mod index;
pub mod lifecycle;
pub mod record;
pub mod removal;
mod rules;
pub mod search;
mod shape;
mod sheet;
mod signatures;
pub mod signing;
pub mod slip;
pub mod slip_page;
pub mod store;
pub mod submission;
pub mod versions;
mod view;

pub use areas::CustomsAreas;
pub use draft::{Checked, Draft};
pub use record::{Declaration, Entered, Hold, Left, Line, Record};

#[cfg(test)]
mod tests;
