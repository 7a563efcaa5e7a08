//! Cards: bindings, challenges, nonces, what was signed, what is revoked.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0004_cards_and_signatures",
    statements: &[
        "CREATE TABLE card_binding (
            card_no TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL UNIQUE, uscc TEXT, state TEXT NOT NULL,
            state_since BIGINT NOT NULL, reason TEXT, bound_at BIGINT NOT NULL, issuer TEXT NOT NULL, serial TEXT NOT NULL,
            not_after BIGINT NOT NULL, certificate TEXT NOT NULL)",
        "CREATE INDEX card_binding_enterprise ON card_binding (uscc, card_no)",
        "CREATE INDEX card_binding_certificate ON card_binding (issuer, serial)",
        "CREATE TABLE card_challenge (
            hash TEXT NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, account_id TEXT, expires_at BIGINT NOT NULL)",
        "CREATE INDEX card_challenge_age ON card_challenge (expires_at)",
        "CREATE TABLE signing_nonce (
            hash TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
        "CREATE INDEX signing_nonce_age ON signing_nonce (expires_at)",
        "CREATE TABLE submission_signature (
            id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, account_id TEXT, card_no TEXT NOT NULL,
            alg TEXT NOT NULL, certificate TEXT NOT NULL, value TEXT NOT NULL, statement TEXT NOT NULL)",
        "CREATE TABLE signed_act (
            signature_id TEXT NOT NULL REFERENCES submission_signature (id), place BIGINT NOT NULL, manual TEXT NOT NULL,
            number TEXT NOT NULL, version BIGINT NOT NULL, action TEXT NOT NULL, PRIMARY KEY (signature_id, place))",
        "CREATE INDEX signed_act_number ON signed_act (number, signature_id)",
        "CREATE TABLE revoked_certificate (
            issuer TEXT NOT NULL, serial TEXT NOT NULL, revoked_at BIGINT NOT NULL, noted_at BIGINT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (issuer, serial))",
        "CREATE TABLE revocation_list (
            issuer TEXT NOT NULL PRIMARY KEY, made_at BIGINT NOT NULL, taken_at BIGINT NOT NULL)",
    ],
};
