//! How late a message is on its way from one node to another, at a steady pace.

use std::time::Duration;

use futures_util::StreamExt;
use stomp_broker::{Broker, Destination, Interest, Publish};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::{node::Node, server::Redis};

/// Messages of each measurement, sent at [`RATE`].
const PACED: usize = 5000;

/// Messages a second.
const RATE: u32 = 1000;

const BODY: [u8; 256] = [b'x'; 256];

/// Longer than any message takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Times in order.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    fn new(mut times: Vec<Duration>) -> Self {
        assert_eq!(times.len(), PACED, "every message arrives");
        times.sort_unstable();
        Self(times)
    }

    pub(crate) fn at(&self, share: f64) -> Duration {
        self.0[((self.0.len() - 1) as f64 * share) as usize]
    }
}

/// Of a `PUBLISH` on one connection to a `SUBSCRIBE` on another.
pub(crate) async fn bare(redis: &Redis) -> Latencies {
    let start = Instant::now();
    let (mut sink, mut stream) = redis.client().get_async_pubsub().await.expect("Redis is there").split();
    sink.subscribe("bare").await.expect("the channel is subscribed to");
    let reader = tokio::spawn(async move {
        let mut latencies = Vec::new();
        while latencies.len() < PACED
            && let Ok(Some(message)) = timeout(PATIENCE, stream.next()).await
        {
            latencies.push(late(message.get_payload_bytes(), start, Instant::now()));
        }
        latencies
    });
    let connection = redis.connection().await;
    paced(async || {
        let publish = redis::cmd("PUBLISH").arg("bare").arg(body(start)).take();
        let _: i64 = publish.query_async(&mut connection.clone()).await.expect("it is published");
    })
    .await;
    Latencies::new(reader.await.expect("all arrive"))
}

/// Of a message that one node publishes and another has subscribed to.
pub(crate) async fn relay(redis: &Redis, topic: &str) -> Latencies {
    let start = Instant::now();
    let topic = Destination::new(topic).expect("the topic is a destination");
    let (from, mut to) = (Node::start(redis).await, Node::start(redis).await);
    to.relay.interest(&[Interest::Topic(topic.clone())], &[]).await.expect("the topic is subscribed to");
    paced(async || {
        let publish = Publish::new(topic.clone(), body(start));
        assert!(from.relay.publish(vec![publish]).await.iter().all(Result::is_ok));
    })
    .await;
    let mut latencies = Vec::new();
    while latencies.len() < PACED
        && let Ok(Some((came, message))) = timeout(PATIENCE, to.arrivals.recv()).await
    {
        latencies.push(late(message.body(), start, came));
    }
    Latencies::new(latencies)
}

async fn paced(mut send: impl AsyncFnMut()) {
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..PACED {
        ticks.tick().await;
        send().await;
    }
}

/// A body starts with the nanoseconds since `start`.
fn body(start: Instant) -> Vec<u8> {
    let mut body = BODY.to_vec();
    body[..8].copy_from_slice(&(start.elapsed().as_nanos() as u64).to_be_bytes());
    body
}

fn late(body: &[u8], start: Instant, came: Instant) -> Duration {
    let sent = body.first_chunk().map_or(0, |sent| u64::from_be_bytes(*sent));
    came.duration_since(start).saturating_sub(Duration::from_nanos(sent))
}
