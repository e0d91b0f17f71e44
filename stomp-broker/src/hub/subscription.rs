//! One subscription, as the publishing side sees it.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use stomp_proto::{AckMode, Version};

use super::{Backlog, Control, Delivery, Outbox, Queued};
use crate::{Overflow, Position};

/// Where the messages of one subscription go, and how they start on the wire.
#[derive(Debug)]
pub(crate) struct Subscription {
    user: Arc<str>,
    outbox: Arc<Outbox>,
    terms: Terms,
    /// Cleared when the subscription ends: what is still queued for it is then dropped.
    active: AtomicBool,
    /// Whether live messages are to wait in `held` until the history before them has been queued.
    recovering: AtomicBool,
    held: Mutex<Option<Box<Backlog>>>,
    /// Where the history ended. A back-end may deliver messages that it has given out as history already.
    recovered_to: OnceLock<Position>,
}

/// What distinguishes a subscription from others of its session.
#[derive(Debug)]
pub(crate) struct Terms {
    /// How its MESSAGE frames start.
    pub(crate) prefix: Bytes,
    pub(crate) version: Version,
    /// The session's number for it.
    pub(crate) serial: u32,
    /// Whether the client acknowledges messages, and how.
    pub(crate) mode: AckMode,
    /// What happens to messages that the client does not take in time.
    pub(crate) overflow: Overflow,
}

impl Subscription {
    pub(crate) fn new(user: Arc<str>, outbox: Arc<Outbox>, terms: Terms) -> Self {
        Self {
            user,
            outbox,
            terms,
            active: AtomicBool::new(true),
            recovering: AtomicBool::new(false),
            held: Mutex::default(),
            recovered_to: OnceLock::new(),
        }
    }

    /// A subscription that takes live messages in only when [`recover`](Self::recover) has been called.
    pub(crate) fn recovering(self) -> Self {
        let held = Box::new(Backlog::new(self.outbox.limits()));
        Self { recovering: AtomicBool::new(true), held: Mutex::new(Some(held)), ..self }
    }

    /// Queues the history, then the live messages that came meanwhile and are not part of it.
    pub(crate) fn recover(self: &Arc<Self>, history: &[Arc<Queued>]) {
        // Whoever publishes now either sees the lock and waits, or finds the subscription live.
        let mut held = self.held();
        for message in history {
            self.push(Delivery::new(self, message));
        }
        if let Some(last) = history.last().and_then(|message| message.position()) {
            // A subscription recovers once.
            let _ = self.recovered_to.set(last);
        }
        let live = held.take().map(|mut held| held.take_all()).unwrap_or_default();
        let new = live.into_iter().flatten().filter(|delivery| self.is_new(&delivery.message));
        new.for_each(|delivery| self.push(delivery));
        self.recovering.store(false, Ordering::Release);
    }

    /// Queues a message of a topic.
    pub(crate) fn deliver(self: &Arc<Self>, message: &Arc<Queued>) {
        let delivery = Delivery::new(self, message);
        if self.recovering.load(Ordering::Acquire)
            && let Some(held) = &mut *self.held()
        {
            // Reading the history takes too long for what the client may have waiting.
            if held.push(delivery).is_err() {
                self.outbox.control(Control::SlowConsumer);
            }
            return;
        }
        if self.is_new(message) {
            self.push(delivery);
        }
    }

    /// Whether a live message was no part of the history.
    fn is_new(&self, message: &Queued) -> bool {
        match (self.recovered_to.get(), message.position()) {
            (Some(last), Some(at)) => at.epoch != last.epoch || at.offset > last.offset,
            _ => true,
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Box<Backlog>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn is_of(&self, session: &Arc<Outbox>) -> bool {
        Arc::ptr_eq(&self.outbox, session)
    }

    /// The same for all subscriptions of a session, and for no other's.
    pub(crate) fn outbox_address(&self) -> usize {
        Arc::as_ptr(&self.outbox).addr()
    }

    pub(crate) fn push(&self, delivery: Delivery) {
        self.outbox.push(delivery);
    }

    pub(crate) fn end(&self) {
        self.active.store(false, Ordering::Release);
        // What is held refers to the subscription.
        *self.held() = None;
    }

    /// Ends the subscription on the server's own account; the session will hear of it.
    pub(crate) fn revoke(self: &Arc<Self>) {
        self.end();
        self.outbox.end(self);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }
}

impl Terms {
    /// Whether the client acknowledges messages.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.mode != AckMode::Auto
    }
}
