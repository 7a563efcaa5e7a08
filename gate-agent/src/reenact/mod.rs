//! 重演: visits decided again from what the gate's devices said, by the agent's own drivers, fusion, lanes and decision, in simulated time.
//! What no device said comes from the journal: which rows the index had and what the yard asked (each decision's `basis`, laid by time), and what
//! persons did. Then each visit's verdicts, reasons and trips are held against those that the journal has.
//! Promises: no device is touched and nothing is recorded; what cannot be compared is said to be so, with the reason, and never counts as the same.
//! Absent on purpose: whether a record is the one that was sealed (`journal verify`); what a decision makes of its own basis (`journal redecide`).
//! Reading order: `ledger` (the journal's side), `index` (what was known), `lane` (one lane, stepped), `yard` (all parts of a gate),
//! `stretch` (from files to visits), `compare`.
//! Source: design promise "same answer for the same evidence"; docs/decisions 0091.

mod compare;
mod index;
mod lane;
mod ledger;
mod stretch;
#[cfg(test)]
mod tests;
mod yard;

pub use compare::{Finding, Outcome, Selected, compare};
pub use ledger::{Decided, Ledger};
pub use stretch::{ReenactError, Reenacted, Stretch, reenact, span};
