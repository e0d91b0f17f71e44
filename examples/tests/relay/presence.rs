//! Who is connected, as a node sees it that is not among the brokers.

use std::time::Duration;

use stomp_broker::{
    Handle, Open, Server,
    redis::{RedisRelay, RedisSettings},
};
use tokio::time::{sleep, timeout};

use crate::{
    client::{Client, PATIENCE},
    cluster::{BUFFER, Cluster},
};

/// Waits until so many nodes are seen, with so many sessions together.
async fn sees(observer: &Handle, nodes: usize, sessions: usize) {
    let seen = async {
        loop {
            let seen = observer.nodes().await.unwrap_or_default();
            if (seen.len(), seen.iter().map(|node| node.sessions).sum()) == (nodes, sessions) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, seen).await.expect("the observer sees what is so");
}

/// The sessions of a broker that was killed are forgotten, and those of one that only stood still come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_is_forgotten_and_its_sessions_with_it() {
    let mut cluster = Cluster::start(BUFFER).await;
    let relay = RedisRelay::new(RedisSettings::new(format!("redis://{}", cluster.redis.address))).unwrap();
    let observer = Server::builder(Open, Open).broker(relay).start().await.unwrap();
    let observer = observer.handle();
    let mut clients = Vec::new();
    for broker in &cluster.brokers {
        clients.push(Client::connect(broker.tcp).await.unwrap());
    }
    sees(&observer, 4, 3).await;
    cluster.brokers[1].signal("STOP");
    sees(&observer, 3, 2).await;
    cluster.brokers[1].signal("CONT");
    sees(&observer, 4, 3).await;
    cluster.brokers[2].kill();
    sees(&observer, 3, 2).await;
}
