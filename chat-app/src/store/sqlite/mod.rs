//! SQLite: the database inside the program.
//!
//! One connection writes, for SQLite has one writer anyway and waiting in our own queue is fair; readers do not wait
//! for it (write-ahead log).

mod member;
mod message;
mod room;
mod session;

use std::{path::Path, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Result, StoreError};

const READERS: u32 = 4;

/// How long a query waits for a connection, and a connection for another process's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened or is no database.
    #[error(transparent)]
    Open(#[from] sqlx::Error),
    /// The tables are not those of this version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
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

    /// Waits for queries under way and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the write lock from its start, so that it never fails half-way for want of it.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Primary result codes of SQLite that pass: BUSY 5, LOCKED 6, IOERR 10, FULL 13.
        let passes = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
                matches!(code & 0xff, 5 | 6 | 10 | 13)
            }
            _ => false,
        };
        if passes { Self::Unavailable(error) } else { Self::Failed(error) }
    }
}

/// A pattern for LIKE ... ESCAPE '\' that finds `part` anywhere, whatever characters it has.
fn containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
