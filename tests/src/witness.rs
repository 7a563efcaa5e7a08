//! 见证: what somebody else than the gate saw at its hardware.
//! Source: firmware-sim/README.md, "Witness".

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// One thing that was seen. Members that its kind has not are empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Running number from 1; from 1 again when the simulator was started again.
    pub n: u64,
    /// `CLOCK_MONOTONIC`, microseconds.
    pub mono_us: u64,
    /// Wall time.
    pub at: String,
    /// `command coil arm loop tag report vehicle device`.
    pub kind: String,
    /// The device.
    pub device: Option<String>,
    /// The lane.
    pub lane: Option<String>,
    /// Of a command: what it asks, in words.
    pub says: Option<String>,
    /// Of a command: the exception with which it was refused.
    pub refused: Option<u8>,
    /// Of a coil: lane and role, such as `IN1 open`.
    pub role: Option<String>,
    /// Of a coil: energised or not.
    pub on: Option<bool>,
    /// Of an arm: `rise_started opened close_started closed stopped reversed close_refused ignored forced`.
    pub movement: Option<String>,
    /// Of a tag or report.
    pub epc: Option<String>,
    /// Of a vehicle: its number.
    pub vehicle: Option<u64>,
    /// Of a vehicle: where it is, or how it ended.
    pub stage: Option<String>,
    /// Of a device.
    pub event: Option<String>,
}

impl Entry {
    /// True for an arm of that lane that did this.
    #[must_use]
    pub fn is_arm(&self, lane: &str, movement: &str) -> bool {
        self.kind == "arm" && self.lane.as_deref() == Some(lane) && self.movement.as_deref() == Some(movement)
    }
}

/// Reads a witness file. A last line that is still being written is left out.
///
/// # Errors
/// When the file cannot be read, or a whole line is no entry.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    let entry =
        |line: &str| serde_json::from_str(line).with_context(|| format!("not a witness's line: {line}"));
    whole.lines().map(entry).collect()
}
