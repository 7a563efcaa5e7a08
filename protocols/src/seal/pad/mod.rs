//! GPS 挂锁: padlocks of the JT701/JT709 class, which report over TCP by themselves and are answered.
//! Reading order: `wire` (both kinds of frames, and our answers), `text` and `binary` (what they say), `session`.
//! **Weak:** no report carries a checksum. TCP, lengths, BCD and ranges are all there is, so a report is evidence beside
//! others and never alone.
//! Absent: commands to the lock; maps; reports that name no lock.
//! Source: traccar's Jt600 decoder and its test.

pub mod binary;
pub mod session;
pub mod text;
pub mod wire;
