//! Deliveries that wait for the client's ACK or NACK (STOMP 1.2, "ACK", "NACK", "SUBSCRIBE ack Header").

use std::collections::BTreeMap;

use stomp_proto::AckMode;

use super::Violation;
use crate::hub::Lease;

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

/// The unacknowledged deliveries of one session, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Unacknowledged {
    waiting: BTreeMap<Tag, Waiting>,
    next: Tag,
}

#[derive(Debug)]
struct Waiting {
    /// The subscription's serial number.
    subscription: u32,
    cumulative: bool,
    /// What is to be settled with the back-end: nothing for messages of topics.
    lease: Option<Lease>,
}

impl Unacknowledged {
    /// Notes a delivery and names it.
    pub(crate) fn add(&mut self, subscription: u32, mode: AckMode, lease: Option<Lease>) -> Tag {
        let tag = self.next;
        self.next += 1;
        self.waiting.insert(tag, Waiting { subscription, cumulative: mode == AckMode::Client, lease });
        tag
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
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
    pub(crate) fn settle(&mut self, tag: Tag) -> Result<Vec<Lease>, Violation> {
        let named = self.waiting.get(&tag).ok_or(Violation::UnknownMessage)?;
        let covered: Vec<Tag> = match named.cumulative {
            true => {
                let of_subscription = |waiting: &Waiting| waiting.subscription == named.subscription;
                self.waiting
                    .range(..=tag)
                    .filter(|(_, waiting)| of_subscription(waiting))
                    .map(|(tag, _)| *tag)
                    .collect()
            }
            false => vec![tag],
        };
        Ok(covered.iter().filter_map(|tag| self.waiting.remove(tag)?.lease).collect())
    }

    /// Forgets the deliveries of a subscription that has ended.
    pub(crate) fn forget(&mut self, subscription: u32) {
        self.waiting.retain(|_, waiting| waiting.subscription != subscription);
    }
}
