//! One order of messages on their way out, in pipelines of as many as wait.

use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use redis::{Pipeline, RedisResult, Value, pipe};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::{Duration, Instant, timeout_at},
};

use super::{
    envelope::{self, Envelope},
    keys::{Keys, Place},
    link::{Answers, Routes},
    log,
    publisher::{Numbers, Way},
    settings::WhileAway,
};
use crate::{BrokerError, Epoch, HistoryPolicy, NodeId, Position, Publish, Published};

/// Messages of one pipeline, at most.
const BATCH: usize = 512;

/// The octets of those, about.
const BATCH_BYTES: usize = 1 << 20;

/// What became of a message.
pub(super) type Answer = Result<Published, BrokerError>;

/// Sends what goes to one place, or to a Redis that is not divided.
#[derive(Debug)]
pub(super) struct Lane {
    place: Place,
    items: Mutex<VecDeque<Item>>,
    arrived: Notify,
}

/// A message, and who waits for what becomes of it.
#[derive(Debug)]
pub(super) struct Outgoing {
    publish: Publish,
    policy: Option<HistoryPolicy>,
    number: u64,
    answer: oneshot::Sender<Answer>,
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

impl Outgoing {
    pub(super) fn new(
        publish: Publish,
        policy: Option<HistoryPolicy>,
        answer: oneshot::Sender<Answer>,
    ) -> Self {
        Self { publish, policy, number: 0, answer }
    }
}

impl Lane {
    pub(super) fn new(place: Place) -> Self {
        Self { place, items: Mutex::default(), arrived: Notify::new() }
    }

    /// Queues a message under the next number: in one lane they grow in the order of its messages.
    pub(super) fn publish(&self, node: NodeId, numbers: &Numbers, mut message: Outgoing) {
        let mut items = self.lock();
        message.number = numbers.next();
        let octets = Envelope::encode(node, message.number, &message.publish);
        numbers.waits(&octets);
        items.push_back(Item::new(octets, Kind::Message(Box::new(message))));
        drop(items);
        self.arrived.notify_one();
    }

    /// Queues octets for a channel.
    pub(super) fn send(&self, channel: String, octets: Bytes, numbers: &Numbers) {
        numbers.waits(&octets);
        self.lock().push_back(Item::new(octets, Kind::Control { channel }));
        self.arrived.notify_one();
    }

    /// Sends what is queued, for as long as this is polled.
    pub(super) async fn run(&self, way: Way<'_>) {
        let mut changes = way.link.changes();
        let mut most = BATCH;
        loop {
            changes.mark_unchanged();
            if !way.link.serves(self.place) {
                self.wait_without_link(&mut changes, way).await;
                continue;
            }
            let batch = self.take_batch(most);
            if batch.is_empty() {
                tokio::select! {
                    () = self.arrived.notified() => {}
                    _ = changes.changed() => {}
                }
                continue;
            }
            let mut pipeline = pipe();
            batch.iter().for_each(|item| item.write(&mut pipeline, way.keys, way.node));
            match way.link.run_pipeline(self.place, &mut pipeline).await {
                Ok(answers) => {
                    self.answer(batch, answers, way);
                    most = (most * 2).min(BATCH);
                }
                Err(_) => {
                    // Redis may have them or not: they are sent again under the same numbers, which tell. While
                    // topics are on their way to another master one by one, so are their messages.
                    self.put_back(batch);
                    most = 1;
                }
            }
        }
    }

    /// Does with messages what is to be done while Redis is away, until something happens.
    async fn wait_without_link(&self, changes: &mut watch::Receiver<Routes>, way: Way<'_>) {
        let now = Instant::now();
        let over = self.take_messages(|item| match way.while_away {
            WhileAway::BufferFor { duration, .. } => now >= item.since + duration,
            _ => true,
        });
        for item in over {
            way.numbers.is_over(&item.octets);
            give_up(item, way);
        }
        let wake = match (way.while_away, self.oldest_message()) {
            (WhileAway::BufferFor { duration, .. }, Some(oldest)) => oldest + duration,
            _ => now + Duration::from_secs(60),
        };
        let something = async {
            tokio::select! {
                () = self.arrived.notified() => {}
                _ = changes.changed() => {}
            }
        };
        // Either way the loop looks again.
        let _ = timeout_at(wake, something).await;
    }

    fn answer(&self, batch: Vec<Item>, answers: Answers, way: Way<'_>) {
        let Answers { answers, on_the_way } = answers;
        let mut answers = answers.into_iter();
        for item in batch {
            way.numbers.is_over(&item.octets);
            let commands = item.commands(way.keys);
            let answer = answers.by_ref().take(commands).reduce(|first, next| first.and(next));
            let Kind::Message(message) = item.kind else { continue };
            let answer = answer.unwrap_or(Ok(Value::Nil));
            let position = answer.as_ref().ok().filter(|_| message.policy.is_some()).and_then(position);
            if let (true, Some(position)) = (on_the_way, position) {
                self.tell(&message.publish, position, &item.octets, way);
            }
            message.answer(answer, position, way);
        }
    }

    /// Publishes a message that is kept already: its subscribers are not where it is kept.
    fn tell(&self, publish: &Publish, position: Position, octets: &[u8], way: Way<'_>) {
        for channel in way.keys.channels(&publish.destination) {
            self.send(channel, envelope::join(position, octets), way.numbers);
        }
    }

    fn take_batch(&self, most: usize) -> Vec<Item> {
        let mut items = self.lock();
        let mut bytes = 0;
        let fits = |item: &&Item| {
            bytes += item.octets.len();
            bytes <= BATCH_BYTES
        };
        let count = items.iter().take(most).take_while(fits).count();
        // A message that is larger than a batch goes alone.
        let count = count.max(1).min(items.len());
        items.drain(..count).collect()
    }

    fn put_back(&self, batch: Vec<Item>) {
        let mut items = self.lock();
        for item in batch.into_iter().rev() {
            items.push_front(item);
        }
    }

    /// Takes out the messages that are `meant`; control stays.
    fn take_messages(&self, meant: impl Fn(&Item) -> bool) -> Vec<Item> {
        let mut items = self.lock();
        let is_meant = |item: &Item| matches!(item.kind, Kind::Message(_)) && meant(item);
        let (taken, left) = mem::take(&mut *items).into_iter().partition::<Vec<_>, _>(is_meant);
        *items = left.into();
        taken
    }

    fn oldest_message(&self) -> Option<Instant> {
        let items = self.lock();
        let message = items.iter().find(|item| matches!(item.kind, Kind::Message(_)));
        message.map(|item| item.since)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Item {
    fn new(octets: Bytes, kind: Kind) -> Self {
        Self { octets, since: Instant::now(), kind }
    }

    fn write(&self, pipeline: &mut Pipeline, keys: &Keys, node: NodeId) {
        let mut publish = |channel| {
            pipeline.cmd(keys.publish()).arg(channel).arg(&*self.octets);
        };
        match &self.kind {
            Kind::Control { channel } => publish(channel),
            Kind::Message(message) => match message.policy {
                None => keys.channels(&message.publish.destination).iter().for_each(publish),
                Some(policy) => message.keep(policy, &self.octets, pipeline, keys, node),
            },
        }
    }

    /// How many commands that is.
    fn commands(&self, keys: &Keys) -> usize {
        match &self.kind {
            Kind::Message(message) if message.policy.is_none() && keys.is_sharded() => 2,
            _ => 1,
        }
    }
}

impl Outgoing {
    fn keep(&self, policy: HistoryPolicy, octets: &[u8], pipeline: &mut Pipeline, keys: &Keys, node: NodeId) {
        let topic = &self.publish.destination;
        let command = pipeline.cmd("EVALSHA").arg(log::PUBLISH.get_hash()).arg(2);
        command.arg(keys.log(topic)).arg(keys.log_state(topic));
        command.arg(octets).arg(policy.messages).arg(log::time_to_live(policy));
        command.arg(node.to_string()).arg(self.number);
        command.arg(keys.publish()).arg(keys.channels(topic));
    }

    fn answer(self, answer: RedisResult<Value>, position: Option<Position>, way: Way<'_>) {
        let Self { publish, number, answer: to, .. } = self;
        let result = match answer {
            Ok(_) => {
                way.topics.published(Envelope::new(way.node, number, publish), position);
                Ok(Published { position })
            }
            Err(error) => {
                tracing::warn!(%error, topic = %publish.destination, "Redis refused a message");
                Err(BrokerError::Unavailable)
            }
        };
        // Whoever asked may be gone.
        let _ = to.send(result);
    }
}

fn give_up(item: Item, way: Way<'_>) {
    let Kind::Message(message) = item.kind else { return };
    let Outgoing { publish, number, answer, .. } = *message;
    let result = match way.while_away {
        WhileAway::LocalOnly => {
            way.topics.deliver_alone(Envelope::new(way.node, number, publish));
            Ok(Published { position: None })
        }
        _ => Err(BrokerError::Unavailable),
    };
    let _ = answer.send(result);
}

/// What the script answers; none for a message that had come in before.
fn position(value: &Value) -> Option<Position> {
    let (epoch, offset): (u64, u64) = redis::from_redis_value_ref(value).ok()?;
    (offset > 0).then_some(Position { epoch: Epoch(epoch), offset })
}
