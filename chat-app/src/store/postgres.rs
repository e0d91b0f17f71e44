//! PostgreSQL: the database that several servers share.
//!
//! Transactions see what others commit meanwhile (read committed); those whose rules span several rows of a room lock
//! the room first.

/// The values of a JSON array, the first parameter, as rows with a `value`.
macro_rules! rows {
    () => {
        "jsonb_array_elements($1) AS each (value)"
    };
}

/// A test whether a column is one of the [`ids`] that are the first parameter.
macro_rules! one_of {
    () => {
        " = ANY($1) "
    };
}

#[path = "sql/mod.rs"]
mod sql;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    types::Json,
};

use self::sql::{Line, Place};
use super::{OpenError, Pool, Result, Store};
use crate::domain::{MemberId, MessageId, RoomId};

type Db = Postgres;
type DbStore = PostgresStore;

const CONNECTIONS: u32 = 16;

/// Batches of messages under way at once: while one waits for the disk, another one is made. More of them would be
/// smaller ones.
const LANES: usize = 2;

/// How long a query waits for a connection, and for its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a connection that was well when it was last used is taken to be so still, without asking the server.
const FRESH: Duration = Duration::from_secs(1);

/// A store in a database on a server.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database of a URL like `postgres://user:password@host/database`, and brings its tables to this
    /// version; of several servers that start at once, one does that and the others wait.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the database cannot be used.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options: PgConnectOptions = url.parse()?;
        // Not from the pool, for a change to large tables may take longer than its time-out.
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::migrate!("migrations/postgres").run(&mut connection).await?;
        connection.close().await?;
        let options = options.options([("statement_timeout", PATIENCE.as_millis().to_string())]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.test_before_acquire(false).before_acquire(|connection, met| {
            Box::pin(async move {
                if met.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        Ok(Self { pool: pool.connect_with(options).await? })
    }

    fn readers(&self) -> &PgPool {
        &self.pool
    }

    fn writer(&self) -> &PgPool {
        &self.pool
    }

    /// A transaction that sees one moment.
    async fn read(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }

    async fn write(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.pool.begin().await?)
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn pool(&self) -> Pool {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        Pool { connections: self.pool.size(), idle }
    }

    async fn close(&self) {
        self.pool.close().await;
    }

    fn lanes(&self) -> usize {
        LANES
    }
}

/// Keeps others from changing a room until the transaction ends.
async fn lock_room(tx: &mut Transaction<'_, Postgres>, room: RoomId) -> Result<()> {
    sqlx::query("SELECT FROM room WHERE id = $1 FOR NO KEY UPDATE").bind(room).execute(&mut **tx).await?;
    Ok(())
}

/// The same for several rooms, given in order: two that lock the same rooms do not lock each other out.
async fn lock_rooms(tx: &mut Transaction<'_, Postgres>, rooms: &[RoomId]) -> Result<()> {
    let lock = sqlx::query("SELECT FROM room WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE");
    lock.bind(rooms).execute(&mut **tx).await?;
    Ok(())
}

/// Keeps others from changing what a member keeps until the transaction ends.
async fn lock_member(tx: &mut Transaction<'_, Postgres>, member: MemberId) -> Result<()> {
    sqlx::query("SELECT FROM member WHERE id = $1 FOR NO KEY UPDATE").bind(member).execute(&mut **tx).await?;
    Ok(())
}

/// Takes the next numbers of the rooms, and writes lines under them with what they are found by.
async fn insert_lines(tx: &mut Transaction<'_, Postgres>, lines: &[Line<'_>]) -> Result<Vec<Place>> {
    let inserted = sqlx::query_as(
        "WITH line AS (
             SELECT * FROM jsonb_to_recordset($1) AS line (room BIGINT, sender BIGINT, type TEXT, body TEXT,
                 client_message_id TEXT, reply_to BIGINT, grams TEXT[], now TIMESTAMPTZ, behind BIGINT)
         ), taken AS (
             UPDATE room SET last_seq = last_seq + lines, last_message_at = newest
             FROM (SELECT room, count(*) AS lines, max(now) AS newest FROM line GROUP BY room) AS rooms
             WHERE room.id = rooms.room RETURNING room.id, room.last_seq
         )
         INSERT INTO message (room_id, seq, sender_id, type, body, client_message_id, reply_to, grams, created_at)
         SELECT room, last_seq - behind, sender, type, body, client_message_id, reply_to, grams, now
         FROM line JOIN taken ON taken.id = line.room
         ORDER BY room, behind DESC RETURNING id, room_id, seq",
    );
    Ok(inserted.bind(Json(lines)).fetch_all(&mut **tx).await?)
}

/// Ids as PostgreSQL takes them.
fn ids<T>(ids: &[T]) -> &[T] {
    ids
}

/// Makes a message findable by these grams and no others.
async fn index(tx: &mut Transaction<'_, Postgres>, message: MessageId, grams: &[String]) -> Result<()> {
    let update = sqlx::query("UPDATE message SET grams = $2 WHERE id = $1").bind(message).bind(grams);
    update.execute(&mut **tx).await?;
    Ok(())
}

/// Messages that have the grams `$1` and that member `$2` may read: in room `$3`, by sender `$4`, with ids below `$5`.
const SEARCH: &str = "
    SELECT message_view.* FROM message_view JOIN access ON access.room_id = message_view.room_id
    WHERE message_view.id IN (SELECT id FROM message WHERE grams @> $1 AND deleted_at IS NULL)
      AND access.member_id = $2 AND message_view.seq > access.floor
      AND ($3 IS NULL OR message_view.room_id = $3) AND ($4 IS NULL OR message_view.sender_id = $4)
      AND message_view.id < $5
    ORDER BY message_view.id DESC LIMIT $6";

/// The grams as PostgreSQL compares them.
fn needle(grams: &[String]) -> Vec<String> {
    grams.to_vec()
}

/// Whether a failure passes by itself, by its SQLSTATE: a lost connection (08), a deadlock (40), a lock not had in time
/// (55P03), nothing left of something (53), a time-out or a shutdown (57), the file system (58), a stand-by (25006).
pub(super) fn passes(code: &str) -> bool {
    ["08", "40", "53", "55P03", "57", "58", "25006"].iter().any(|class| code.starts_with(class))
}
