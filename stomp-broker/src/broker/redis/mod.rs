//! Many nodes as one broker, over Redis 7 or Valkey. Needs the feature `redis`.
//!
//! ```no_run
//! use stomp_broker::{Open, Server, redis::{RedisRelay, RedisSettings}};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let relay = RedisRelay::new(RedisSettings::new("redis://localhost:6379"))?;
//! let server = Server::builder(Open, Open).broker(relay).topics("/topic").queues("/queue").start().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # How does it work?
//!
//! A node has two connections to Redis: one for commands, one that Redis pushes through. Both are made anew, without
//! end and with jitter, when they fail; then the node subscribes again to all that its clients want, 512 channels at
//! a time.
//!
//! - **Topics.** A message is a `PUBLISH` to the channel of its topic, to which those nodes are subscribed that have
//!   subscribers. It reaches the publisher's own node the same way, so that all nodes see one order. Each node
//!   numbers its messages; what comes twice has a number that is not new, and is dropped.
//! - **Topics with a history.** One script gives the message its offset, keeps it in a stream and publishes it. Each
//!   node puts the messages of a topic in order, from what is pushed, what its own publishing was answered, and,
//!   where that leaves a hole, one reading of the stream.
//! - **Queues** are streams with a consumer group. Every node is one consumer of it. What a node has out when it
//!   dies goes to the others, which see that its key has expired.
//! - **Users.** What is for a user goes to all nodes as control, and each looks for the user's sessions.
//! - **Presence.** Every node keeps the number of sessions of each of its users in a hash that expires with it.
//! - **Pipelines.** Messages of all sessions of a node go out in pipelines, of as many as wait while the last one is
//!   being answered.
//!
//! | name, behind the prefix | type | what |
//! | --- | --- | --- |
//! | `t:/topic/a` | channel | messages of a topic |
//! | `h:/topic/a` | stream | the history of a topic: entry `0-N` is the message of offset N |
//! | `m:/topic/a` | hash | its epoch (`e`), and the number of the last message of each node |
//! | `r:/queue/a` | channel | the queue has something to lease |
//! | `q:/queue/a` | stream | the messages of a queue |
//! | `b:/queue/a` | sorted set | those that came back |
//! | `c:/queue/a` | hash | how often they were refused |
//! | `o:all`, `o:NODE` | channel | control for all nodes, or for one |
//! | `n:NODE` | hash | the users of a node; it expires when the node is dead |
//! | `nodes` | set | the nodes |
//!
//! # What happens when...
//!
//! | | what the relay does | what clients see |
//! | --- | --- | --- |
//! | the pushing connection fails | subscribes again, then reads what was published meanwhile from the streams | nothing; of topics without a history, messages published meanwhile are missing |
//! | Redis does not answer for a second | gives the connections up, makes new ones; [`is_ready`](crate::Handle::is_ready) is false meanwhile | senders: an ERROR ([`WhileAway::Fail`]), a late RECEIPT ([`WhileAway::BufferFor`]), or nothing ([`WhileAway::LocalOnly`]); a SUBSCRIBE to something new is refused; nobody is disconnected |
//! | a message's answer is lost with the connection | sends it again under the same number | nothing: it is stored once |
//! | Redis comes back without its data, or has lost the newest, as it can unless `appendfsync` is `always` | a new epoch begins; [`Inbound::lost`] | the next message has `x-lost:true`; who recovers reads `x-recovered:false` |
//! | a stream was trimmed further than a node had read | [`Inbound::lost`] | the same |
//! | a node dies | others take over what it had out of queues after [`RedisSettings::node_timeout`] | consumers elsewhere: a redelivery with `x-delivery-count` |
//! | somebody else publishes to our channels | drops what no node could have sent, and logs it | nothing |
//!
//! Redis Cluster, Sentinel and TLS are not supported.

mod envelope;
mod heart;
mod keys;
mod link;
mod log;
mod presence;
mod publisher;
mod queues;
mod sequence;
mod settings;
mod subscriber;
mod topics;

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::Script;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::settings::{RedisSettings, WhileAway};
use self::{
    keys::{Channel, Keys},
    link::Link,
    presence::{RedisPresence, Users},
    publisher::Publisher,
    queues::{Leases, RedisQueues},
    subscriber::Subscriber,
    topics::{Needs, Topics},
};
use super::{
    Broker, BrokerError, Capabilities, Epoch, Health, HistoryPage, Inbound, Interest, NodeId, Presence,
    Publish, Published, QueueStore, Start,
};
use crate::{
    Destination,
    wire::{Reader, Writer},
};

/// Logs that are read at a time after a new connection.
const HEALING_AT_ONCE: usize = 64;

static SCRIPTS: [&LazyLock<Script>; 6] =
    [&log::PUBLISH, &log::FORGET, &queues::ENQUEUE, &queues::LEASE, &queues::SETTLE, &queues::RECLAIM];

/// Reads octets as if Redis had pushed them, for the fuzz target `relay_envelope`.
#[cfg(fuzzing)]
pub fn read_push(octets: &[u8]) {
    if let Some((_, envelope)) = envelope::split(Bytes::copy_from_slice(octets)) {
        let _ = envelope::Envelope::decode(envelope);
    }
}

/// A node of a broker that shares a Redis with other nodes.
#[derive(Debug)]
pub struct RedisRelay {
    node: Arc<Node>,
    stop: CancellationToken,
    /// The tasks end with the relay.
    _stop: DropGuard,
}

/// What the tasks of a relay share.
#[derive(Debug)]
struct Node {
    id: NodeId,
    settings: RedisSettings,
    keys: Keys,
    link: Link,
    publisher: Publisher,
    subscriber: Subscriber,
    topics: Topics,
    leases: Leases,
    users: Users,
    hears: AtomicBool,
    was_connected: AtomicBool,
}

impl RedisRelay {
    /// A relay that connects when the server starts.
    ///
    /// # Errors
    ///
    /// [`RedisError`](::redis::RedisError) for a URL that is none of Redis.
    pub fn new(settings: RedisSettings) -> Result<Self, ::redis::RedisError> {
        let id = NodeId::random();
        let node = Node {
            id,
            keys: Keys::new(&settings.prefix),
            link: Link::new(::redis::Client::open(&*settings.url)?, settings.response_timeout),
            publisher: Publisher::new(id, settings.while_away),
            subscriber: Subscriber::default(),
            topics: Topics::default(),
            leases: Leases::default(),
            users: Users::default(),
            hears: AtomicBool::new(false),
            was_connected: AtomicBool::new(true),
            settings,
        };
        let stop = CancellationToken::new();
        Ok(Self { node: Arc::new(node), _stop: stop.clone().drop_guard(), stop })
    }

    /// Runs the parts of the node until the relay is dropped or drained.
    fn spawn(&self) {
        let parts: [fn(Arc<Node>) -> futures_util::future::BoxFuture<'static, ()>; 5] = [
            |node| Box::pin(async move { node.link.run(&SCRIPTS).await }),
            |node| Box::pin(async move { node.publisher.run(&node.link, &node.keys, &node.topics).await }),
            |node| Box::pin(async move { node.subscriber.run(&node).await }),
            |node| Box::pin(async move { node.tell_health().await }),
            |node| Box::pin(async move { node.beat().await }),
        ];
        for part in parts {
            let run = part(Arc::clone(&self.node));
            let stop = self.stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(run).await });
        }
    }
}

impl Node {
    fn is_connected(&self) -> bool {
        self.link.is_up() && self.hears.load(Ordering::Acquire)
    }

    /// Waits for Redis for as long as the policy has clients wait.
    async fn wait_until_connected(&self) {
        let connected = async {
            while !self.is_connected() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // Whatever comes next fails if Redis is not there.
        let _ = timeout(self.settings.while_away.patience(), connected).await;
    }

    fn hears(&self, hears: bool) {
        self.hears.store(hears, Ordering::Release);
        self.report();
    }

    /// Tells the server when the contact comes or goes.
    fn report(&self) {
        let is_connected = self.is_connected();
        if self.was_connected.swap(is_connected, Ordering::AcqRel) != is_connected
            && let Some(inbound) = self.topics.inbound()
        {
            inbound.health(if is_connected { Health::Connected } else { Health::Away });
        }
    }

    async fn tell_health(&self) {
        let mut changes = self.link.changes();
        while changes.changed().await.is_ok() {
            self.report();
        }
    }

    /// Takes in what Redis pushed; `None` for what no node of this release sent.
    fn take_in(self: &Arc<Self>, channel: &str, octets: Bytes) -> Option<()> {
        match self.keys.channel(channel)? {
            Channel::Topic(topic) => {
                let (topic, needs) = self.topics.pushed(topic, octets)?;
                self.see_to(&topic, needs);
            }
            Channel::Queue(queue) => {
                let from = NodeId(Reader::new(octets).number()?);
                if from != self.id {
                    self.topics.inbound()?.ready(&Destination::new(queue).ok()?);
                }
            }
            Channel::Control => {
                let mut reader = Reader::new(octets);
                let (from, data) = (NodeId(reader.number()?), reader.field()?);
                if from != self.id {
                    self.topics.inbound()?.control(from, data);
                }
            }
        }
        Some(())
    }

    /// Starts what a topic needs, beside everything else.
    fn see_to(self: &Arc<Self>, topic: &Destination, needs: Needs) {
        let (node, topic) = (Arc::clone(self), topic.clone());
        if needs.heal || needs.forget.is_some() {
            tokio::spawn(async move {
                node.forget(&topic, needs.forget).await;
                node.heal(&topic).await;
            });
        }
    }

    /// Reads the log of a topic until there is no hole.
    async fn heal(&self, topic: &Destination) {
        let mut next = self.topics.begin_healing(topic);
        while let Some(from) = next {
            match log::page(&self.link, &self.keys, topic, from).await {
                Ok(page) => {
                    let (needs, goes_on) = self.topics.fill(topic, from, page);
                    self.forget(topic, needs.forget).await;
                    next = goes_on;
                }
                Err(_) => self.wait_for_link().await,
            }
        }
    }

    /// Ends an epoch whose log went back. Every node that sees it does so; the first one counts.
    async fn forget(&self, topic: &Destination, epoch: Option<Epoch>) {
        if let Some(epoch) = epoch {
            let _ = log::forget(&self.link, &self.keys, topic, epoch).await;
        }
    }

    async fn wait_for_link(&self) {
        // A Redis that answers with errors is not asked again at once.
        sleep(Duration::from_millis(50)).await;
        self.link.until_up().await;
    }

    /// After a new connection: whatever was published meanwhile.
    async fn catch_up(self: &Arc<Self>) {
        let topics = self.topics.kept();
        for topic in &topics {
            // Whoever asked for it was told that it failed, or there would have been nobody to wait for.
            let _ = self.begin(topic).await;
        }
        stream::iter(topics)
            .for_each_concurrent(HEALING_AT_ONCE, |topic| async move { self.heal(&topic).await })
            .await;
        if let Some(inbound) = self.topics.inbound() {
            self.subscriber.queues().iter().for_each(|queue| inbound.ready(queue));
        }
    }

    /// Sends this node something through Redis.
    fn probe(&self) -> Result<(), BrokerError> {
        self.publisher.send(self.keys.control(self.id), self.control(Bytes::new()))
    }

    fn control(&self, data: Bytes) -> Bytes {
        Writer::default().number(self.id.0).field(&data).finish()
    }

    async fn add(self: &Arc<Self>, interests: &[Interest]) -> Result<(), BrokerError> {
        let kept: Vec<_> = interests.iter().filter_map(|interest| self.kept(interest)).collect();
        for topic in &kept {
            self.topics.prepare(topic);
        }
        for interest in interests {
            if let Interest::Pattern(pattern) = interest {
                self.topics.listen_to(pattern);
            }
        }
        self.subscriber.subscribe(self, interests).await?;
        for topic in kept {
            self.begin(topic).await?;
        }
        Ok(())
    }

    /// Begins to deliver a topic with history, from its newest message on, if that has not been done.
    async fn begin(self: &Arc<Self>, topic: &Destination) -> Result<(), BrokerError> {
        if self.topics.is_starting(topic) {
            let newest = log::newest(&self.link, &self.keys, topic).await?;
            let needs = self.topics.start(topic, newest);
            self.see_to(topic, needs);
        }
        Ok(())
    }

    async fn remove(&self, interests: &[Interest]) {
        self.subscriber.unsubscribe(self, interests).await;
        interests.iter().for_each(|interest| self.topics.forget(interest));
    }

    /// The topic of an interest, if it has a history.
    fn kept<'a>(&self, interest: &'a Interest) -> Option<&'a Destination> {
        match interest {
            Interest::Topic(topic) => self.settings.history.policy(topic).map(|_| topic),
            _ => None,
        }
    }
}

#[async_trait]
impl Broker for RedisRelay {
    fn capabilities(&self) -> Capabilities {
        Capabilities { history: self.node.settings.history.keeps_any(), multi_node: true }
    }

    /// Does not wait for Redis: a server may start before it.
    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        if !self.node.topics.connect(inbound) {
            return Err(BrokerError::Unavailable);
        }
        self.node.report();
        self.spawn();
        let patience = self.node.settings.response_timeout;
        let connected = async {
            while !self.node.is_connected() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // Within that time it is as if Redis had been there at once.
        let _ = timeout(patience, connected).await;
        Ok(())
    }

    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
        if !remove.is_empty() {
            self.node.remove(remove).await;
        }
        if add.is_empty() {
            return Ok(());
        }
        self.node.wait_until_connected().await;
        match self.node.settings.while_away {
            // What is wanted is noted, and subscribed to when Redis is back.
            WhileAway::LocalOnly if !self.node.is_connected() => self.node.add(add).await.or(Ok(())),
            _ => self.node.add(add).await,
        }
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        let answers: Vec<_> = batch
            .into_iter()
            .map(|publish| {
                let policy = self.node.settings.history.policy(&publish.destination);
                self.node.publisher.publish(publish, policy)
            })
            .collect();
        let answers = join_all(answers).await.into_iter();
        answers.map(|answer| answer.unwrap_or(Err(BrokerError::Unavailable))).collect()
    }

    async fn history(
        &self,
        destination: &Destination,
        start: Start,
        limit: usize,
    ) -> Result<Option<HistoryPage>, BrokerError> {
        let Node { link, keys, settings, .. } = &*self.node;
        let Some(policy) = settings.history.policy(destination) else { return Ok(None) };
        self.node.wait_until_connected().await;
        log::history(link, keys, destination, start, limit, policy).await.map(Some)
    }

    fn queues(&self) -> Option<Arc<dyn QueueStore>> {
        Some(Arc::new(RedisQueues::new(Arc::clone(&self.node))))
    }

    fn presence(&self) -> Option<Arc<dyn Presence>> {
        Some(Arc::new(RedisPresence(Arc::clone(&self.node))))
    }

    fn send_control(&self, to: Option<NodeId>, data: Bytes) -> Result<(), BrokerError> {
        let keys = &self.node.keys;
        let channel = to.map_or_else(|| keys.control_of_all(), |node| keys.control(node));
        self.node.publisher.send(channel, self.node.control(data))
    }

    async fn drain(&self, deadline: Duration) {
        let idle = async {
            while !self.node.publisher.is_idle() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // What has not left by then is refused with the tasks.
        let _ = timeout(deadline, idle).await;
        self.stop.cancel();
        self.node.say_goodbye().await;
    }
}
