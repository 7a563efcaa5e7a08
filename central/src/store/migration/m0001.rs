//! Bindings, receipts, yards, the feed and the events of the gates.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0001_records_feed_events",
    statements: &[
        "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "CREATE TABLE smart_gate_record (
            unified_no TEXT NOT NULL PRIMARY KEY, trip_no TEXT NOT NULL UNIQUE, version BIGINT NOT NULL,
            version_no BIGINT NOT NULL, change_kind TEXT NOT NULL, effective_version_no BIGINT,
            status TEXT NOT NULL, status_since BIGINT NOT NULL, entry_at BIGINT NOT NULL, uscc TEXT NOT NULL,
            customs_code TEXT NOT NULL, medium_type TEXT NOT NULL, medium_key TEXT NOT NULL,
            business_type TEXT NOT NULL, ie_flag TEXT NOT NULL, doc TEXT NOT NULL)",
        "CREATE INDEX smart_gate_record_owner ON smart_gate_record (uscc, unified_no)",
        "CREATE INDEX smart_gate_record_area ON smart_gate_record (customs_code, unified_no)",
        "CREATE INDEX smart_gate_record_medium ON smart_gate_record (medium_type, medium_key)",
        "CREATE INDEX smart_gate_record_waiting ON smart_gate_record (status, status_since)",
        "CREATE TABLE deleted_record (
            unified_no TEXT NOT NULL PRIMARY KEY, deleted_at BIGINT NOT NULL, actor TEXT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE receipt (
            unified_no TEXT NOT NULL, no BIGINT NOT NULL, at BIGINT NOT NULL, doc TEXT NOT NULL,
            PRIMARY KEY (unified_no, no))",
        "CREATE TABLE yard (
            yard_id TEXT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, floor BIGINT NOT NULL, policy TEXT NOT NULL)",
        "CREATE TABLE yard_area (
            customs_code TEXT NOT NULL, yard_id TEXT NOT NULL REFERENCES yard (yard_id),
            PRIMARY KEY (customs_code, yard_id))",
        "CREATE TABLE index_row (
            yard_id TEXT NOT NULL REFERENCES yard (yard_id), kind TEXT NOT NULL, medium_type TEXT NOT NULL,
            medium_key TEXT NOT NULL, name TEXT NOT NULL, brief_since BIGINT, body TEXT NOT NULL,
            PRIMARY KEY (yard_id, kind, medium_type, medium_key, name))",
        "CREATE INDEX index_row_name ON index_row (yard_id, name)",
        "CREATE INDEX index_row_brief ON index_row (brief_since) WHERE brief_since IS NOT NULL",
        "CREATE TABLE change_log (
            yard_id TEXT NOT NULL REFERENCES yard (yard_id), rev BIGINT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (yard_id, rev))",
        "CREATE TABLE deny_rule (
            scope TEXT NOT NULL, medium_type TEXT NOT NULL, medium_key TEXT NOT NULL, reason TEXT NOT NULL,
            since BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (scope, medium_type, medium_key))",
        "CREATE TABLE gate (
            gate_id TEXT NOT NULL PRIMARY KEY, yard_id TEXT NOT NULL, epoch BIGINT NOT NULL,
            agent_version TEXT NOT NULL, seen_at BIGINT NOT NULL, live TEXT)",
        "CREATE TABLE gate_epoch (
            gate_id TEXT NOT NULL REFERENCES gate (gate_id), epoch BIGINT NOT NULL, store_id TEXT NOT NULL,
            seq BIGINT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (gate_id, epoch), UNIQUE (gate_id, store_id))",
        "CREATE TABLE gate_event (
            gate_id TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, hash TEXT NOT NULL, event_id TEXT,
            trip_no TEXT, received_at BIGINT NOT NULL, readable BIGINT NOT NULL, raw TEXT NOT NULL,
            PRIMARY KEY (gate_id, epoch, seq))",
        "CREATE INDEX gate_event_id ON gate_event (event_id)",
        "CREATE INDEX gate_event_trip ON gate_event (trip_no)",
        "CREATE TABLE alert (
            id BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, code TEXT NOT NULL, doc TEXT NOT NULL)",],
};
