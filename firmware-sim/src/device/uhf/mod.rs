//! 超高频读写器: firmware of readers of both families: answers what it is asked, or scans and tells unasked.
//! Promises: one command at a time, what comes while one runs is lost without an answer; another address is met with
//! silence; a frame with a bad CRC and an unknown command get reCmd 00, status FE.
//! Reading order: `field` (tags before the antennas), `line` (frames in and out, and the knobs that spoil them),
//! `reader18`, `reader288`.
//! Absent: 6B tags, Wiegand pulses, collisions.
//! Source: UHFReader18 manual V2.0, chapters 4 to 8; UHF RFID Reader Series User Manual V2.20.

mod field;
mod line;
mod reader18;
mod reader288;
#[cfg(test)]
mod tests;

use core::time::Duration;

pub use field::Field;
pub use line::Knobs;
pub use reader18::{Settings, UhfReader};
pub use reader288::{Settings288, UhfReader288};

/// A longer gap between two bytes ends the frame (manual: less than 15 ms within a frame).
pub const GAP: Duration = Duration::from_millis(15);

/// How long reading takes. The manual names no figures; these are those of small integrated readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Reading one tag.
    pub per_tag: Duration,
    /// Finding out that there is none.
    pub empty: Duration,
    /// From one round of scan mode to the next.
    pub round: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            per_tag: Duration::from_millis(5),
            empty: Duration::from_millis(60),
            round: Duration::from_millis(40),
        }
    }
}

impl Timing {
    /// How many tags can be read within a time.
    fn fits(&self, time: Duration) -> usize {
        let fits = time.as_micros().checked_div(self.per_tag.as_micros()).unwrap_or(u128::MAX);
        usize::try_from(fits).unwrap_or(usize::MAX)
    }

    /// How long an inventory of so many tags takes.
    fn takes(&self, tags: usize) -> Duration {
        match tags {
            0 => self.empty,
            tags => self.per_tag * u32::try_from(tags).unwrap_or(u32::MAX),
        }
    }
}
