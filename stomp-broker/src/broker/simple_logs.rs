//! Histories of topics in memory.

use std::{
    collections::{HashMap, VecDeque},
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
    /// Octets of all messages kept; over it the oldest of all go first.
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

/// The histories of a share of the topics.
#[derive(Debug, Default)]
pub(super) struct Logs {
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

impl Logs {
    /// The position of the next message of a topic.
    pub(super) fn next(&mut self, destination: &Destination) -> Position {
        let fresh = || Log { epoch: Epoch(rand::random()), last: 0, kept: VecDeque::new() };
        let log = self.logs.entry(destination.clone()).or_insert_with(fresh);
        Position { epoch: log.epoch, offset: log.last + 1 }
    }

    /// Keeps a message that has the next position, and drops what is too old or too much.
    pub(super) fn append(&mut self, message: Message, policy: HistoryPolicy, budget: usize) {
        let destination = message.destination().clone();
        let Some(log) = self.logs.get_mut(&destination) else { return };
        log.last += 1;
        self.bytes += message.size();
        self.kept += 1;
        self.order.push_back((destination.clone(), log.last));
        log.kept.push_back((Instant::now(), message));
        self.drop_while(&destination, |log| {
            let too_many = log.kept.len() > policy.messages;
            too_many || log.kept.front().is_some_and(|(kept, _)| kept.elapsed() > policy.age)
        });
        while self.bytes > budget && self.drop_oldest_of_all() {}
        self.tidy();
    }

    /// Drops the oldest messages of a topic as long as it is `meant`.
    fn drop_while(&mut self, destination: &Destination, meant: impl Fn(&Log) -> bool) {
        let Some(log) = self.logs.get_mut(destination) else { return };
        while !log.kept.is_empty() && meant(log) {
            self.bytes -= log.drop_oldest();
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

    /// What a topic has from `start` on.
    pub(super) fn page(
        &mut self,
        destination: &Destination,
        start: Start,
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
        let messages = log.kept.iter().skip(skip).map(|(_, message)| message.clone()).collect();
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
    const PLENTY: usize = 1 << 20;

    fn topic(name: &str) -> Destination {
        Destination::new(name).unwrap()
    }

    fn keep(logs: &mut Logs, ids: &MessageIds, name: &str, budget: usize) -> Position {
        let position = logs.next(&topic(name));
        let message = Message::at(ids.next(), Publish::new(topic(name), "body"), Some(position));
        logs.append(message, HOUR, budget);
        position
    }

    fn offsets(page: &HistoryPage) -> Vec<u64> {
        page.messages.iter().filter_map(|message| Some(message.position()?.offset)).collect()
    }

    #[tokio::test]
    async fn a_log_keeps_the_newest_and_says_what_is_missing() {
        let (mut logs, ids) = (Logs::default(), MessageIds::new());
        let epoch = (0..5).map(|_| keep(&mut logs, &ids, "/topic/a", PLENTY)).last().unwrap().epoch;
        let mut page = |start| {
            let page = logs.page(&topic("/topic/a"), start, HOUR);
            (offsets(&page), page.complete)
        };
        assert_eq!(page(Start::First), (vec![3, 4, 5], true));
        assert_eq!(page(Start::Last(2)), (vec![4, 5], true));
        assert_eq!(page(Start::After { offset: 2, epoch: Some(epoch) }), (vec![3, 4, 5], true));
        assert_eq!(page(Start::After { offset: 5, epoch: Some(epoch) }), (vec![], true));
        assert_eq!(page(Start::After { offset: 1, epoch: Some(epoch) }), (vec![3, 4, 5], false));
        assert_eq!(page(Start::After { offset: 9, epoch: Some(epoch) }), (vec![3, 4, 5], false));
        assert_eq!(page(Start::After { offset: 4, epoch: Some(Epoch(0)) }), (vec![3, 4, 5], false));
    }

    #[tokio::test(start_paused = true)]
    async fn messages_leave_by_age() {
        let (mut logs, ids) = (Logs::default(), MessageIds::new());
        keep(&mut logs, &ids, "/topic/a", PLENTY);
        tokio::time::advance(HOUR.age + Duration::from_secs(1)).await;
        let second = keep(&mut logs, &ids, "/topic/a", PLENTY);
        assert_eq!(second.offset, 2);
        assert_eq!(offsets(&logs.page(&topic("/topic/a"), Start::First, HOUR)), [2]);
    }

    #[tokio::test]
    async fn over_the_budget_the_oldest_of_all_topics_goes_first() {
        let (mut logs, ids) = (Logs::default(), MessageIds::new());
        let first = keep(&mut logs, &ids, "/topic/a", PLENTY);
        let budget = logs.bytes;
        keep(&mut logs, &ids, "/topic/b", budget);
        assert!(logs.bytes <= budget);
        assert_eq!(offsets(&logs.page(&topic("/topic/b"), Start::First, HOUR)), [1]);
        // The topic that lost everything starts anew, so that nobody takes its offsets for the old ones.
        let again = keep(&mut logs, &ids, "/topic/a", PLENTY);
        assert_eq!(again.offset, 1);
        assert_ne!(again.epoch, first.epoch);
    }

    #[tokio::test]
    async fn what_has_left_the_logs_is_forgotten() {
        let (mut logs, ids) = (Logs::default(), MessageIds::new());
        keep(&mut logs, &ids, "/topic/idle", PLENTY);
        for _ in 0..10_000 {
            keep(&mut logs, &ids, "/topic/busy", PLENTY);
        }
        assert!(logs.order.len() <= 2 * 4 + TIDY_ABOVE + 1, "{}", logs.order.len());
        assert_eq!(logs.kept, 4);
    }
}
