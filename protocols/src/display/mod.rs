//! 显示屏与语音: LED panels and speech chips of a lane: one `Screen` for all panels, one queue of prompts for all voices.
//!
//! **Panics:** none, on any input. Lengths and checks are verified by each wire's `Framing` before a byte is read.
//!
//! Reading order: `gbk` (text that commands nothing), `screen`, then a file a wire: `park`, `bx`, `ab`, `num` (panels) and
//! `syn` (speech); `panel` (which board hangs there, and a screen as its frames), `session` (a panel's conversation), `voice`
//! (a chip's conversation).
//! Law: whatever happens here, a lane goes on; a panel that fails never delays a barrier.
//! Absent: gate and relay commands of parking boards (the barrier has one owner); pictures, QR codes, stored programmes;
//! colours of Onbon panels, whose control codes nobody public tells.
//! Source: OLM display protocol V2.6; BX-4K V2.7 and BX-5K/6K V1.4 of Onbon; SUNPN parking guide; SYN6288 data sheet.

pub mod ab;
pub mod bx;
pub mod gbk;
pub mod num;
pub mod panel;
pub mod park;
pub mod screen;
pub mod session;
pub mod syn;
pub mod voice;

#[cfg(test)]
mod tests;
