//! The in-memory back-end of a single node.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;

use super::{
    Broker, BrokerError, Inbound, Publish, Published, QueueLimits, QueueStore, simple_queues::SimpleQueues,
};
use crate::{Destination, Message, message::MessageIds};

/// Delivers in memory, at most once, in one order per destination.
#[derive(Debug)]
pub struct SimpleBroker {
    inbound: OnceLock<Arc<dyn Inbound>>,
    ids: Arc<MessageIds>,
    queues: Arc<SimpleQueues>,
    hasher: RandomState,
    /// One lock for each share of the destinations: whoever holds it decides the order there.
    order: [Mutex<()>; SHARDS],
}

/// Enough that publishers of different destinations seldom meet; a power of two.
const SHARDS: usize = 64;

impl SimpleBroker {
    /// An empty broker.
    pub fn new() -> Self {
        Self::with_queues(QueueLimits::default())
    }

    /// An empty broker with other limits for its queues.
    pub fn with_queues(limits: QueueLimits) -> Self {
        let ids = Arc::new(MessageIds::new());
        Self {
            inbound: OnceLock::new(),
            queues: Arc::new(SimpleQueues::new(limits, Arc::clone(&ids))),
            ids,
            hasher: RandomState::new(),
            order: [const { Mutex::new(()) }; SHARDS],
        }
    }

    fn deliver(&self, publish: Publish) -> Result<Published, BrokerError> {
        let inbound = self.inbound.get().ok_or(BrokerError::Unavailable)?;
        let shard = self.hasher.hash_one(&publish.destination) as usize % SHARDS;
        // The lock guards an order, not data: after a panic under it the order is still one.
        let _order = self.order[shard].lock().unwrap_or_else(PoisonError::into_inner);
        inbound.message(Message::new(self.ids.next(), publish));
        Ok(Published)
    }
}

impl Default for SimpleBroker {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Broker for SimpleBroker {
    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        self.inbound.set(inbound).map_err(|_| BrokerError::Unavailable)
    }

    async fn interest(&self, _: &[Destination], _: &[Destination]) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        batch.into_iter().map(|publish| self.deliver(publish)).collect()
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        Some(Arc::clone(&self.queues) as Arc<dyn QueueStore>)
    }
}
