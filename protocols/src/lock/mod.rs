//! 锁: cabinet and key locks on a control board, and roller doors with a motor controller.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by each wire's `Framing` before a byte is read.
//!
//! Reading order: `board` (the wire of a lock board), `session` (its conversation), `dooya` (the wire of a door motor), `door`
//! (its conversation).
//! Law: a lock or door that fails never delays a lane and never opens a barrier; barriers are on relays (`relay`).
//! Absent: deciding who may open a lock; who asks has decided.
//! Source: CSDN 147892413 (lock boards); DOOYA RS-485 interface page (motors).

pub mod board;
pub mod door;
pub mod dooya;
pub mod session;

#[cfg(test)]
mod tests;
