//! SQLite: the database inside the program.
//!
//! One connection writes, for SQLite has one writer anyway and waiting in our own queue is fair; readers do not wait
//! for it (write-ahead log).

/// The values of a JSON array, the first parameter, as rows with a `value`.
macro_rules! rows {
    () => {
        "json_each($1)"
    };
}

/// A test whether a column is one of the [`ids`] that are the first parameter.
macro_rules! one_of {
    () => {
        " IN (SELECT value FROM json_each($1)) "
    };
}

#[path = "sql/mod.rs"]
mod sql;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use serde::Serialize;
use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    types::Json,
};

use self::sql::{Line, Place};
use super::{OpenError, Pool, Result, Store};
use crate::domain::{MemberId, MessageId, RoomId};

type Db = Sqlite;
type DbStore = SqliteStore;

const READERS: u32 = 4;

/// Rows that a query may be ahead of who reads them: a whole page, so that it need not be woken again for its rest.
const ROWS_AHEAD: usize = 256;

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
            .row_buffer_size(ROWS_AHEAD)
            .busy_timeout(PATIENCE);
        // A file does not go away as a server does: connections need not be tested.
        let pool = |connections| {
            let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
            pool.test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone().create_if_missing(true)).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Copies a database, as it is at one moment, to a new file; others may go on using it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](super::StoreError) when it is none, or the file cannot be written.
    pub async fn copy(file: &Path, to: &Path) -> Result<()> {
        let options = SqliteConnectOptions::new().filename(file).busy_timeout(PATIENCE);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let to = to.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO $1").bind(to).execute(&mut connection).await?;
        Ok(connection.close().await?)
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
    fn pool(&self) -> Pool {
        let pools = [&self.readers, &self.writer];
        let idle = |pool: &SqlitePool| u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Pool { connections: pools.map(SqlitePool::size).iter().sum(), idle: pools.map(idle).iter().sum() }
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn lanes(&self) -> usize {
        1
    }
}

/// Keeps others from changing a room until the transaction ends: nobody else writes anything meanwhile.
async fn lock_room(_: &mut Transaction<'_, Sqlite>, _: RoomId) -> Result<()> {
    Ok(())
}

/// The same for several rooms.
async fn lock_rooms(_: &mut Transaction<'_, Sqlite>, _: &[RoomId]) -> Result<()> {
    Ok(())
}

/// Keeps others from changing what a member keeps until the transaction ends.
async fn lock_member(_: &mut Transaction<'_, Sqlite>, _: MemberId) -> Result<()> {
    Ok(())
}

/// Takes the next numbers of the rooms, and writes lines under them and what they are found by: three statements that the
/// connection's thread is woken for once.
async fn insert_lines(tx: &mut Transaction<'_, Sqlite>, lines: &[Line<'_>]) -> Result<Vec<Place>> {
    // To FTS5 a JSON array of words is those words: brackets, quotes and commas only set them apart.
    let inserted = sqlx::query_as(
        "UPDATE room SET last_seq = last_seq + taken.lines, last_message_at = taken.newest
         FROM (SELECT value ->> 'room' AS room_id, count(*) AS lines, max(value ->> 'now') AS newest
               FROM json_each($1) GROUP BY room_id) AS taken
         WHERE room.id = taken.room_id;

         INSERT INTO message (room_id, seq, sender_id, type, body, client_message_id, reply_to, created_at)
         SELECT room.id, room.last_seq - (value ->> 'behind'), value ->> 'sender', value ->> 'type', value ->> 'body',
                value ->> 'client_message_id', value ->> 'reply_to', value ->> 'now'
         FROM json_each($1) CROSS JOIN room ON room.id = value ->> 'room' WHERE true
         RETURNING id, room_id, seq;

         INSERT INTO message_fts (rowid, grams)
         SELECT message.id, value ->> 'grams'
         FROM json_each($1) CROSS JOIN room ON room.id = value ->> 'room'
         CROSS JOIN message ON message.room_id = room.id AND message.seq = room.last_seq - (value ->> 'behind')
         WHERE value ->> 'grams' <> '[]'",
    );
    Ok(inserted.bind(Json(lines)).fetch_all(&mut **tx).await?)
}

/// Ids as SQLite takes them.
fn ids<T: Serialize>(ids: &[T]) -> Json<&[T]> {
    Json(ids)
}

/// Makes a message findable by these grams and no others.
async fn index(tx: &mut Transaction<'_, Sqlite>, message: MessageId, grams: &[String]) -> Result<()> {
    sqlx::query("DELETE FROM message_fts WHERE rowid = $1").bind(message).execute(&mut **tx).await?;
    if !grams.is_empty() {
        let insert = sqlx::query("INSERT INTO message_fts (rowid, grams) VALUES ($1, $2)");
        insert.bind(message).bind(grams.join(" ")).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Messages that have the grams `$1` and that member `$2` may read: in room `$3`, by sender `$4`, with ids below `$5`.
const SEARCH: &str = "
    SELECT message_view.* FROM message_view JOIN access ON access.room_id = message_view.room_id
    WHERE message_view.id IN (SELECT rowid FROM message_fts WHERE message_fts MATCH $1)
      AND access.member_id = $2 AND message_view.seq > access.floor AND NOT message_view.deleted
      AND ($3 IS NULL OR message_view.room_id = $3) AND ($4 IS NULL OR message_view.sender_id = $4)
      AND message_view.id < $5
    ORDER BY message_view.id DESC LIMIT $6";

/// The grams in the language of FTS5, each a string of its own, which no operator is.
fn needle(grams: &[String]) -> String {
    let quoted: Vec<_> = grams.iter().map(|gram| format!("\"{}\"", gram.replace('"', "\"\""))).collect();
    quoted.join(" AND ")
}

/// Whether a failure passes by itself: the primary result codes BUSY 5, LOCKED 6, IOERR 10 and FULL 13.
pub(super) fn passes(code: &str) -> bool {
    code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13))
}
