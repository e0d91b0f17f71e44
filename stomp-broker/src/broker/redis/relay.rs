//! A node, as the server sees it: a back-end.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Node, RedisSettings, RedisSettingsError, WhileAway, log, presence::RedisPresence, queues::RedisQueues,
};
use crate::{
    Broker, BrokerError, Capabilities, Destination, HistoryPage, Inbound, Interest, NodeId, Presence,
    Publish, Published, QueueStore, Start,
};

/// A node of a broker that shares a Redis with other nodes.
#[derive(Debug)]
pub struct RedisRelay {
    node: Arc<Node>,
    stop: CancellationToken,
    /// The tasks end with the relay.
    _stop: DropGuard,
}

impl RedisRelay {
    /// A relay that connects when the server starts.
    ///
    /// # Errors
    ///
    /// [`RedisSettingsError`] for a URL that is none of Redis, and for a prefix that is not possible.
    pub fn new(settings: RedisSettings) -> Result<Self, RedisSettingsError> {
        let stop = CancellationToken::new();
        Ok(Self { node: Arc::new(Node::new(settings)?), _stop: stop.clone().drop_guard(), stop })
    }

    /// Runs the parts of the node until the relay is dropped or drained.
    fn spawn(&self) {
        let parts: [fn(Arc<Node>) -> futures_util::future::BoxFuture<'static, ()>; 5] = [
            |node| Box::pin(async move { node.link.run().await }),
            |node| Box::pin(async move { node.publisher.run(&node.link, &node.keys, &node.topics).await }),
            |node| Box::pin(async move { node.subscriber.run(&node).await }),
            |node| Box::pin(async move { node.tell_health().await }),
            |node| Box::pin(async move { node.beat().await }),
        ];
        for part in parts {
            let run = part(Arc::clone(&self.node));
            let stop = self.stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(run).await });
        }
    }
}

#[async_trait]
impl Broker for RedisRelay {
    fn capabilities(&self) -> Capabilities {
        Capabilities { history: self.node.settings.history.keeps_any(), multi_node: true }
    }

    /// Does not wait for Redis: a server may start before it.
    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        if !self.node.topics.connect(inbound) {
            return Err(BrokerError::Unavailable);
        }
        self.node.report();
        self.spawn();
        let patience = self.node.settings.response_timeout;
        let connected = async {
            while !self.node.is_connected() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // Within that time it is as if Redis had been there at once.
        let _ = timeout(patience, connected).await;
        Ok(())
    }

    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
        if !remove.is_empty() {
            self.node.remove(remove).await;
        }
        if add.is_empty() {
            return Ok(());
        }
        self.node.wait_until_connected().await;
        match self.node.settings.while_away {
            // What is wanted is noted, and subscribed to when Redis is back.
            WhileAway::LocalOnly if !self.node.is_connected() => self.node.add(add).await.or(Ok(())),
            _ => self.node.add(add).await,
        }
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        let Node { settings, publisher, .. } = &*self.node;
        let batch = batch.into_iter().map(|publish| {
            let policy = settings.history.policy(&publish.destination);
            (publish, policy)
        });
        let answers = publisher.publish(batch);
        let answers = join_all(answers).await.into_iter();
        answers.map(|answer| answer.unwrap_or(Err(BrokerError::Unavailable))).collect()
    }

    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        let Node { link, keys, settings, .. } = &*self.node;
        let Some(policy) = settings.history.policy(destination) else { return Ok(None) };
        self.node.wait_until_connected().await;
        log::history(link, keys, destination, start, limit, policy).await.map(Some)
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        Some(Arc::new(RedisQueues::new(Arc::clone(&self.node))))
    }

    fn presence(&self) -> Option<Arc<dyn Presence>> {
        Some(Arc::new(RedisPresence(Arc::clone(&self.node))))
    }

    fn send_control(&self, to: Option<NodeId>, data: Bytes) -> Result<(), BrokerError> {
        let keys = &self.node.keys;
        let channel = to.map_or_else(|| keys.control_of_all(), |node| keys.control(node));
        self.node.publisher.send(channel, self.node.control(data))
    }

    async fn drain(&self, deadline: Duration) {
        let idle = async {
            while !self.node.publisher.is_idle() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // What has not left by then is refused with the tasks.
        let _ = timeout(deadline, idle).await;
        self.stop.cancel();
        self.node.say_goodbye().await;
    }
}
