//! Revisions of a yard's index are a chain: each has a mark (decision 0068).

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0032_marks_of_the_feed",
    statements: &[
        "ALTER TABLE change_log ADD COLUMN mark TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE feed_mark (
            yard_id TEXT NOT NULL REFERENCES yard (yard_id), rev BIGINT NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (yard_id, rev))",
    ],
};
