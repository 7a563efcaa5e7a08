//! What differs between the databases: how to connect, how a write transaction comes to be alone, how tables are written down.
//! SQLite: write-ahead log, `synchronous=FULL` (a commit that was answered survives a power cut), one writer at a time, so that
//! no transaction is turned away half-way; foreign keys on.
//! PostgreSQL: a write transaction begins with the one lock that all writers of the database share, in whatever process (decision 0050).
//! Readers have connections of their own, so writers that wait take none from them. Text compares by its bytes, as on SQLite. A server that
//! forgets in a power cut what it has acknowledged is not written to (decision 0077): gates let go of what the centre says it has.

use std::{borrow::Cow, time::Duration};

use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, SqlxPostgresConnector, Statement,
    TransactionOptions,
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::SqliteConnectOptions,
    },
};

use super::StoreError;

const WAIT: Duration = Duration::from_secs(30);
/// Between two tries at a file that somebody else makes.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// `SQLITE_BUSY` and `SQLITE_BUSY_RECOVERY`.
const LOCKED: [&str; 2] = ["5", "261"];
/// The lock of all writers of a PostgreSQL database: "kakou".
const WRITERS: i64 = 0x6B_61_6B_6F_75;
/// One writes, and those next in line have begun already.
const WRITERS_IN_LINE: u32 = 4;
/// Statements that a writer keeps prepared: many rows go in by eight sizes of statement for each table (`many`), more than the hundred that a
/// connection keeps by itself, and one of a thousand places is not to be prepared again for each batch.
const PREPARED: usize = 512;
/// A connection that was used a moment ago is not asked whether it still lives.
const FRESH: Duration = Duration::from_secs(2);
/// Whatever the server's defaults are.
const SETTINGS: [(&str, &str); 3] = [
    // At a higher level a writer would see the state from before it waited for the lock.
    ("default_transaction_isolation", "read committed"),
    // As long as a writer waits on SQLite.
    ("lock_timeout", "30s"),
    // A process that stands still, or was cut off, in the middle of a transaction loses it, and with it the lock.
    ("idle_in_transaction_session_timeout", "60s"),
];

/// A connection that would not wait until its commits are on the disk is made to; what waits for more than that, or for less where standbys
/// are asked too, was chosen and stays. Said by the connection itself, it holds whatever becomes of the server's configuration meanwhile.
const COMMIT_TO_THE_DISK: &str =
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, false)";
/// Without any of them a power cut takes what was committed, or the whole database.
const DURABLE: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Whether a server may be one that forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// It keeps what it acknowledges, or nothing starts.
    Kept,
    /// As the server likes: `store.allow_unsafe_postgres`.
    AsTheServerLikes,
}

/// What to connect to.
pub(super) enum Target {
    /// A file, by its URL.
    Sqlite(String),
    /// A database of a server.
    Postgres(Box<PgConnectOptions>),
}

pub(super) async fn connect_writer(
    target: &Target,
    durability: Durability,
) -> Result<DatabaseConnection, DbErr> {
    match target {
        Target::Sqlite(url) => {
            let mut options = sqlite(url, 1);
            options.map_sqlx_sqlite_opts(|sqlite| configured(sqlite).statement_cache_capacity(PREPARED));
            opened(&options).await
        }
        Target::Postgres(options) => {
            let options = options.as_ref().clone().statement_cache_capacity(PREPARED);
            let pool = PgPoolOptions::new().max_connections(WRITERS_IN_LINE);
            let pool = match durability {
                Durability::AsTheServerLikes => pool,
                Durability::Kept => pool.after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(COMMIT_TO_THE_DISK).await.map(|_| ()) })
                }),
            };
            postgres(&options, pool).await
        }
    }
}

pub(super) async fn connect_readers(target: &Target, connections: u32) -> Result<DatabaseConnection, DbErr> {
    match target {
        Target::Sqlite(url) => opened(&sqlite(url, connections)).await,
        Target::Postgres(options) => {
            postgres(options, PgPoolOptions::new().max_connections(connections)).await
        }
    }
}

/// Of several processes that open a new file together one makes its write-ahead log, and SQLite tells the others at once that the file is
/// locked, however long they would wait: they try again for as long as they would have waited.
async fn opened(options: &ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut tries = WAIT.as_millis() / TRY_AGAIN.as_millis();
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if tries > 0 && is_locked(&error) => tokio::time::sleep(TRY_AGAIN).await,
            done => return done,
        }
        tries -= 1;
    }
}

fn is_locked(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(error)) = error else { return false };
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref().is_some_and(|code| LOCKED.contains(&code))
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(WAIT).connect_timeout(WAIT).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(configured);
    options
}

fn configured(sqlite: SqliteConnectOptions) -> SqliteConnectOptions {
    sqlite
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
}

/// The pool is made here and not by `Database::connect`, which shows its options, and with them the password, to whoever traces.
async fn postgres(options: &PgConnectOptions, pool: PgPoolOptions) -> Result<DatabaseConnection, DbErr> {
    let name = options.get_application_name().unwrap_or("kakou-central").to_owned();
    let options = options.clone().application_name(&name).options(SETTINGS).disable_statement_logging();
    // A pool waits for a server that refuses, and says in the end that it has waited; one connection says at once what is wrong.
    let first = options.connect().await.map_err(unconnected)?;
    first.close().await.map_err(unconnected)?;
    let pool = pool
        .acquire_timeout(WAIT)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move { Ok(about.idle_for < FRESH || connection.ping().await.is_ok()) })
        })
        .connect_with(options)
        .await
        .map_err(unconnected)?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Whether the database can hold what it will be given, and keeps it.
pub(super) async fn check(write: &DatabaseConnection, durability: Durability) -> Result<(), StoreError> {
    let backend = write.get_database_backend();
    if matches!(backend, DbBackend::Sqlite) {
        return Ok(());
    }
    let setting = async |name: &str| -> Result<Option<String>, StoreError> {
        // One that a server does not have is not off.
        let sql = "SELECT CURRENT_SETTING($1, true) AS setting";
        let row = write.query_one_raw(Statement::from_sql_and_values(backend, sql, [name.into()])).await?;
        Ok(row.map(|row| row.try_get("", "setting")).transpose()?.flatten())
    };
    let encoding = setting("server_encoding").await?.unwrap_or_default();
    if encoding != "UTF8" {
        return Err(StoreError::Encoding(encoding));
    }
    let mut off = Vec::new();
    for name in DURABLE {
        if setting(name).await?.as_deref() == Some("off") {
            off.push(name);
        }
    }
    match durability {
        _ if off.is_empty() => Ok(()),
        Durability::Kept => Err(StoreError::Forgets(off.join(", "))),
        Durability::AsTheServerLikes => {
            let off = off.join(", ");
            tracing::warn!(
                store.off = off,
                "the database's server forgets in a power cut what gates are told that the centre has: {off} is off"
            );
            Ok(())
        }
    }
}

fn unconnected(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

/// On SQLite the write lock is taken at once: a transaction that reads first and writes later would be refused when another
/// wrote in between. PostgreSQL ignores the mode; see [`alone`].
pub(super) const fn write_options() -> TransactionOptions {
    TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    }
}

/// The first statement of a write transaction: waits until no other writer is at work. Those that follow see all that was committed
/// before, because each looks anew at `READ COMMITTED`, and a commit is seen before its lock is given up.
pub(super) async fn alone(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    if !matches!(backend, DbBackend::Sqlite) {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, [WRITERS.into()])).await?;
    }
    Ok(())
}

/// The same for as long as it takes: tables may be large when they are changed.
pub(super) async fn alone_at_last(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if !matches!(tx.get_database_backend(), DbBackend::Sqlite) {
        tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
    }
    alone(tx).await
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

/// A migration's statement, written for SQLite, as this database takes it.
pub(super) fn written_for(backend: DbBackend, statement: &str) -> Cow<'_, str> {
    let defines = statement.starts_with("CREATE TABLE") || statement.starts_with("ALTER TABLE");
    if matches!(backend, DbBackend::Sqlite) || !defines {
        return statement.into();
    }
    statement.replace(" TEXT", " TEXT COLLATE \"C\"").replace(" BLOB", " BYTEA").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_ground::Ground;

    #[test]
    fn a_table_of_postgresql_compares_text_by_its_bytes() {
        let table = "CREATE TABLE a (b TEXT NOT NULL PRIMARY KEY, c BIGINT, d TEXT, e BLOB)";
        assert_eq!(written_for(DbBackend::Sqlite, table), table);
        let postgres = "CREATE TABLE a (b TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, c BIGINT, d TEXT COLLATE \"C\", e BYTEA)";
        assert_eq!(written_for(DbBackend::Postgres, table), postgres);
        let other = "UPDATE a SET b = CAST(c AS TEXT)";
        assert_eq!(written_for(DbBackend::Postgres, other), other);
    }

    /// Invariant I1: a writer's commit is on the disk when it is answered, also where the server's own default or the address asks for less; a server that
    /// asks for more, or knows why it does not, is left as it is.
    #[tokio::test]
    async fn a_writer_waits_for_the_disk_whatever_the_default_is() {
        let ground = Ground::bare().await;
        let config = ground.config();
        let target = config.url.target(&config.data_dir).unwrap();
        let Target::Postgres(address) = target else {
            let write = connect_writer(&target, Durability::Kept).await.unwrap();
            let sql = Statement::from_string(DbBackend::Sqlite, "PRAGMA synchronous");
            let row = write.query_one_raw(sql).await.unwrap().unwrap();
            assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 2, "FULL");
            return;
        };
        for (asked, kept, liked) in [
            (None, "on", "off"),
            (Some("off"), "on", "off"),
            (Some("local"), "local", "local"),
            (Some("remote_apply"), "remote_apply", "remote_apply"),
        ] {
            let options = address.as_ref().clone();
            let options = match asked {
                Some(asked) => options.options([("synchronous_commit", asked)]),
                None => options,
            };
            let target = Target::Postgres(Box::new(options));
            for (durability, found) in [(Durability::Kept, kept), (Durability::AsTheServerLikes, liked)] {
                let write = connect_writer(&target, durability).await.unwrap();
                let sql = "SELECT CURRENT_SETTING('synchronous_commit') AS setting";
                let row = write.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
                let setting: String = row.unwrap().unwrap().try_get("", "setting").unwrap();
                assert_eq!(setting, found, "asked {asked:?}, {durability:?}");
            }
        }
    }
}
