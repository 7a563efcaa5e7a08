//! Accounts, sessions, captchas, one-time codes, keys of programs, and counters against guessing.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0008_accounts_and_sessions",
    statements: &[
        "CREATE TABLE account (
            id TEXT NOT NULL PRIMARY KEY, username TEXT NOT NULL, username_folded TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
            status TEXT NOT NULL, enterprise_id TEXT REFERENCES enterprise (id), mobile TEXT, created_at BIGINT NOT NULL,
            doc TEXT NOT NULL)",
        "CREATE INDEX account_enterprise ON account (enterprise_id, username_folded)",
        "CREATE INDEX account_mobile ON account (mobile)",
        "CREATE TABLE session (
            id TEXT NOT NULL PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL REFERENCES account (id),
            login TEXT NOT NULL, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, device TEXT, address TEXT,
            ended_at BIGINT, ended_by TEXT)",
        "CREATE INDEX session_account ON session (account_id, created_at)",
        "CREATE TABLE captcha (
            id TEXT NOT NULL PRIMARY KEY, answer TEXT NOT NULL, created_at BIGINT NOT NULL)",
        "CREATE TABLE one_time_code (
            id TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account (id), purpose TEXT NOT NULL,
            code_hash TEXT NOT NULL, created_at BIGINT NOT NULL, tries BIGINT NOT NULL, used_at BIGINT)",
        "CREATE INDEX one_time_code_account ON one_time_code (account_id, purpose, created_at)",
        "CREATE TABLE short_message (
            id TEXT NOT NULL PRIMARY KEY, mobile TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL,
            tries BIGINT NOT NULL, due_at BIGINT, sent_at BIGINT)",
        "CREATE INDEX short_message_due ON short_message (due_at) WHERE due_at IS NOT NULL",
        "CREATE TABLE login_failure (
            username_folded TEXT NOT NULL, at BIGINT NOT NULL, id TEXT NOT NULL PRIMARY KEY)",
        "CREATE INDEX login_failure_name ON login_failure (username_folded, at)",
        "CREATE TABLE login_lock (username_folded TEXT NOT NULL PRIMARY KEY, until BIGINT NOT NULL)",
        "CREATE TABLE rate (
            bucket TEXT NOT NULL, period BIGINT NOT NULL, used BIGINT NOT NULL, PRIMARY KEY (bucket, period))",
        "CREATE TABLE api_key (
            id TEXT NOT NULL PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL REFERENCES account (id),
            name TEXT NOT NULL, scopes TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT, ended_at BIGINT)",
        "CREATE INDEX api_key_account ON api_key (account_id, created_at)",
    ],
};
