//! The way out: messages of all sessions of this node, in one order, in pipelines of as many as wait.

use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, timeout_at},
};

use super::{
    batch::{Batch, Item, Kind, Outcome, Outgoing},
    envelope::Envelope,
    keys::Keys,
    link::{Link, Live},
    log::milliseconds,
    settings::WhileAway,
    topics::Topics,
};
use crate::{BrokerError, HistoryPolicy, NodeId, Publish, Published};

/// Messages of one pipeline, at most.
const BATCH: usize = 512;

/// The octets of those, about.
const BATCH_BYTES: usize = 1 << 20;

/// Octets that wait while Redis is there, and control that waits while it is not, at most.
const BACKLOG: usize = 64 << 20;

/// For how long Redis remembers the number of a node's last message beyond the time that messages may wait.
const MEMORY: Duration = Duration::from_secs(3600);

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

impl Publisher {
    pub(super) fn new(node: NodeId, while_away: WhileAway) -> Self {
        Self { node, while_away, queue: Mutex::default(), waiting: Notify::new() }
    }

    /// Queues messages, as one so that they go out together; what comes of each can be awaited.
    pub(super) fn publish(
        &self,
        batch: impl Iterator<Item = (Publish, Option<HistoryPolicy>)>,
    ) -> Vec<oneshot::Receiver<Result<Published, BrokerError>>> {
        let mut queue = self.lock();
        let answers = batch.map(|(publish, policy)| {
            let (answer, answered) = oneshot::channel();
            if queue.bytes > self.room() {
                // Whoever asked may be gone.
                let _ = answer.send(Err(BrokerError::Unavailable));
            } else {
                let octets = Envelope::encode(self.node, queue.number + 1, &publish);
                queue.push(octets, Kind::Message(Box::new(Outgoing { publish, policy, answer })));
            }
            answered
        });
        let answers = answers.collect();
        drop(queue);
        self.waiting.notify_one();
        answers
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
        let memory = milliseconds(self.while_away.patience().saturating_add(MEMORY));
        let mut changes = link.changes();
        loop {
            if changes.borrow_and_update().is_none() {
                self.wait_without_link(&mut changes, topics).await;
                continue;
            }
            let items = self.take_items();
            if items.is_empty() {
                tokio::select! {
                    () = self.waiting.notified() => {}
                    _ = changes.changed() => {}
                }
                continue;
            }
            let batch = Batch::new(items);
            match link.run_pipeline(&mut batch.pipeline(keys, self.node, memory)).await {
                Ok(answers) => self.answer(batch.outcomes(answers), topics),
                // Redis may have them or not: they are sent again under the same numbers, which tell.
                Err(_) => self.lock().put_back(batch.into_items()),
            }
        }
    }

    /// Does with messages what is to be done while Redis is away, until something happens.
    async fn wait_without_link(
        &self,
        changes: &mut tokio::sync::watch::Receiver<Option<Live>>,
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
        let Outgoing { publish, answer, .. } = *message;
        let result = match self.while_away {
            WhileAway::LocalOnly => {
                topics.deliver_alone(Envelope::new(self.node, item.number, publish), item.was_sent);
                Ok(Published { position: None })
            }
            _ => Err(BrokerError::Unavailable),
        };
        let _ = answer.send(result);
    }

    fn answer(&self, outcomes: Vec<(Item, Outcome)>, topics: &Topics) {
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
            self.lock().bytes -= item.octets.len();
            let Kind::Message(message) = item.kind else { continue };
            let Outgoing { publish, answer, .. } = *message;
            let result = result.map(|position| {
                topics.published(Envelope::new(self.node, item.number, publish), position);
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
        self.lock().put_back(again);
    }

    fn take_items(&self) -> Vec<Item> {
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
        self.number += 1;
        self.bytes += octets.len();
        let since = Instant::now();
        self.items.push_back(Item { number: self.number, octets, since, was_sent: false, kind });
    }

    /// Puts items that were sent first in the queue.
    fn put_back(&mut self, items: Vec<Item>) {
        for item in items.into_iter().rev() {
            self.items.push_front(Item { was_sent: true, ..item });
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
