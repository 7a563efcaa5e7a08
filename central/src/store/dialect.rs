//! What differs between the databases: how to connect, and how a transaction begins.
//! SQLite: write-ahead log, `synchronous=FULL` (a commit that was answered survives a power cut), one writer at a time, so that
//! no transaction is turned away half-way; foreign keys on. PostgreSQL: one pool for both.

use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions,
};

const WAIT: Duration = Duration::from_secs(30);

pub(super) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(WAIT).connect_timeout(WAIT).sqlx_logging(false);
    if is_sqlite(url) {
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(WAIT)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
        });
    }
    options
}

pub(super) async fn connect_writer(url: &str) -> Result<DatabaseConnection, DbErr> {
    Database::connect(options(url, if is_sqlite(url) { 1 } else { 16 })).await
}

pub(super) async fn connect_readers(
    url: &str,
    connections: u32,
    writer: &DatabaseConnection,
) -> Result<DatabaseConnection, DbErr> {
    if is_sqlite(url) { Database::connect(options(url, connections)).await } else { Ok(writer.clone()) }
}

/// On SQLite the write lock is taken at once: a transaction that reads first and writes later would be refused when another
/// wrote in between. PostgreSQL ignores the mode; there the counter rows that writers update first give the order.
pub(super) const fn write_options() -> TransactionOptions {
    TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    }
}

pub(super) const fn row_lock(backend: DbBackend) -> &'static str {
    if matches!(backend, DbBackend::Sqlite) { "" } else { " FOR UPDATE" }
}

/// On SQLite a deferred transaction sees the state of its first read until it ends; PostgreSQL needs to be told.
pub(super) const fn read_options(backend: DbBackend) -> TransactionOptions {
    let told = !matches!(backend, DbBackend::Sqlite);
    TransactionOptions {
        isolation_level: if told { Some(IsolationLevel::RepeatableRead) } else { None },
        access_mode: if told { Some(AccessMode::ReadOnly) } else { None },
        sqlite_transaction_mode: None,
    }
}
