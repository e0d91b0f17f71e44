//! One subscription, as the publishing side sees it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use stomp_proto::{AckMode, Version};

use super::{Delivery, Outbox};

/// Where the messages of one subscription go, and how they start on the wire.
#[derive(Debug)]
pub(crate) struct Subscription {
    user: Arc<str>,
    outbox: Arc<Outbox>,
    terms: Terms,
    /// Cleared when the subscription ends: what is still queued for it is then dropped.
    active: AtomicBool,
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
}

impl Subscription {
    pub(crate) fn new(user: Arc<str>, outbox: Arc<Outbox>, terms: Terms) -> Self {
        Self { user, outbox, terms, active: AtomicBool::new(true) }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn is_of(&self, session: &Arc<Outbox>) -> bool {
        Arc::ptr_eq(&self.outbox, session)
    }

    pub(crate) fn push(&self, delivery: Delivery) {
        self.outbox.push(delivery);
    }

    pub(crate) fn end(&self) {
        self.active.store(false, Ordering::Release);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }
}
