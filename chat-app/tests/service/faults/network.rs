//! What closes no connection, or loses an answer: Redis, PostgreSQL and the network stand still, and are cut off.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{
    PATIENCE, SOME,
    link::Link,
    load::Load,
    postgres::PostgresServer,
    process::{ServerProcess, Settings},
    proxy::{Proxy, Target},
    rounds, server, server_of,
};
use crate::{
    postgres_server,
    support::{RedisServer, TestApp},
};

/// How long something stands still.
fn a_while() -> Duration {
    Duration::from_secs(if rounds() > 1 { 5 } else { 1 })
}

/// F5: Redis stands still, and keeps its connections. Servers go on without it, and bring what was missed.
#[tokio::test]
async fn a_redis_that_stands_still_holds_nobody_up() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two) = tokio::join!(start(), start());
    let load = Load::start(&one, [&one, &two].map(|app| app.stomp.unwrap()).into()).await;
    for _ in 0..rounds().min(5) {
        load.acknowledged(SOME).await;
        redis.signal("STOP");
        load.acknowledged(SOME).await;
        sleep(a_while()).await;
        redis.signal("CONT");
    }
    load.acknowledged(SOME).await;
    load.check_live().await;
    load.check(&one).await;
}

/// F3: one of three servers stands still, and goes on where it stopped.
#[tokio::test]
async fn a_server_that_stands_still_tells_nothing_twice_when_it_goes_on() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two) = tokio::join!(start(), start());
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        database_url: Some(database.clone()),
        redis_url: Some(redis.url()),
    };
    let third = ServerProcess::start(&settings).await;
    let servers = vec![one.stomp.unwrap(), two.stomp.unwrap(), third.stomp];
    let load = Load::start(&one, servers).await;
    for _ in 0..rounds().min(5) {
        load.acknowledged(SOME).await;
        // It may stand in the midst of a transaction that the others wait for.
        third.signal("STOP");
        sleep(a_while()).await;
        third.signal("CONT");
    }
    load.acknowledged(SOME).await;
    load.check(&one).await;
}

/// F6: what servers listen to Redis by is cut, again and again.
#[tokio::test]
async fn a_redis_that_cuts_its_listeners_off_keeps_nothing_from_anybody() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two) = tokio::join!(start(), start());
    let load = Load::start(&one, [&one, &two].map(|app| app.stomp.unwrap()).into()).await;
    for _ in 0..rounds().max(5) {
        load.acknowledged(SOME / 4).await;
        redis.command("CLIENT KILL TYPE pubsub").await;
    }
    load.acknowledged(SOME).await;
    load.check_live().await;
    load.check(&one).await;
}

/// F8: one of two servers does not reach Redis any more, and nobody tells it.
#[tokio::test]
async fn a_server_whose_redis_is_a_black_hole_goes_on_and_misses_nothing() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::start(Target::Unix(redis.socket())).await;
    let database = postgres_server::database().await;
    let far = format!("redis://{}", proxy.address);
    let (one, two) = tokio::join!(server(&database, Some(&redis)), server_of(&database, Some(far)));
    let load = Load::start(&one, [&one, &two].map(|app| app.stomp.unwrap()).into()).await;
    for _ in 0..rounds().min(5) {
        load.acknowledged(SOME).await;
        proxy.set_hole(true);
        load.acknowledged(SOME).await;
        until_ready(&two, false).await;
        proxy.set_hole(false);
        until_ready(&two, true).await;
    }
    load.acknowledged(SOME).await;
    load.check_live().await;
    load.check(&one).await;
}

/// I11: a server says whether it is in contact with what it depends on.
async fn until_ready(app: &TestApp, is_ready: bool) {
    let status = if is_ready { 200 } else { 503 };
    let said = timeout(PATIENCE, async {
        while app.get("/health/ready").await.status != status {
            sleep(Duration::from_millis(20)).await;
        }
    });
    said.await.expect("it says whether it is ready");
}

/// F10: PostgreSQL stands still, and keeps its connections. Whoever is connected stays so, and knows soon how it is.
#[tokio::test]
async fn a_database_that_stands_still_is_told_of_and_loses_nothing() {
    let mut postgres = PostgresServer::start().await;
    let app = server(&postgres.url(), None).await;
    let load = Load::start(&app, vec![app.stomp.unwrap()]).await;
    for _ in 0..rounds().min(5) {
        load.acknowledged(SOME).await;
        postgres.pause();
        until_ready(&app, false).await;
        app.get("/health/live").await.ok();
        sleep(a_while()).await;
        postgres.go_on();
        until_ready(&app, true).await;
    }
    load.acknowledged(SOME).await;
    load.check(&app).await;
}

/// F11: what was stored, and nobody heard that it was, is stored once when it is sent again.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_one_message() {
    let postgres = PostgresServer::start().await;
    let proxy = Proxy::start(Target::Unix(postgres.socket())).await;
    let url = format!("postgres://chat@{}/postgres", proxy.address);
    let app = server(&url, None).await;
    let load = Load::start(&app, vec![app.stomp.unwrap()]).await;
    for _ in 0..rounds() {
        load.acknowledged(SOME).await;
        proxy.lose_commits(10).await;
    }
    load.acknowledged(SOME).await;
    load.check(&app).await;
}

/// F13: clients' connections are cut, and stand still for a while.
#[tokio::test]
async fn clients_on_a_bad_network_miss_nothing() {
    let app = TestApp::start_with(|config| config.stomp_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let proxy = Proxy::start(Target::Tcp(app.stomp.unwrap())).await;
    let load = Load::start(&app, vec![proxy.address]).await;
    for _ in 0..8 * rounds().min(5) {
        load.acknowledged(SOME / 4).await;
        proxy.cut();
    }
    load.acknowledged(SOME).await;
    proxy.set_hole(true);
    sleep(a_while()).await;
    proxy.set_hole(false);
    load.acknowledged(SOME).await;
    load.check(&app).await;
}

/// F16: all connections are cut at once, and everybody comes back and asks for what it missed.
#[tokio::test]
async fn everybody_comes_back_after_all_connections_were_cut() {
    let members = if rounds() > 1 { 400 } else { 50 };
    let app = TestApp::start_with(|config| config.stomp_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let proxy = Proxy::start(Target::Tcp(app.stomp.unwrap())).await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let mut users = Vec::new();
    for number in 0..members {
        let user = app.guest(&format!("m{number}")).await;
        user.join(room).await;
        users.push(user);
    }
    let topic = format!("/topic/room/{room}");
    let connect = async |token: &str| loop {
        if let Some(link) = Link::connect(proxy.address, token).await {
            break link;
        }
        sleep(Duration::from_millis(100)).await;
    };
    let mut links = join_all(users.iter().map(|user| connect(&user.token))).await;
    for _ in 0..rounds().min(5) {
        proxy.cut();
        join_all(links.iter_mut().map(|link| async { while link.frame().await.is_some() {} })).await;
        let missed = kim.say(room, "while nobody was there").await;
        let back = join_all(users.iter().map(async |user| {
            let mut link = connect(&user.token).await;
            link.subscribe(&topic).await.expect("it is let in");
            let history = user.get(&format!("/chat/history/{room}?after={members}")).await.ok();
            let history = history.as_array().unwrap();
            assert!(history.iter().any(|message| message["id"] == missed["id"]));
            link
        }));
        links = timeout(PATIENCE, back).await.expect("all are back");
    }
    let online = app.get("/health/ready").await.ok();
    assert_eq!(online["status"], json!("ok"));
}
