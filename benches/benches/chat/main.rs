//! What the chat service costs over its database alone: messages sent and acknowledged, pages of history, lists of rooms.
//!
//! `cargo bench -p benches --bench chat` starts a PostgreSQL server of its own; SQLite works in a temporary directory.

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
        measure(&Sqlite::new()).await;
        measure(&Postgres::start()).await;
    });
}

async fn measure(database: &impl Database) {
    println!("{}", database.name());
    sends::measure(database).await;
    reads::measure(database).await;
    println!();
}
