//! 卡介质: cards, whose they are, and what becomes of them.
//! `challenge`: what a card signs to show that it is there · `binding`: which card is whose, and its life cycle · `change`: bind, renew,
//! report lost, unbind · `first`: the first card of who logs in by card only · `register`: all cards, as administrators see them ·
//! `log_in`: who a card belongs to · `revocation`: certificates that no longer count · `refusal`: the messages.
//! Promises: an account has one card at most and a card one account (PO-092); no PIN ever comes here, cards count them (PO-065).
//! Absent on purpose: sessions; who logs in by a card gets them from `identity::session`.
//! Source: PO-063..PO-065, PO-090..PO-105, PO-407..PO-410.

pub mod api;
pub mod binding;
pub mod challenge;
pub mod change;
pub mod first;
pub mod log_in;
pub mod refusal;
pub mod register;
pub mod revocation;

pub use challenge::{Answer, Challenge};
pub use log_in::{Proof, log_in_challenge, prove};

#[cfg(test)]
mod tests;
