//! The way out: messages of all sessions of this node, numbered, in one order for each partition of the topics.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::{
    batch::Outgoing,
    keys::{Keys, Place},
    lane::{Lane, Way},
    link::Link,
    log::milliseconds,
    settings::WhileAway,
    topics::Topics,
};
use crate::{BrokerError, HistoryPolicy, NodeId, Publish, Published};

/// Octets that wait while Redis is there, and control that waits while it is not, at most.
const BACKLOG: usize = 64 << 20;

/// For how long Redis remembers the number of a node's last message beyond the time that messages may wait.
const MEMORY: Duration = Duration::from_secs(3600);

/// Numbers, sends and answers messages.
#[derive(Debug)]
pub(super) struct Publisher {
    node: NodeId,
    while_away: WhileAway,
    /// One for everything, or one for each place: those whose master is away must not hold up the others.
    lanes: Vec<Lane>,
    numbers: Numbers,
}

/// What all lanes count together.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The number of the last message.
    last: AtomicU64,
    /// Octets in all lanes.
    waiting: AtomicUsize,
}

impl Publisher {
    pub(super) fn new(node: NodeId, while_away: WhileAway, is_sharded: bool) -> Self {
        let lanes =
            if is_sharded { Place::all().map(Lane::new).collect() } else { vec![Lane::new(Place::COMMON)] };
        Self { node, while_away, lanes, numbers: Numbers::default() }
    }

    /// Queues messages, as one so that they go out together; what comes of each can be awaited.
    pub(super) fn publish(
        &self,
        batch: impl Iterator<Item = (Publish, Option<HistoryPolicy>)>,
    ) -> Vec<oneshot::Receiver<Result<Published, BrokerError>>> {
        let mut lanes: BTreeMap<usize, Vec<Outgoing>> = BTreeMap::new();
        let answers = batch.map(|(publish, policy)| {
            let (answer, answered) = oneshot::channel();
            if self.numbers.waiting() > self.room() {
                // Whoever asked may be gone.
                let _ = answer.send(Err(BrokerError::Unavailable));
            } else {
                let lane = self.lane(Place::of(&publish.destination));
                lanes.entry(lane).or_default().push(Outgoing { publish, policy, answer });
            }
            answered
        });
        let answers = answers.collect();
        for (lane, messages) in lanes {
            self.lanes[lane].publish(self.node, &self.numbers, messages.into_iter());
        }
        answers
    }

    /// The number of a message that goes another way.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.next()
    }

    /// Queues octets for a channel of control.
    pub(super) fn send(&self, channel: String, octets: Bytes) -> Result<(), BrokerError> {
        if self.numbers.waiting() > BACKLOG {
            return Err(BrokerError::Unavailable);
        }
        self.lanes[self.lane(Place::COMMON)].send(channel, octets, &self.numbers);
        Ok(())
    }

    /// Whether everything has been sent and answered.
    pub(super) fn is_idle(&self) -> bool {
        self.numbers.waiting() == 0
    }

    /// Sends what is queued, for as long as this is polled.
    pub(super) async fn run(&self, link: &Link, keys: &Keys, topics: &Topics) {
        let Self { node, while_away, ref numbers, .. } = *self;
        let memory = milliseconds(while_away.patience().saturating_add(MEMORY));
        let way = Way { node, while_away, numbers, link, keys, topics, memory };
        join_all(self.lanes.iter().map(|lane| lane.run(way))).await;
    }

    /// The index of a lane: there is at least one.
    fn lane(&self, place: Place) -> usize {
        place.index() % self.lanes.len()
    }

    fn room(&self) -> usize {
        match self.while_away {
            WhileAway::BufferFor { bytes, .. } => bytes,
            _ => BACKLOG,
        }
    }
}

impl Numbers {
    pub(super) fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts octets that are going to wait.
    pub(super) fn waits(&self, octets: &Bytes) {
        self.waiting.fetch_add(octets.len(), Ordering::Relaxed);
    }

    /// Counts them no more.
    pub(super) fn is_over(&self, octets: &Bytes) {
        self.waiting.fetch_sub(octets.len(), Ordering::Relaxed);
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}
