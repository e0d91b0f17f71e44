//! One order of messages on their way out, in pipelines of as many as wait.

use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};

use super::{
    batch::{Batch, Item, Kind, Outcome, Outgoing},
    envelope::{self, Envelope},
    keys::{Keys, Place},
    link::{Link, Routes},
    publisher::Numbers,
    settings::WhileAway,
    topics::Topics,
};
use crate::{BrokerError, NodeId, Position, Publish, Published};

/// Messages of one pipeline, at most.
const BATCH: usize = 512;

/// The octets of those, about.
const BATCH_BYTES: usize = 1 << 20;

/// Sends what goes to one place, or to a Redis that has no partitions.
#[derive(Debug)]
pub(super) struct Lane {
    place: Place,
    items: Mutex<VecDeque<Item>>,
    arrived: Notify,
}

/// What all lanes work with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) node: NodeId,
    pub(super) while_away: WhileAway,
    pub(super) numbers: &'a Numbers,
    pub(super) link: &'a Link,
    pub(super) keys: &'a Keys,
    pub(super) topics: &'a Topics,
    /// How long Redis remembers the number of the node's last message, in milliseconds.
    pub(super) memory: u64,
}

impl Lane {
    pub(super) fn new(place: Place) -> Self {
        Self { place, items: Mutex::default(), arrived: Notify::new() }
    }

    /// Queues messages under the next numbers, as one so that they go out together.
    pub(super) fn publish(&self, node: NodeId, numbers: &Numbers, batch: impl Iterator<Item = Outgoing>) {
        let mut items = self.lock();
        for message in batch {
            // Under the lock, so that numbers grow in the order of the lane.
            let number = numbers.next();
            let octets = Envelope::encode(node, number, &message.publish);
            numbers.waits(&octets);
            items.push_back(Item::new(number, octets, Kind::Message(Box::new(message))));
        }
        drop(items);
        self.arrived.notify_one();
    }

    /// Queues octets for a channel.
    pub(super) fn send(&self, channel: String, octets: Bytes, numbers: &Numbers) {
        numbers.waits(&octets);
        let mut items = self.lock();
        items.push_back(Item::new(numbers.next(), octets, Kind::Control { channel }));
        drop(items);
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
            let items = self.take_items(most);
            if items.is_empty() {
                tokio::select! {
                    () = self.arrived.notified() => {}
                    _ = changes.changed() => {}
                }
                continue;
            }
            let batch = Batch::new(self.place, items);
            let mut pipeline = batch.pipeline(way.keys, way.node, way.memory);
            match way.link.run_pipeline(self.place, &mut pipeline).await {
                Ok(answers) => {
                    let outcomes = batch.outcomes(way.keys, answers.answers);
                    self.answer(outcomes, answers.on_the_way, way);
                    most = (most * 2).min(BATCH);
                }
                Err(_) => {
                    // Redis may have them or not: they are sent again under the same numbers, which tell. While
                    // topics are on their way to another master one by one, so are their messages.
                    self.put_back(batch.into_items());
                    most = 1;
                }
            }
        }
    }

    /// Does with messages what is to be done while Redis is away, until something happens.
    async fn wait_without_link(&self, changes: &mut watch::Receiver<Routes>, way: Way<'_>) {
        let now = Instant::now();
        let over = self.take_messages(|item| match way.while_away {
            WhileAway::BufferFor { duration, .. } => now.duration_since(item.since) >= duration,
            _ => true,
        });
        for item in over {
            way.numbers.is_over(&item.octets);
            give_up(item, way);
        }
        let longest = Duration::from_secs(60);
        let wait = match (way.while_away, self.oldest_message()) {
            (WhileAway::BufferFor { duration, .. }, Some(oldest)) => {
                duration.saturating_sub(now.duration_since(oldest)).min(longest)
            }
            _ => longest,
        };
        let something = async {
            tokio::select! {
                () = self.arrived.notified() => {}
                _ = changes.changed() => {}
            }
        };
        // Either way the loop looks again.
        let _ = timeout(wait, something).await;
    }

    fn answer(&self, outcomes: Vec<(Item, Outcome)>, on_the_way: bool, way: Way<'_>) {
        let mut again = Vec::new();
        let mut refused = None;
        for (item, outcome) in outcomes {
            let result = match outcome {
                Outcome::Accepted(position) => Ok(position),
                Outcome::Refused(why) => Err(why),
                Outcome::Again => {
                    again.push(item);
                    continue;
                }
            };
            way.numbers.is_over(&item.octets);
            let Kind::Message(message) = item.kind else { continue };
            let Outgoing { publish, answer, .. } = *message;
            if let (true, Ok(Some(position))) = (on_the_way, &result) {
                self.tell(&publish, *position, &item.octets, way);
            }
            let result = result.map(|position| {
                way.topics.published(Envelope::new(way.node, item.number, publish), position);
                Published { position }
            });
            let _ = answer.send(result.map_err(|why| {
                refused = Some(why);
                BrokerError::Unavailable
            }));
        }
        if let Some(error) = refused {
            tracing::warn!(%error, "Redis refused messages");
        }
        self.put_back(again);
    }

    /// Publishes a message that is kept already, because its subscribers are not where it is kept.
    fn tell(&self, publish: &Publish, position: Position, octets: &[u8], way: Way<'_>) {
        let push = envelope::join(position, octets);
        let channels = [Some(way.keys.topic(&publish.destination)), way.keys.wide_channel(self.place)];
        for channel in channels.into_iter().flatten() {
            self.send(channel, push.clone(), way.numbers);
        }
    }

    fn take_items(&self, most: usize) -> Vec<Item> {
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

    /// Puts items that were sent first in the queue.
    fn put_back(&self, sent: Vec<Item>) {
        let mut items = self.lock();
        for item in sent.into_iter().rev() {
            items.push_front(Item { was_sent: true, ..item });
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

fn give_up(item: Item, way: Way<'_>) {
    let Kind::Message(message) = item.kind else { return };
    let Outgoing { publish, answer, .. } = *message;
    let result = match way.while_away {
        WhileAway::LocalOnly => {
            way.topics.deliver_alone(Envelope::new(way.node, item.number, publish), item.was_sent);
            Ok(Published { position: None })
        }
        _ => Err(BrokerError::Unavailable),
    };
    let _ = answer.send(result);
}
