//! 技术员命令: `probe`, `watch`, `record` and `replay`, for whoever stands before a device that does not speak.
//! Promises: a port that a running agent holds is left alone; a probe writes no setting and moves no relay; what is recorded is
//! told when it is replayed as it was when it came.
//! Absent: what frames mean (the files beside `decode`); what the agent says to a device (`drivers`).
//! Reading order: `target` (which device), `attend` (the loop over its line), `watch`, `recording` (the file), `record`, `replay`,
//! `probe`.

mod attend;
mod probe;
mod record;
pub mod recording;
mod replay;
mod stage;
mod target;
#[cfg(test)]
mod tests;
mod watch;
mod words;

pub(super) use probe::ProbeArgs;
pub(super) use record::RecordArgs;
pub(super) use replay::ReplayArgs;
pub(super) use target::Misuse;
pub(super) use watch::WatchArgs;

use anyhow::Context;

/// A runtime of one thread: nothing here is spawned.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")
}
