//! Simulated readers and boards of Kakou: firmware that could run on a bare board, and a host that wires it to ptys.
//! Promises: `device` builds without a standard library; everything else needs the feature `host` (on by default).
//! Absent on purpose: judging what a gate decided (`expect` is carried through to whoever drives the scenario).
#![cfg_attr(not(feature = "host"), no_std)]

extern crate alloc;

#[cfg(feature = "host")]
pub mod board;
#[cfg(feature = "host")]
pub mod card;
#[cfg(feature = "host")]
pub mod clock;
#[cfg(feature = "host")]
pub mod control;
pub mod device;
#[cfg(feature = "host")]
pub mod fault;
#[cfg(feature = "host")]
pub mod scenario;
#[cfg(feature = "host")]
pub mod witness;
#[cfg(feature = "host")]
pub mod yard;
