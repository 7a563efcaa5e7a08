//! What gate, centre and simulated readers must spell alike.
//! Promises: no I/O, no clock, no panic on any input; `no_std` with `alloc`.
//! Absent on purpose: anything that only one of the programs needs.
#![no_std]

extern crate alloc;

pub mod barcode;
pub mod base64;
pub mod card;
pub mod check;
pub mod contract;
pub mod display;
pub mod frame;
pub mod ids;
#[cfg(feature = "ikey")]
pub mod ikey;
pub mod lock;
pub mod mqtt;
pub mod relay;
pub mod rules;
pub mod scale;
pub mod seal;
pub mod talk;
pub mod tick;
#[cfg(test)]
mod trial;
pub mod uhf;
