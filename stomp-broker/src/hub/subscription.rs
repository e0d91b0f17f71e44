//! One subscription, as the publishing side sees it.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use stomp_proto::{AckMode, Version};

use super::{Control, Delivery, Outbox, OutboxLimits, Queued};
use crate::{Overflow, Position};

/// Where the messages of one subscription go, and how they start on the wire.
#[derive(Debug)]
pub(crate) struct Subscription {
    user: Arc<str>,
    outbox: Arc<Outbox>,
    terms: Terms,
    /// Cleared when the subscription ends: what is still queued for it is then dropped.
    active: AtomicBool,
    /// Whether live messages are to wait in `held` until the history before them has been written.
    recovering: AtomicBool,
    held: Mutex<Option<Box<Held>>>,
    /// Where the history ended. A back-end may deliver messages that it has given out as history already.
    recovered_to: OnceLock<Position>,
}

/// Live messages that came while the history before them was written.
#[derive(Debug, Default)]
struct Held {
    messages: Vec<Arc<Queued>>,
    bytes: usize,
    /// Whether there were too many, and they were left to the history.
    has_dropped: bool,
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

    /// A subscription that lets live messages through only when it [goes live](Self::go_live).
    pub(crate) fn recovering(self) -> Self {
        Self { recovering: AtomicBool::new(true), held: Mutex::new(Some(Box::default())), ..self }
    }

    /// Forgets that live messages were dropped: what comes from now on is held, and the history is about to be read for
    /// what came before.
    pub(crate) fn hold_anew(&self) {
        if let Some(held) = &mut *self.held() {
            held.has_dropped = false;
        }
    }

    /// Queues the live messages that came behind the `last` one of the history, and lets all others through; says whether
    /// none was dropped since the history was read.
    pub(crate) fn go_live(self: &Arc<Self>, last: Option<Position>) -> bool {
        // Whoever publishes now either sees the lock and waits, or finds the subscription live.
        let mut held = self.held();
        if held.as_ref().is_some_and(|held| held.has_dropped) {
            return false;
        }
        if let Some(last) = last {
            // A subscription goes live once.
            let _ = self.recovered_to.set(last);
        }
        let live = held.take().map(|held| held.messages).unwrap_or_default();
        let new = live.iter().filter(|message| self.is_new(message));
        new.for_each(|message| self.push(Delivery::new(self, message)));
        self.recovering.store(false, Ordering::Release);
        true
    }

    /// Queues a message of a topic.
    pub(crate) fn deliver(self: &Arc<Self>, message: &Arc<Queued>) {
        if self.recovering.load(Ordering::Acquire)
            && let Some(held) = &mut *self.held()
        {
            // Without a place in a history it could not be read again.
            if held.push(message, self.outbox.limits()).is_err() {
                self.outbox.control(Control::SlowConsumer);
            }
            return;
        }
        if self.is_new(message) {
            self.push(Delivery::new(self, message));
        }
    }

    /// Whether a live message was no part of the history.
    fn is_new(&self, message: &Queued) -> bool {
        match (self.recovered_to.get(), message.position()) {
            (Some(last), Some(at)) => at.epoch != last.epoch || at.offset > last.offset,
            _ => true,
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Box<Held>>> {
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

impl Held {
    /// Holds a message. If the outbox could not take in all of them at once they are dropped; fails if one of those is in
    /// no history.
    fn push(&mut self, message: &Arc<Queued>, limits: OutboxLimits) -> Result<(), ()> {
        self.messages.push(Arc::clone(message));
        self.bytes += message.size();
        if self.messages.len() <= limits.frames / 2 && self.bytes <= limits.bytes / 2 {
            return Ok(());
        }
        let dropped = mem::take(self);
        self.has_dropped = true;
        if dropped.messages.iter().all(|message| message.position().is_some()) { Ok(()) } else { Err(()) }
    }
}

impl Terms {
    /// Whether the client acknowledges messages.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.mode != AckMode::Auto
    }
}
