//! Mobile shields and what waits for their answer; identities of other providers and the log-ins that are under way there.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0013_shields_and_third_parties",
    statements: &[
        "CREATE TABLE shield (
            id TEXT NOT NULL PRIMARY KEY, credential_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL REFERENCES account (id),
            name TEXT NOT NULL, public_key TEXT NOT NULL, counter BIGINT NOT NULL, applied_at BIGINT NOT NULL, used_at BIGINT,
            not_after BIGINT NOT NULL, withdrawn_at BIGINT)",
        "CREATE INDEX shield_account ON shield (account_id, applied_at)",
        "CREATE TABLE shield_challenge (
            hash TEXT NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, account_id TEXT, expires_at BIGINT NOT NULL)",
        "CREATE INDEX shield_challenge_expiry ON shield_challenge (expires_at)",
        "CREATE TABLE shield_request (
            id TEXT NOT NULL PRIMARY KEY, poll_hash TEXT NOT NULL, code TEXT NOT NULL, challenge TEXT NOT NULL, state TEXT NOT NULL,
            username_folded TEXT, account_id TEXT, device TEXT, address TEXT, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
        "CREATE INDEX shield_request_name ON shield_request (username_folded, expires_at)",
        "CREATE INDEX shield_request_expiry ON shield_request (expires_at)",
        "CREATE TABLE shield_signature (
            id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, account_id TEXT NOT NULL, shield_id TEXT NOT NULL,
            public_key TEXT NOT NULL, client_data TEXT NOT NULL, authenticator_data TEXT NOT NULL, value TEXT NOT NULL,
            statement TEXT NOT NULL)",
        "CREATE TABLE shield_signed_act (
            signature_id TEXT NOT NULL REFERENCES shield_signature (id), place BIGINT NOT NULL, manual TEXT NOT NULL,
            number TEXT NOT NULL, version BIGINT NOT NULL, action TEXT NOT NULL, PRIMARY KEY (signature_id, place))",
        "CREATE INDEX shield_signed_act_number ON shield_signed_act (number, signature_id)",
        "CREATE TABLE linked_identity (
            id TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, subject TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES account (id),
            linked_at BIGINT NOT NULL, used_at BIGINT, UNIQUE (provider, subject))",
        "CREATE INDEX linked_identity_account ON linked_identity (account_id, linked_at)",
        "CREATE TABLE third_party_flow (
            state_hash TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, browser_hash TEXT NOT NULL, account_id TEXT,
            nonce TEXT NOT NULL, verifier TEXT NOT NULL, expires_at BIGINT NOT NULL)",
        "CREATE INDEX third_party_flow_expiry ON third_party_flow (expires_at)",
        "CREATE TABLE third_party_ticket (
            hash TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, subject TEXT NOT NULL, browser_hash TEXT NOT NULL,
            expires_at BIGINT NOT NULL)",
        "CREATE INDEX third_party_ticket_expiry ON third_party_ticket (expires_at)",
    ],
};
