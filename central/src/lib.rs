//! The central service of Kakou: declarations over REST, the customs desk, the feed of the gates, the intake of their events.
//! Arrows: `binding` -> `declaration` -> `store`; `gate_feed` shows what `binding` makes and folds what gates report into it.
//! `gate_identity` knows which gate is at the other end of a line; handlers ask it through `identity::GateCaller`.

pub mod app;
pub mod appointment;
pub mod attendance;
pub mod binding;
pub mod blob;
pub mod cli;
pub mod clock;
pub mod config;
mod connection;
pub mod declaration;
pub mod desk;
pub mod gate_feed;
pub mod gate_identity;
pub mod identity;
pub mod metrics;
pub mod portal;
pub mod router;
pub mod store;
#[cfg(test)]
mod test_app;
#[cfg(test)]
mod test_card;
#[cfg(test)]
mod test_ground;
