//! What people share beside records: code tables, answers that were given, what is being typed, notices and announcements.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0010_codes_answers_notices",
    statements: &[
        "CREATE TABLE code_table (
            name TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, title_en TEXT NOT NULL, seeded_at BIGINT NOT NULL)",
        "CREATE TABLE code (
            table_name TEXT NOT NULL REFERENCES code_table (name), code TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT,
            name TEXT NOT NULL, name_en TEXT, code_key TEXT NOT NULL, name_key TEXT NOT NULL, name_en_key TEXT NOT NULL,
            PRIMARY KEY (table_name, code, valid_from))",
        "CREATE TABLE answer (
            person TEXT NOT NULL, key TEXT NOT NULL, at BIGINT NOT NULL, request TEXT NOT NULL, done BIGINT NOT NULL, status BIGINT, headers TEXT,
            body TEXT, PRIMARY KEY (person, key))",
        "CREATE INDEX answer_at ON answer (at)",
        "CREATE TABLE working_copy (
            person TEXT NOT NULL, manual TEXT NOT NULL, key TEXT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT NOT NULL,
            PRIMARY KEY (person, manual, key))",
        "CREATE INDEX working_copy_age ON working_copy (updated_at)",
        "CREATE TABLE notice (
            id TEXT NOT NULL PRIMARY KEY, created_at BIGINT NOT NULL, audience TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
            body TEXT NOT NULL, manual TEXT, number TEXT, status TEXT, closed_at BIGINT)",
        "CREATE INDEX notice_audience ON notice (audience, created_at)",
        "CREATE INDEX notice_record ON notice (manual, number)",
        "CREATE TABLE notice_read (
            notice_id TEXT NOT NULL REFERENCES notice (id), person TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (notice_id, person))",
        "CREATE TABLE delivery (
            id TEXT NOT NULL PRIMARY KEY, notice_id TEXT NOT NULL REFERENCES notice (id), channel TEXT NOT NULL, target TEXT NOT NULL,
            tries BIGINT NOT NULL, due_at BIGINT, done_at BIGINT, result TEXT)",
        "CREATE INDEX delivery_due ON delivery (due_at)",
        "CREATE TABLE announcement (
            number TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, status TEXT NOT NULL, status_since BIGINT NOT NULL,
            entered_at BIGINT NOT NULL, operated_at BIGINT NOT NULL, answered BIGINT NOT NULL, audience TEXT NOT NULL,
            title TEXT NOT NULL, published_at BIGINT, doc TEXT NOT NULL)",
        "CREATE INDEX announcement_published ON announcement (status, published_at)",
    ],
};
