//! The whole state as one JSON object: `/status` for programs and `gate-agent status`, `/api/state` and `/api/live` for the page.
//! Members are only ever added.
//! Reading order: `lane` with `compare` and `trip`, `gate` (devices, journal, index, line), `offline`, `attention` (what a person
//! must look at, with the next action).

mod attention;
mod compare;
mod gate;
mod lane;
mod offline;
#[cfg(test)]
mod tests;
mod trip;

pub use attention::{Attention, Severity};
pub use compare::Compare;
pub use gate::{CentreStatus, DeviceStatus, IndexStatus, JournalStatus, PinStatus};
pub use lane::LaneStatus;
pub use offline::{Offline, OfflineLimit};
pub use trip::{Bound, TripStatus};

use serde::{Deserialize, Serialize};

use super::state::State;

/// 状态: what `/status` answers and `gate-agent status` reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The gate.
    pub gate_id: String,
    /// The program's version.
    pub version: String,
    /// The gate's wall clock.
    #[serde(default)]
    pub at: String,
    /// What keeps it from passing vehicles by itself; empty when ready.
    pub not_ready: Vec<String>,
    /// What a person must look at, the weightiest first.
    #[serde(default)]
    pub attention: Vec<Attention>,
    /// Its lanes.
    pub lanes: Vec<LaneStatus>,
    /// Its devices.
    pub devices: Vec<DeviceStatus>,
    /// Its journal.
    pub journal: JournalStatus,
    /// Its index.
    pub index: IndexStatus,
    /// The line to the centre.
    pub centre: CentreStatus,
    /// Other gates of the yard that are not heard, of which no trip is known while the centre is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent_neighbours: Vec<String>,
    /// How long the gate could work without the centre.
    #[serde(default)]
    pub offline: Option<Offline>,
    /// Who may act here, and whether PINs are locked.
    #[serde(default)]
    pub pins: PinStatus,
}

/// The state now.
#[must_use]
pub fn status(state: &State) -> Status {
    let mut status = Status {
        gate_id: state.gate_id.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: state.clock.wall().to_string(),
        not_ready: state.not_ready(),
        attention: Vec::new(),
        lanes: state.lanes.iter().map(|view| lane::lane(view, state)).collect(),
        devices: state.devices.iter().map(gate::device).collect(),
        journal: gate::journal(state),
        index: gate::index(state),
        centre: gate::centre(state),
        silent_neighbours: gate::silent_neighbours(state),
        offline: Some(offline::offline(state)),
        pins: gate::pins(state),
    };
    status.attention = attention::attention(&status);
    status
}
