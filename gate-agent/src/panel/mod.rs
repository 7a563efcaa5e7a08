//! 本地面板: what the agent says of itself on its own machine: probes, figures, state.
//! Promises: answering never waits for a lane, a disk or the centre; what is shown is read at the moment of asking.
//! Absent on purpose: a person's acts (they come with the panel's page and its log-in), anything that changes the gate.
//! Reading order: `state` (what it is told), `status` (what it says), `server`, `metrics`.

mod metrics;
mod server;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use metrics::{DeviceMetrics, Figures, Metrics, SharedMetrics};
pub use server::serve;
pub use state::{DeviceView, LaneView, Link, State};
pub use status::{Status, status};
