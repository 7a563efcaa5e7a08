//! 扫码器: bar-code scanners on a serial line: text a line, and the command frames of the "GM" modules beside it.
//!
//! **Panics:** none, on any input. `wire` decides where a record or a reply ends before `repr` and `gm` look into it; what
//! a record holds is never assumed to be text, let alone ASCII.
//!
//! Reading order: `wire` (records and replies in one stream), `gm` and `zone` (command frames and what they set), `aim`,
//! `code39`, `charset` and `gs1` (what a record's bytes mean), `repr` (a record read by a configuration, and written),
//! `slip` (what we print ourselves), `settings` and `session` (the conversation: settings, trigger, silence probing).
//! Absent: decoding of images; keyboard output over USB; ISO 15434 envelopes, which stay text.
//! Source: GM65 user manual V1.3 (chapters 2, 6, 8, appendices A and B); ISO/IEC 15424; GS1 General Specifications, 3.2.

pub mod aim;
pub mod charset;
pub mod code39;
pub mod gm;
pub mod gs1;
pub mod repr;
pub mod session;
pub mod settings;
pub mod slip;
pub mod wire;
pub mod zone;

#[cfg(test)]
mod tests;
