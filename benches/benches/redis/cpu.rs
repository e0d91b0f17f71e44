//! What a message costs Redis, by its own count.

use std::time::Duration;

use futures_util::StreamExt;
use stomp_broker::{Broker, Destination, Interest, Publish};

use crate::{node::Node, server::Redis};

/// Messages of a batch, and batches of a measurement.
const BATCH: u32 = 256;
const BATCHES: u32 = 50;
const BODY: [u8; 256] = [b'x'; 256];

/// Measurements of each, of which the least counts: whatever else runs on the machine only adds. They take turns.
const ROUNDS: usize = 20;

/// Redis's time per message.
pub(crate) struct Costs {
    /// Of a pipelined `PUBLISH` to one subscriber.
    pub(crate) bare: Duration,
    /// Of a message from one node to another, for each topic.
    pub(crate) relay: Vec<Duration>,
}

pub(crate) async fn costs(redis: &Redis, topics: impl Iterator<Item = &str>) -> Costs {
    let (mut sink, mut stream) = redis.client().get_async_pubsub().await.expect("Redis is there").split();
    sink.subscribe("bare").await.expect("the channel is subscribed to");
    let reader = tokio::spawn(async move { while stream.next().await.is_some() {} });
    let topics: Vec<_> = topics.map(|topic| Destination::new(topic).expect("a destination")).collect();
    let (from, to) = (Node::start(redis).await, Node::start(redis).await);
    let interests: Vec<_> = topics.iter().cloned().map(Interest::Topic).collect();
    to.relay.interest(&interests, &[]).await.expect("the topics are subscribed to");
    let mut costs = Costs { bare: Duration::MAX, relay: vec![Duration::MAX; topics.len()] };
    for _ in 0..ROUNDS {
        costs.bare = costs.bare.min(bare(redis).await);
        for (cost, topic) in costs.relay.iter_mut().zip(&topics) {
            *cost = (*cost).min(relay(redis, &from, topic).await);
        }
    }
    reader.abort();
    costs
}

async fn bare(redis: &Redis) -> Duration {
    let connection = redis.connection().await;
    per_message(redis, async || {
        let mut pipeline = redis::pipe();
        for _ in 0..BATCH {
            pipeline.cmd("PUBLISH").arg("bare").arg(&BODY).ignore();
        }
        let () = pipeline.query_async(&mut connection.clone()).await.expect("they are published");
    })
    .await
}

async fn relay(redis: &Redis, from: &Node, topic: &Destination) -> Duration {
    per_message(redis, async || {
        let batch = (0..BATCH).map(|_| Publish::new(topic.clone(), &BODY[..])).collect();
        assert!(from.relay.publish(batch).await.iter().all(Result::is_ok));
    })
    .await
}

async fn per_message(redis: &Redis, mut send: impl AsyncFnMut()) -> Duration {
    let before = redis.cpu().await;
    for _ in 0..BATCHES {
        send().await;
    }
    (redis.cpu().await - before) / (BATCHES * BATCH)
}
