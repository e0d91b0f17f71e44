//! Queues in memory.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{BrokerError, Leased, Publish, QueueStore, Settlement, queue::DEAD_FROM};
use crate::{Destination, Message, Pattern, message::MessageIds, metrics};

/// What a queue may hold, and what becomes of messages that nobody can consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePolicy {
    /// Messages, at most, those out with consumers included.
    pub messages: usize,
    /// The octets of those messages, at most.
    pub bytes: usize,
    /// How often a message is delivered before it counts as undeliverable.
    pub deliveries: u32,
    /// Where undeliverable messages go; without one they are dropped.
    pub dead_letters: Option<Destination>,
}

impl Default for QueuePolicy {
    /// 100,000 messages and 64 MiB; 5 deliveries, then to `/queue/dead-letters`.
    fn default() -> Self {
        let dead_letters = Destination::new("/queue/dead-letters").ok();
        Self { messages: 100_000, bytes: 64 << 20, deliveries: 5, dead_letters }
    }
}

/// Which policy each queue has, and how many queues there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Queues that hold messages, at most.
    pub queues: usize,
    /// The octets of the messages of all queues of a [`SimpleBroker`](super::SimpleBroker) together, at most. In Redis
    /// its `maxmemory` bounds them.
    pub bytes: usize,
    /// The first pattern that matches a queue says what holds for it.
    pub policies: Vec<(Pattern, QueuePolicy)>,
    /// What holds for queues that no pattern matches.
    pub default: QueuePolicy,
}

impl Default for QueueSettings {
    /// 10,000 queues and 256 MiB, all with the default policy.
    fn default() -> Self {
        Self { queues: 10_000, bytes: 256 << 20, policies: Vec::new(), default: QueuePolicy::default() }
    }
}

impl QueueSettings {
    pub(super) fn policy(&self, queue: &Destination) -> &QueuePolicy {
        let found = self.policies.iter().find(|(pattern, _)| pattern.matches(queue));
        found.map_or(&self.default, |(_, policy)| policy)
    }
}

impl From<QueuePolicy> for QueueSettings {
    /// The same for all queues.
    fn from(default: QueuePolicy) -> Self {
        Self { default, ..Self::default() }
    }
}

/// All queues behind one lock, so that a batch is stored as one.
#[derive(Debug)]
pub(super) struct SimpleQueues {
    settings: QueueSettings,
    ids: Arc<MessageIds>,
    queues: Mutex<Queues>,
}

#[derive(Debug, Default)]
struct Queues {
    by_name: HashMap<Destination, Queue>,
    /// The octets of all their messages.
    bytes: usize,
}

/// Messages by age: the keys are given out in order, and a message that comes back keeps its own. Every lease has
/// another id, so that nobody settles a lease that has passed on to somebody else.
#[derive(Debug, Default)]
struct Queue {
    ready: BTreeMap<u64, Stored>,
    leased: HashMap<u64, (u64, Stored)>,
    next: u64,
    next_lease: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Stored {
    message: Message,
    deliveries: u32,
}

impl SimpleQueues {
    pub(super) fn new(settings: QueueSettings, ids: Arc<MessageIds>) -> Self {
        Self { settings, ids, queues: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves a message that was refused too often to where such messages go, if it is not there already.
    fn bury(&self, queues: &mut Queues, from: &Destination, message: &Message) -> Option<Destination> {
        let grave = self.settings.policy(from).dead_letters.as_ref().filter(|grave| *grave != from)?;
        let publish = message.to_publish(grave.clone()).header(DEAD_FROM, from);
        let queue = queues.by_name.entry(grave.clone()).or_default();
        // The oldest dead letters make room for new ones: nobody may be reading them.
        while queue.is_full(self.settings.policy(grave)) {
            queues.bytes -= queue.drop_oldest()?;
            metrics::dropped(1, "dead-letters-full");
        }
        queues.push(Message::new(self.ids.next(), publish));
        Some(grave.clone())
    }
}

impl Queues {
    fn push(&mut self, message: Message) {
        self.bytes += message.size();
        self.by_name.entry(message.destination().clone()).or_default().push(message);
    }
}

impl Queue {
    fn push(&mut self, message: Message) {
        self.bytes += message.size();
        self.ready.insert(self.next, Stored { message, deliveries: 0 });
        self.next += 1;
    }

    fn is_full(&self, policy: &QueuePolicy) -> bool {
        self.ready.len() + self.leased.len() >= policy.messages || self.bytes >= policy.bytes
    }

    /// Says what that frees, in octets; `None` if all messages are out.
    fn drop_oldest(&mut self) -> Option<usize> {
        let (_, stored) = self.ready.pop_first()?;
        self.bytes -= stored.message.size();
        Some(stored.message.size())
    }

    fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.leased.is_empty()
    }
}

#[async_trait]
impl QueueStore for SimpleQueues {
    async fn enqueue(&self, batch: Vec<Publish>) -> Result<(), BrokerError> {
        let QueueSettings { queues: max_queues, bytes: max_bytes, .. } = self.settings;
        let mut queues = self.lock();
        let is_new = |publish: &&Publish| !queues.by_name.contains_key(&publish.destination);
        let new: HashSet<_> = batch.iter().filter(is_new).map(|publish| &publish.destination).collect();
        if !new.is_empty() && queues.by_name.len() + new.len() > max_queues {
            return Err(BrokerError::TooManyQueues { limit: max_queues });
        }
        if queues.bytes >= max_bytes {
            return Err(BrokerError::QueuesFull { limit: max_bytes });
        }
        for publish in &batch {
            let policy = self.settings.policy(&publish.destination);
            if queues.by_name.get(&publish.destination).is_some_and(|queue| queue.is_full(policy)) {
                return Err(BrokerError::QueueFull { queue: publish.destination.clone() });
            }
        }
        for publish in batch {
            queues.push(Message::new(self.ids.next(), publish));
        }
        Ok(())
    }

    async fn lease(&self, queue: &Destination, max: usize) -> Result<Vec<Leased>, BrokerError> {
        let mut queues = self.lock();
        let Some(queue) = queues.by_name.get_mut(queue) else { return Ok(Vec::new()) };
        let mut leased = Vec::new();
        while leased.len() < max
            && let Some((key, mut stored)) = queue.ready.pop_first()
        {
            let id = queue.next_lease;
            queue.next_lease += 1;
            stored.deliveries += 1;
            leased.push(Leased { id, message: stored.message.clone(), deliveries: stored.deliveries });
            queue.leased.insert(id, (key, stored));
        }
        Ok(leased)
    }

    async fn settle(
        &self,
        name: &Destination,
        leases: &[u64],
        settlement: Settlement,
    ) -> Result<Vec<Destination>, BrokerError> {
        let policy = self.settings.policy(name);
        let mut queues = self.lock();
        let mut fed = Vec::new();
        let mut dead = Vec::new();
        let Some(queue) = queues.by_name.get_mut(name) else { return Ok(fed) };
        let before = queue.bytes;
        for id in leases {
            let Some((key, mut stored)) = queue.leased.remove(id) else { continue };
            match settlement {
                Settlement::Consumed => queue.bytes -= stored.message.size(),
                Settlement::Refused if stored.deliveries >= policy.deliveries => {
                    queue.bytes -= stored.message.size();
                    dead.push(stored.message);
                }
                Settlement::Refused => {
                    queue.ready.insert(key, stored);
                    fed.push(name.clone());
                }
                Settlement::Undelivered => {
                    stored.deliveries = stored.deliveries.saturating_sub(1);
                    queue.ready.insert(key, stored);
                    fed.push(name.clone());
                }
            }
        }
        let freed = before - queue.bytes;
        if queue.is_empty() {
            queues.by_name.remove(name);
        }
        queues.bytes -= freed;
        fed.extend(dead.iter().filter_map(|message| {
            let grave = self.bury(&mut queues, name, message);
            metrics::dropped(usize::from(grave.is_none()), "undeliverable");
            grave
        }));
        fed.dedup();
        Ok(fed)
    }
}
