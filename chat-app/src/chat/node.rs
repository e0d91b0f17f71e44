//! This server as one of several: what its own clients listen to, what of that has reached them, and what the servers
//! tell each other.
//!
//! Everything that reaches the clients passes [`Node::pass`]. Messages and changes of messages carry their numbers, so
//! what is missing is noticed, and brought from the database ([`Chat::repair`](super::Chat::repair)).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use stomp_broker::{Destination, Inbound, Message, MessageIds, NodeId, Publish};

use super::{mailbox::Mailbox, numbers::Numbers, online::Others};
use crate::domain::{MemberId, RoomId};

/// Where servers tell each other something. No client may listen to it or send to it.
pub(crate) const NODES: &str = "/topic/nodes";

/// The header with the number of a message or change in its room.
pub(super) const SEQ: &str = "seq";

/// A server among others; cheap to clone.
#[derive(Debug, Clone)]
pub struct Node {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: NodeId,
    clients: OnceLock<Arc<dyn Inbound>>,
    ids: MessageIds,
    has_others: AtomicBool,
    topics: Mutex<HashMap<Destination, Topic>>,
    to_tell: Mailbox<Gossip>,
    told: Mailbox<Told>,
}

/// A topic that clients of this server listen to.
#[derive(Debug)]
struct Topic {
    feed: Option<Feed>,
    numbers: Numbers,
}

/// What a room numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Messages.
    Messages(RoomId),
    /// Changes of messages.
    Changes(RoomId),
}

impl Feed {
    pub(super) fn room(self) -> RoomId {
        match self {
            Self::Messages(room) | Self::Changes(room) => room,
        }
    }
}

/// What servers tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Gossip {
    /// All members who are online here.
    Online(Others),
    /// Others are in a room than before.
    Participants { room: RoomId },
    /// Somebody has begun to write, or stopped.
    Typing { room: RoomId, member: MemberId, name: String, on: bool },
}

/// What another server told.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Told<T = Gossip> {
    /// Which.
    pub(super) node: u64,
    #[serde(flatten)]
    pub(super) gossip: T,
}

impl Node {
    /// Gives it the clients; whether there may be other servers.
    pub(crate) fn attach(&self, clients: Arc<dyn Inbound>, has_others: bool) {
        let _ = self.shared.clients.set(clients);
        self.shared.has_others.store(has_others, Ordering::Relaxed);
    }

    /// Notes that clients listen to a topic from now on, and which feed that is.
    pub(crate) fn listen(&self, topic: &Destination, feed: Option<Feed>) {
        let numbers = Numbers::default();
        self.topics().entry(topic.clone()).or_insert(Topic { feed, numbers });
    }

    /// Notes that no client listens to a topic any more.
    pub(crate) fn forget(&self, topic: &Destination) {
        self.topics().remove(topic);
    }

    /// Whether a client listens to a topic.
    pub(super) fn is_listened_to(&self, topic: &Destination) -> bool {
        self.topics().contains_key(topic)
    }

    /// The feeds that clients listen to.
    pub(super) fn feeds(&self) -> Vec<(Destination, Feed)> {
        let topics = self.topics();
        topics.iter().filter_map(|(topic, Topic { feed, .. })| Some((topic.clone(), (*feed)?))).collect()
    }

    /// Does something with the numbers of a topic, if clients listen to it.
    pub(super) fn numbers<T>(&self, topic: &Destination, act: impl FnOnce(&mut Numbers) -> T) -> Option<T> {
        self.topics().get_mut(topic).map(|topic| act(&mut topic.numbers))
    }

    /// Whether a message from the back-end is for clients: none that they have already, and nothing between servers.
    pub(crate) fn pass(&self, message: &Message) -> bool {
        if &**message.destination() == NODES {
            self.hear(message.body());
            return false;
        }
        let number = message.header(SEQ).and_then(|number| number.parse().ok());
        number.is_none_or(|number| {
            self.numbers(message.destination(), |numbers| numbers.arrive(number)).unwrap_or(true)
        })
    }

    /// Sends something to the clients of this server alone.
    pub(super) fn deliver(&self, publish: Publish) {
        if let Some(clients) = self.shared.clients.get() {
            let message = Message::new(self.shared.ids.next(), publish);
            if self.pass(&message) {
                clients.message(message);
            }
        }
    }

    /// Tells the other servers something, soon. What is lost, they see when it is told the next time.
    pub(super) fn gossip(&self, gossip: Gossip) {
        if self.shared.has_others.load(Ordering::Relaxed) {
            self.shared.to_tell.push(gossip);
        }
    }

    /// Waits for what is to be told, as it goes to the others.
    pub(super) async fn to_tell(&self) -> Vec<Publish> {
        let node = self.shared.id.0;
        let gossip = self.shared.to_tell.take().await.into_iter();
        let octets = gossip.filter_map(|gossip| serde_json::to_vec(&Told { node, gossip }).ok());
        let nodes = Destination::new(NODES).expect("a literal that is valid");
        octets.map(|octets| Publish::json(nodes.clone(), octets)).collect()
    }

    /// Waits for what others told.
    pub(super) async fn told(&self) -> impl Iterator<Item = Told> {
        self.shared.told.take().await.into_iter()
    }

    fn hear(&self, octets: &[u8]) {
        match serde_json::from_slice::<Told>(octets) {
            Ok(told) if told.node == self.shared.id.0 => {}
            Ok(told) => drop(self.shared.told.push(told)),
            Err(error) => tracing::warn!(%error, "another server is not understood"),
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Destination, Topic>> {
        self.shared.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Node {
    fn default() -> Self {
        let shared = Shared {
            id: NodeId::random(),
            clients: OnceLock::new(),
            ids: MessageIds::new(),
            has_others: AtomicBool::new(false),
            topics: Mutex::default(),
            to_tell: Mailbox::default(),
            told: Mailbox::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}
