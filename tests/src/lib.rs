//! A yard in a box: centre, gates and simulated hardware as real processes in a temporary folder, for tests and for the demo.
//!
//! Promises: only processes that a [`Yard`] started are ever signalled, by their own ids; nothing waits by sleeping for a guessed
//! time, but for a condition with a deadline; what went wrong is told with the tail of each program's log.
//! Absent on purpose: knowledge of the programs' insides. They are driven by their command lines, configuration files, HTTP, device
//! files and the simulator's control socket, and judged by journal, centre and witness.
//! Reading order: `plan` (what a yard is made of), `yard`, then the programs (`centre`, `agent`, `simulator`), `line` (the network
//! between gate and centre), `rest`, `record` and `cards` (people, and what they sign with), `accounts` and `card_reader` (the same people at the portal), `browser` (people at the panel), `paper` and `scanner` (slips), `compare`
//! (what must agree in the end), `namespace` (a network or mounts of a test's own), `postgres` (the centre's other database), `faults` (what stands against which fault).

pub mod accounts;
pub mod agent;
pub mod browser;
pub mod card_reader;
pub mod cards;
pub mod centre;
pub mod chance;
pub mod clock;
pub mod compare;
pub mod config;
pub mod faults;
pub mod journal;
pub mod line;
pub mod namespace;
pub mod order;
pub mod paper;
pub mod parameter;
pub mod plan;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod raises;
pub mod record;
pub mod rest;
pub mod scanner;
pub mod simulator;
pub mod trace;
pub mod wait;
pub mod witness;
pub mod yard;

pub use plan::{DeskPlan, GatePlan, LanePlan, Reach, YardPlan};
pub use yard::{Gate, Yard, play};
