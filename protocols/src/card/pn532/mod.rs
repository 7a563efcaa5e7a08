//! PN532: NXP's contactless controller behind its serial host link (HSU), reading ISO 14443-3A cards.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by `wire` before `repr` sees a byte, and inner
//! lengths by `repr` and `target` before they slice; an answer that does not fit its frame tells no card at all.
//!
//! Reading order: `wire` (frame layout of both directions), `status` (error codes), `target` (a listed card), `memory`
//! (text on a card), `repr` (typed commands and replies), `presence` (who lies on the reader), `exchange` (one command),
//! `session` (the conversation: wake-up, settings, polling, recovery).
//! Absent: the I2C and SPI host links; type B and FeliCa cards; emulation; raw frames on the air.
//! Source: NXP PN532 user manual UM0701-02.

mod exchange;
pub mod memory;
mod presence;
pub mod repr;
pub mod session;
pub mod status;
pub mod target;
pub mod wire;

#[cfg(test)]
mod tests;
