//! What is left when something dies under load: every message that was acknowledged is stored once, in order, and
//! reaches every member who is still one; and nothing is kept of it.
//!
//! Each test goes through one fault. `CHAT_FAULTS=full cargo test -p chat-app --test service faults::` goes through each
//! of them twenty times, or five times where something stands still.

mod full;
mod link;
mod load;
mod network;
mod postgres;
mod process;
mod proxy;
mod resources;
mod rights;

use std::{env, time::Duration};

use serde_json::json;
use tokio::time::timeout;

use self::{
    load::Load,
    postgres::PostgresServer,
    process::{ServerProcess, Settings},
};
use crate::{
    postgres_server,
    support::{RedisServer, TestApp},
};

/// Messages acknowledged between two events.
const SOME: usize = 60;

/// How long recovery may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often each fault happens.
fn rounds() -> usize {
    if env::var("CHAT_FAULTS").is_ok_and(|faults| faults == "full") { 20 } else { 1 }
}

/// A server of several, in this process.
async fn server(database: &str, redis: Option<&RedisServer>) -> TestApp {
    server_of(database, redis.map(RedisServer::url)).await
}

/// The same, with Redis anywhere.
async fn server_of(database: &str, redis_url: Option<String>) -> TestApp {
    TestApp::start_with(|config| {
        config.database_url = Some(database.to_owned());
        config.redis_url = redis_url;
        config.stomp_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_killed_has_lost_nothing_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { data_dir: dir.path().to_owned(), database_url: None, redis_url: None };
    let mut server = ServerProcess::start(&settings).await;
    let load = Load::start(&server.remote, vec![server.stomp]).await;
    for _ in 0..rounds() {
        load.acknowledged(SOME).await;
        server.kill();
        server = ServerProcess::start(&settings).await;
        load.servers_are(vec![server.stomp], &server.remote);
    }
    load.acknowledged(SOME).await;
    load.check(&server.remote).await;
}

#[tokio::test]
async fn a_database_that_is_killed_has_lost_nothing_that_was_acknowledged() {
    let mut postgres = PostgresServer::start().await;
    let app = server(&postgres.url(), None).await;
    let load = Load::start(&app, vec![app.stomp.unwrap()]).await;
    let kim = app.guest("witness").await;
    let room = kim.create_room("room").await;
    for _ in 0..rounds() {
        load.acknowledged(SOME).await;
        let mut of_kim = kim.connect().await;
        postgres.kill();
        let ready = app.get("/health/ready").await;
        assert_eq!((ready.status, &ready.json()["database"]), (503, &json!("down")));
        let message = json!({ "roomId": room, "message": "x" });
        let refused = timeout(PATIENCE, of_kim.send("/app/chat.sendMessage", &message)).await.unwrap();
        assert_eq!(refused.unwrap_err().headers().get("message"), Some("UNAVAILABLE"));
        postgres.start_again().await;
        load.acknowledged(SOME).await;
        app.get("/health/ready").await.ok();
    }
    assert_eq!(kim.texts(room).await, [""; 0], "what was refused is not stored");
    load.check(&app).await;
}

#[tokio::test]
async fn without_redis_members_of_three_servers_miss_nothing() {
    let mut redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two, three) = tokio::join!(start(), start(), start());
    let load = Load::start(&one, [&one, &two, &three].map(|app| app.stomp.unwrap()).into()).await;
    for _ in 0..rounds() {
        load.acknowledged(SOME).await;
        redis.kill();
        load.acknowledged(SOME).await;
        redis.start_again().await;
    }
    load.acknowledged(SOME).await;
    load.check_live().await;
    load.check(&one).await;
}

#[tokio::test]
async fn when_one_of_three_servers_is_killed_its_members_go_on_elsewhere() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two) = tokio::join!(start(), start());
    let (first, second) = (one.stomp.unwrap(), two.stomp.unwrap());
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        database_url: Some(database.clone()),
        redis_url: Some(redis.url()),
    };
    let mut third = ServerProcess::start(&settings).await;
    let load = Load::start(&one, vec![first, second, third.stomp]).await;
    for _ in 0..rounds() {
        load.acknowledged(SOME).await;
        third.kill();
        load.servers_are(vec![first, second], &one);
        load.acknowledged(SOME).await;
        third = ServerProcess::start(&settings).await;
        load.servers_are(vec![first, second, third.stomp], &one);
    }
    load.acknowledged(SOME).await;
    load.check(&one).await;
}
