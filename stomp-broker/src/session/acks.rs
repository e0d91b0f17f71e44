//! Deliveries that wait for the client's ACK or NACK (STOMP 1.2, "ACK", "NACK", "SUBSCRIBE ack Header").

use std::{collections::BTreeMap, time::Instant};

use stomp_proto::AckMode;

use super::Violation;
use crate::{
    Config,
    hub::{Credit, Lease},
};

/// Names a delivery within its session; later ones are larger. Stands in `ack` and at the end of `message-id`.
pub(crate) type Tag = u64;

/// What the client said of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// ACK.
    Consumed,
    /// NACK.
    Refused,
}

/// The unacknowledged deliveries of one session, oldest first, and how many there may be.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    limit: Credit,
    /// Whether the client has ever asked for messages that it acknowledges.
    in_use: bool,
    waiting: BTreeMap<Tag, Unsettled>,
    bytes: usize,
    next: Tag,
    /// Since when there are too many, and none has been acknowledged.
    full_since: Option<Instant>,
}

/// A delivery that the client is to acknowledge.
#[derive(Debug)]
pub(crate) struct Unsettled {
    /// The subscription's serial number.
    pub(crate) subscription: u32,
    pub(crate) mode: AckMode,
    /// The size of the message, in octets.
    pub(crate) bytes: usize,
    /// What is to be settled with the back-end: nothing for messages of topics.
    pub(crate) lease: Option<Lease>,
}

impl Unacknowledged {
    pub(crate) fn new(config: &Config) -> Self {
        let limit = Credit { messages: config.unacknowledged, bytes: config.unacknowledged_bytes };
        Self { limit, in_use: false, waiting: BTreeMap::new(), bytes: 0, next: 0, full_since: None }
    }

    /// The client subscribes in this mode.
    pub(crate) fn expect(&mut self, mode: AckMode) {
        self.in_use |= mode != AckMode::Auto;
    }

    /// What may be delivered before the client has to acknowledge something.
    pub(crate) fn credit(&self) -> Credit {
        if !self.in_use {
            return Credit::UNLIMITED;
        }
        Credit {
            messages: self.limit.messages.saturating_sub(self.waiting.len()),
            bytes: self.limit.bytes.saturating_sub(self.bytes),
        }
    }

    /// Since when the credit has been used up and nothing acknowledged.
    pub(crate) fn full_since(&self) -> Option<Instant> {
        self.full_since
    }

    /// Notes a delivery and names it.
    pub(crate) fn add(&mut self, now: Instant, delivery: Unsettled) -> Tag {
        let tag = self.next;
        self.next += 1;
        self.bytes += delivery.bytes;
        self.waiting.insert(tag, delivery);
        if self.full_since.is_none() {
            self.full_since = self.is_full().then_some(now);
        }
        tag
    }

    /// Whether a delivery of that name waits, by that subscription if one is given.
    pub(crate) fn check(&self, tag: Tag, subscription: Option<u32>) -> Result<(), Violation> {
        let waiting = self.waiting.get(&tag).ok_or(Violation::UnknownMessage)?;
        match subscription {
            Some(serial) if serial != waiting.subscription => Err(Violation::UnknownMessage),
            _ => Ok(()),
        }
    }

    /// Takes out what an ACK or NACK of `tag` covers: in client mode the earlier deliveries of the subscription too.
    pub(crate) fn settle(&mut self, now: Instant, tag: Tag) -> Result<Vec<Lease>, Violation> {
        let named = self.waiting.get(&tag).ok_or(Violation::UnknownMessage)?;
        let (mode, subscription) = (named.mode, named.subscription);
        let covered = match mode {
            AckMode::Client => self.tags_of(subscription, tag),
            _ => vec![tag],
        };
        Ok(self.release(now, &covered))
    }

    /// Forgets the deliveries of a subscription that has ended.
    pub(crate) fn forget(&mut self, now: Instant, subscription: u32) {
        let tags = self.tags_of(subscription, Tag::MAX);
        self.release(now, &tags);
    }

    /// The deliveries of a subscription up to `last`.
    fn tags_of(&self, subscription: u32, last: Tag) -> Vec<Tag> {
        let waiting = self.waiting.range(..=last);
        waiting.filter(|(_, waiting)| waiting.subscription == subscription).map(|(tag, _)| *tag).collect()
    }

    fn release(&mut self, now: Instant, tags: &[Tag]) -> Vec<Lease> {
        let released: Vec<_> = tags.iter().filter_map(|tag| self.waiting.remove(tag)).collect();
        self.bytes -= released.iter().map(|delivery| delivery.bytes).sum::<usize>();
        self.full_since = self.is_full().then_some(now);
        released.into_iter().filter_map(|delivery| delivery.lease).collect()
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= self.limit.messages || self.bytes >= self.limit.bytes
    }
}
