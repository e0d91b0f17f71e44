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
    live: HashMap<SubscriptionName, Live<H>>,
    limit: usize,
    next_serial: u32,
}

#[derive(Debug)]
struct Live<H> {
    serial: u32,
    /// By which a 1.0 client may end it, whatever it is named.
    destination: Option<String>,
    /// `None` when the server has ended the subscription, and the client may not know yet.
    handle: Option<H>,
}

impl<H> Subscriptions<H> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { live: HashMap::new(), limit, next_serial: 0 }
    }

    /// Checks that another subscription of that name may start.
    pub(crate) fn check(&mut self, name: &SubscriptionName) -> Result<(), Violation> {
        if self.live.get(name).is_some_and(|live| live.handle.is_some()) {
            return Err(Violation::DuplicateSubscription);
        }
        if self.live.len() >= self.limit {
            self.live.retain(|_, live| live.handle.is_some());
        }
        if self.live.len() >= self.limit {
            return Err(Violation::TooManySubscriptions { limit: self.limit });
        }
        Ok(())
    }

    /// A number that no other subscription of the session has had.
    pub(crate) fn next_serial(&mut self) -> u32 {
        self.next_serial = self.next_serial.wrapping_add(1);
        self.next_serial
    }

    pub(crate) fn insert(
        &mut self,
        name: SubscriptionName,
        serial: u32,
        destination: Option<String>,
        handle: H,
    ) {
        self.live.insert(name, Live { serial, destination, handle: Some(handle) });
    }

    /// The subscription to that destination (STOMP 1.0, "UNSUBSCRIBE").
    pub(crate) fn to(&self, destination: &str) -> Result<SubscriptionName, Violation> {
        let found = self.live.iter().find(|(_, live)| live.destination.as_deref() == Some(destination));
        found.map(|(name, _)| name.clone()).ok_or(Violation::UnknownSubscription)
    }

    pub(crate) fn serial(&self, name: &SubscriptionName) -> Option<u32> {
        self.live.get(name).map(|live| live.serial)
    }

    /// Notes that the server ends the subscription of that number, if it is the one that is meant.
    pub(crate) fn end(
        &mut self,
        serial: u32,
        is_meant: impl Fn(&H) -> bool,
    ) -> Option<(&SubscriptionName, H)> {
        let (name, live) = self.live.iter_mut().find(|(_, live)| live.serial == serial)?;
        live.handle.take_if(|handle| is_meant(handle)).map(|handle| (name, handle))
    }

    /// Takes out a subscription; the handle is missing if the server has ended it.
    pub(crate) fn remove(&mut self, name: &SubscriptionName) -> Result<(u32, Option<H>), Violation> {
        let live = self.live.remove(name).ok_or(Violation::UnknownSubscription)?;
        Ok((live.serial, live.handle))
    }

    /// The handle of each live one.
    pub(crate) fn handles(&self) -> impl Iterator<Item = &H> {
        self.live.values().filter_map(|live| live.handle.as_ref())
    }

    /// Takes every handle out, at the end of the session.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = H> {
        self.live.drain().filter_map(|(_, live)| live.handle)
    }
}
