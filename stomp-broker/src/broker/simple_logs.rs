//! Histories of topics in memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{Epoch, HistoryPage, Position, Start};
use crate::{Destination, Message, Pattern};

/// How much of its past a topic keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPolicy {
    /// Messages, at most.
    pub messages: usize,
    /// Their age, at most.
    pub age: Duration,
}

impl HistoryPolicy {
    /// No history at all.
    pub const NONE: Self = Self { messages: 0, age: Duration::ZERO };
}

/// Which topics have a history, and what all histories together may cost.
#[derive(Debug, Clone)]
pub struct HistorySettings {
    /// The first pattern that matches a topic says how much it keeps; a topic that none matches keeps nothing.
    pub policies: Vec<(Pattern, HistoryPolicy)>,
    /// Octets of all messages kept; over it old ones go.
    pub bytes: usize,
}

impl Default for HistorySettings {
    /// No histories, within 64 MiB.
    fn default() -> Self {
        Self { policies: Vec::new(), bytes: 64 << 20 }
    }
}

impl HistorySettings {
    /// Whether there is a topic with a history.
    pub(super) fn keeps_any(&self) -> bool {
        self.policies.iter().any(|(_, policy)| *policy != HistoryPolicy::NONE)
    }

    pub(super) fn policy(&self, destination: &Destination) -> Option<HistoryPolicy> {
        let (_, policy) = self.policies.iter().find(|(pattern, _)| pattern.matches(destination))?;
        (*policy != HistoryPolicy::NONE).then_some(*policy)
    }
}

/// Entries that are not worth tidying up.
const TIDY_ABOVE: usize = 64;

/// What the histories of all topics occupy together, in octets.
#[derive(Debug)]
pub(super) struct Space {
    limit: usize,
    used: AtomicUsize,
    /// What a share of the topics may occupy whatever the others do.
    share: usize,
}

/// The histories of a share of the topics.
#[derive(Debug)]
pub(super) struct Logs {
    space: Arc<Space>,
    logs: HashMap<Destination, Log>,
    /// Every message kept, oldest first, and some that have left their logs.
    order: VecDeque<(Destination, u64)>,
    kept: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Log {
    epoch: Epoch,
    /// The offset of the newest message.
    last: u64,
    kept: VecDeque<(Instant, Message)>,
}

impl Space {
    /// Room for so many octets, half of which is divided among so many shares; the rest is for whoever needs it.
    pub(super) fn new(bytes: usize, shares: usize) -> Arc<Self> {
        Arc::new(Self { limit: bytes / 2, used: AtomicUsize::new(0), share: bytes / 2 / shares })
    }

    /// Whether a share that occupies so much is to give some of it back.
    fn is_exceeded(&self, bytes: usize) -> bool {
        bytes > self.share && self.used.load(Ordering::Relaxed) > self.limit
    }
}

impl Logs {
    pub(super) fn new(space: Arc<Space>) -> Self {
        Self { space, logs: HashMap::new(), order: VecDeque::new(), kept: 0, bytes: 0 }
    }

    /// The position of the next message of a topic.
    pub(super) fn next(&mut self, destination: &Destination) -> Position {
        let fresh = || Log { epoch: Epoch(rand::random()), last: 0, kept: VecDeque::new() };
        let log = self.logs.entry(destination.clone()).or_insert_with(fresh);
        Position { epoch: log.epoch, offset: log.last + 1 }
    }

    /// Keeps a message that has the next position, and drops what is too old or too much.
    pub(super) fn append(&mut self, message: Message, policy: HistoryPolicy) {
        let destination = message.destination().clone();
        let Some(log) = self.logs.get_mut(&destination) else { return };
        log.last += 1;
        self.bytes += message.size();
        self.space.used.fetch_add(message.size(), Ordering::Relaxed);
        self.kept += 1;
        self.order.push_back((destination.clone(), log.last));
        log.kept.push_back((Instant::now(), message));
        self.drop_while(&destination, |log| {
            let too_many = log.kept.len() > policy.messages;
            too_many || log.kept.front().is_some_and(|(kept, _)| kept.elapsed() > policy.age)
        });
        while self.space.is_exceeded(self.bytes) && self.drop_oldest_of_all() {}
        self.tidy();
    }

    /// Drops the oldest messages of a topic as long as it is `meant`.
    fn drop_while(&mut self, destination: &Destination, meant: impl Fn(&Log) -> bool) {
        let Some(log) = self.logs.get_mut(destination) else { return };
        while !log.kept.is_empty() && meant(log) {
            let freed = log.drop_oldest();
            self.bytes -= freed;
            self.space.used.fetch_sub(freed, Ordering::Relaxed);
            self.kept -= 1;
        }
    }

    /// Drops the oldest message, and with its last message the log: its topic then starts a new epoch.
    fn drop_oldest_of_all(&mut self) -> bool {
        let Some((destination, offset)) = self.order.pop_front() else { return false };
        self.drop_while(&destination, |log| log.first() == Some(offset));
        if self.logs.get(&destination).is_some_and(|log| log.kept.is_empty()) {
            self.logs.remove(&destination);
        }
        true
    }

    /// Forgets what has left the logs, and topics that have nothing left, once that is the larger part.
    fn tidy(&mut self) {
        if self.order.len() > 2 * self.kept + TIDY_ABOVE {
            self.logs.retain(|_, log| !log.kept.is_empty());
            let first = |destination: &Destination| self.logs.get(destination).and_then(Log::first);
            self.order
                .retain(|(destination, offset)| first(destination).is_some_and(|first| first <= *offset));
        }
    }

    /// What a topic has from `start` on, up to so many messages.
    pub(super) fn page(
        &mut self,
        destination: &Destination,
        start: Start,
        limit: usize,
        policy: HistoryPolicy,
    ) -> HistoryPage {
        self.drop_while(destination, |log| {
            log.kept.front().is_some_and(|(kept, _)| kept.elapsed() > policy.age)
        });
        let nothing = HistoryPage { messages: Vec::new(), complete: !matches!(start, Start::After { .. }) };
        let Some(log) = self.logs.get(destination) else { return nothing };
        let first = log.first().unwrap_or(log.last + 1);
        let (skip, complete) = match start {
            Start::First => (0, true),
            Start::Last(count) => (log.kept.len().saturating_sub(count), true),
            Start::After { epoch: Some(epoch), .. } if epoch != log.epoch => (0, false),
            Start::After { offset, .. } if offset > log.last => (0, false),
            Start::After { offset, .. } => {
                let skip = (offset + 1).saturating_sub(first);
                (usize::try_from(skip).unwrap_or(usize::MAX), offset + 1 >= first)
            }
        };
        let messages = log.kept.iter().skip(skip).take(limit).map(|(_, message)| message.clone()).collect();
        HistoryPage { messages, complete }
    }
}

impl Log {
    /// The offset of the oldest message kept.
    fn first(&self) -> Option<u64> {
        (!self.kept.is_empty()).then(|| self.last + 1 - self.kept.len() as u64)
    }

    /// Drops the oldest message; returns its size.
    fn drop_oldest(&mut self) -> usize {
        self.kept.pop_front().map_or(0, |(_, message)| message.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageIds, Publish};

    const HOUR: HistoryPolicy = HistoryPolicy { messages: 3, age: Duration::from_secs(3600) };
    /// Logs with room for everything.
    fn roomy() -> Logs {
        Logs::new(Space::new(1 << 20, 1))
    }

    fn topic(name: &str) -> Destination {
        Destination::new(name).unwrap()
    }

    fn keep(logs: &mut Logs, ids: &MessageIds, name: &str) -> Position {
        let position = logs.next(&topic(name));
        let message = Message::at(ids.next(), Publish::new(topic(name), "body"), Some(position));
        logs.append(message, HOUR);
        position
    }

    fn offsets(page: &HistoryPage) -> Vec<u64> {
        page.messages.iter().filter_map(|message| Some(message.position()?.offset)).collect()
    }

    #[tokio::test]
    async fn a_log_keeps_the_newest_and_says_what_is_missing() {
        let (mut logs, ids) = (roomy(), MessageIds::new());
        let epoch = (0..5).map(|_| keep(&mut logs, &ids, "/topic/a")).last().unwrap().epoch;
        let mut page = |start, limit| {
            let page = logs.page(&topic("/topic/a"), start, limit, HOUR);
            (offsets(&page), page.complete)
        };
        assert_eq!(page(Start::First, 10), (vec![3, 4, 5], true));
        assert_eq!(page(Start::First, 2), (vec![3, 4], true));
        assert_eq!(page(Start::Last(2), 10), (vec![4, 5], true));
        assert_eq!(page(Start::After { offset: 2, epoch: Some(epoch) }, 10), (vec![3, 4, 5], true));
        assert_eq!(page(Start::After { offset: 5, epoch: Some(epoch) }, 10), (vec![], true));
        assert_eq!(page(Start::After { offset: 1, epoch: Some(epoch) }, 10), (vec![3, 4, 5], false));
        assert_eq!(page(Start::After { offset: 9, epoch: Some(epoch) }, 10), (vec![3, 4, 5], false));
        assert_eq!(page(Start::After { offset: 4, epoch: Some(Epoch(0)) }, 10), (vec![3, 4, 5], false));
    }

    #[tokio::test(start_paused = true)]
    async fn messages_leave_by_age() {
        let (mut logs, ids) = (roomy(), MessageIds::new());
        keep(&mut logs, &ids, "/topic/a");
        tokio::time::advance(HOUR.age + Duration::from_secs(1)).await;
        let second = keep(&mut logs, &ids, "/topic/a");
        assert_eq!(second.offset, 2);
        assert_eq!(offsets(&logs.page(&topic("/topic/a"), Start::First, 10, HOUR)), [2]);
    }

    #[tokio::test]
    async fn over_the_budget_the_oldest_of_all_topics_goes_first() {
        let (mut probe, ids) = (roomy(), MessageIds::new());
        keep(&mut probe, &ids, "/topic/a");
        let space = Space::new(2 * probe.bytes, 1);
        let mut logs = Logs::new(Arc::clone(&space));
        let first = keep(&mut logs, &ids, "/topic/a");
        keep(&mut logs, &ids, "/topic/b");
        assert_eq!((logs.bytes, space.used.load(Ordering::Relaxed)), (probe.bytes, probe.bytes));
        assert_eq!(offsets(&logs.page(&topic("/topic/b"), Start::First, 10, HOUR)), [1]);
        // The topic that lost everything starts anew, so that nobody takes its offsets for the old ones.
        let again = keep(&mut logs, &ids, "/topic/a");
        assert_eq!(again.offset, 1);
        assert_ne!(again.epoch, first.epoch);
    }

    #[tokio::test]
    async fn one_share_may_use_what_the_others_do_not_need() {
        let (mut probe, ids) = (roomy(), MessageIds::new());
        keep(&mut probe, &ids, "/topic/a");
        let space = Space::new(8 * probe.bytes, 4);
        let [mut greedy, mut modest] = [(); 2].map(|()| Logs::new(Arc::clone(&space)));
        for name in ["a", "b", "c", "d", "e"] {
            keep(&mut greedy, &ids, &format!("/topic/{name}"));
        }
        assert_eq!(greedy.kept, 4);
        keep(&mut modest, &ids, "/topic/z");
        assert_eq!(modest.kept, 1, "its own share is not taken from it");
        keep(&mut greedy, &ids, "/topic/f");
        assert_eq!((greedy.kept, modest.kept), (3, 1));
    }

    #[tokio::test]
    async fn what_has_left_the_logs_is_forgotten() {
        let (mut logs, ids) = (roomy(), MessageIds::new());
        keep(&mut logs, &ids, "/topic/idle");
        for _ in 0..10_000 {
            keep(&mut logs, &ids, "/topic/busy");
        }
        assert!(logs.order.len() <= 2 * 4 + TIDY_ABOVE + 1, "{}", logs.order.len());
        assert_eq!(logs.kept, 4);
    }
}
