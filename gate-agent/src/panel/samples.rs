//! States of a lane for tests of what the panel says.

use protocols::contract::Reads;

use crate::lane::{Arm, Snapshot};

/// A lane in that state, about which nothing else is known.
pub(crate) fn snapshot(state: &'static str) -> Snapshot {
    Snapshot {
        state,
        visit_id: None,
        verdict: None,
        reason: None,
        faults: Vec::new(),
        since: None,
        reads: Reads::default(),
        trip: None,
        offered: Vec::new(),
        findings: Vec::new(),
        arm: Arm::Closed,
        closed: None,
        is_over: false,
    }
}
