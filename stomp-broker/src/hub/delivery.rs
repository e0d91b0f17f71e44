//! A message on its way to one subscription.

use std::sync::Arc;

use super::Subscription;
use crate::{Destination, Message};

/// A message for one subscription.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) message: Message,
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
    pub(crate) fn new(subscription: &Arc<Subscription>, message: Message) -> Self {
        Self { subscription: Arc::clone(subscription), message, lease: None }
    }

    /// A message of a queue.
    pub(crate) fn leased(subscription: &Arc<Subscription>, message: Message, lease: Lease) -> Self {
        Self { subscription: Arc::clone(subscription), message, lease: Some(lease) }
    }

    /// Whether the other is for the same subscription and has the same value of the header `key`.
    pub(crate) fn is_same(&self, other: &Self, key: &str) -> bool {
        Arc::ptr_eq(&self.subscription, &other.subscription)
            && self.message.header(key) == other.message.header(key)
    }
}
