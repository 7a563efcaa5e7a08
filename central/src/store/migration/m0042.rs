//! When the centre and a gate have compared their clocks.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0042_gate_clocks",
    statements: &[
        "CREATE TABLE gate_clock (gate_id TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, mono_us BIGINT NOT NULL, at BIGINT NOT NULL,
         PRIMARY KEY (gate_id, epoch, seq))",
    ],
};
