//! Counters of how often something was asked for know until when they count, so that they can go.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0041_counters_end",
    statements: &[
        "ALTER TABLE rate ADD COLUMN until BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX rate_until ON rate (until)",
        "CREATE INDEX login_failure_at ON login_failure (at)",
    ],
};
