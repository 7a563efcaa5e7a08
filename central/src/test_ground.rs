//! Where a test's centre keeps its data: a folder, and with it a SQLite file, or beside it a PostgreSQL database of its own; gone with the
//! test. `KAKOU_TEST_STORE=postgres` asks for PostgreSQL, on the server that `scripts/with-postgres` starts and names; so every test runs on
//! both databases, and none is written twice.
//! Promises: a test that cannot have the database that was asked for fails. A database is a copy of one whose tables were made once.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    clock::Clock,
    config::StoreConfig,
    store::{Store, StoreUrl},
};

/// The database with the tables.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COPIES: AtomicU32 = AtomicU32::new(0);

/// What a centre is opened on, and may be opened on again.
pub(crate) struct Ground {
    folder: TempDir,
    database: Option<OwnDatabase>,
}

impl Ground {
    /// One that nothing was stored on yet.
    pub(crate) async fn fresh() -> Self {
        let database = match server() {
            None => None,
            Some(server) => {
                let template = TEMPLATE.get_or_init(|| template(&server)).await;
                Some(OwnDatabase::made(server, &like(template)).await)
            }
        };
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// One without tables.
    pub(crate) async fn bare() -> Self {
        let database = match server() {
            None => None,
            Some(server) => Some(OwnDatabase::made(server, "").await),
        };
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// A copy of what is stored there now. Nothing may be connected to it.
    pub(crate) async fn copied(&self) -> Self {
        let database = match &self.database {
            None => None,
            Some(own) => Some(OwnDatabase::made(own.server.clone(), &like(&own.name)).await),
        };
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), folder.path());
        Self { folder, database }
    }

    /// The folder.
    pub(crate) const fn folder(&self) -> &TempDir {
        &self.folder
    }

    /// The section of the configuration that names it.
    pub(crate) fn config(&self) -> StoreConfig {
        StoreConfig {
            data_dir: self.folder.path().to_string_lossy().into_owned(),
            url: self.database.as_ref().map_or_else(StoreUrl::default, OwnDatabase::url),
            // The tests' server keeps nothing.
            allow_unsafe_postgres: self.database.is_some(),
            ..StoreConfig::default()
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let into = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&into).unwrap();
            copy_folder(&entry.path(), &into);
        } else {
            std::fs::copy(entry.path(), into).unwrap();
        }
    }
}

/// The server's address, without a database, when tests are to run there.
fn server() -> Option<String> {
    let wanted = std::env::var("KAKOU_TEST_STORE").unwrap_or_default();
    match wanted.as_str() {
        "" | "sqlite" => None,
        "postgres" => Some(std::env::var("KAKOU_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("KAKOU_TEST_STORE=postgres needs a server: scripts/with-postgres cargo test -p central")
        })),
        other => panic!("KAKOU_TEST_STORE is sqlite or postgres, and not {other:?}"),
    }
}

async fn template(server: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("kakou_{}", std::process::id());
    tell(server, &format!("CREATE DATABASE {name}")).await;
    let config = StoreConfig {
        data_dir: folder.path().to_string_lossy().into_owned(),
        url: StoreUrl::try_from(format!("{server}/{name}")).unwrap(),
        allow_unsafe_postgres: true,
        ..StoreConfig::default()
    };
    let store = Store::open(&config, Clock::system()).await.unwrap();
    // Nothing is copied while somebody is connected to it.
    store.close().await.unwrap();
    name
}

async fn tell(server: &str, sql: &str) {
    let connection = Database::connect(format!("{server}/postgres")).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// A copy of that database: its files as they are, which is a third of the work of writing each page of a copy to the log first.
fn like(name: &str) -> String {
    format!(" TEMPLATE {name} STRATEGY FILE_COPY")
}

struct OwnDatabase {
    server: String,
    name: String,
}

impl OwnDatabase {
    async fn made(server: String, like: &str) -> Self {
        let name = format!("kakou_{}_{}", std::process::id(), COPIES.fetch_add(1, Ordering::Relaxed));
        tell(&server, &format!("CREATE DATABASE {name}{like}")).await;
        Self { server, name }
    }

    fn url(&self) -> StoreUrl {
        StoreUrl::try_from(format!("{}/{}", self.server, self.name)).unwrap()
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let (server, sql) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        // A runtime may be ending here, so this has one of its own. What cannot be dropped goes with the server.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(tell(&server, &sql));
        });
        drop(dropping.join());
    }
}
