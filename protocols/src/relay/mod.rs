//! 继电器与输入板: relay and input boards on RS-485 or TCP, Modbus.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by `wire` before a byte is read.
//!
//! Reading order: `wire` (requests and responses, both ends, and their frames on a serial line), `mbap` (their frames on
//! TCP), `board` (what is wired to which channel, and how a board pulses), `exchange` (what goes into and comes out of a
//! session), `session` (the master of one bus), its `line`, `slave`s and `command`s.
//! Absent: functions that no board of ours has.
//! Source: Modbus application protocol V1.1b3; Modbus over serial line V1.02; Modbus messaging on TCP/IP V1.0b; Waveshare
//! relay protocol V2.

pub mod board;
pub mod command;
pub mod exchange;
mod line;
pub mod mbap;
pub mod session;
pub mod slave;
pub mod wire;

#[cfg(test)]
mod tests;
