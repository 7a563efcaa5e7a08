//! Certificates of gates, the codes that they enrol with, and renewals that wait for a person (decision 0080).

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0040_identity_of_gates",
    statements: &[
        "CREATE TABLE gate_certificate (
            fingerprint TEXT NOT NULL PRIMARY KEY, gate_id TEXT NOT NULL, yard_id TEXT NOT NULL, serial TEXT NOT NULL,
            authority TEXT NOT NULL, key_hash TEXT NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL,
            issued_by TEXT NOT NULL, pem TEXT NOT NULL, first_used_at BIGINT, superseded_at BIGINT, revoked_at BIGINT,
            revoked_by TEXT, revoked_reason TEXT)",
        "CREATE INDEX gate_certificate_gate ON gate_certificate (gate_id, not_before)",
        "CREATE INDEX gate_certificate_valid ON gate_certificate (not_after)",
        "CREATE TABLE gate_enrolment_code (
            code_id TEXT NOT NULL PRIMARY KEY, secret_hash TEXT NOT NULL, gate_id TEXT NOT NULL, yard_id TEXT NOT NULL,
            made_at BIGINT NOT NULL, made_by TEXT NOT NULL, expires_at BIGINT NOT NULL, failures BIGINT NOT NULL,
            used_at BIGINT, used_by_key TEXT, withdrawn_at BIGINT)",
        "CREATE INDEX gate_enrolment_code_gate ON gate_enrolment_code (gate_id, made_at)",
        "CREATE TABLE gate_renewal (
            gate_id TEXT NOT NULL PRIMARY KEY, certificate TEXT NOT NULL, key_hash TEXT NOT NULL, asked_at BIGINT NOT NULL,
            approved_at BIGINT, refused_at BIGINT, decided_by TEXT)",
    ],
};
