//! Versions of bindings, the outbox, and what a drop folder could not use.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0009_versions_and_outbox",
    statements: &[
        "CREATE TABLE smart_gate_version (
            unified_no TEXT NOT NULL, no BIGINT NOT NULL, version_no BIGINT NOT NULL, change_kind TEXT NOT NULL,
            outcome TEXT NOT NULL, ended_at BIGINT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (unified_no, no))",
        "ALTER TABLE smart_gate_record ADD COLUMN effective_medium TEXT",
        "CREATE INDEX smart_gate_record_effective_medium ON smart_gate_record (effective_medium)",
        "CREATE TABLE outbox (
            message_no TEXT NOT NULL PRIMARY KEY, manual TEXT NOT NULL, number TEXT NOT NULL, version_no BIGINT NOT NULL,
            function TEXT NOT NULL, state TEXT NOT NULL, put_at BIGINT NOT NULL, due_at BIGINT NOT NULL, tries BIGINT NOT NULL,
            first_try_at BIGINT, ended_at BIGINT)",
        "CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('WAITING', 'PREPARED')",
        "CREATE UNIQUE INDEX outbox_open ON outbox (manual, number) WHERE state IN ('WAITING', 'PREPARED')",
        "INSERT INTO outbox (message_no, manual, number, version_no, function, state, put_at, due_at, tries)
            SELECT 'declared-' || unified_no, 'smart_gate', unified_no, version_no, 'ADD', 'WAITING', status_since, status_since, 0
            FROM smart_gate_record WHERE status = 'DECLARED'",
        "CREATE TABLE bad_file (
            sha256 TEXT NOT NULL, name TEXT NOT NULL, at BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (sha256, name))",
    ],
};

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectOptions, ConnectionTrait, Database};
    use sea_orm_migration::MigratorTrait;

    use super::super::{Migrator, STEPS};
    use crate::store::{all, column};

    /// SG-170: what was declared before there was an outbox waits in it afterwards; nothing else does.
    #[tokio::test]
    async fn what_was_declared_before_is_in_the_outbox() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let conn = Database::connect(options).await.unwrap();
        let before = STEPS.iter().position(|step| step.name == super::STEP.name).unwrap();
        Migrator::up(&conn, Some(u32::try_from(before).unwrap())).await.unwrap();
        for (number, status) in [("1", "SAVED"), ("2", "DECLARED"), ("3", "SENT")] {
            let sql = format!(
                "INSERT INTO smart_gate_record (unified_no, trip_no, version, version_no, change_kind, status, status_since, entry_at, uscc,
                 customs_code, medium_type, medium_key, business_type, ie_flag, doc)
                 VALUES ('{number}', '{number}', 1, 1, 'NEW', '{status}', 77, 7, 'u', 'c', 'VN', 'k', 'b', 'I', '{{}}')"
            );
            conn.execute_unprepared(&sql).await.unwrap();
        }
        Migrator::up(&conn, None).await.unwrap();
        let rows = all(&conn, "SELECT number, due_at, function FROM outbox", []).await.unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| (column::<String>(row, "number").unwrap(), column::<i64>(row, "due_at").unwrap()))
            .collect();
        assert_eq!(told, [("2".to_owned(), 77)]);
    }
}
