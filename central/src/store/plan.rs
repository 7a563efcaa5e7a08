//! How the database would answer a statement: for tests that hold a statement to an index.

use sea_orm::{ConnectionTrait, DbBackend, Value};

use super::{Store, all, column};

/// Holds a list's two statements to the indexes: neither reads the table to find what is wanted, at least not all of it.
pub(crate) async fn hold_to_indexes(store: &Store, table: &str, statements: [(String, Vec<Value>); 2]) {
    for (sql, values) in statements {
        let plan = plan(store, &sql, values).await;
        let found = ["COVERING INDEX", "Index Scan", "Index Only Scan", "USING INDEX"]
            .iter()
            .any(|way| plan.contains(way));
        let whole = plan.contains(&format!("SCAN {table}")) || plan.contains("Seq Scan");
        assert!(found && !whole, "{sql}\n{plan}");
    }
}

/// The plan, a line a step. PostgreSQL reads small tables whole and sorts them; here it may do so only where no index serves.
pub(crate) async fn plan(store: &Store, sql: &str, values: impl IntoIterator<Item = Value>) -> String {
    let tx = store.begin_read().await.unwrap();
    let (explain, name) = match tx.get_database_backend() {
        DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        _ => ("EXPLAIN", "QUERY PLAN"),
    };
    if name != "detail" {
        for way in ["seqscan", "bitmapscan", "sort"] {
            tx.execute_unprepared(&format!("SET LOCAL enable_{way} = off")).await.unwrap();
        }
    }
    let rows = all(&tx, &format!("{explain} {sql}"), values).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| column(row, name).unwrap()).collect();
    steps.join("\n")
}
