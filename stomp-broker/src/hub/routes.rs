//! From a destination to its subscribers.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indexmap::IndexMap;

use super::{Queued, Subscription};

/// A map that publishers read without waiting for each other, and that forgets destinations nobody listens to.
#[derive(Debug)]
pub(crate) struct Routes<K: Hash + Eq> {
    topics: papaya::HashMap<K, Arc<Topic>>,
}

#[derive(Debug, Default)]
struct Topic {
    state: Mutex<TopicState>,
}

#[derive(Debug, Default)]
struct TopicState {
    /// By their addresses: one of very many leaves as fast as one of few.
    subscribers: IndexMap<usize, Arc<Subscription>>,
    /// The topic has left the map: whoever still holds it must look again.
    closed: bool,
}

impl<K: Hash + Eq> Default for Routes<K> {
    fn default() -> Self {
        Self { topics: papaya::HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Routes<K> {
    /// Adds a subscriber; says whether it is the first one.
    pub(crate) fn add(&self, key: &K, subscription: Arc<Subscription>) -> bool {
        loop {
            let topics = self.topics.pin();
            let topic = topics.get_or_insert_with(key.clone(), Arc::default);
            let mut state = topic.lock();
            if !state.closed {
                state.subscribers.insert(address(&subscription), subscription);
                return state.subscribers.len() == 1;
            }
        }
    }

    /// Ends and removes a subscriber; says whether it was the last one.
    pub(crate) fn remove(&self, key: &K, subscription: &Arc<Subscription>) -> bool {
        self.remove_from(key, |subscribers| {
            if let Some(subscription) = subscribers.swap_remove(&address(subscription)) {
                subscription.end();
            }
        })
    }

    /// Ends and removes the subscribers that are `meant`; says whether none is left because of it.
    pub(crate) fn remove_where(&self, key: &K, meant: impl Fn(&Arc<Subscription>) -> bool) -> bool {
        self.remove_from(key, |subscribers| {
            for subscription in subscribers.extract_if(.., |_, subscription| meant(subscription)) {
                subscription.1.end();
            }
        })
    }

    fn remove_from(&self, key: &K, remove: impl FnOnce(&mut IndexMap<usize, Arc<Subscription>>)) -> bool {
        let topics = self.topics.pin();
        let Some(topic) = topics.get(key) else {
            return false;
        };
        let mut state = topic.lock();
        remove(&mut state.subscribers);
        if !state.subscribers.is_empty() || state.closed {
            return false;
        }
        state.closed = true;
        topics.remove(key);
        true
    }

    /// Visits every subscriber of every destination.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&K, &Arc<Subscription>)) {
        for (key, topic) in &self.topics.pin() {
            topic.lock().subscribers.values().for_each(|subscription| visit(key, subscription));
        }
    }

    /// Queues the message for every subscriber.
    pub(crate) fn deliver(&self, key: &K, message: &Queued) {
        self.deliver_where(key, message, |_| true);
    }

    /// Queues the message for the subscribers that are `meant`; says whether there is one.
    pub(crate) fn deliver_where(
        &self,
        key: &K,
        message: &Queued,
        meant: impl Fn(&Arc<Subscription>) -> bool,
    ) -> bool {
        let topics = self.topics.pin();
        let Some(topic) = topics.get(key) else {
            return false;
        };
        let mut any = false;
        for subscription in topic.lock().subscribers.values().filter(|subscription| meant(subscription)) {
            subscription.deliver(message);
            any = true;
        }
        any
    }
}

/// Which subscription it is, for as long as there is an [`Arc`] of it.
fn address(subscription: &Arc<Subscription>) -> usize {
    Arc::as_ptr(subscription).addr()
}

impl Topic {
    fn lock(&self) -> MutexGuard<'_, TopicState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;
    use crate::{
        Destination,
        hub::patterns::tests::{message_to, subscription},
    };

    fn topic(name: usize) -> Destination {
        Destination::new(format!("/topic/{name}")).unwrap()
    }

    #[test]
    fn the_first_and_the_last_subscriber_are_told_apart() {
        let routes = Routes::default();
        let [(first, _), (second, outbox)] = [subscription(), subscription()];
        assert!(routes.add(&topic(1), Arc::clone(&first)));
        assert!(!routes.add(&topic(1), Arc::clone(&second)));
        assert!(!routes.remove(&topic(1), &first));
        assert!(!routes.remove(&topic(1), &first), "it is gone already");
        routes.deliver(&topic(1), &message_to(&topic(1)));
        assert_eq!(outbox.len(), 1);
        assert!(routes.remove(&topic(1), &second));
        assert!(!first.is_active() && !second.is_active());
        assert_eq!(routes.topics.len(), 0);
    }

    #[test]
    fn subscribers_that_come_and_go_at_once_are_reached_and_forgotten() {
        let routes = Routes::default();
        let (firsts, lasts) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let come_and_go = |turn: usize| {
            let (to, (subscription, outbox)) = (topic(turn % 3), subscription());
            firsts.fetch_add(usize::from(routes.add(&to, Arc::clone(&subscription))), Ordering::Relaxed);
            routes.deliver(&to, &message_to(&to));
            assert!(outbox.len() > 0);
            lasts.fetch_add(usize::from(routes.remove(&to, &subscription)), Ordering::Relaxed);
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..2000).for_each(come_and_go));
            }
        });
        assert_eq!(routes.topics.len(), 0);
        assert_eq!(firsts.into_inner(), lasts.into_inner(), "interest that begins also ends");
    }
}
