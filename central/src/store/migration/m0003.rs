//! Enterprises and the audit log; one series of unified numbers for all manuals.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0003_enterprises_and_audit",
    statements: &[
        "CREATE TABLE enterprise (
            id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, uscc TEXT UNIQUE, customs_reg_no TEXT UNIQUE,
            ciq_no TEXT, credit TEXT NOT NULL, qualified BIGINT NOT NULL, created_at BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE audit (
            id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, card_no TEXT, address TEXT,
            subject TEXT NOT NULL, number TEXT NOT NULL, action TEXT NOT NULL, before TEXT, after TEXT, detail TEXT NOT NULL)",
        "CREATE INDEX audit_number ON audit (subject, number, at)",
        "CREATE INDEX audit_at ON audit (at)",
        "ALTER TABLE receipt ADD COLUMN message_no TEXT",
        "CREATE UNIQUE INDEX receipt_message ON receipt (unified_no, message_no)",
        "UPDATE counter SET name = REPLACE(name, 'smart_gate_unified_', 'unified_') WHERE name LIKE 'smart_gate_unified_%'",
    ],
};
