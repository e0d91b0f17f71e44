//! What fails around Redis, and what clients see of it: three nodes under load, every message counted.
//!
//! `REDIS_FAULTS=full` runs them for as long, and at the rates, that the README's table is about.
#![cfg(feature = "redis")]

#[path = "support/redis_cluster.rs"]
#[allow(dead_code, reason = "the tests of several servers use more of it")]
mod cluster;
#[path = "support/redis_server.rs"]
#[allow(dead_code, reason = "the tests of several servers use more of it")]
mod redis_server;

use std::time::Duration;

use stomp_broker::{proto::Command, redis::WhileAway};
use tokio::time::{Instant, sleep};

use self::cluster::{Cluster, Load};

const BUFFER: WhileAway = WhileAway::BufferFor { duration: Duration::from_secs(60), bytes: 64 << 20 };

/// A short time for every run, and the one that the figures are about.
fn long(short: Duration, full: Duration) -> Duration {
    if is_full() { full } else { short }
}

fn is_full() -> bool {
    std::env::var("REDIS_FAULTS").is_ok_and(|value| value == "full")
}

fn load() -> Load {
    if is_full() { Load { topics: 50, per_second: 2000 } } else { Load { topics: 10, per_second: 300 } }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriber_connections_are_killed_again_and_again() {
    let cluster = Cluster::start(BUFFER).await;
    let load = cluster.load(load()).await;
    let pause = long(Duration::from_millis(100), Duration::from_millis(600));
    for _ in 0..20 {
        sleep(pause).await;
        cluster.kill_subscribers();
    }
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!(account.refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_stands_still() {
    let cluster = Cluster::start(BUFFER).await;
    let load = cluster.load(load()).await;
    sleep(Duration::from_millis(500)).await;
    cluster.redis.freeze();
    sleep(long(Duration::from_millis(2500), Duration::from_secs(5))).await;
    assert!(cluster.ready().iter().all(|ready| !ready), "no node is ready while it is deaf");
    cluster.redis.thaw();
    cluster.wait_until_ready(Duration::from_secs(10)).await;
    sleep(Duration::from_millis(500)).await;
    load.finish().await.assert_all_arrived_once_in_one_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_and_messages_wait() {
    let mut cluster = Cluster::start(BUFFER).await;
    let load = cluster.load(load()).await;
    for _ in 0..3 {
        sleep(Duration::from_millis(500)).await;
        cluster.redis.kill();
        sleep(Duration::from_millis(300)).await;
        cluster.redis.restart();
        cluster.wait_until_ready(Duration::from_secs(10)).await;
    }
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!(account.refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_and_messages_are_refused() {
    let mut cluster = Cluster::start(WhileAway::Fail).await;
    let load = cluster.load(load()).await;
    sleep(Duration::from_millis(500)).await;
    cluster.redis.kill();
    sleep(Duration::from_millis(500)).await;
    cluster.redis.restart();
    cluster.wait_until_ready(Duration::from_secs(10)).await;
    sleep(Duration::from_millis(300)).await;
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert!(account.refused > 0, "senders are told");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_every_node_serves_again_without_a_reconnect() {
    let mut cluster = Cluster::start(WhileAway::Fail).await;
    cluster.redis.kill();
    sleep(long(Duration::from_secs(2), Duration::from_secs(30))).await;
    cluster.redis.restart();
    let back = Instant::now();
    cluster.wait_until_ready(Duration::from_secs(10)).await;
    let took = back.elapsed();
    if is_full() {
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    let load = cluster.load(load()).await;
    sleep(Duration::from_millis(300)).await;
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!(account.refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flushed_redis_is_a_loss_that_subscribers_are_told_of() {
    let cluster = Cluster::start(BUFFER).await;
    let first = cluster.load(load()).await;
    sleep(Duration::from_millis(300)).await;
    first.finish().await.assert_all_arrived_once_in_one_order();
    let () = redis::cmd("FLUSHALL").query(&mut cluster.redis.connection()).unwrap();
    let second = cluster.load(load()).await;
    sleep(Duration::from_millis(500)).await;
    let account = second.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!(account.told_of_loss, 3 * load().topics, "every reader, for every topic");
}

/// Away from Redis, subscribers of the same node still hear each other.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_goes_on_alone() {
    let mut cluster = Cluster::start(WhileAway::LocalOnly).await;
    cluster.redis.kill();
    cluster.wait_until_away().await;
    cluster.assert_delivers_locally().await;
}

/// Redis was not there to answer, but has carried out what it was asked to.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_delivered_alone_does_not_come_again() {
    let cluster = Cluster::start(WhileAway::LocalOnly).await;
    let mut client = cluster.client().await;
    client.subscribe("s", "/topic/a").await;
    cluster.redis.freeze();
    client.publish("/topic/a", "alone").await;
    assert_eq!(&**client.expect(Command::Message).await.body(), b"alone");
    cluster.redis.thaw();
    cluster.wait_until_ready(Duration::from_secs(10)).await;
    client.publish("/topic/a", "together").await;
    let together = client.expect(Command::Message).await;
    assert_eq!((&**together.body(), together.headers().get("x-offset")), (&b"together"[..], Some("2")));
}
