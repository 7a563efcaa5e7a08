//! What people keep for themselves: how the pages look to them, and conditions under a name.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0016_settings_and_saved_queries",
    statements: &[
        "CREATE TABLE person_settings (person TEXT NOT NULL PRIMARY KEY, updated_at BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE saved_query (
            id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, manual TEXT NOT NULL, name TEXT NOT NULL, is_default BIGINT NOT NULL,
            updated_at BIGINT NOT NULL, doc TEXT NOT NULL, UNIQUE (person, manual, name))",
    ],
};
