//! 关锁读写器: DataReader-type readers of active seals, on RS-485 or RS-232.
//! Reading order: `wire` (frames), `repr` (commands and messages), `session` (the conversation).
//! **Assumed:** the manual names the CRC's polynomial and neither its start, nor bit order, nor byte order. Taken here: start
//! 0000, not reflected, high byte first (XMODEM). A real reader must be checked before anybody relies on it.
//! Absent: radio commands of our own (verify, set, approve an opening): their layout depends on the seal's model.
//! Source: Hi-G-Tek DataReader manual UM4710 and IG-RS-40/46D-916 manuals, 6.5, "RS 485/232 communication protocol".

pub mod repr;
pub mod session;
pub mod wire;
