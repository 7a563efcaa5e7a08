//! 放行码: a code that a supervisor has issued before stands for the second person, where a gate has one person only and no line to the centre.
//! `code`: what is handed out and typed · `issued`: what the gate keeps of it · `book`: the file · `time`: by which expiry is judged · `judge`:
//! what a typed code is worth.
//! Promises: a code opens once, over restarts, kills and two lanes in one moment: its use stands in the journal's release record, which is
//! durable before the barrier moves; the gate keeps hashes only, and a file that was changed by hand opens nothing; a code dies with the
//! journal that would remember its use, and with its issuer's place in the register; a clock that is set back revives none.
//! Absent on purpose: who may release (`lane::permitted`), lock-out and turns (`person`), which lane has a code (`lane::TakenCodes`).
//! Source: fault E6; docs/decisions 0084.

mod book;
mod code;
mod issued;
mod judge;
mod time;

#[cfg(test)]
pub(crate) mod tests;

pub use book::{Book, BookError, MOST};
pub use code::ReleaseCode;
pub use issued::IssuedCode;
pub use judge::{NoCode, ReleaseCodes, Terms};
pub use time::CodeTime;
