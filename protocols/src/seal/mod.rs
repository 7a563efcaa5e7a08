//! 电子关锁: readers of active e-seals, and padlocks that report by themselves.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by each wire's `Framing` before a byte is read.
//!
//! Reading order: `status` (what a seal says of itself), `record` (what is known of one seal, and when that is no longer
//! true), then a folder a wire: `reader` (DataReader serial protocol) and `pad` (GPS padlocks over TCP).
//! Law: a seal that was not heard is unknown, never sealed.
//! Absent: the air interface (ISO 18185), which is the reader's job; domestic customs locks, whose suppliers give libraries
//! and no wire: their adapters make the same `record::SealRecord`.
//! Source: Hi-G-Tek DataReader manuals UM4710, chapters 6 and 8; traccar's Jt600 decoder and its test.

pub mod pad;
pub mod reader;
pub mod record;
pub mod status;

#[cfg(test)]
mod tests;
