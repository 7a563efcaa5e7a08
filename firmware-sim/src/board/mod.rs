//! Boards on a host: firmware behind a pseudo-terminal or an address, with a line between them that can be slow, faulty or
//! unplugged.
//! Reading order: `pty` (the device file that the gate opens), `tcp` (the address that it connects to), `broker` (the
//! broker at which both meet), `port` (any of them),
//! `wire` (the port and the pins that firmware sees), `firmware` (one trait for every kind), `line` (rate and faults),
//! `slot` (all of it as one device of the yard).
//! Absent: what stands before a reader or behind a relay (`yard`).

pub mod broker;
pub mod firmware;
pub mod line;
pub mod port;
pub mod pty;
pub mod slot;
pub mod tcp;
pub mod wire;
