//! What the chat service costs over its database alone: messages sent and acknowledged, pages of history, lists of rooms.
//!
//! `cargo bench -p benches --bench chat` starts a PostgreSQL server of its own; SQLite works in a temporary directory. With
//! `-- sqlite` or `-- postgresql`, one of them alone is measured.

mod client;
mod database;
mod reads;
mod sends;

use self::database::{Database, Postgres, Sqlite};

/// Rooms, all of which every member is in.
const ROOMS: i64 = 200;

/// Members, each of which sends at once.
const MEMBERS: usize = 32;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        if is_asked_for("sqlite") {
            measure(&Sqlite::new()).await;
        }
        if is_asked_for("postgresql") {
            measure(&Postgres::start()).await;
        }
    });
}

async fn measure(database: &impl Database) {
    println!("{}", database.name());
    sends::measure(database).await;
    reads::measure(database).await;
    println!();
}

/// Whether the command line names a database, or none at all; `--bench` is cargo's.
fn is_asked_for(database: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|name| !name.starts_with("--")).peekable();
    named.peek().is_none() || named.any(|name| name == database)
}
