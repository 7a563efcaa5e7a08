//! 司机提示: what a lane shows and says to the driver of a lorry.
//! Promises: pure; each state and each reason code has its text, and a new code does not compile without one; that a vehicle may drive is
//! shown by the lane's state alone, never by a reason; no name of a person; a customs hold and the deny list look and sound like other
//! reasons to see the officer; every piece of text fits a row of four double-width characters.
//! Absent on purpose: tokio, boards and their wires (`drivers`); what the person at the gate is told (`panel::advice`); a lane's idle
//! advertisements.
//! Reading order: `reason` (a text a code), `lane` (a snapshot's notice), `layout` (a notice as screens of a board), `prompts` (what is
//! said once).
//! Source: `gate-practice` sections 2 and 3; lane equipment, text; why texts are pieces and pages, docs/decisions/0024.

mod lane;
mod layout;
mod prompts;
mod reason;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use protocols::display::screen::Colour;

pub use lane::{notice, stopped};
pub use layout::{Shape, pages};
pub use prompts::Prompts;

/// What a driver is to read and to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of all its text.
    pub colour: Colour,
    /// From the top. Each begins a row of its own.
    pub phrases: Vec<Phrase>,
    /// What is said, where something is.
    pub prompt: Option<&'static str>,
}

/// Pieces of one sentence: in one row where it is wide enough, else in rows of their own.
pub type Phrase = Vec<Cow<'static, str>>;

/// A text from the tables: `/` parts phrases, `|` their pieces.
fn phrases(text: &'static str) -> Vec<Phrase> {
    text.split('/').map(|phrase| phrase.split('|').map(Cow::Borrowed).collect()).collect()
}
