//! A whole lane around the real agent: this process plays its reader, its board and the vehicle, over real ptys.
//! Promises: the players answer at once from threads that only block and write, so that what is measured is the agent and
//! the kernel.
//! Reading order: `board`, `reader`, `agent` (the process), `passage` (one vehicle), `decisions` and `start` (the rows).

pub(crate) mod agent;
pub(crate) mod board;
pub(crate) mod decisions;
pub(crate) mod passage;
pub(crate) mod reader;
pub(crate) mod start;
