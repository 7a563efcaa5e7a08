//! 通道: one lane, from the loop in front of the barrier to the loop behind it, as a state machine without I/O.
//!
//! `Idle -> Collecting -> Deciding -> Opening -> Passing -> Idle`, and `Held`, from which better evidence, a mended device, a
//! newer index or the vehicle's leaving lead out. Every state has a deadline.
//! Promises: nothing opens without a `Committed` proof of its intent; at most one raise a decision (invariant I3); a raise is
//! never repeated by itself; an unknown loop counts as occupied.
//! Absent on purpose: I/O, tokio, clocks, SQL (`task` is the shell that has them).
//! Reading order: `input` (all that can happen to a lane), `site`, `state`, `step`, then the states' own files
//! (`deciding` with collecting, `passing` with opening, `held`), `act`, `drafts`, `redecide`, `recover`, `task`.
//! Source: `design` section 3; spec SG-234..SG-244; `contract` section 3 (PASS, backed out, crash).

mod act;
mod acting;
mod deciding;
mod drafts;
mod held;
mod input;
mod passage;
mod passing;
mod recover;
mod redecide;
mod site;
mod state;
mod step;
mod task;
#[cfg(test)]
mod tests;

pub use act::{Act, CodeId, Correction, Deed, Person, Refusal, Role, Second, permitted};
pub use acting::Handed;
pub use input::{Arm, Effect, Input, Level, Light, LoopPlace, Moment, Then};
pub use recover::close_forgotten;
pub use redecide::{Said, redecide};
pub use site::{LaneConfig, Timing};
pub use state::{Lane, Snapshot};
pub use step::step;
pub use task::{Claims, Counter, LaneTask, Ports, Submitted, TakenCodes};
