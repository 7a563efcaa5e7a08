//! Whether a gate records, as its live status tells: what of that a person must look at.
//! Promises: told when a gate says it first, not with each status; a gate that cannot record says so all the same, since a status needs no disk.
//! Absent on purpose: raising it, and how often (`alert`).
//! Source: faults A5, A10; docs/decisions 0089.

use protocols::contract::{LiveStatus, Recording};
use serde_json::Value;

use crate::gate_feed::alert::Trouble;

/// As much of a gate's own words as a person reads, in bytes.
const MOST: usize = 400;

/// What is wrong by this status and was not by the one before, which is given as it is stored.
#[must_use]
pub fn trouble<'a>(before: Option<&str>, now: &'a LiveStatus) -> Option<Trouble<'a>> {
    let health = now.health.as_ref()?;
    if before.and_then(recording) == Some(health.journal) {
        return None;
    }
    match health.journal {
        Recording::OnReserve => Some(Trouble::DiskFull),
        Recording::Unavailable => {
            let why = health.journal_error.as_deref();
            Some(Trouble::NotRecording {
                why: why.map(|why| why.get(..why.floor_char_boundary(MOST)).unwrap_or(why)),
            })
        }
        Recording::Opening | Recording::Available | Recording::Slow | Recording::Other => None,
    }
}

/// What a stored status says; none of one of an older agent.
fn recording(stored: &str) -> Option<Recording> {
    let stored: Value = serde_json::from_str(stored).ok()?;
    serde_json::from_value(stored.pointer("/health/journal")?.clone()).ok()
}
