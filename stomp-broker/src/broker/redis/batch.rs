//! What goes out in one pipeline: control and messages of plain topics each by a command of its own, messages of topics
//! with a history all by one script.

use std::collections::{HashMap, hash_map::Entry};

use bytes::Bytes;
use redis::{Pipeline, RedisError, Value, pipe};
use tokio::{sync::oneshot, time::Instant};

use super::{
    envelope::position,
    keys::{Keys, Place},
    log,
};
use crate::{BrokerError, Destination, HistoryPolicy, NodeId, Position, Publish, Published};

/// Something to send.
#[derive(Debug)]
pub(super) struct Item {
    /// Its place among all that the node sends.
    pub(super) number: u64,
    pub(super) octets: Bytes,
    pub(super) since: Instant,
    /// It has been sent before, and nobody knows what Redis did with it.
    pub(super) was_sent: bool,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message(Box<Outgoing>),
    Control { channel: String },
}

/// A message, and who waits for what becomes of it.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) publish: Publish,
    pub(super) policy: Option<HistoryPolicy>,
    pub(super) answer: oneshot::Sender<Result<Published, BrokerError>>,
}

/// What became of an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Redis has it. Where a message stands that it had before is not known here.
    Accepted(Option<Position>),
    Refused(String),
    /// It came with others that Redis had before, and is to be sent without them.
    Again,
}

/// The items of one pipeline, all of one lane.
#[derive(Debug)]
pub(super) struct Batch {
    lane: Place,
    plain: Vec<Item>,
    logs: Vec<Log>,
}

/// The messages of one topic with a history.
#[derive(Debug)]
struct Log {
    topic: Destination,
    policy: HistoryPolicy,
    items: Vec<Item>,
}

impl Batch {
    pub(super) fn new(lane: Place, items: Vec<Item>) -> Self {
        let mut batch = Self { lane, plain: Vec::new(), logs: Vec::new() };
        let mut places = HashMap::new();
        for item in items {
            match item.history() {
                None => batch.plain.push(item),
                Some((topic, policy)) => match places.entry(topic.clone()) {
                    Entry::Occupied(place) => batch.push(*place.get(), item),
                    Entry::Vacant(place) => {
                        place.insert(batch.logs.len());
                        batch.logs.push(Log { topic: topic.clone(), policy, items: vec![item] });
                    }
                },
            }
        }
        batch
    }

    fn push(&mut self, log: usize, item: Item) {
        if let Some(log) = self.logs.get_mut(log) {
            log.items.push(item);
        }
    }

    /// Writes the commands. Redis remembers the number of the node's last message for as long as `memory` says, in
    /// milliseconds.
    pub(super) fn pipeline(&self, keys: &Keys, node: NodeId, memory: u64) -> Pipeline {
        let wide = keys.wide_channel(self.lane);
        let mut pipeline = pipe();
        for item in &self.plain {
            let mut publish = |channel: &str| {
                pipeline.cmd(keys.publish()).arg(channel).arg(&*item.octets);
            };
            match &item.kind {
                Kind::Message(message) => {
                    publish(&keys.topic(&message.publish.destination));
                    wide.iter().for_each(|wide| publish(wide));
                }
                Kind::Control { channel } => publish(channel),
            }
        }
        if !self.logs.is_empty() {
            self.keep(&mut pipeline, keys, node, memory, wide.as_deref());
        }
        pipeline
    }

    fn keep(&self, pipeline: &mut Pipeline, keys: &Keys, node: NodeId, memory: u64, wide: Option<&str>) {
        // Redis writes first to whom it had something to say last: with an answer begun before the script, readers do
        // not wait until the sender has its own.
        for Log { topic, policy, .. } in &self.logs {
            pipeline.cmd("PEXPIRE").arg(keys.log(topic)).arg(log::time_to_live(*policy));
        }
        let numbers = self.logs.iter().flat_map(|log| &log.items).map(|item| item.number);
        let command = pipeline.cmd("EVALSHA").arg(log::PUBLISH.get_hash()).arg(1 + self.logs.len());
        command.arg(keys.last_number(self.lane, node));
        for log in &self.logs {
            command.arg(keys.log(&log.topic));
        }
        command.arg(numbers.clone().min()).arg(numbers.max()).arg(memory);
        command.arg(keys.publish()).arg(wide.unwrap_or_default());
        for Log { topic, policy, items } in &self.logs {
            command
                .arg(keys.topic(topic))
                .arg(policy.messages)
                .arg(log::time_to_live(*policy))
                .arg(items.len());
            for item in items {
                command.arg(&*item.octets);
            }
        }
    }

    /// What the answers to the commands say of each item; those of a topic stay in their order.
    pub(super) fn outcomes(
        self,
        keys: &Keys,
        answers: Vec<Result<Value, RedisError>>,
    ) -> Vec<(Item, Outcome)> {
        let mut answers = answers.into_iter();
        let mut outcomes = Vec::new();
        for item in self.plain {
            let commands = match item.kind {
                Kind::Message(_) if keys.is_sharded() => 2,
                _ => 1,
            };
            let outcome = match answers.by_ref().take(commands).reduce(Result::and) {
                Some(Err(error)) => Outcome::Refused(error.to_string()),
                _ => Outcome::Accepted(None),
            };
            outcomes.push((item, outcome));
        }
        if let Some(answer) = answers.nth(self.logs.len()) {
            for (place, log) in self.logs.into_iter().enumerate() {
                for (rank, item) in (0..).zip(log.items) {
                    let outcome = outcome(&answer, place, rank, item.number);
                    outcomes.push((item, outcome));
                }
            }
        }
        outcomes
    }

    /// All items, in the order of their numbers.
    pub(super) fn into_items(self) -> Vec<Item> {
        let kept = self.logs.into_iter().flat_map(|log| log.items);
        let mut items: Vec<_> = self.plain.into_iter().chain(kept).collect();
        items.sort_unstable_by_key(|item| item.number);
        items
    }
}

impl Item {
    pub(super) fn new(number: u64, octets: Bytes, kind: Kind) -> Self {
        Self { number, octets, since: Instant::now(), was_sent: false, kind }
    }

    /// The topic of a message that is to be kept.
    fn history(&self) -> Option<(&Destination, HistoryPolicy)> {
        match &self.kind {
            Kind::Message(message) => Some((&message.publish.destination, message.policy?)),
            Kind::Control { .. } => None,
        }
    }
}

/// What the script's answer says of a message: the `rank`th of the log in that place.
fn outcome(answer: &Result<Value, RedisError>, place: usize, rank: u64, number: u64) -> Outcome {
    match answer {
        Ok(Value::Int(before)) if u64::try_from(*before).is_ok_and(|before| before < number) => {
            Outcome::Again
        }
        Ok(Value::Int(_)) => Outcome::Accepted(None),
        Ok(Value::Array(firsts)) => match firsts.get(place) {
            Some(Value::BulkString(first)) => match position(first) {
                Some(at) => {
                    Outcome::Accepted(Some(Position { offset: at.offset.saturating_add(rank), ..at }))
                }
                None => Outcome::Refused(String::from_utf8_lossy(first).into_owned()),
            },
            _ => Outcome::Refused("the script did not answer".to_owned()),
        },
        Ok(answer) => Outcome::Refused(format!("the script answered {answer:?}")),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Epoch;

    const POLICY: HistoryPolicy = HistoryPolicy { messages: 10, age: Duration::from_secs(60) };

    fn item(number: u64, topic: &str) -> Item {
        let publish = Publish::new(topic.try_into().unwrap(), "");
        let policy = topic.starts_with("/kept").then_some(POLICY);
        let kind = Kind::Message(Box::new(Outgoing { publish, policy, answer: oneshot::channel().0 }));
        Item::new(number, Bytes::new(), kind)
    }

    fn batch() -> Batch {
        let topics = ["/kept/a", "/plain", "/kept/b", "/kept/a"];
        Batch::new(Place::COMMON, (1..).zip(topics).map(|(number, topic)| item(number, topic)).collect())
    }

    /// The outcome of each item, by number.
    fn outcomes(of_script: Value) -> Vec<Outcome> {
        let answers = [Value::Int(0), Value::Int(1), Value::Int(1), of_script].map(Ok).into();
        let mut outcomes = batch().outcomes(&Keys::new("p:", false), answers);
        outcomes.sort_by_key(|(item, _)| item.number);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn accepted(epoch: u64, offset: u64) -> Outcome {
        Outcome::Accepted(Some(Position { epoch: Epoch(epoch), offset }))
    }

    #[test]
    fn messages_of_a_topic_have_positions_one_behind_the_other() {
        let firsts = [b"7-1", b"9-5"].map(|id| Value::BulkString(id.to_vec()));
        let plain = Outcome::Accepted(None);
        assert_eq!(
            outcomes(Value::Array(firsts.into())),
            [accepted(7, 1), plain, accepted(9, 5), accepted(7, 2)]
        );
    }

    #[test]
    fn a_refusal_is_of_one_topic() {
        let answers = [&b"7-1"[..], b"WRONGTYPE"].map(|answer| Value::BulkString(answer.to_vec()));
        let outcomes = outcomes(Value::Array(answers.into()));
        assert_eq!(outcomes[2], Outcome::Refused("WRONGTYPE".to_owned()));
        assert_eq!(outcomes[3], accepted(7, 2));
    }

    #[test]
    fn what_redis_had_before_is_not_sent_again() {
        let kept = [0, 2, 3].map(|place| outcomes(Value::Int(3)).swap_remove(place));
        assert_eq!(kept, [Outcome::Accepted(None), Outcome::Accepted(None), Outcome::Again]);
    }

    #[test]
    fn items_come_back_in_their_order() {
        let numbers: Vec<_> = batch().into_items().iter().map(|item| item.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
    }
}
