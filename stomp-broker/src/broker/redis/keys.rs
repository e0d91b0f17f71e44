//! The names of channels and keys.

use crate::{Destination, NodeId, Pattern};

/// Names below one prefix.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

/// What a channel is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Channel<'a> {
    /// Messages of a topic.
    Topic(&'a str),
    /// A queue has something to lease.
    Queue(&'a str),
    /// Control for all nodes, or for this one.
    Control,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The channel of a topic's messages.
    pub(super) fn topic(&self, topic: &Destination) -> String {
        format!("{}t:{topic}", self.prefix)
    }

    /// The channels of all topics that a pattern matches, and of some that it does not: Redis knows no segments.
    pub(super) fn topics(&self, pattern: &Pattern) -> String {
        let prefix = escape_glob(&self.prefix);
        let segments: Vec<_> = pattern
            .segments()
            .map(|segment| if matches!(segment, "*" | "**") { "*".to_owned() } else { escape_glob(segment) })
            .collect();
        format!("{prefix}t:{}", segments.join("/"))
    }

    /// The stream of a topic's history: the ids of its entries are positions.
    pub(super) fn log(&self, topic: &Destination) -> String {
        format!("{}h:{topic}", self.prefix)
    }

    /// The number of the last message of a node that is in a history.
    pub(super) fn last_number(&self, node: NodeId) -> String {
        format!("{}d:{node}", self.prefix)
    }

    /// The channel that says that a queue has something to lease.
    pub(super) fn queue_ready(&self, queue: &str) -> String {
        format!("{}r:{queue}", self.prefix)
    }

    /// The stream of a queue's messages.
    pub(super) fn queue(&self, queue: &str) -> String {
        format!("{}q:{queue}", self.prefix)
    }

    /// The sorted set of a queue's messages that came back.
    pub(super) fn queue_back(&self, queue: &str) -> String {
        format!("{}b:{queue}", self.prefix)
    }

    /// The hash of how often messages of a queue were refused, and of how many octets the queue has.
    pub(super) fn queue_counts(&self, queue: &str) -> String {
        format!("{}c:{queue}", self.prefix)
    }

    /// The set of the queues that hold messages.
    pub(super) fn queues(&self) -> String {
        format!("{}queues", self.prefix)
    }

    /// Exists when a batch of messages is in its queues.
    pub(super) fn enqueued(&self, node: NodeId, number: u64) -> String {
        format!("{}e:{node}:{number}", self.prefix)
    }

    /// The set of the names of nodes.
    pub(super) fn nodes(&self) -> String {
        format!("{}nodes", self.prefix)
    }

    /// The hash of a node's users; it exists while the node lives.
    pub(super) fn node(&self, node: &str) -> String {
        format!("{}n:{node}", self.prefix)
    }

    /// The channel of control for one node.
    pub(super) fn control(&self, node: NodeId) -> String {
        format!("{}o:{node}", self.prefix)
    }

    /// The channel of control for all nodes.
    pub(super) fn control_of_all(&self) -> String {
        format!("{}o:all", self.prefix)
    }

    /// What a channel is for, if it is one of ours.
    pub(super) fn channel<'a>(&self, name: &'a str) -> Option<Channel<'a>> {
        let (kind, name) = name.strip_prefix(&*self.prefix)?.split_once(':')?;
        match kind {
            "t" => Some(Channel::Topic(name)),
            "r" => Some(Channel::Queue(name)),
            "o" => Some(Channel::Control),
            _ => None,
        }
    }
}

/// Makes what Redis takes for wildcards literal.
fn escape_glob(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\' | '^') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_told_apart_by_their_names() {
        let keys = Keys::new("p:");
        let topic = Destination::new("/topic/a:b").unwrap();
        assert_eq!(keys.channel(&keys.topic(&topic)), Some(Channel::Topic("/topic/a:b")));
        assert_eq!(keys.channel(&keys.queue_ready("/queue/a")), Some(Channel::Queue("/queue/a")));
        assert_eq!(keys.channel(&keys.control(NodeId(1))), Some(Channel::Control));
        assert_eq!(keys.channel("other:t:/topic/a"), None);
    }

    #[test]
    fn patterns_become_globs_and_nothing_else_does() {
        let keys = Keys::new("p[1]:");
        let pattern = "/topic/*/a?b/**".parse().unwrap();
        assert_eq!(keys.topics(&pattern), r"p\[1\]:t:/topic/*/a\?b/*");
    }
}
