//! Subscriptions to patterns, found by the segments of a destination.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Queued, Subscription};
use crate::Pattern;

/// A trie of patterns. Publishers pay for it only while somebody listens to a pattern.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    root: RwLock<Node>,
    count: AtomicUsize,
}

/// What the segments so far lead to.
#[derive(Debug, Default)]
struct Node {
    literal: HashMap<String, Self>,
    /// Behind `*`.
    any: Option<Box<Self>>,
    /// Patterns that end here.
    here: Vec<Arc<Subscription>>,
    /// Patterns that go on with `**`.
    below: Vec<Arc<Subscription>>,
}

impl Patterns {
    pub(crate) fn add(&self, pattern: &Pattern, subscription: Arc<Subscription>) {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        let mut node = &mut *root;
        for segment in pattern.segments() {
            node = match segment {
                "**" => {
                    node.below.push(subscription);
                    self.count.fetch_add(1, Ordering::Release);
                    return;
                }
                "*" => node.any.get_or_insert_default(),
                literal => node.literal.entry(literal.to_owned()).or_default(),
            };
        }
        node.here.push(subscription);
        self.count.fetch_add(1, Ordering::Release);
    }

    /// Ends and removes a subscription.
    pub(crate) fn remove(&self, pattern: &Pattern, subscription: &Arc<Subscription>) {
        subscription.end();
        let segments: Vec<_> = pattern.segments().collect();
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        let removed = root.remove(&segments, |other| Arc::ptr_eq(other, subscription));
        self.count.fetch_sub(removed, Ordering::Release);
    }

    /// Ends the user's subscriptions to patterns that match the destination.
    pub(crate) fn revoke(&self, user: &str, destination: &str) {
        let segments: Vec<_> = destination.split('/').collect();
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        let removed = root.revoke(&segments, user);
        self.count.fetch_sub(removed, Ordering::Release);
    }

    /// Visits every subscription with its pattern.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&str, &Arc<Subscription>)) {
        let root = self.root.read().unwrap_or_else(PoisonError::into_inner);
        root.for_each(&mut Vec::new(), &mut visit);
    }

    /// Queues the message for every subscription whose pattern matches.
    pub(crate) fn deliver(&self, message: &Queued) {
        if self.count.load(Ordering::Acquire) > 0 {
            let segments: Vec<_> = message.destination().split('/').collect();
            self.root.read().unwrap_or_else(PoisonError::into_inner).deliver(&segments, message);
        }
    }
}

impl Node {
    fn deliver(&self, segments: &[&str], message: &Queued) {
        let Some((segment, rest)) = segments.split_first() else {
            self.here.iter().for_each(|subscription| subscription.deliver(message));
            return;
        };
        self.below.iter().for_each(|subscription| subscription.deliver(message));
        if let Some(node) = &self.any {
            node.deliver(rest, message);
        }
        if let Some(node) = self.literal.get(*segment) {
            node.deliver(rest, message);
        }
    }

    fn for_each<'a>(&'a self, path: &mut Vec<&'a str>, visit: &mut impl FnMut(&str, &Arc<Subscription>)) {
        let here = path.join("/");
        self.here.iter().for_each(|subscription| visit(&here, subscription));
        self.below.iter().for_each(|subscription| visit(&format!("{here}/**"), subscription));
        let literal = self.literal.iter().map(|(segment, node)| (segment.as_str(), node));
        for (segment, node) in literal.chain(self.any.as_deref().map(|node| ("*", node))) {
            path.push(segment);
            node.for_each(path, visit);
            path.pop();
        }
    }

    /// Removes the subscriptions that are `meant`, and nodes that lead nowhere any more; returns how many.
    fn remove(&mut self, segments: &[&str], meant: impl Fn(&Arc<Subscription>) -> bool) -> usize {
        let Some((segment, rest)) = segments.split_first() else {
            return self.here.extract_if(.., |subscription| meant(subscription)).count();
        };
        match *segment {
            "**" => self.below.extract_if(.., |subscription| meant(subscription)).count(),
            "*" => {
                let Some(node) = &mut self.any else { return 0 };
                let removed = node.remove(rest, meant);
                self.any.take_if(|node| node.is_empty());
                removed
            }
            literal => {
                let Some(node) = self.literal.get_mut(literal) else { return 0 };
                let removed = node.remove(rest, meant);
                if node.is_empty() {
                    self.literal.remove(literal);
                }
                removed
            }
        }
    }

    /// Ends and removes the user's subscriptions that a message for `segments` would reach; returns how many.
    fn revoke(&mut self, segments: &[&str], user: &str) -> usize {
        let Some((segment, rest)) = segments.split_first() else { return end_of(&mut self.here, user) };
        let mut removed = end_of(&mut self.below, user);
        if let Some(node) = &mut self.any {
            removed += node.revoke(rest, user);
            self.any.take_if(|node| node.is_empty());
        }
        if let Some(node) = self.literal.get_mut(*segment) {
            removed += node.revoke(rest, user);
            if node.is_empty() {
                self.literal.remove(*segment);
            }
        }
        removed
    }

    fn is_empty(&self) -> bool {
        self.literal.is_empty() && self.any.is_none() && self.here.is_empty() && self.below.is_empty()
    }
}

/// Ends and removes the user's subscriptions; returns how many.
fn end_of(subscriptions: &mut Vec<Arc<Subscription>>, user: &str) -> usize {
    let ended = subscriptions.extract_if(.., |subscription| subscription.user() == user);
    ended.map(|subscription| subscription.revoke()).count()
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use stomp_proto::{AckMode, Version};

    use super::*;
    use crate::{
        Config, Destination, Message, MessageIds, Overflow, Publish,
        hub::{Budget, Outbox, OutboxLimits, Terms},
    };

    pub(in crate::hub) fn subscription() -> (Arc<Subscription>, Arc<Outbox>) {
        let outbox = Arc::new(Outbox::new(OutboxLimits::from(&Config::default())));
        let terms = Terms {
            prefix: Bytes::new(),
            version: Version::V1_2,
            serial: 0,
            mode: AckMode::Auto,
            overflow: Overflow::Disconnect,
        };
        (Arc::new(Subscription::new("user".into(), Arc::clone(&outbox), terms)), outbox)
    }

    pub(in crate::hub) fn message_to(destination: &Destination) -> Queued {
        let publish = Publish::new(destination.clone(), "body");
        Budget::new(&Config::default()).charge(Message::new(MessageIds::new().next(), publish))
    }

    /// How many messages each pattern gets of one to `destination`.
    fn deliveries(patterns: &[&str], destination: &str) -> Vec<usize> {
        let trie = Patterns::default();
        let outboxes: Vec<_> = patterns
            .iter()
            .map(|pattern| {
                let (subscription, outbox) = subscription();
                trie.add(&pattern.parse().unwrap(), subscription);
                outbox
            })
            .collect();
        trie.deliver(&message_to(&Destination::new(destination).unwrap()));
        outboxes.iter().map(|outbox| outbox.len()).collect()
    }

    #[test]
    fn every_matching_pattern_gets_the_message_once() {
        let patterns =
            ["/topic/a", "/topic/*", "/topic/**", "/topic/*/b", "/topic/a/b", "/topic/a/**", "/topic/b"];
        assert_eq!(deliveries(&patterns, "/topic/a"), [1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(deliveries(&patterns, "/topic/a/b"), [0, 0, 1, 1, 1, 1, 0]);
        assert_eq!(deliveries(&patterns, "/topic"), [0; 7]);
    }

    #[test]
    fn the_trie_agrees_with_the_pattern() {
        let patterns = ["/t/*", "/t/**", "/t/*/c", "/t/a/*", "/t/*/*", "/t/a/**", "/t/a/b/c"];
        for destination in ["/t", "/t/a", "/t/b", "/t/a/b", "/t/a/c", "/t/a/b/c", "/u/a"] {
            let matches =
                patterns.map(|pattern| usize::from(pattern.parse::<Pattern>().unwrap().matches(destination)));
            assert_eq!(deliveries(&patterns, destination), matches, "{destination}");
        }
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let trie = Patterns::default();
        for pattern in ["/topic/*/b", "/topic/**", "/topic/a"] {
            let pattern = pattern.parse().unwrap();
            let (subscription, _) = subscription();
            trie.add(&pattern, Arc::clone(&subscription));
            trie.remove(&pattern, &subscription);
            assert!(!subscription.is_active());
        }
        assert!(trie.root.read().unwrap().is_empty());
        assert_eq!(trie.count.load(Ordering::Acquire), 0);
    }

    #[test]
    fn revoking_ends_only_what_would_get_the_message() {
        let trie = Patterns::default();
        let [wide, exact, other] = ["/topic/**", "/topic/*/b", "/topic/c/*"].map(|pattern| {
            let (subscription, _) = subscription();
            trie.add(&pattern.parse().unwrap(), Arc::clone(&subscription));
            subscription
        });
        trie.revoke("somebody else", "/topic/a/b");
        assert!(wide.is_active() && exact.is_active());
        trie.revoke("user", "/topic/a/b");
        assert!(!wide.is_active() && !exact.is_active() && other.is_active());
        assert_eq!(trie.count.load(Ordering::Acquire), 1);
    }
}
