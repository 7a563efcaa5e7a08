//! What the fuzz targets hold each port to; a target itself is one call.
//! Promises: an oracle says more than "does not panic": what was read is written back alike, splits change nothing,
//! bytes are accounted for, what was written once is read again.
//! Absent: coverage flags and budgets (`scripts/fuzz`), seeds (`scripts/fuzz-seeds`).
//! Source: fault D1, fault E7; design, "any bytes on any wire never crash or stall a lane".

pub mod barcode;
pub mod barcode_session;
pub mod contract;
pub mod display;
pub mod display_session;
#[cfg(feature = "programs")]
pub mod draft;
pub mod identifiers;
pub mod mqtt;
pub mod pn532;
pub mod pn532_session;
#[cfg(feature = "programs")]
pub mod recording;
pub mod relay;
pub mod relay_session;
pub mod scale;
pub mod scale_session;
pub mod script;
pub mod seal;
pub mod seal_session;
pub mod sparkplug;
pub mod stream;
#[cfg(feature = "programs")]
pub mod text;
pub mod uhf;
pub mod uhf_session;
