//! 本地面板: what the agent says of itself on its own machine, and where persons act upon its lanes.
//! Promises: answering never waits for a lane's disk or for the centre; what is shown is read at the moment of asking; nobody acts without
//! his PIN, a reason and a time box; everything works with the centre gone.
//! Absent on purpose: rules of the lanes (`lane` takes or refuses an act), anything that changes the configuration.
//! Reading order: `state` (what it is told), `status` with `advice` and `words` (what it says), `server`, `guard` (what a request
//! must be), `acts` with `asked`, `live`, `passages`, `lookup`, `login`, `page`, `metrics` with
//! `locks`.
//! Source: `contract` section 7; faults E5, E6, F6; decision records 0020 and 0021.

mod acts;
mod advice;
mod asked;
mod door;
mod guard;
mod live;
mod locks;
mod login;
mod lookup;
mod metrics;
mod page;
mod passages;
mod problem;
#[cfg(test)]
pub(crate) mod samples;
mod server;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod usage;
mod words;

pub use guard::Access;
pub use locks::{LockStatus, Locks};
pub use metrics::{DeviceMetrics, Figures, Metrics, SharedMetrics};
pub use server::serve;
pub use state::{DeviceView, LaneView, Link, State};
pub use status::{
    Attention, Bound, CentreStatus, Compare, DeviceStatus, IndexStatus, JournalStatus, LaneStatus, Offline,
    OfflineLimit, PinStatus, Severity, Status, TripStatus, status,
};
pub use usage::{Usage, UsageGauge};
pub use words::Words;
