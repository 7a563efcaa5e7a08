//! Whether an alert was raised lately is asked while the one writer is held.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0002_alerts_by_code_and_time",
    statements: &["CREATE INDEX alert_code_at ON alert (code, at)"],
};
