//! 扫码器: firmware of two scanners: `plain` only talks, `module` also obeys the command frames of the "GM" family.
//! Promises: records are dressed by the same code that the gate reads them with; nothing is told that no label said,
//! except by a knob that says so.
//! Absent: images: a label in view is read, whatever its distance; the keyboard and USB outputs.
//! Source: GM65 manual V1.3, chapters 4, 6 and 8.

pub mod label;
pub mod module;
mod outlet;
pub mod plain;
mod zones;

#[cfg(test)]
mod tests;

use core::time::Duration;

/// How long a label takes to be read, once it is in view. The manual names no figure; this is one of small modules.
pub const DECODE_TIME: Duration = Duration::from_millis(30);

/// What a babbling scanner tells when it sees no label.
pub const BABBLE: &str = "BABBLE";

/// How a scanner behaves, well or badly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// It hears and says nothing.
    pub silent: bool,
    /// All that it says comes so much later.
    pub late: Duration,
    /// All that it says comes twice.
    pub twice: bool,
    /// Replies carry a wrong check; of a record the last character is another.
    pub wrong: bool,
    /// It tells the label before it, or `BABBLE`, again and again after so long, whoever asked.
    pub babbles: Option<Duration>,
}
