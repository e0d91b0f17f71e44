//! Queues as streams: a consumer group keeps what is out, one consumer for each node.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use redis::{FromRedisValue, Pipeline, Script, pipe};
use tracing::warn;

use super::{Node, envelope::Envelope, keys::Place, log::milliseconds};
use crate::{
    BrokerError, Destination, Leased, Message, Publish, QueueStore, Settlement, broker::queue::DEAD_FROM,
    metrics, wire::Writer,
};

pub(super) static ENQUEUE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("enqueue.lua")));
pub(super) static LEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lease.lua")));
pub(super) static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("settle.lua")));
pub(super) static RECLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("reclaim.lua")));

/// The queues of a relay.
#[derive(Debug)]
pub(super) struct RedisQueues {
    node: Arc<Node>,
}

/// What this node has out.
#[derive(Debug, Default)]
pub(super) struct Leases {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    out: HashMap<u64, Lease>,
    next: u64,
    /// What was settled while Redis was away.
    unsettled: Vec<Unsettled>,
}

#[derive(Debug, Clone)]
struct Lease {
    queue: Destination,
    /// Of the stream.
    entry: String,
    message: Message,
}

#[derive(Debug, Clone)]
struct Unsettled {
    queue: Destination,
    leases: Vec<Lease>,
    settlement: Settlement,
}

impl RedisQueues {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }
}

#[async_trait]
impl QueueStore for RedisQueues {
    async fn enqueue(&self, batch: Vec<Publish>) -> Result<(), BrokerError> {
        let Node { id, keys, settings, publisher, .. } = &*self.node;
        let envelopes: Vec<_> =
            batch.iter().map(|publish| Envelope::encode(*id, publisher.next_number(), publish)).collect();
        let mut pipeline = pipe();
        let command = call(&mut pipeline, &ENQUEUE, 2 + 2 * batch.len());
        command.arg(keys.queues()).arg(keys.enqueued(*id, publisher.next_number()));
        for Publish { destination, .. } in &batch {
            command.arg(keys.queue(destination)).arg(keys.queue_counts(destination));
        }
        let patience = settings.while_away.patience();
        command
            .arg(&*self.node.ready_octets())
            .arg(settings.queues.queues)
            .arg(milliseconds(patience.saturating_mul(2)))
            .arg(keys.publish());
        for (Publish { destination, .. }, envelope) in batch.iter().zip(&envelopes) {
            let policy = settings.queues.policy(destination);
            command.arg(&**destination).arg(keys.queue_ready(destination));
            command.arg(policy.messages).arg(policy.bytes).arg(&**envelope);
        }
        let (refused,): (isize,) = self.node.patiently(&mut pipeline).await?;
        let full =
            usize::try_from(refused).ok().and_then(|place| batch.into_iter().nth(place.checked_sub(1)?));
        match full {
            Some(publish) => Err(BrokerError::QueueFull { queue: publish.destination }),
            None if refused < 0 => Err(BrokerError::TooManyQueues { limit: settings.queues.queues }),
            None => Ok(()),
        }
    }

    async fn lease(&self, queue: &Destination, max: usize) -> Result<Vec<Leased>, BrokerError> {
        let mut pipeline = pipe();
        let command = call(&mut pipeline, &LEASE, 3);
        self.node.queue_keys(command, queue).arg(self.node.id.to_string()).arg(max);
        let (entries,): (Vec<(String, Vec<u8>, u32)>,) =
            self.node.link.query(Place::COMMON, &mut pipeline).await?;
        let mut state = self.node.leases.lock();
        let leased = entries.into_iter().filter_map(|(entry, envelope, refused)| {
            let message = Envelope::decode(Bytes::from(envelope))?.into_message(None);
            let id = state.next;
            state.next += 1;
            state.out.insert(id, Lease { queue: queue.clone(), entry, message: message.clone() });
            Some(Leased { id, message, deliveries: refused.saturating_add(1) })
        });
        Ok(leased.collect())
    }

    async fn settle(
        &self,
        queue: &Destination,
        leases: &[u64],
        settlement: Settlement,
    ) -> Result<Vec<Destination>, BrokerError> {
        let leases: Vec<_> = {
            let mut state = self.node.leases.lock();
            leases.iter().filter_map(|id| state.out.remove(id)).collect()
        };
        let settling = Unsettled { queue: queue.clone(), leases, settlement };
        match self.node.settle(&settling).await {
            Ok(fed) => Ok(fed),
            Err(_) => {
                // What is settled is so, also if Redis hears of it later.
                self.node.leases.lock().unsettled.push(settling);
                Ok(Vec::new())
            }
        }
    }
}

impl Leases {
    /// The entries that this node has out, settled or not, if Redis has not heard of that yet.
    fn out(&self) -> HashMap<Destination, Vec<String>> {
        let state = self.lock();
        let unsettled = state.unsettled.iter().flat_map(|settling| &settling.leases);
        let mut out: HashMap<_, Vec<_>> = HashMap::new();
        for lease in state.out.values().chain(unsettled) {
            out.entry(lease.queue.clone()).or_default().push(lease.entry.clone());
        }
        out
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Tells Redis what was settled while it was away.
    pub(super) async fn settle_late(&self) {
        let late = mem::take(&mut self.leases.lock().unsettled);
        for settling in late {
            if self.settle(&settling).await.is_err() {
                self.leases.lock().unsettled.push(settling);
            }
        }
    }

    /// Takes back what is out of queues with consumers here, and that nobody has any more.
    pub(super) async fn reclaim_all(&self) -> Result<(), BrokerError> {
        let mut out = self.leases.out();
        for queue in self.subscriber.queues() {
            self.reclaim(&queue, &out.remove(&queue).unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn reclaim(&self, queue: &Destination, out: &[String]) -> Result<(), BrokerError> {
        let mut pipeline = pipe();
        let command = self.queue_keys(call(&mut pipeline, &RECLAIM, 3), queue);
        command.arg(self.keys.node("")).arg(&*self.ready_octets()).arg(self.keys.queue_ready(queue));
        command.arg(self.id.to_string()).arg(milliseconds(self.settings.node_timeout));
        command.arg(self.keys.publish()).arg(out);
        let (back,): (usize,) = self.link.query(Place::COMMON, &mut pipeline).await?;
        if back > 0 {
            warn!(%queue, messages = back, "took back what nobody had any more");
            if let Some(inbound) = self.topics.inbound() {
                inbound.ready(queue);
            }
        }
        Ok(())
    }

    /// Returns the queues that have something to lease because of it.
    async fn settle(&self, settling: &Unsettled) -> Result<Vec<Destination>, BrokerError> {
        let Unsettled { queue, leases, settlement } = settling;
        let (keys, queues) = (&self.keys, &self.settings.queues);
        let policy = queues.policy(queue);
        let grave = policy.dead_letters.as_ref().filter(|grave| *grave != queue);
        let mut pipeline = pipe();
        let command = self.queue_keys(call(&mut pipeline, &SETTLE, 6), queue).arg(keys.queues());
        let name = grave.map_or("", |grave| grave);
        command.arg(keys.queue(name)).arg(keys.queue_counts(name));
        command.arg(self.id.to_string()).arg(word(*settlement)).arg(policy.deliveries);
        command.arg(&**queue).arg(keys.queue_ready(queue)).arg(name).arg(keys.queue_ready(name));
        let room = grave.map_or(policy, |grave| queues.policy(grave));
        command.arg(room.messages).arg(room.bytes).arg(keys.publish());
        for Lease { entry, message, .. } in leases {
            let letter = match (settlement, grave) {
                (Settlement::Refused, Some(grave)) => self.dead_letter(message, queue, grave),
                _ => Bytes::new(),
            };
            command.arg(entry).arg(&*letter);
        }
        let ((back, dead, dropped),): ((u32, u32, usize),) =
            self.link.query(Place::COMMON, &mut pipeline).await?;
        metrics::dropped(dropped, "dead-letters-full");
        let back = (back > 0).then_some(queue);
        Ok(back.into_iter().chain(grave.filter(|_| dead > 0)).cloned().collect())
    }

    fn dead_letter(&self, message: &Message, from: &Destination, grave: &Destination) -> Bytes {
        let publish = message.to_publish(grave.clone()).header(DEAD_FROM, from);
        Envelope::encode(self.id, self.publisher.next_number(), &publish)
    }

    fn queue_keys<'a>(&self, command: &'a mut Pipeline, queue: &str) -> &'a mut Pipeline {
        let Self { keys, .. } = self;
        command.arg(keys.queue(queue)).arg(keys.queue_back(queue)).arg(keys.queue_counts(queue))
    }

    /// What is pushed when a queue has something: whoever it was knows it already.
    fn ready_octets(&self) -> Bytes {
        Writer::default().number(self.id.0).finish()
    }

    /// Runs a step that may be run again, for as long as the policy has senders wait while Redis is away.
    async fn patiently<T: FromRedisValue>(&self, pipeline: &mut Pipeline) -> Result<T, BrokerError> {
        let end = tokio::time::Instant::now() + self.settings.while_away.patience();
        loop {
            match self.link.query(Place::COMMON, pipeline).await {
                Err(BrokerError::Unavailable) if tokio::time::Instant::now() < end => {
                    self.wait_for_link(Place::COMMON).await
                }
                answer => return answer,
            }
        }
    }
}

fn call<'a>(pipeline: &'a mut Pipeline, script: &Script, keys: usize) -> &'a mut Pipeline {
    pipeline.cmd("EVALSHA").arg(script.get_hash()).arg(keys)
}

fn word(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Consumed => "consumed",
        Settlement::Refused => "refused",
        Settlement::Undelivered => "undelivered",
    }
}
