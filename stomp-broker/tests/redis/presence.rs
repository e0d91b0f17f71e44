//! Who is connected, as every node sees it.

use std::time::Duration;

use stomp_broker::{
    Handle, Open, Server,
    redis::{RedisRelay, RedisSettings},
    testing::Client,
};
use tokio::time::{sleep, timeout};

use crate::redis_server::RedisServer;

async fn node(redis: &RedisServer) -> Server {
    let settings = RedisSettings { node_timeout: Duration::from_secs(3), ..redis.settings() };
    let relay = RedisRelay::new(settings).unwrap();
    Server::builder(Open, Open).broker(relay).topics("/topic").start().await.unwrap()
}

async fn client(server: &Server, login: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    client
}

/// Waits until a node sees so many sessions of a user, and so many nodes.
async fn sees(handle: &Handle, user: &str, sessions: usize, nodes: usize) {
    let seen = async {
        loop {
            let (of_user, all) = (handle.sessions_on_all_nodes(user).await, handle.nodes().await);
            if matches!((of_user, all), (Ok(of_user), Ok(all)) if of_user == sessions && all.len() == nodes) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let seen = timeout(Duration::from_secs(30), seen).await;
    assert!(
        seen.is_ok(),
        "{:?} of {user}, {:?}",
        handle.sessions_on_all_nodes(user).await,
        handle.nodes().await
    );
}

#[tokio::test]
async fn sessions_of_all_nodes_are_counted() {
    let redis = RedisServer::start();
    let (one, two) = (node(&redis).await, node(&redis).await);
    let _first = client(&one, "ann").await;
    let second = client(&two, "ann").await;
    let _other = client(&two, "ben").await;
    sees(&one.handle(), "ann", 2, 2).await;
    sees(&two.handle(), "ben", 1, 2).await;
    drop(second);
    sees(&one.handle(), "ann", 1, 2).await;
    let of_two = one.handle().nodes().await.unwrap();
    assert_eq!(of_two.iter().map(|node| (node.users, node.sessions)).max(), Some((1, 1)));
    two.shutdown(Duration::from_secs(5)).await;
    sees(&one.handle(), "ben", 0, 1).await;
}

#[tokio::test]
async fn the_sessions_of_a_dead_node_are_forgotten_and_those_of_the_living_come_back() {
    let mut redis = RedisServer::start();
    let survivor = node(&redis).await;
    let _ann = client(&survivor, "ann").await;
    let dead = std::thread::spawn({
        let settings = RedisSettings { node_timeout: Duration::from_secs(3), ..redis.settings() };
        move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let relay = RedisRelay::new(settings).unwrap();
                let node = Server::builder(Open, Open).broker(relay).topics("/topic").start().await.unwrap();
                let ann = client(&node, "ann").await;
                sees(&node.handle(), "ann", 2, 2).await;
                // Nothing is closed in order.
                std::mem::forget((ann, node));
            });
            runtime.shutdown_background();
        }
    });
    tokio::task::spawn_blocking(move || dead.join().unwrap()).await.unwrap();
    sees(&survivor.handle(), "ann", 1, 1).await;

    let () = redis::cmd("FLUSHALL").query(&mut redis.connection()).unwrap();
    sees(&survivor.handle(), "ann", 1, 1).await;
    redis.kill();
    redis.restart();
    sees(&survivor.handle(), "ann", 1, 1).await;
}
