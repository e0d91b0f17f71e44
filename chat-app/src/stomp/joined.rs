//! The message back-end with an ear for what passes: the service sees what its clients listen to and what reaches them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use stomp_broker::{
    Broker, BrokerError, Capabilities, Destination, Health, HistoryPage, Inbound, Interest, Message, NodeId,
    Position, Presence, Publish, Published, QueueStore, Start, async_trait,
};

use super::destination::Subscribable;
use crate::chat::{Chat, Feed, NODES, Node};

/// A back-end and the service that hears it.
#[derive(Debug)]
pub(super) struct Joined<B> {
    pub(super) inner: B,
    pub(super) chat: Chat,
}

impl<B> Joined<B> {
    fn node(&self) -> &Node {
        self.chat.live().node()
    }
}

/// The feed that a topic is.
fn feed(topic: &Destination) -> Option<Feed> {
    match Subscribable::parse(topic)? {
        Subscribable::Messages(room) => Some(Feed::Messages(room)),
        Subscribable::Events(room) => Some(Feed::Changes(room)),
        _ => None,
    }
}

fn topics(interests: &[Interest]) -> impl Iterator<Item = &Destination> {
    interests.iter().filter_map(|interest| match interest {
        Interest::Topic(topic) => Some(topic),
        _ => None,
    })
}

#[async_trait]
impl<B: Broker> Broker for Joined<B> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        let has_others = self.capabilities().multi_node;
        self.node().attach(Arc::clone(&inbound), has_others);
        self.inner.start(Arc::new(Ear { inbound, node: self.node().clone() })).await?;
        if has_others {
            let nodes = Destination::new(NODES).map_err(|_| BrokerError::Unavailable)?;
            self.inner.interest(&[Interest::Topic(nodes)], &[]).await?;
        }
        Ok(())
    }

    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
        let node = self.node();
        topics(remove).for_each(|topic| node.forget(topic));
        // Before the first message of it can come.
        topics(add).for_each(|topic| node.listen(topic, feed(topic)));
        self.inner.interest(add, remove).await?;
        let feeds: Vec<_> = topics(add).filter_map(|topic| Some((topic.clone(), feed(topic)?))).collect();
        self.chat.begin_feeds(&feeds).await;
        Ok(())
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        self.inner.publish(batch).await
    }

    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        self.inner.history(destination, start, limit).await
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        self.inner.queues()
    }

    fn presence(&self) -> Option<Arc<dyn Presence>> {
        self.inner.presence()
    }

    fn send_control(&self, to: Option<NodeId>, data: Bytes) -> Result<(), BrokerError> {
        self.inner.send_control(to, data)
    }

    async fn drain(&self, deadline: Duration) {
        self.inner.drain(deadline).await;
    }
}

/// Stands between the back-end and the clients.
#[derive(Debug)]
struct Ear {
    inbound: Arc<dyn Inbound>,
    node: Node,
}

impl Inbound for Ear {
    fn message(&self, message: Message) {
        if self.node.pass(&message) {
            self.inbound.message(message);
        }
    }

    fn ready(&self, queue: &Destination) {
        self.inbound.ready(queue);
    }

    fn lost(&self, destination: &Destination, last_good: Option<Position>, now: Option<Position>) {
        self.inbound.lost(destination, last_good, now);
    }

    fn control(&self, from: NodeId, data: Bytes) {
        self.inbound.control(from, data);
    }

    fn health(&self, health: Health) {
        self.inbound.health(health);
    }
}
