//! What the next start has to know of this one's end.

use std::{fmt, fs, io, path::Path};

use protocols::{contract::UtcMillis, ids::LaneId};
use serde::{Deserialize, Serialize};

use crate::small_file;

const FILE: &str = "stood-still.json";

/// 停滞: lanes that did not turn any more, why the agent was ended. In the detail of the start that follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoodStill {
    /// Which.
    pub(crate) lanes: Vec<LaneId>,
    /// When it was found, by the machine's clock.
    pub(crate) at: UtcMillis,
    /// Of how many. All at once point to the program's tasks rather than to a lane.
    pub(crate) of: usize,
}

impl fmt::Display for StoodStill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lanes.len() == self.of {
            return f.write_str("every lane stands still");
        }
        let lanes: Vec<String> = self.lanes.iter().map(ToString::to_string).collect();
        write!(f, "lane {} stands still", lanes.join(", "))
    }
}

pub(super) fn keep(folder: &Path, stood: &StoodStill) -> io::Result<()> {
    small_file::exchange(&folder.join(FILE), &serde_json::to_string(stood)?)
}

/// What the run before has left here, if it was ended so.
///
/// # Errors
/// When the file cannot be read, or is not what [`keep`] wrote.
pub(crate) fn left(folder: &Path) -> io::Result<Option<StoodStill>> {
    let text = small_file::read(&folder.join(FILE))?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// It is recorded now.
///
/// # Errors
/// When the file cannot be removed.
pub(crate) fn forget(folder: &Path) -> io::Result<()> {
    fs::remove_file(folder.join(FILE))
}
