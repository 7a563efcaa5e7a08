//! The technician's commands against scripted devices on pseudo-terminals.

mod bench;
mod probe;
mod recording;
mod replay;
mod watch;
