//! How soon nodes serve again after a connection, or Redis, was lost.

use std::time::Duration;

use stomp_broker::{Broker, Destination, Health, Interest, Publish};
use tokio::time::{Instant, sleep, timeout};

use crate::{node::Node, server::Redis};

/// Topics that a node has subscribers for.
const TOPICS: usize = 100_000;

/// Topics of one call.
const BATCH: usize = 512;

/// How long Redis is away.
const OUTAGE: Duration = Duration::from_secs(10);

/// Longer than any of it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time from the loss of the connection that Redis pushes through until a node is subscribed to everything again.
pub(crate) async fn resubscribe(redis: &Redis) -> Duration {
    let mut node = Node::start(redis).await;
    let interests: Vec<_> = (0..TOPICS).map(|number| interest(&format!("/topic/{number}"))).collect();
    for batch in interests.chunks(BATCH) {
        node.relay.interest(batch, &[]).await.expect("the topics are subscribed to");
    }
    node.until(Health::Connected).await;
    let kill = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").take();
    let _: i64 = kill.query_async(&mut redis.connection().await).await.expect("the connection is ended");
    node.until(Health::Away).await;
    let start = Instant::now();
    timeout(PATIENCE, node.until(Health::Connected)).await.expect("the node is back");
    start.elapsed()
}

/// The time from Redis being back until each of three nodes has had a message from the others.
pub(crate) async fn recover(redis: &mut Redis) -> Duration {
    let mut nodes = [Node::start(redis).await, Node::start(redis).await, Node::start(redis).await];
    for node in &mut nodes {
        node.relay.interest(&[interest("/topic/a")], &[]).await.expect("the topic is subscribed to");
    }
    redis.kill();
    sleep(OUTAGE).await;
    redis.restart();
    let back = Instant::now();
    for node in &mut nodes {
        timeout(PATIENCE, node.until(Health::Connected)).await.expect("the node is back");
    }
    let hello = Publish::new(Destination::new("/topic/a").expect("a destination"), "hello");
    assert!(nodes[0].relay.publish(vec![hello]).await.iter().all(Result::is_ok));
    for node in &mut nodes {
        timeout(PATIENCE, node.arrivals.recv()).await.expect("it arrives").expect("the relay lives");
    }
    back.elapsed()
}

fn interest(topic: &str) -> Interest {
    Interest::Topic(Destination::new(topic).expect("a destination"))
}
