//! The edge agent of a gate, as a library so that tests and measurements drive the same code as the program.
//! Laws: `lane`, `decision` and `notice` are pure (no tokio, no rusqlite, no clock); only `drivers` touches serial lines; only `clock`
//! asks for the time; only `app` spawns.

pub mod apart;
pub mod app;
pub mod cache;
pub mod capture;
pub mod cli;
pub mod clock;
pub mod config;
mod cryptography;
pub mod decision;
pub mod drivers;
pub mod fail_point;
pub mod folder;
pub mod fusion;
pub mod identity;
pub mod journal;
pub mod lane;
pub mod live;
pub mod neighbours;
pub mod notice;
pub mod panel;
pub mod person;
pub mod reenact;
pub mod release_code;
#[cfg(test)]
mod replay;
mod small_file;
pub mod sync;
pub mod watchdog;
