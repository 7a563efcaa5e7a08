//! The database: one URL, one writer, many readers, and the signal that a yard's feed has moved.
//! Promises: a write transaction is alone from its first statement on, among all processes of the database, so what it read stays true
//! until it commits, and whatever it counts up rises in commit order (decision 0050); feeds are woken after the commit and never before.
//! SQL is written out with `$n` places and takes what SQLite and PostgreSQL both have: times, counts and yes or no as `BIGINT`, documents as
//! `TEXT`; a statement that fails ends its transaction; nulls sort differently, so nothing is sorted by a column that may be null.
//! Absent on purpose: rules. The modules own their tables' SQL; this folder owns connections, transactions and migrations.

mod dialect;
mod many;
mod migration;
#[cfg(test)]
mod plan;
mod row;
mod signal;
pub mod together;
mod url;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use protocols::{contract::UtcMillis, ids::YardId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait, Value};
use sea_orm_migration::MigratorTrait;

use dialect::Durability;
pub use many::{Rows, among};
#[cfg(test)]
pub(crate) use plan::{hold_to_indexes, plan};
pub use row::{all, as_stored, column, execute, from_json, one, to_json};
pub use signal::{LiveSignal, YardSignals};
pub use url::{StoreUrl, StoreUrlError};

use crate::{clock::Clock, config::StoreConfig};

/// The store failed, or holds what it should not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do it.
    #[error("the database refused or failed")]
    Database(#[from] DbErr),
    /// A stored document cannot be read.
    #[error("a stored {what} cannot be read or written")]
    Document {
        /// Which document.
        what: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
    /// A stored value breaks its own rule.
    #[error("stored {what} {value:?} is not valid")]
    Value {
        /// Which value.
        what: &'static str,
        /// As stored.
        value: String,
    },
    /// The address of the database cannot be used.
    #[error("the address of the database")]
    Url(#[from] StoreUrlError),
    /// A database that cannot hold every character.
    #[error("the database is in {0}; make one with ENCODING 'UTF8'")]
    Encoding(String),
    /// A server that loses in a power cut what it has committed: what of it is off.
    #[error(
        "the database's server has {0} off: a power cut would take what gates were told that the centre has, and they keep no copy; \
         switch it on there, or take that with store.allow_unsafe_postgres = true"
    )]
    Forgets(String),
    /// The folder of the database cannot be made.
    #[error("cannot make the data folder {folder}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The database and what belongs to it.
#[derive(Clone, Debug)]
pub struct Store {
    write: DatabaseConnection,
    read: DatabaseConnection,
    signals: YardSignals,
    live: LiveSignal,
    clock: Clock,
}

impl Store {
    /// Connects, makes the file where there is none, and brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be reached or migrated.
    pub async fn open(config: &StoreConfig, clock: Clock) -> Result<Self, StoreError> {
        let target = config.url.target(&config.data_dir)?;
        std::fs::create_dir_all(Path::new(&config.data_dir))
            .map_err(|source| StoreError::Folder { folder: config.data_dir.clone(), source })?;
        let durability = match config.allow_unsafe_postgres {
            true => Durability::AsTheServerLikes,
            false => Durability::Kept,
        };
        let write = dialect::connect_writer(&target, durability).await?;
        dialect::check(&write, durability).await?;
        migrate(&write).await?;
        let read = dialect::connect_readers(&target, config.read_connections).await?;
        Ok(Self { write, read, signals: YardSignals::default(), live: LiveSignal::default(), clock })
    }

    /// Lets go of the database. What is still under way is rolled back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn close(&self) -> Result<(), StoreError> {
        self.read.close_by_ref().await?;
        Ok(self.write.close_by_ref().await?)
    }

    /// Starts a write transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the writer is not free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let inner = self.write.begin_with_options(dialect::write_options()).await?;
        dialect::alone(&inner).await?;
        let (signals, live) = (self.signals.clone(), self.live.clone());
        let (touched, moves_live) = (BTreeMap::new(), AtomicBool::new(false));
        Ok(Tx { inner, touched, moves_live, signals, live, now: self.clock.now() })
    }

    /// Starts a transaction that sees one state of the database and writes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when no reader is free in time.
    pub async fn begin_read(&self) -> Result<DatabaseTransaction, StoreError> {
        Ok(self.read.begin_with_options(dialect::read_options(self.read.get_database_backend())).await?)
    }

    /// Connections that only read.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The signals of the yards' feeds.
    #[must_use]
    pub const fn signals(&self) -> &YardSignals {
        &self.signals
    }

    /// The signal of gates, passages and alerts.
    #[must_use]
    pub const fn live(&self) -> &LiveSignal {
        &self.live
    }

    /// The clock that transactions take their time from.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// All steps that the tables lack, in one transaction: of several processes that start together one takes them, the others wait for it,
/// and one that is killed meanwhile has done nothing.
async fn migrate(write: &DatabaseConnection) -> Result<(), StoreError> {
    let tx = write.begin_with_options(dialect::write_options()).await?;
    dialect::alone_at_last(&tx).await?;
    migration::Migrator::up(&tx, None).await?;
    Ok(tx.commit().await?)
}

tokio::task_local! {
    /// A statement that every commit of this task carries out as well: what says, in the very transaction, that a request took effect.
    pub static WITH_COMMIT: (&'static str, Vec<Value>);
}

/// A write transaction: rolled back when dropped.
#[derive(Debug)]
pub struct Tx {
    inner: DatabaseTransaction,
    touched: BTreeMap<YardId, u64>,
    moves_live: AtomicBool,
    signals: YardSignals,
    live: LiveSignal,
    now: UtcMillis,
}

impl Tx {
    /// What SQL runs on.
    #[must_use]
    pub const fn conn(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// What a `SELECT` may end in whose rows the transaction builds on. No other writer of the service is there; on PostgreSQL this keeps out
    /// whoever changes the row past the service, too.
    #[must_use]
    pub fn row_lock(&self) -> &'static str {
        dialect::row_lock(self.inner.get_database_backend())
    }

    /// The time of this transaction: all its rows carry the same.
    #[must_use]
    pub const fn now(&self) -> UtcMillis {
        self.now
    }

    /// Notes that a yard's feed has moved, to wake its gates after the commit.
    pub fn touch(&mut self, yard: YardId, revision: u64) {
        self.touched.insert(yard, revision);
    }

    /// Notes that a gate, a passage or an alert has moved, to wake whoever watches them after the commit.
    pub fn moves_live(&self) {
        self.moves_live.store(true, Ordering::Relaxed);
    }

    /// Makes everything durable, then wakes the feeds and whoever watches.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        if let Ok((sql, values)) = WITH_COMMIT.try_with(Clone::clone) {
            execute(&self.inner, sql, values).await?;
        }
        self.inner.commit().await?;
        for (yard, revision) in self.touched {
            self.signals.wake(yard, revision);
        }
        if self.moves_live.into_inner() {
            self.live.wake();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
