//! 智能卡口散杂货: the manual of smart-gate bindings.
//! `draft` and `rules`: sections 4 to 8 · `lifecycle`: section 11 · `index`: what the gates get, section 12.1 · `search`: section 10 ·
//! `api`: the JSON face · `sheet`: lists for spreadsheet programs · `slip`: the driver's paper · `import`: stored records of the section 15 form · `store`: all SQL.
//! ```text
//! SAVED -> DECLARED -> SENT -> CUSTOMS_APPROVED <-> LOCKED / UNLOCKED -> CLOSED / MANUALLY_CLOSED -> LEFT_PORT
//!   ^---------- SEND_FAILED, REJECTED
//! ```
//! Absent: change and delete orders (versions above 1); the columns for them are there.

pub mod api;
mod areas;
mod draft;
mod form;
pub mod import;
pub mod index;
pub mod lifecycle;
pub mod record;
mod rules;
mod search;
mod sheet;
pub mod slip;
pub mod store;
mod view;

pub use areas::CustomsAreas;
pub use draft::{Checked, Draft};
pub use record::{Declaration, Hold, Line, Record};

#[cfg(test)]
mod tests;
