//! From a destination to its subscribers.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Subscription;
use crate::Message;

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
    subscribers: Vec<Arc<Subscription>>,
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
                state.subscribers.push(subscription);
                return state.subscribers.len() == 1;
            }
        }
    }

    /// Ends and removes a subscriber; says whether it was the last one.
    pub(crate) fn remove(&self, key: &K, subscription: &Arc<Subscription>) -> bool {
        self.remove_where(key, |other| Arc::ptr_eq(other, subscription))
    }

    /// Ends and removes the subscribers that are `meant`; says whether none is left because of it.
    pub(crate) fn remove_where(&self, key: &K, meant: impl Fn(&Arc<Subscription>) -> bool) -> bool {
        let topics = self.topics.pin();
        let Some(topic) = topics.get(key) else {
            return false;
        };
        let mut state = topic.lock();
        state.subscribers.retain(|subscription| {
            let meant = meant(subscription);
            if meant {
                subscription.end();
            }
            !meant
        });
        if !state.subscribers.is_empty() || state.closed {
            return false;
        }
        state.closed = true;
        topics.remove(key);
        true
    }

    /// Queues the message for every subscriber.
    pub(crate) fn deliver(&self, key: &K, message: &Message) {
        self.deliver_where(key, message, |_| true);
    }

    /// Queues the message for the subscribers that are `meant`; says whether there is one.
    pub(crate) fn deliver_where(
        &self,
        key: &K,
        message: &Message,
        meant: impl Fn(&Arc<Subscription>) -> bool,
    ) -> bool {
        let topics = self.topics.pin();
        let Some(topic) = topics.get(key) else {
            return false;
        };
        let mut any = false;
        for subscription in topic.lock().subscribers.iter().filter(|subscription| meant(subscription)) {
            subscription.deliver(message);
            any = true;
        }
        any
    }
}

impl Topic {
    fn lock(&self) -> MutexGuard<'_, TopicState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
