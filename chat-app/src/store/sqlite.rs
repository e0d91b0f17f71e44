//! SQLite: the database inside the program.
//!
//! One connection writes, for SQLite has one writer anyway and waiting in our own queue is fair; readers do not wait
//! for it (write-ahead log).

#[path = "sql/mod.rs"]
mod sql;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{OpenError, Result, Store};
use crate::domain::RoomId;

type Db = Sqlite;
type DbStore = SqliteStore;

const READERS: u32 = 4;

/// How long a query waits for a connection, and a connection for another process's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database, or makes it, and brings its tables to this version.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the file cannot be used.
    pub async fn open(file: &Path) -> Result<Self, OpenError> {
        // NORMAL keeps the file whole on power failure and loses at most the last commits; FULL would sync each.
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let pool =
            |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
        let writer = pool(1).connect_with(options.clone().create_if_missing(true)).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// A transaction that sees one moment.
    async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }

    /// A transaction that holds the write lock from its start, so that it never fails half-way for want of it.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Keeps others from changing a room until the transaction ends: nobody else writes anything meanwhile.
async fn lock_room(_: &mut Transaction<'_, Sqlite>, _: RoomId) -> Result<()> {
    Ok(())
}

/// Whether a failure passes by itself: the primary result codes BUSY 5, LOCKED 6, IOERR 10 and FULL 13.
pub(super) fn passes(code: &str) -> bool {
    code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13))
}
