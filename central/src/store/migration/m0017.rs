//! What new records begin with: templates, and what was entered last.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0017_templates_and_last_used",
    statements: &[
        "CREATE TABLE entry_template (
            id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, manual TEXT NOT NULL, name TEXT NOT NULL, maker TEXT NOT NULL,
            made_by TEXT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT NOT NULL, UNIQUE (owner, manual, name))",
        "CREATE TABLE last_used (
            person TEXT NOT NULL, manual TEXT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (person, manual))",
    ],
};
