//! Queues: each message to one consumer, kept until that one has settled it.

use std::fmt;

use async_trait::async_trait;

use super::{BrokerError, Publish};
use crate::{Destination, Message};

/// The header that tells a dead letter's reader where the message was sent to.
pub(super) const DEAD_FROM: &str = "x-dead-letter-from";

/// A message that is out with a consumer.
#[derive(Debug, Clone)]
pub struct Leased {
    /// Names the lease within its queue.
    pub id: u64,
    /// The message.
    pub message: Message,
    /// How often it has been leased, this time included.
    pub deliveries: u32,
}

/// What became of a leased message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// It was consumed and is gone.
    Consumed,
    /// It was refused; another consumer may have it, until that has happened too often.
    Refused,
    /// It never reached the consumer; this delivery does not count.
    Undelivered,
}

/// What keeps the messages of queues.
#[async_trait]
pub trait QueueStore: fmt::Debug + Send + Sync + 'static {
    /// Appends messages to their queues: all of them or none.
    ///
    /// # Errors
    ///
    /// [`BrokerError::QueueFull`], or whatever kept it from storing them.
    async fn enqueue(&self, batch: Vec<Publish>) -> Result<(), BrokerError>;

    /// Takes out the oldest messages of a queue, `max` at most, for consumers that will settle each.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the queue cannot be read.
    async fn lease(&self, queue: &Destination, max: usize) -> Result<Vec<Leased>, BrokerError>;

    /// Ends leases of a queue. Returns the queues that have something to lease because of it: the same one, or
    /// one for messages that were refused too often.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when it could not be stored; the leases then stand.
    async fn settle(
        &self,
        queue: &Destination,
        leases: &[u64],
        settlement: Settlement,
    ) -> Result<Vec<Destination>, BrokerError>;
}
