//! What is taken for facts of other systems where none is connected; applications for staying away from an inspection, the numbers that they
//! have taken, the scopes, and the cards that sessions have shown for uploads.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0007_reference_and_attendance",
    statements: &[
        "CREATE TABLE reference_declaration (number TEXT NOT NULL PRIMARY KEY, updated_at BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE reference_bill (number TEXT NOT NULL PRIMARY KEY, updated_at BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE attendance_record (
            number TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, status TEXT NOT NULL, status_since BIGINT NOT NULL,
            entered_at BIGINT NOT NULL, operated_at BIGINT NOT NULL, answered BIGINT NOT NULL, doc_type TEXT NOT NULL,
            subject_no TEXT NOT NULL, applicant TEXT NOT NULL, applicant_name TEXT NOT NULL, inspection_customs_code TEXT NOT NULL,
            submitted_at BIGINT, decided_at BIGINT, message_due BIGINT, doc TEXT NOT NULL)",
        "CREATE INDEX attendance_record_applicant ON attendance_record (applicant, doc_type, operated_at)",
        "CREATE INDEX attendance_record_office ON attendance_record (inspection_customs_code, status, submitted_at)",
        "CREATE INDEX attendance_record_waiting ON attendance_record (status, status_since)",
        "CREATE INDEX attendance_record_due ON attendance_record (message_due) WHERE message_due IS NOT NULL",
        "CREATE TABLE attendance_claim (
            claim TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, since BIGINT NOT NULL, lapses_at BIGINT)",
        "CREATE TABLE attendance_scope (
            doc_type TEXT NOT NULL, customs_code TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT,
            suspended BIGINT NOT NULL, PRIMARY KEY (doc_type, customs_code))",
        "CREATE TABLE attendance_card_session (
            session_id TEXT NOT NULL PRIMARY KEY, card_no TEXT NOT NULL, at BIGINT NOT NULL)",
    ],
};
