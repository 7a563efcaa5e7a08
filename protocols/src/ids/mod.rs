//! Checked identifiers: text becomes one of these types at the edge and cannot be wrong afterwards.
//! Promises: `parse` is strict (call `normalise` first where people or cameras wrote the text), never panics, and its
//! error names the rule and an excerpt of the text; in JSON each type is a string that goes through `parse`.
//! Absent on purpose: looking an identifier up; shape and arithmetic only.
//! Source: SG-070 to SG-084; domain page on identifiers.

mod card_uid;
mod container;
mod epc;
mod medium;
mod names;
pub mod normalise;
mod numbers;
mod org_code;
mod places;
mod plate;
mod seal;
mod text;
mod tid;
mod uscc;

pub use card_uid::{CardUid, CardUidError};
pub use container::{ContainerError, ContainerNo};
pub use epc::{Epc, EpcError, EpcHint, EpcHintError};
pub use medium::{MediumError, MediumKey, MediumType};
pub use names::{DeviceName, GateId, LaneId, NameError, VisitId};
pub use numbers::{CardNo, NumberError, TripNo, UnifiedNo};
pub use org_code::{OrgCode, OrgCodeError};
pub use places::{CustomsCode, PlaceError, YardId};
pub use plate::{Plate, PlateClass, PlateError, PlateKind};
pub use seal::{SealError, SealList, SealNo};
pub use text::Excerpt;
pub use tid::{Tid, TidError};
pub use uscc::{Uscc, UsccError};
