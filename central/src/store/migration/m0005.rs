//! Files of records. `submitted` once, a row stays for good; `removed_at` takes it out of its record.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0005_attachments",
    statements: &[
        "CREATE TABLE attachment (
            id TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, category TEXT, file_name TEXT NOT NULL, size_bytes BIGINT NOT NULL,
            page_count BIGINT NOT NULL, sha256 TEXT NOT NULL, blob TEXT NOT NULL UNIQUE, uploaded_by TEXT NOT NULL,
            uploaded_at BIGINT NOT NULL, frozen BIGINT NOT NULL, submitted BIGINT NOT NULL, removed_at BIGINT)",
        "CREATE INDEX attachment_number ON attachment (number, uploaded_at)",
    ],
};
