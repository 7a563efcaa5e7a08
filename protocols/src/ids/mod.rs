//! Checked identifiers: text becomes one of these types at the edge and cannot be wrong afterwards.
//! Promises: `parse` is strict (call `normalise` first where people or cameras wrote the text), never panics, and its
//! error names the rule and an excerpt of the text; in JSON each type is a string that goes through `parse`.
//! Absent on purpose: looking an identifier up; shape and arithmetic only.
//! Source: SG-070 to SG-084; domain page on identifiers.

mod medium;
mod names;
pub mod normalise;
mod numbers;
mod places;
mod text;

pub use medium::{MediumError, MediumKey, MediumType};
pub use names::{GateId, LaneId, NameError, VisitId};
pub use numbers::{CardNo, NumberError, TripNo, UnifiedNo};
pub use places::{CustomsCode, PlaceError, YardId};
pub use text::Excerpt;
