//! Tables filled fast: on SQLite one transaction of prepared inserts, on PostgreSQL one COPY; the lists' indexes are made afterwards.
//! Promises: both databases get the same rows; each one's time is that of its own calls, without the making of the rows.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use rusqlite::{Connection, types::Value as Cell};
use sea_orm::{
    Value,
    sqlx::{
        self, ConnectOptions as _, Connection as _,
        postgres::{PgConnectOptions, PgConnection, PgCopyIn},
    },
};

use super::{records::Manual, world::World};
use crate::clock;

/// Rows of one stretch: made, then given to the one database, then to the other.
const AT_ONCE: u32 = 5000;
/// Rows that are also put into a table without any index: the floor of loading.
const BARE: u32 = 100_000;
/// Enough for an autovacuum of the same table to be over.
const VACUUMS: u32 = 60;

/// How fast one database took the records, a second.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    /// With all indexes in the end.
    pub(crate) loaded: f64,
    /// Into a table without any.
    pub(crate) bare: f64,
}

/// Fills the manual's table in the file and in the database.
///
/// # Errors
/// What a database says.
pub(crate) async fn fill(
    world: &World,
    manual: Manual,
    sample: &serde_json::Value,
    folder: &Path,
    postgres: &str,
) -> anyhow::Result<[Rate; 2]> {
    let sqlite = File::open(folder, manual)?;
    let mut server = Server::open(postgres, manual).await?;
    let bare = world.records.min(BARE);
    let mut took = [Duration::ZERO; 4];
    let mut copy = server.copy("bare").await?;
    for numbers in stretches(bare) {
        let rows = rows(world, manual, sample, numbers)?;
        took[0] += sqlite.insert("bare", &rows)?;
        took[1] += send(&mut copy, &rows).await?;
    }
    copy.finish().await?;
    took[0] += sqlite.end()?;
    server.begin_again().await?;
    let mut copy = server.copy(manual.table).await?;
    for numbers in stretches(world.records) {
        let rows = rows(world, manual, sample, numbers)?;
        took[2] += sqlite.insert(manual.table, &rows)?;
        took[3] += send(&mut copy, &rows).await?;
    }
    copy.finish().await?;
    took[2] += sqlite.end()?;
    took[2] += sqlite.finish()?;
    took[3] += server.finish(manual.table).await?;
    let rate = |rows: u32, took: Duration| f64::from(rows) / took.as_secs_f64().max(1e-6);
    Ok([
        Rate { loaded: rate(world.records, took[2]), bare: rate(bare, took[0]) },
        Rate { loaded: rate(world.records, took[3]), bare: rate(bare, took[1]) },
    ])
}

fn stretches(count: u32) -> impl Iterator<Item = std::ops::Range<u32>> {
    let ends = move |first: u32| first..count.min(first + AT_ONCE);
    (0..count).step_by(5000).map(ends)
}

fn rows(
    world: &World,
    manual: Manual,
    sample: &serde_json::Value,
    numbers: std::ops::Range<u32>,
) -> anyhow::Result<Vec<Vec<Value>>> {
    numbers.map(|number| (manual.row)(world, sample, number)).collect()
}

/// The SQLite file, without the lists' indexes until it is full.
struct File {
    conn: Connection,
    indexes: Vec<String>,
    columns: Vec<&'static str>,
}

impl File {
    fn open(folder: &Path, manual: Manual) -> anyhow::Result<Self> {
        let path: PathBuf = folder.join("central.sqlite");
        let conn = Connection::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        // Nobody needs what a crash leaves of a load.
        for pragma in ["journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"] {
            conn.execute_batch(&format!("PRAGMA {pragma}"))?;
        }
        conn.execute_batch(&format!("DELETE FROM {}", manual.table))?;
        let sql =
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
        let mut statement = conn.prepare(sql)?;
        let found = statement.query_map([manual.table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let found: Vec<(String, String)> = found.collect::<Result<_, _>>()?;
        drop(statement);
        for (name, _) in &found {
            conn.execute_batch(&format!("DROP INDEX {name}"))?;
        }
        let columns = (manual.columns)();
        conn.execute_batch(&format!("CREATE TABLE bare ({})", columns.join(", ")))?;
        Ok(Self { conn, indexes: found.into_iter().map(|(_, sql)| sql).collect(), columns })
    }

    fn insert(&self, table: &str, rows: &[Vec<Value>]) -> anyhow::Result<Duration> {
        let places = vec!["?"; self.columns.len()].join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", self.columns.join(", "));
        let began = clock::now();
        if self.conn.is_autocommit() {
            self.conn.execute_batch("BEGIN")?;
        }
        let mut statement = self.conn.prepare_cached(&sql)?;
        for row in rows {
            let cells = row.iter().map(cell).collect::<anyhow::Result<Vec<_>>>()?;
            statement.execute(rusqlite::params_from_iter(cells))?;
        }
        Ok(began.elapsed())
    }

    fn end(&self) -> anyhow::Result<Duration> {
        let began = clock::now();
        self.conn.execute_batch("COMMIT")?;
        Ok(began.elapsed())
    }

    /// Makes the indexes.
    fn finish(&self) -> anyhow::Result<Duration> {
        let began = clock::now();
        for sql in &self.indexes {
            self.conn.execute_batch(sql)?;
        }
        let took = began.elapsed();
        self.conn.execute_batch("DROP TABLE bare")?;
        // As the centre has it.
        let _: String = self.conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        Ok(took)
    }
}

fn cell(value: &Value) -> anyhow::Result<Cell> {
    Ok(match value {
        Value::String(Some(text)) => Cell::Text(text.clone()),
        Value::BigInt(Some(number)) => Cell::Integer(*number),
        Value::String(None) | Value::BigInt(None) => Cell::Null,
        other => bail!("a column of an unknown kind: {other:?}"),
    })
}

/// The PostgreSQL database, without the lists' indexes until it is full.
struct Server {
    conn: PgConnection,
    indexes: Vec<String>,
    columns: Vec<&'static str>,
}

impl Server {
    async fn open(url: &str, manual: Manual) -> anyhow::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        let mut conn = options.disable_statement_logging().connect().await?;
        execute(&mut conn, &format!("DELETE FROM {}", manual.table)).await?;
        let sql = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1
                   AND indexname NOT IN (SELECT conname FROM pg_constraint)";
        let found: Vec<(String, String)> =
            sqlx::query_as(sql).bind(manual.table).fetch_all(&mut conn).await?;
        for (name, _) in &found {
            execute(&mut conn, &format!("DROP INDEX {name}")).await?;
        }
        execute(&mut conn, &format!("CREATE TABLE bare (LIKE {})", manual.table)).await?;
        let indexes = found.into_iter().map(|(_, sql)| sql).collect();
        Ok(Self { conn, indexes, columns: (manual.columns)() })
    }

    async fn copy(&mut self, table: &str) -> anyhow::Result<PgCopyIn<&mut PgConnection>> {
        let sql = format!("COPY {table} ({}) FROM STDIN", self.columns.join(", "));
        Ok(self.conn.copy_in_raw(&sql).await?)
    }

    /// Leaves no buffer of the bare table behind.
    async fn begin_again(&mut self) -> anyhow::Result<()> {
        execute(&mut self.conn, "DROP TABLE bare").await
    }

    /// Makes the indexes, and does what the server's housekeeping does by itself within minutes.
    async fn finish(mut self, table: &str) -> anyhow::Result<Duration> {
        let began = clock::now();
        for sql in &self.indexes {
            execute(&mut self.conn, sql).await?;
        }
        let took = began.elapsed();
        self.settle(table).await?;
        self.conn.close().await?;
        Ok(took)
    }
}

impl Server {
    /// Until the server knows that everybody sees these rows, it looks each of them up in the table, whatever the index says.
    async fn settle(&mut self, table: &str) -> anyhow::Result<()> {
        for _ in 0..VACUUMS {
            // A commit that is not on the disk yet is passed over, and so is what began before somebody who still reads.
            execute(&mut self.conn, "CHECKPOINT").await?;
            execute(&mut self.conn, &format!("VACUUM ANALYZE {table}")).await?;
            let sql = "SELECT relallvisible * 100.0 >= relpages * 99.0 FROM pg_class WHERE relname = $1";
            let settled: bool = sqlx::query_scalar(sql).bind(table).fetch_one(&mut self.conn).await?;
            if settled {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("{table} is not settled after {VACUUMS} times of VACUUM")
    }
}

async fn execute(conn: &mut PgConnection, sql: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.with_context(|| sql.to_owned())?;
    Ok(())
}

/// Rows in the text form of COPY.
async fn send(copy: &mut PgCopyIn<&mut PgConnection>, rows: &[Vec<Value>]) -> anyhow::Result<Duration> {
    let mut text = String::new();
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push('\t');
            }
            match value {
                Value::String(Some(value)) => value.chars().for_each(|sign| match sign {
                    '\\' => text.push_str("\\\\"),
                    '\t' => text.push_str("\\t"),
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    sign => text.push(sign),
                }),
                Value::BigInt(Some(number)) => text.push_str(&number.to_string()),
                Value::String(None) | Value::BigInt(None) => text.push_str("\\N"),
                other => bail!("a column of an unknown kind: {other:?}"),
            }
        }
        text.push('\n');
    }
    ensure!(!text.is_empty(), "no rows");
    let began = clock::now();
    copy.send(text.into_bytes()).await?;
    Ok(began.elapsed())
}
