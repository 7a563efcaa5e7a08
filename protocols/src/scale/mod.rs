//! 地磅: weighbridge indicators on a serial line (Yaohua A9 and A12, Keli, Mettler Toledo, CAS, A&D, `=` text).
//!
//! **Panics:** none, on any input. Lengths, characters and checks are verified by `wire` before `repr` sees a value.
//!
//! **Weights** are exact: digits and a point as the display shows them, then `Kg`. t and g become kg without loss; pounds
//! never do. What is finer than a hundredth of a kilogram is told as `NoWeight::TooFine` and never rounded, so 8.880 kg
//! is 8.88 kg and 4.139 kg is no weight. A weight in motion is told as a number, but never as stable.
//!
//! Reading order: `quantity` (exact values), `repr` (what a frame says), `wire` (one file a format, both ends), `detect`
//! (which format a line carries), `stability` and `pace` (is it at rest, is it news), `session` (the conversation),
//! `weighing` (when a lane may use a weight).
//! Absent: the 600-baud scoreboard signal and the HT9800's eleven-bit characters, which no serial port can read.
//! Source: the manual that each file names; public captures and drivers for what manuals leave open.

pub mod detect;
mod pace;
pub mod quantity;
pub mod repr;
pub mod session;
pub mod stability;
pub mod weighing;
pub mod wire;

#[cfg(test)]
mod tests;
