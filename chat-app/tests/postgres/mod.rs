//! A real PostgreSQL server for the tests of one process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{Connection, PgConnection};

/// The URL of an empty database.
pub(crate) async fn database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let socket = tokio::task::spawn_blocking(socket).await.unwrap();
    let url = |database: &str| format!("postgres://chat@localhost/{database}?host={socket}");
    let mut connection = PgConnection::connect(&url("postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    url(&name)
}

/// Where the server's socket is. It runs until the pipe to it is closed, which the end of this process does.
fn socket() -> &'static str {
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, socket) = SERVER.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/serve.sh");
        let mut server =
            Command::new("sh").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "PostgreSQL does not start; is it installed?");
        (server, line.trim().to_owned())
    });
    socket
}
