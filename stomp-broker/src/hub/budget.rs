//! What all outboxes together may hold.

use std::{
    ops::Deref,
    sync::{
        Arc, OnceLock,
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

/// One hold on a message that waits in outboxes: on the budget until the last of them is dropped.
#[derive(Debug)]
pub(crate) struct Queued {
    message: Message,
}

/// The part of a message that says who holds it. It lies in the message, so that to queue one allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    count: AtomicUsize,
    /// Set when it is queued first.
    terms: OnceLock<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    budget: Arc<Budget>,
    expires: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        let (limit, age) = (config.outbox_memory, config.outbox_age);
        Arc::new(Self { limit, age, used: AtomicUsize::new(0) })
    }

    /// Takes a message on, which may wait from when it was first queued until it is too old.
    pub(crate) fn charge(self: &Arc<Self>, message: Message) -> Queued {
        // The clock is read once for each message, and not at all where nothing grows too old.
        message.holds().terms.get_or_init(|| Waiting {
            budget: Arc::clone(self),
            expires: self.age.and_then(|age| now().checked_add(age)),
        });
        Queued::hold(message)
    }

    /// Whether more waits than may: the largest outboxes are to go.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit
    }
}

impl Queued {
    fn hold(message: Message) -> Self {
        let queued = Self { message };
        if queued.holds().count.fetch_add(1, Ordering::Relaxed) == 0
            && let Some(Waiting { budget, .. }) = queued.waiting()
        {
            budget.used.fetch_add(queued.size(), Ordering::Relaxed);
        }
        queued
    }

    fn waiting(&self) -> Option<&Waiting> {
        self.holds().terms.get()
    }

    /// When the message is too old to be delivered.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.waiting()?.expires
    }

    pub(crate) fn is_over_budget(&self) -> bool {
        self.waiting().is_some_and(|waiting| waiting.budget.is_exceeded())
    }
}

impl Clone for Queued {
    fn clone(&self) -> Self {
        Self::hold(self.message.clone())
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
        if self.holds().count.fetch_sub(1, Ordering::Relaxed) == 1
            && let Some(Waiting { budget, .. }) = self.waiting()
        {
            budget.used.fetch_sub(self.size(), Ordering::Relaxed);
        }
    }
}
