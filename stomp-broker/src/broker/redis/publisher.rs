//! The way out: messages of all sessions of this node, in one order, in pipelines of as many as wait.

use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use redis::{Pipeline, RedisError, Value, pipe};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, timeout_at},
};

use super::{envelope::Envelope, keys::Keys, link::Link, log, settings::WhileAway, topics::Topics};
use crate::{BrokerError, Epoch, HistoryPolicy, NodeId, Position, Publish, Published};

/// Messages of one pipeline, at most.
const BATCH: usize = 512;

/// The octets of those, about.
const BATCH_BYTES: usize = 1 << 20;

/// Octets that wait while Redis is there, and control that waits while it is not, at most.
const BACKLOG: usize = 64 << 20;

/// Numbers, sends and answers messages.
#[derive(Debug)]
pub(super) struct Publisher {
    node: NodeId,
    while_away: WhileAway,
    queue: Mutex<Queue>,
    waiting: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    /// The number of the last message.
    number: u64,
}

/// Something to send.
#[derive(Debug)]
struct Item {
    octets: Bytes,
    since: Instant,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Message(Box<Outgoing>),
    Control { channel: String },
}

/// A message, and who waits for what becomes of it.
#[derive(Debug)]
struct Outgoing {
    publish: Publish,
    policy: Option<HistoryPolicy>,
    number: u64,
    answer: oneshot::Sender<Result<Published, BrokerError>>,
}

impl Publisher {
    pub(super) fn new(node: NodeId, while_away: WhileAway) -> Self {
        Self { node, while_away, queue: Mutex::default(), waiting: Notify::new() }
    }

    /// Queues a message; what comes of it can be awaited.
    pub(super) fn publish(
        &self,
        publish: Publish,
        policy: Option<HistoryPolicy>,
    ) -> oneshot::Receiver<Result<Published, BrokerError>> {
        let (answer, answered) = oneshot::channel();
        let mut queue = self.lock();
        if queue.bytes > self.room() {
            // Whoever asked may be gone.
            let _ = answer.send(Err(BrokerError::Unavailable));
            return answered;
        }
        queue.number += 1;
        let number = queue.number;
        let octets = Envelope::encode(self.node, number, &publish);
        queue.push(octets, Kind::Message(Box::new(Outgoing { publish, policy, number, answer })));
        drop(queue);
        self.waiting.notify_one();
        answered
    }

    /// The number of a message that goes another way.
    pub(super) fn next_number(&self) -> u64 {
        let mut queue = self.lock();
        queue.number += 1;
        queue.number
    }

    /// Queues octets for a channel.
    pub(super) fn send(&self, channel: String, octets: Bytes) -> Result<(), BrokerError> {
        let mut queue = self.lock();
        if queue.bytes > BACKLOG {
            return Err(BrokerError::Unavailable);
        }
        queue.push(octets, Kind::Control { channel });
        drop(queue);
        self.waiting.notify_one();
        Ok(())
    }

    /// Whether everything has been sent and answered.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().bytes == 0
    }

    /// Sends what is queued, for as long as this is polled.
    pub(super) async fn run(&self, link: &Link, keys: &Keys, topics: &Topics) {
        let mut changes = link.changes();
        loop {
            if changes.borrow_and_update().is_none() {
                self.wait_without_link(&mut changes, topics).await;
                continue;
            }
            let batch = self.take_batch();
            if batch.is_empty() {
                tokio::select! {
                    () = self.waiting.notified() => {}
                    _ = changes.changed() => {}
                }
                continue;
            }
            let mut pipeline = pipe();
            batch.iter().for_each(|item| item.write(&mut pipeline, keys, self.node));
            match link.run_pipeline(&mut pipeline).await {
                Ok(answers) => self.answer(batch, answers, topics),
                // Redis may have them or not: they are sent again under the same numbers, which tell.
                Err(_) => self.lock().put_back(batch),
            }
        }
    }

    /// Does with messages what is to be done while Redis is away, until something happens.
    async fn wait_without_link(
        &self,
        changes: &mut tokio::sync::watch::Receiver<Option<super::link::Live>>,
        topics: &Topics,
    ) {
        let now = Instant::now();
        let over = self.lock().take_messages(|item| match self.while_away {
            WhileAway::BufferFor { duration, .. } => now >= item.since + duration,
            _ => true,
        });
        for item in over {
            self.give_up(item, topics);
        }
        let oldest = self.lock().oldest_message();
        let wake = match (self.while_away, oldest) {
            (WhileAway::BufferFor { duration, .. }, Some(oldest)) => oldest + duration,
            _ => now + Duration::from_secs(60),
        };
        let something = async {
            tokio::select! {
                () = self.waiting.notified() => {}
                _ = changes.changed() => {}
            }
        };
        // Either way the loop looks again.
        let _ = timeout_at(wake, something).await;
    }

    fn give_up(&self, item: Item, topics: &Topics) {
        let Kind::Message(message) = item.kind else { return };
        let Outgoing { publish, number, answer, .. } = *message;
        let result = match self.while_away {
            WhileAway::LocalOnly => {
                topics.deliver_alone(Envelope::new(self.node, number, publish));
                Ok(Published { position: None })
            }
            _ => Err(BrokerError::Unavailable),
        };
        let _ = answer.send(result);
    }

    fn answer(&self, batch: Vec<Item>, answers: Vec<Result<Value, RedisError>>, topics: &Topics) {
        for (item, answer) in batch.into_iter().zip(answers) {
            self.lock().bytes -= item.octets.len();
            let Kind::Message(message) = item.kind else { continue };
            let Outgoing { publish, policy, number, answer: to } = *message;
            let result = answer.map_err(|error| {
                tracing::warn!(%error, topic = %publish.destination, "Redis refused a message");
                BrokerError::Unavailable
            });
            let result = result.map(|value| {
                let position = policy.and_then(|_| position(&value));
                topics.published(Envelope::new(self.node, number, publish), position);
                Published { position }
            });
            let _ = to.send(result);
        }
    }

    fn take_batch(&self) -> Vec<Item> {
        let mut queue = self.lock();
        let mut bytes = 0;
        let fits = |item: &&Item| {
            bytes += item.octets.len();
            bytes <= BATCH_BYTES
        };
        let count = queue.items.iter().take(BATCH).take_while(fits).count();
        // A message that is larger than a batch goes alone.
        let count = count.max(1).min(queue.items.len());
        queue.items.drain(..count).collect()
    }

    fn room(&self) -> usize {
        match self.while_away {
            WhileAway::BufferFor { bytes, .. } => bytes,
            _ => BACKLOG,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, octets: Bytes, kind: Kind) {
        self.bytes += octets.len();
        self.items.push_back(Item { octets, since: Instant::now(), kind });
    }

    fn put_back(&mut self, batch: Vec<Item>) {
        for item in batch.into_iter().rev() {
            self.items.push_front(item);
        }
    }

    /// Takes out the messages that are `meant`; control stays.
    fn take_messages(&mut self, meant: impl Fn(&Item) -> bool) -> Vec<Item> {
        let is_meant = |item: &Item| matches!(item.kind, Kind::Message(_)) && meant(item);
        let (taken, left) = mem::take(&mut self.items).into_iter().partition::<Vec<_>, _>(is_meant);
        self.items = left.into();
        self.bytes -= taken.iter().map(|item| item.octets.len()).sum::<usize>();
        taken
    }

    fn oldest_message(&self) -> Option<Instant> {
        let message = self.items.iter().find(|item| matches!(item.kind, Kind::Message(_)));
        message.map(|item| item.since)
    }
}

impl Item {
    fn write(&self, pipeline: &mut Pipeline, keys: &Keys, node: NodeId) {
        match &self.kind {
            Kind::Message(message) => message.write(&self.octets, pipeline, keys, node),
            Kind::Control { channel } => {
                pipeline.cmd("PUBLISH").arg(channel).arg(&*self.octets);
            }
        }
    }
}

impl Outgoing {
    fn write(&self, octets: &[u8], pipeline: &mut Pipeline, keys: &Keys, node: NodeId) {
        let topic = &self.publish.destination;
        let Some(policy) = self.policy else {
            pipeline.cmd("PUBLISH").arg(keys.topic(topic)).arg(octets);
            return;
        };
        let command = pipeline.cmd("EVALSHA").arg(log::PUBLISH.get_hash()).arg(2);
        command.arg(keys.log(topic)).arg(keys.log_state(topic)).arg(keys.topic(topic));
        command.arg(octets).arg(policy.messages).arg(log::time_to_live(policy));
        command.arg(node.to_string()).arg(self.number);
    }
}

/// What the script answers; none for a message that had come in before.
fn position(value: &Value) -> Option<Position> {
    let (epoch, offset): (u64, u64) = redis::from_redis_value_ref(value).ok()?;
    (offset > 0).then_some(Position { epoch: Epoch(epoch), offset })
}
