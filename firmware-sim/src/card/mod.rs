//! 软件卡: an electronic-port card made of a file, and the local card service in front of a reader with such cards.
//! `software`: the card · `folder`: cards and their authority · `reader`: what pulling and inserting does · `service`: HTTP for pages of
//! the portal · `origin`: who may ask · `hand`: a page that does what a hand does.
//! Promises: the card counts wrong PINs in its own file before it compares (PO-065); a PIN is in no trace, no answer and no file.
//! Limits: the key lies in the file, so such a card is for training and tests (PO-095); electronic port's own cards keep theirs.

pub mod folder;
mod hand;
mod origin;
mod reader;
pub mod service;
mod software;

pub use software::{CardError, SoftwareCard};

#[cfg(test)]
mod tests;
