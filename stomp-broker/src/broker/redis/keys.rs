//! The names of channels and keys.

use std::fmt;

use crc::{CRC_16_XMODEM, Crc};

use crate::{Destination, Interest, NodeId, Pattern};

/// The parts that a Redis Cluster divides its keys into.
pub(super) const SLOTS: u16 = 16_384;

/// The partitions of all topics. Nodes have to agree on it: it is in the names.
const PARTITIONS: u16 = 256;

static HASH: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// One of the [`SLOTS`]: what is in the same one is on the same server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(pub(super) u16);

/// What is in one slot, because its names have the same hash tag: a partition of the topics, or everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place(u16);

/// Names below one prefix.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
    /// Channels are in slots as keys are, as in a Cluster.
    is_sharded: bool,
}

/// What a channel is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Channel<'a> {
    /// Messages of a topic.
    Topic(&'a str),
    /// Messages of all topics of a partition.
    Topics,
    /// A queue has something to lease.
    Queue(&'a str),
    /// Control for all nodes, or for this one.
    Control,
    /// What a node sends itself to see whether it hears.
    Probe,
}

/// A channel, or a pattern of channels, to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ear {
    pub(super) place: Place,
    pub(super) channel: String,
    pub(super) is_glob: bool,
}

impl Place {
    /// Of what is not of a topic: queues, presence and control.
    pub(super) const COMMON: Self = Self(PARTITIONS);

    pub(super) fn of(topic: &str) -> Self {
        Self(HASH.checksum(topic.as_bytes()) % PARTITIONS)
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::topics().chain([Self::COMMON])
    }

    pub(super) fn topics() -> impl Iterator<Item = Self> {
        (0..PARTITIONS).map(Self)
    }

    pub(super) fn index(self) -> usize {
        self.0.into()
    }

    /// The slot of all keys and channels of this place: Redis hashes what is in the first braces of a name.
    pub(super) fn slot(self) -> Slot {
        Slot(HASH.checksum(self.tag().as_bytes()) % SLOTS)
    }

    fn tagged(tag: &str) -> Option<Self> {
        let partition = || tag.parse().ok().filter(|partition| *partition < PARTITIONS).map(Self);
        if tag == "common" { Some(Self::COMMON) } else { partition() }
    }

    fn tag(self) -> String {
        if self == Self::COMMON { "common".to_owned() } else { self.0.to_string() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.tag())
    }
}

impl Keys {
    pub(super) fn new(prefix: &str, is_sharded: bool) -> Self {
        Self { prefix: prefix.to_owned(), is_sharded }
    }

    pub(super) fn is_sharded(&self) -> bool {
        self.is_sharded
    }

    /// What of a topic goes out in order: its partition, or everything where there are no partitions.
    pub(super) fn lane(&self, topic: &str) -> Place {
        if self.is_sharded { Place::of(topic) } else { Place::COMMON }
    }

    /// The command that publishes.
    pub(super) fn publish(&self) -> &'static str {
        if self.is_sharded { "SPUBLISH" } else { "PUBLISH" }
    }

    /// The channel that all messages of a lane go to as well: Redis has no patterns of sharded channels.
    pub(super) fn wide_channel(&self, lane: Place) -> Option<String> {
        self.is_sharded.then(|| self.topics_of(lane))
    }

    /// What a node subscribes to for what its clients want.
    pub(super) fn ears(&self, interest: &Interest) -> Vec<Ear> {
        let ear = |place, channel| Ear { place, channel, is_glob: false };
        match interest {
            Interest::Topic(topic) => vec![ear(Place::of(topic), self.topic(topic))],
            Interest::Queue(queue) => vec![ear(Place::COMMON, self.queue_ready(queue))],
            Interest::Pattern(_) if self.is_sharded => {
                Place::topics().map(|place| ear(place, self.topics_of(place))).collect()
            }
            Interest::Pattern(pattern) => {
                vec![Ear { place: Place::COMMON, channel: self.topics(pattern), is_glob: true }]
            }
        }
    }

    /// What a node subscribes to whatever its clients want.
    pub(super) fn control_ears(&self, node: NodeId) -> [Ear; 2] {
        [self.control_of_all(), self.control(node)].map(|channel| Ear {
            place: Place::COMMON,
            channel,
            is_glob: false,
        })
    }

    /// The channel on which a node hears itself.
    pub(super) fn probe(&self, place: Place, node: NodeId) -> Ear {
        Ear { place, channel: format!("{}p:{place}:{node}", self.prefix), is_glob: false }
    }

    /// The channel of a topic's messages.
    pub(super) fn topic(&self, topic: &Destination) -> String {
        self.name("t", Place::of(topic), topic)
    }

    /// The channel of the messages of all topics of a partition.
    fn topics_of(&self, place: Place) -> String {
        format!("{}a:{place}", self.prefix)
    }

    /// The channels of all topics that a pattern matches, and of some that it does not: Redis knows no segments.
    fn topics(&self, pattern: &Pattern) -> String {
        let prefix = escape_glob(&self.prefix);
        let segments: Vec<_> = pattern
            .segments()
            .map(|segment| if matches!(segment, "*" | "**") { "*".to_owned() } else { escape_glob(segment) })
            .collect();
        format!("{prefix}t:{{*}}:{}", segments.join("/"))
    }

    /// The stream of a topic's history: the ids of its entries are positions.
    pub(super) fn log(&self, topic: &Destination) -> String {
        self.name("h", Place::of(topic), topic)
    }

    /// The number of the last message of a node that is in a history of a place.
    pub(super) fn last_number(&self, place: Place, node: NodeId) -> String {
        self.name("d", place, &node.to_string())
    }

    /// The channel that says that a queue has something to lease.
    pub(super) fn queue_ready(&self, queue: &str) -> String {
        self.common("r", queue)
    }

    /// The stream of a queue's messages.
    pub(super) fn queue(&self, queue: &str) -> String {
        self.common("q", queue)
    }

    /// The sorted set of a queue's messages that came back.
    pub(super) fn queue_back(&self, queue: &str) -> String {
        self.common("b", queue)
    }

    /// The hash of how often messages of a queue were refused, and of how many octets the queue has.
    pub(super) fn queue_counts(&self, queue: &str) -> String {
        self.common("c", queue)
    }

    /// The set of the queues that hold messages.
    pub(super) fn queues(&self) -> String {
        self.common("queues", "")
    }

    /// Exists when a batch of messages is in its queues.
    pub(super) fn enqueued(&self, node: NodeId, number: u64) -> String {
        self.common("e", &format!("{node}:{number}"))
    }

    /// The set of the names of nodes.
    pub(super) fn nodes(&self) -> String {
        self.common("nodes", "")
    }

    /// The hash of a node's users; it exists while the node lives.
    pub(super) fn node(&self, node: &str) -> String {
        self.common("n", node)
    }

    /// The channel of control for one node.
    pub(super) fn control(&self, node: NodeId) -> String {
        self.common("o", &node.to_string())
    }

    /// The channel of control for all nodes.
    pub(super) fn control_of_all(&self) -> String {
        self.common("o", "all")
    }

    /// What a channel is for, if it is one of ours.
    pub(super) fn channel<'a>(&self, name: &'a str) -> Option<Channel<'a>> {
        let (kind, name) = name.strip_prefix(&*self.prefix)?.split_once(':')?;
        if kind == "a" {
            return Some(Channel::Topics);
        }
        let (_, name) = name.split_once("}:")?;
        match kind {
            "t" => Some(Channel::Topic(name)),
            "r" => Some(Channel::Queue(name)),
            "o" => Some(Channel::Control),
            "p" => Some(Channel::Probe),
            _ => None,
        }
    }

    /// The place of a channel of ours.
    pub(super) fn place(&self, channel: &str) -> Option<Place> {
        let (_, rest) = channel.strip_prefix(&*self.prefix)?.split_once('{')?;
        Place::tagged(rest.split_once('}')?.0)
    }

    fn common(&self, kind: &str, name: &str) -> String {
        self.name(kind, Place::COMMON, name)
    }

    fn name(&self, kind: &str, place: Place, name: &str) -> String {
        format!("{}{kind}:{place}:{name}", self.prefix)
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
        let keys = Keys::new("p:", true);
        let topic = Destination::new("/topic/a}:b").unwrap();
        let channels = [keys.topic(&topic), keys.wide_channel(Place::of(&topic)).unwrap()];
        assert_eq!(keys.channel(&channels[0]), Some(Channel::Topic("/topic/a}:b")));
        assert_eq!(keys.channel(&channels[1]), Some(Channel::Topics));
        assert_eq!(keys.channel(&keys.queue_ready("/queue/a")), Some(Channel::Queue("/queue/a")));
        assert_eq!(keys.channel(&keys.control(NodeId(1))), Some(Channel::Control));
        assert_eq!(keys.channel(&keys.probe(Place::COMMON, NodeId(1)).channel), Some(Channel::Probe));
        assert_eq!(keys.channel("other:t:{1}:/topic/a"), None);
    }

    #[test]
    fn patterns_become_globs_and_nothing_else_does() {
        let keys = Keys::new("p[1]:", false);
        let pattern = "/topic/*/a?b/**".parse().unwrap();
        assert_eq!(keys.topics(&pattern), r"p\[1\]:t:{*}:/topic/*/a\?b/*");
    }

    /// As `CLUSTER KEYSLOT` says.
    #[test]
    fn slots_are_those_of_redis() {
        let slots = [Place::COMMON, Place(7)].map(Place::slot);
        assert_eq!(slots, [Slot(719), Slot(1716)]);
    }

    #[test]
    fn all_names_of_a_topic_are_in_the_slot_of_its_place() {
        let keys = Keys::new("p:", true);
        let topic = Destination::new("/topic/{a}").unwrap();
        let tag = Place::of(&topic).to_string();
        let names = [
            vec![keys.topic(&topic)],
            vec![keys.log(&topic), keys.last_number(Place::of(&topic), NodeId(1))],
        ]
        .concat();
        assert!(names.iter().all(|name| name.find('{') == name.find(&tag)), "{names:?}");
        assert!(names.iter().all(|name| keys.place(name) == Some(Place::of(&topic))), "{names:?}");
        assert_eq!(keys.place(&keys.control_of_all()), Some(Place::COMMON));
        assert_eq!(keys.place("p:t:{256}:/topic/a"), None);
    }
}
