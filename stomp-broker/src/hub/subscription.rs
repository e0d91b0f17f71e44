//! One subscription, as the publishing side sees it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use stomp_proto::Version;

use super::{Delivery, Outbox};
use crate::Message;

/// Where the messages of one subscription go, and how they start on the wire.
#[derive(Debug)]
pub(crate) struct Subscription {
    user: Arc<str>,
    outbox: Arc<Outbox>,
    prefix: Bytes,
    version: Version,
    /// Cleared when the subscription ends: what is still queued for it is then dropped.
    active: AtomicBool,
}

impl Subscription {
    pub(crate) fn new(user: Arc<str>, outbox: Arc<Outbox>, prefix: Bytes, version: Version) -> Self {
        Self { user, outbox, prefix, version, active: AtomicBool::new(true) }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn is_of(&self, session: &Arc<Outbox>) -> bool {
        Arc::ptr_eq(&self.outbox, session)
    }

    pub(crate) fn push(self: &Arc<Self>, message: &Message) {
        self.outbox.push(Delivery { subscription: Arc::clone(self), message: message.clone() });
    }

    pub(crate) fn end(&self) {
        self.active.store(false, Ordering::Release);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    pub(crate) fn prefix(&self) -> &Bytes {
        &self.prefix
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }
}
