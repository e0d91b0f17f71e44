//! What the tasks of a relay share, and what they do together.

use std::{
    collections::HashSet,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::Script;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::{sleep, timeout};

use super::{
    RedisSettings, RedisSettingsError,
    keys::{Channel, Keys, Place},
    link::{Link, Target},
    log,
    presence::Users,
    publisher::Publisher,
    queues::{self, Leases},
    subscriber::Subscriber,
    topics::{Needs, Topics},
};
use crate::{
    BrokerError, Destination, Epoch, Health, Interest, NodeId,
    wire::{Reader, Writer},
};

/// Logs that are read at a time after a new connection.
const HEALING_AT_ONCE: usize = 64;

static SCRIPTS: [&LazyLock<Script>; 6] =
    [&log::PUBLISH, &log::FORGET, &queues::ENQUEUE, &queues::LEASE, &queues::SETTLE, &queues::RECLAIM];

/// Topics that are asked about in one pipeline.
const BATCH: usize = 512;

/// What the tasks of a relay share.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) settings: RedisSettings,
    pub(super) keys: Keys,
    pub(super) link: Link,
    pub(super) publisher: Publisher,
    pub(super) subscriber: Subscriber,
    pub(super) topics: Topics,
    pub(super) leases: Leases,
    pub(super) users: Users,
    hears: AtomicBool,
    was_connected: AtomicBool,
}

impl Node {
    pub(super) fn new(settings: RedisSettings) -> Result<Self, RedisSettingsError> {
        if settings.prefix.contains(['{', '}']) {
            return Err(RedisSettingsError::Prefix);
        }
        let id = NodeId::random();
        let target = Target::parse(&settings.url)?;
        let is_sharded = target.is_cluster();
        Ok(Self {
            id,
            keys: Keys::new(&settings.prefix, is_sharded),
            link: Link::new(target, &SCRIPTS, settings.response_timeout),
            publisher: Publisher::new(id, settings.while_away, is_sharded),
            subscriber: Subscriber::default(),
            topics: Topics::default(),
            leases: Leases::default(),
            users: Users::default(),
            hears: AtomicBool::new(false),
            was_connected: AtomicBool::new(true),
            settings,
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.is_up() && self.hears.load(Ordering::Acquire)
    }

    /// Waits for Redis for as long as the policy has clients wait.
    pub(super) async fn wait_until_connected(&self) {
        let connected = async {
            while !self.is_connected() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // Whatever comes next fails if Redis is not there.
        let _ = timeout(self.settings.while_away.patience(), connected).await;
    }

    /// Tells the server when this node becomes deaf to a part of what it wants to hear, or hears it all again.
    pub(super) fn report_hearing(&self) {
        self.hears.store(self.subscriber.hears_all(), Ordering::Release);
        self.report();
    }

    /// Tells the server when the contact comes or goes.
    pub(super) fn report(&self) {
        let is_connected = self.is_connected();
        if self.was_connected.swap(is_connected, Ordering::AcqRel) != is_connected
            && let Some(inbound) = self.topics.inbound()
        {
            inbound.health(if is_connected { Health::Connected } else { Health::Away });
        }
    }

    pub(super) async fn tell_health(&self) {
        let mut changes = self.link.changes();
        while changes.changed().await.is_ok() {
            self.report();
        }
    }

    /// Takes in what Redis pushed; `None` for what no node of this release sent.
    pub(super) fn take_in(self: &Arc<Self>, channel: &str, octets: Bytes) -> Option<()> {
        match self.keys.channel(channel)? {
            Channel::Topic(topic) => {
                let (topic, needs) = self.topics.pushed(Some(topic), octets)?;
                self.see_to(&topic, needs);
            }
            Channel::Topics => {
                let (topic, needs) = self.topics.pushed(None, octets)?;
                self.see_to(&topic, needs);
            }
            Channel::Queue(queue) => {
                let from = NodeId(Reader::new(octets).number()?);
                if from != self.id {
                    self.topics.inbound()?.ready(&Destination::new(queue).ok()?);
                }
            }
            Channel::Probe => {}
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
    pub(super) async fn heal(&self, topic: &Destination) {
        let mut next = self.topics.begin_healing(topic);
        while let Some(from) = next {
            match log::page(&self.link, &self.keys, topic, from).await {
                Ok(page) => {
                    let (needs, goes_on) = self.topics.fill(topic, from, page);
                    self.forget(topic, needs.forget).await;
                    next = goes_on;
                }
                Err(_) => self.wait_for_link(Place::of(topic)).await,
            }
        }
    }

    /// Ends an epoch whose log went back. Every node that sees it does so; the first one counts.
    async fn forget(&self, topic: &Destination, epoch: Option<Epoch>) {
        if let Some(epoch) = epoch {
            let _ = log::forget(&self.link, &self.keys, topic, epoch).await;
        }
    }

    pub(super) async fn wait_for_link(&self, place: Place) {
        // A Redis that answers with errors is not asked again at once.
        sleep(Duration::from_millis(50)).await;
        self.link.until_up(place).await;
    }

    /// After a new subscription to all that is wanted of some places: whatever was published there meanwhile.
    pub(super) async fn catch_up(self: &Arc<Self>, places: &HashSet<Place>) {
        let mut topics = self.topics.kept();
        topics.retain(|topic| places.contains(&Place::of(topic)));
        // A topic that was not begun keeps what comes to it and delivers nothing.
        while self.begin(&topics).await.is_err() {
            self.wait_for_link(Place::COMMON).await;
        }
        stream::iter(topics)
            .for_each_concurrent(HEALING_AT_ONCE, |topic| async move { self.heal(&topic).await })
            .await;
        if let Some(inbound) = self.topics.inbound().filter(|_| places.contains(&Place::COMMON)) {
            self.subscriber.queues().iter().for_each(|queue| inbound.ready(queue));
        }
    }

    pub(super) fn control(&self, data: Bytes) -> Bytes {
        Writer::default().number(self.id.0).field(&data).finish()
    }

    pub(super) async fn add(self: &Arc<Self>, interests: &[Interest]) -> Result<(), BrokerError> {
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
        self.begin(&kept).await
    }

    /// Begins to deliver topics with history, from their newest messages on, where that has not been done.
    async fn begin(self: &Arc<Self>, topics: &[Destination]) -> Result<(), BrokerError> {
        let mut starting = self.topics.starting(topics);
        starting.sort_by_key(|topic| self.keys.lane(topic));
        let lanes = starting.chunk_by(|one, other| self.keys.lane(one) == self.keys.lane(other));
        for topics in lanes.flat_map(|lane| lane.chunks(BATCH)) {
            let newest = log::newest(&self.link, &self.keys, topics).await?;
            for (topic, newest) in topics.iter().zip(newest) {
                let needs = self.topics.start(topic, newest);
                self.see_to(topic, needs);
            }
        }
        Ok(())
    }

    pub(super) async fn remove(&self, interests: &[Interest]) {
        self.subscriber.unsubscribe(self, interests).await;
        interests.iter().for_each(|interest| self.topics.forget(interest));
    }

    /// The topic of an interest, if it has a history.
    fn kept(&self, interest: &Interest) -> Option<Destination> {
        match interest {
            Interest::Topic(topic) => self.settings.history.policy(topic).map(|_| topic.clone()),
            _ => None,
        }
    }
}
