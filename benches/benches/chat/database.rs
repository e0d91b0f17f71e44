//! The two databases, and what one does with them without a service in between.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chat_app::{
    Config,
    store::{PostgresStore, SqliteStore, Store},
};
use sqlx::{
    Connection, Row, SqliteConnection,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tempfile::TempDir;

use crate::{MEMBERS, ROOMS};

/// The text of each message.
pub(crate) const TEXT: &str = "오늘 저녁에 떡볶이 먹으러 갈 사람? See you at seven.";

/// A database under measurement.
pub(crate) trait Database {
    fn name(&self) -> &'static str;

    /// The settings of a service that uses it.
    fn config(&self) -> Config;

    /// The store alone.
    async fn store(&self) -> Box<dyn Store>;

    /// Runs a statement that returns rows, so many times; the time of one.
    async fn query(&self, sql: &'static str, times: u32) -> Duration;

    /// Runs statements.
    async fn execute(&self, sql: &'static str);

    /// What the two statements of a message, in a transaction each time, reach in a second.
    async fn bare_sends(&self, seconds: u64) -> f64;

    /// Messages for all rooms, 2,500 in each, made by the database.
    fn fill(&self) -> &'static str;
}

/// SQLite in a directory that goes with it.
pub(crate) struct Sqlite {
    dir: TempDir,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a directory") }
    }

    fn options(&self) -> SqliteConnectOptions {
        options(&self.dir.path().join("chat.db"))
    }
}

/// Those of the service.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
}

impl Database for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn config(&self) -> Config {
        Config { data_dir: self.dir.path().to_owned(), ..Config::default() }
    }

    async fn store(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(&self.dir.path().join("chat.db")).await.expect("the database opens"))
    }

    async fn query(&self, sql: &'static str, times: u32) -> Duration {
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect_with(self.options()).await.expect("it opens");
        least(times, async || drop(sqlx::query(sql).fetch_all(&pool).await.expect("rows"))).await
    }

    async fn execute(&self, sql: &'static str) {
        let mut connection = SqliteConnection::connect_with(&self.options()).await.expect("it opens");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is done");
        connection.close().await.expect("it closes");
    }

    async fn bare_sends(&self, seconds: u64) -> f64 {
        let mut connection = SqliteConnection::connect_with(&self.options()).await.expect("it opens");
        let begin = Instant::now();
        let mut sent = 0_u32;
        while begin.elapsed() < Duration::from_secs(seconds) {
            let room = 1 + i64::from(sent) % ROOMS;
            let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.expect("it begins");
            let seq: i64 =
                sqlx::query("UPDATE room SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq")
                    .bind(room)
                    .fetch_one(&mut *tx)
                    .await
                    .expect("a number")
                    .get(0);
            sqlx::query("INSERT INTO message (room_id, seq, sender_id, type, body, created_at) VALUES ($1, $2, 1, 'TALK', $3, '2026-01-01T00:00:00.000Z')")
                .bind(room)
                .bind(seq)
                .bind(TEXT)
                .execute(&mut *tx)
                .await
                .expect("it is stored");
            tx.commit().await.expect("it commits");
            sent += 1;
        }
        f64::from(sent) / begin.elapsed().as_secs_f64()
    }

    fn fill(&self) -> &'static str {
        "INSERT INTO message (room_id, seq, sender_id, type, body, created_at)
         WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line WHERE n < 2500)
         SELECT room.id, room.last_seq + line.n, 1, 'TALK', 'message ' || line.n, '2026-01-01T00:00:00.000Z'
         FROM line, room;
         UPDATE room SET last_seq = last_seq + 2500;
         ANALYZE;"
    }
}

/// A PostgreSQL server that ends with this process.
pub(crate) struct Postgres {
    _server: Child,
    socket: String,
    dir: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../chat-app/tests/postgres/serve.sh");
        let mut server = Command::new("sh");
        let server = server.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut server = server.expect("PostgreSQL is installed");
        let mut socket = String::new();
        let stdout = server.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut socket).expect("a line");
        let dir = tempfile::tempdir().expect("a directory");
        Self { _server: server, socket: socket.trim().to_owned(), dir }
    }

    fn url(&self) -> String {
        format!("postgres://chat@localhost/postgres?host={}", self.socket)
    }
}

impl Database for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn config(&self) -> Config {
        Config { data_dir: self.dir.path().to_owned(), database_url: Some(self.url()), ..Config::default() }
    }

    async fn store(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::open(&self.url()).await.expect("the database opens"))
    }

    async fn query(&self, sql: &'static str, times: u32) -> Duration {
        let pool = PgPoolOptions::new().max_connections(1).connect(&self.url()).await.expect("it opens");
        least(times, async || drop(sqlx::query(sql).fetch_all(&pool).await.expect("rows"))).await
    }

    async fn execute(&self, sql: &'static str) {
        let pool = PgPoolOptions::new().max_connections(1).connect(&self.url()).await.expect("it opens");
        sqlx::raw_sql(sql).execute(&pool).await.expect("it is done");
        pool.close().await;
    }

    /// By pgbench, with as many clients.
    async fn bare_sends(&self, seconds: u64) -> f64 {
        let script = self.dir.path().join("send.sql");
        let statements = format!(
            "\\set room random(1, {ROOMS})
             BEGIN;
             UPDATE room SET last_seq = last_seq + 1 WHERE id = :room RETURNING last_seq \\gset
             INSERT INTO message (room_id, seq, sender_id, type, body, created_at)
                 VALUES (:room, :last_seq, 1, 'TALK', '{TEXT}', now());
             END;\n"
        );
        std::fs::write(&script, statements).expect("a file");
        let mut pgbench = tokio::process::Command::new("sh");
        pgbench.args([
            "-c",
            "PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1) exec pgbench \"$@\"",
            "-",
        ]);
        pgbench.args(["-n", "-M", "prepared", "-U", "chat", "-h", &self.socket, "-f"]).arg(&script);
        pgbench.args(["-T", &seconds.to_string(), "-c", &MEMBERS.to_string(), "postgres"]);
        let output = pgbench.output().await.expect("pgbench is installed");
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let tps =
            report.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.unwrap_or_else(|| panic!("{report}{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn fill(&self) -> &'static str {
        "INSERT INTO message (room_id, seq, sender_id, type, body, created_at)
         SELECT room.id, room.last_seq + line, 1, 'TALK', 'message ' || line, now()
         FROM generate_series(1, 2500) AS line, room ORDER BY line;
         UPDATE room SET last_seq = last_seq + 2500;
         ANALYZE;"
    }
}

/// The least time that something took of so many.
pub(crate) async fn least(times: u32, act: impl AsyncFn()) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..times {
        let begin = Instant::now();
        act().await;
        least = least.min(begin.elapsed());
    }
    least
}
