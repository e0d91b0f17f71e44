//! The subscriptions of one session by their names.

use std::collections::HashMap;

use super::Violation;

/// How a client names a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SubscriptionName {
    /// By its `id` header.
    Id(String),
    /// By destination: 1.0 clients that gave no id.
    Destination(String),
}

/// A table of live subscriptions with a handle `H` of the driver's for each.
#[derive(Debug)]
pub(crate) struct Subscriptions<H> {
    live: HashMap<SubscriptionName, H>,
    limit: usize,
}

impl<H> Subscriptions<H> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { live: HashMap::new(), limit }
    }

    /// Checks that another subscription of that name may start.
    pub(crate) fn check(&self, name: &SubscriptionName) -> Result<(), Violation> {
        if self.live.contains_key(name) {
            return Err(Violation::DuplicateSubscription);
        }
        if self.live.len() >= self.limit {
            return Err(Violation::TooManySubscriptions { limit: self.limit });
        }
        Ok(())
    }

    pub(crate) fn insert(&mut self, name: SubscriptionName, handle: H) {
        self.live.insert(name, handle);
    }

    pub(crate) fn remove(&mut self, name: &SubscriptionName) -> Result<H, Violation> {
        self.live.remove(name).ok_or(Violation::UnknownSubscription)
    }

    /// Takes every handle out, at the end of the session.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = H> {
        self.live.drain().map(|(_, handle)| handle)
    }
}
