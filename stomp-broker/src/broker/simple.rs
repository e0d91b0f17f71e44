//! The in-memory back-end of a single node.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use async_trait::async_trait;

use super::{
    Broker, BrokerError, Capabilities, HistoryPage, HistorySettings, Inbound, Interest, Publish, Published,
    QueueSettings, QueueStore, Start,
    simple_logs::{Logs, Space},
    simple_queues::SimpleQueues,
};
use crate::{Destination, Message, Policies, message::MessageIds};

/// Delivers in memory, in one order per destination: topics at most once, queues until a consumer has settled.
#[derive(Debug)]
pub struct SimpleBroker {
    inbound: OnceLock<Arc<dyn Inbound>>,
    ids: Arc<MessageIds>,
    queues: Arc<SimpleQueues>,
    history: HistorySettings,
    hasher: RandomState,
    /// One lock for each share of the destinations: whoever holds it decides the order there.
    shards: [Mutex<Logs>; SHARDS],
}

/// Enough that publishers of different destinations seldom meet; a power of two.
const SHARDS: usize = 64;

impl SimpleBroker {
    /// A broker whose topics have no history.
    pub fn new() -> Self {
        Self::with(QueueSettings::default(), HistorySettings::default())
    }

    /// A broker with limits for its queues, and with histories of topics.
    pub fn with(queues: impl Into<QueueSettings>, history: HistorySettings) -> Self {
        let ids = Arc::new(MessageIds::new());
        let space = Space::new(history.bytes, SHARDS);
        Self {
            inbound: OnceLock::new(),
            queues: Arc::new(SimpleQueues::new(queues.into(), Arc::clone(&ids))),
            ids,
            history,
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::new(Logs::new(Arc::clone(&space)))),
        }
    }

    /// A broker whose topics and queues keep what the table says, within the default bounds on all of them together.
    pub fn with_policies(policies: &Policies) -> Self {
        let (queues, history) = (QueueSettings::default().queues, HistorySettings::default().bytes);
        Self::with(policies.queues(queues), policies.histories(history))
    }

    fn deliver(&self, publish: Publish) -> Result<Published, BrokerError> {
        let inbound = self.inbound.get().ok_or(BrokerError::Unavailable)?;
        let id = self.ids.next();
        let policy = self.history.policy(&publish.destination);
        // The message reaches the subscribers under the lock: that makes the order of the log theirs.
        let mut logs = self.shard(&publish.destination);
        let position = policy.is_some().then(|| logs.next(&publish.destination));
        let message = Message::at(id, publish, position);
        inbound.message(message.clone());
        if let Some(policy) = policy {
            logs.append(message, policy);
        }
        Ok(Published { position })
    }

    fn shard(&self, destination: &Destination) -> MutexGuard<'_, Logs> {
        let shard = self.hasher.hash_one(destination) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SimpleBroker {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Broker for SimpleBroker {
    fn capabilities(&self) -> Capabilities {
        Capabilities { history: self.history.keeps_any(), multi_node: false }
    }

    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        self.inbound.set(inbound).map_err(|_| BrokerError::Unavailable)
    }

    async fn interest(&self, _: &[Interest], _: &[Interest]) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        batch.into_iter().map(|publish| self.deliver(publish)).collect()
    }

    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        let policy = self.history.policy(destination);
        Ok(policy.map(|policy| self.shard(destination).page(destination, start, limit, policy)))
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        Some(Arc::clone(&self.queues) as Arc<dyn QueueStore>)
    }
}
