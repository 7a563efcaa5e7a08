//! 超高频读写器: UHF readers of the "Chafon" kind, both families: UHFReader18, and UHFReader288 with its relatives.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by `wire` before `repr` sees a byte, and inner
//! lengths by `repr` before it slices; an inner overrun is counted and never read.
//!
//! Reading order: `wire` (frame layout of both directions), `tag` (EPC and tag lists), `status`, `repr` (typed commands and
//! replies), `session` (the conversation: start, inventory or scan, silence probing; it finds the family by itself).
//! Absent: the "Prime" protocol (first byte `CF`) and the `A0` protocol, which look alike and are other families.
//! Source: UHFReader18 manual V2.0; UHF RFID Reader Series User Manual V2.20 (288/Ex10).

mod echo;
pub mod repr;
pub mod session;
pub mod status;
pub mod tag;
pub mod wire;

#[cfg(test)]
mod tests;
