//! Who listens to what, for operators to look at: nothing on the way of a message comes here.

use std::{collections::HashMap, sync::Arc};

use super::{Client, Hub, Subscription};
use crate::{DestinationKind, SessionId, server::REPLY_ROOT};

/// A live subscription, and what it is to.
#[derive(Debug)]
pub(crate) struct Listener {
    /// As the client gave it: a name, or a pattern of topics.
    pub(crate) destination: String,
    pub(crate) kind: DestinationKind,
    pub(crate) subscription: Arc<Subscription>,
}

impl Hub {
    /// Every live subscription that clients asked for.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        let mut all = Vec::new();
        let mut add = |kind, destination: &str, subscription: &Arc<Subscription>| {
            let (destination, subscription) = (destination.to_owned(), Arc::clone(subscription));
            all.push(Listener { destination, kind, subscription });
        };
        self.topics.for_each(|name, subscription| {
            // Who knows the address of a temporary destination may send to it.
            if !name.is_under(REPLY_ROOT) {
                add(DestinationKind::Topic, name, subscription);
            }
        });
        self.patterns.for_each(|pattern, subscription| add(DestinationKind::Topic, pattern, subscription));
        self.queues.for_each(|name, subscription| add(DestinationKind::Queue, name, subscription));
        self.users.for_each(|to, subscription| add(DestinationKind::User, &to.name, subscription));
        all
    }

    /// The same with the session of each.
    pub(crate) fn listeners_with_clients(&self) -> Vec<(Listener, Arc<Client>)> {
        let outbox = |client: &Arc<Client>| Arc::as_ptr(&client.outbox).addr();
        let clients: HashMap<_, _> =
            self.clients().into_iter().map(|client| (outbox(&client), client)).collect();
        let client = |listener: &Listener| clients.get(&listener.subscription.outbox_address()).cloned();
        let listeners = self.listeners().into_iter();
        listeners.filter_map(|listener| client(&listener).map(|client| (listener, client))).collect()
    }

    /// How many live subscriptions each session has.
    pub(crate) fn subscription_counts(&self) -> HashMap<SessionId, usize> {
        self.listeners_with_clients().into_iter().fold(HashMap::new(), |mut counts, (_, client)| {
            *counts.entry(client.id).or_default() += 1;
            counts
        })
    }
}
