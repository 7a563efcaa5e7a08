//! 融合: from what devices report to what lanes know: whose key it is, which lane it belongs to, and what it may carry.
//! Promises: the same reports in the same order give the same readings; a tag that two lanes hear opens in neither unless one hears it
//! clearly better; memory is bounded whatever a reader babbles.
//! Absent on purpose: joining the readings of one vehicle (`decision::Evidence`), judging, the devices (`drivers`).
//! Reading order: `key` (an identity becomes a key), `field` (which lane hears a tag), `scales`, `task` (the shell).
//! Source: `contract` section 2; fault D4, fault D5; figures in docs/decisions/0013.

mod field;
mod key;
mod scales;
mod task;
#[cfg(test)]
mod tests;

pub use field::{Field, Told};
pub use key::{IcKeyForm, KeyError, Seen, seen, standing};
pub use task::{FieldLink, FieldTask, Policies, Route, Sighted, What};
