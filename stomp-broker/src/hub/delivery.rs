//! A message on its way to one subscription.

use std::{sync::Arc, time::Instant};

use super::{Queued, Subscription};
use crate::{Destination, Overflow};

/// A message for one subscription.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) message: Queued,
    /// What is to be settled for a message of a queue.
    pub(crate) lease: Option<Lease>,
}

/// A message of a queue that is out with a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) queue: Destination,
    pub(crate) id: u64,
    /// How often the message has been out, this time included.
    pub(crate) deliveries: u32,
}

impl Delivery {
    /// A message of a topic.
    pub(crate) fn new(subscription: &Arc<Subscription>, message: &Queued) -> Self {
        Self { subscription: Arc::clone(subscription), message: message.clone(), lease: None }
    }

    /// A message of a queue.
    pub(crate) fn leased(subscription: &Arc<Subscription>, message: Queued, lease: Lease) -> Self {
        Self { subscription: Arc::clone(subscription), message, lease: Some(lease) }
    }

    /// What it occupies in an outbox, in octets.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.subscription.terms().prefix.len() + self.message.size()
    }

    /// What happens when there is no room for it. Messages of queues are never dropped: their consumers have room
    /// for them by prefetch.
    pub(crate) fn overflow(&self) -> &Overflow {
        match self.lease {
            Some(_) => &Overflow::Disconnect,
            None => &self.subscription.terms().overflow,
        }
    }

    /// When it is too old to be delivered. Messages of queues wait for as long as it takes.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.message.expires().filter(|_| self.lease.is_none())
    }
}
