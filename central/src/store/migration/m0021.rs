//! Passages as people look for them, what of gates and alerts has moved since, and who has acknowledged an alert.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0021_passages_and_live_gates",
    statements: &[
        "CREATE TABLE passage (
            number BIGINT NOT NULL PRIMARY KEY, gate_id TEXT NOT NULL, visit_id TEXT NOT NULL, yard_id TEXT NOT NULL,
            lane_id TEXT NOT NULL, began_at BIGINT NOT NULL, verdict TEXT, outcome TEXT NOT NULL, trip_no TEXT,
            moved BIGINT NOT NULL, doc TEXT NOT NULL, UNIQUE (gate_id, visit_id))",
        "CREATE INDEX passage_yard ON passage (yard_id, began_at, number)",
        "CREATE INDEX passage_lane ON passage (gate_id, lane_id, began_at, number)",
        "CREATE INDEX passage_trip ON passage (trip_no)",
        "CREATE INDEX passage_began ON passage (began_at, number)",
        "CREATE INDEX passage_moved ON passage (moved)",
        "CREATE TABLE passage_read (
            number BIGINT NOT NULL REFERENCES passage (number), kind TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (number, kind, value))",
        "CREATE INDEX passage_read_value ON passage_read (value, kind)",
        "ALTER TABLE gate_event ADD COLUMN visit_id TEXT",
        "CREATE INDEX gate_event_visit ON gate_event (gate_id, visit_id)",
        "ALTER TABLE gate_epoch ADD COLUMN folded_seq BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE gate ADD COLUMN moved BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE gate ADD COLUMN lanes TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE alert ADD COLUMN gate_id TEXT",
        "ALTER TABLE alert ADD COLUMN trip_no TEXT",
        "ALTER TABLE alert ADD COLUMN moved BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE alert ADD COLUMN acknowledged_at BIGINT",
        "ALTER TABLE alert ADD COLUMN acknowledged_by TEXT",
        "CREATE INDEX alert_open ON alert (id) WHERE acknowledged_at IS NULL",
        "CREATE INDEX alert_moved ON alert (moved)",
    ],
};
