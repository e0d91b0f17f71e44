//! A node of the relay, and what it is told.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use stomp_broker::{
    Broker, Destination, Health, HistoryPolicy, HistorySettings, Inbound, Message, NodeId, Position,
    redis::{RedisRelay, RedisSettings},
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::Instant,
};

use crate::server::Redis;

/// A node without clients.
pub(crate) struct Node {
    pub(crate) relay: RedisRelay,
    /// When each message came, and the message.
    pub(crate) arrivals: UnboundedReceiver<(Instant, Message)>,
    health: watch::Receiver<Health>,
}

#[derive(Debug)]
struct Told {
    arrivals: UnboundedSender<(Instant, Message)>,
    health: watch::Sender<Health>,
}

impl Inbound for Told {
    fn message(&self, message: Message) {
        // After a measurement nobody counts.
        let _ = self.arrivals.send((Instant::now(), message));
    }

    fn health(&self, health: Health) {
        self.health.send_replace(health);
    }

    fn ready(&self, _: &Destination) {}
    fn lost(&self, _: &Destination, _: Option<Position>, _: Option<Position>) {}
    fn control(&self, _: NodeId, _: Bytes) {}
}

impl Node {
    pub(crate) async fn start(redis: &Redis) -> Self {
        let policy = HistoryPolicy { messages: 1000, age: Duration::from_secs(600) };
        let policies = vec![("/topic/kept/**".parse().expect("the pattern is one"), policy)];
        let history = HistorySettings { policies, ..HistorySettings::default() };
        let settings = RedisSettings { history, ..RedisSettings::new(redis.url()) };
        let relay = RedisRelay::new(settings).expect("the URL is one");
        let ((arrivals, came), (health, is)) = (unbounded_channel(), watch::channel(Health::Away));
        relay.start(Arc::new(Told { arrivals, health })).await.expect("the relay starts");
        Self { relay, arrivals: came, health: is }
    }

    /// Resolves when the node says that it is so.
    pub(crate) async fn until(&mut self, health: Health) {
        self.health.wait_for(|is| *is == health).await.expect("the relay lives");
    }
}
