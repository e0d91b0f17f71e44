//! What all outboxes together may hold.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Config, Message, connection::now};

/// Counts the octets of messages that wait in outboxes, each message once, however many outboxes it is in.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
    age: Option<Duration>,
}

/// A message in outboxes: on the budget until the last of them has let go of it.
#[derive(Debug)]
pub(crate) struct Queued {
    message: Message,
    expires: Option<Instant>,
    budget: Arc<Budget>,
}

impl Budget {
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        let (limit, age) = (config.outbox_memory, config.outbox_age);
        Arc::new(Self { limit, age, used: AtomicUsize::new(0) })
    }

    /// Takes a message on, which may wait from now until it is too old.
    pub(crate) fn charge(self: &Arc<Self>, message: Message) -> Arc<Queued> {
        self.used.fetch_add(message.size(), Ordering::Relaxed);
        // The clock is read once for each message, and not at all where nothing grows too old.
        let expires = self.age.and_then(|age| now().checked_add(age));
        Arc::new(Queued { message, expires, budget: Arc::clone(self) })
    }

    /// Whether more waits than may: the largest outboxes are to go.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit
    }
}

impl Queued {
    /// When the message is too old to be delivered.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.expires
    }

    pub(crate) fn is_over_budget(&self) -> bool {
        self.budget.is_exceeded()
    }
}

impl Deref for Queued {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.message.size(), Ordering::Relaxed);
    }
}
