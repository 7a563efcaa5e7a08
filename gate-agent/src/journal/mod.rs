//! The durable record of everything that happened at this gate.

mod draft;

pub use draft::{Draft, IndexStamp, LaneRef, TripRef};
