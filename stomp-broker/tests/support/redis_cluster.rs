//! Three nodes over one Redis, with a reader on each that counts what it gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use stomp_broker::{
    Config, HistoryPolicy, HistorySettings, Open, Publish, Server,
    proto::{Command, Frame},
    redis::{RedisRelay, RedisSettings, WhileAway},
    testing::Client,
};
use tokio::{
    sync::{OwnedRwLockWriteGuard, RwLock},
    task::JoinHandle,
    time::{Instant, interval, sleep, timeout},
};

use crate::redis_server::RedisServer;

const NODES: usize = 3;

/// Longer than anything takes to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Cluster<R = RedisServer> {
    pub(crate) redis: R,
    nodes: Vec<Server>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) topics: usize,
    /// Messages of all nodes together.
    pub(crate) per_second: u32,
}

/// Publishers and readers at work.
#[derive(Debug)]
pub(crate) struct Running {
    stop: Arc<AtomicBool>,
    /// Publishers read it while they wait for an answer.
    sending: Arc<RwLock<()>>,
    publishers: Vec<JoinHandle<Sent>>,
    readers: Vec<(Arc<Seen>, JoinHandle<()>)>,
}

#[derive(Debug, Default)]
struct Sent {
    accepted: BTreeSet<(String, String)>,
    refused: usize,
}

/// What one reader got.
#[derive(Debug, Default)]
struct Seen {
    /// The bodies, by topic, in the order in which they came.
    by_topic: Mutex<BTreeMap<String, Vec<String>>>,
    /// The topics of which messages were reported lost.
    told_of_loss: Mutex<Vec<String>>,
}

/// What was sent, and what came.
#[derive(Debug)]
pub(crate) struct Account {
    accepted: BTreeSet<(String, String)>,
    pub(crate) refused: usize,
    pub(crate) told_of_loss: usize,
    readers: Vec<BTreeMap<String, Vec<String>>>,
    /// The topics of which each reader was told that messages are lost.
    told: Vec<BTreeSet<String>>,
}

impl Cluster {
    pub(crate) async fn start(while_away: WhileAway) -> Self {
        let redis = RedisServer::start();
        let settings = redis.settings();
        Self::over(redis, settings, while_away).await
    }

    /// Ends the connections that Redis pushes through.
    pub(crate) fn kill_subscribers(&self) {
        let mut connection = self.redis.connection();
        let killed: usize =
            redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query(&mut connection).unwrap();
        assert!(killed <= NODES);
    }
}

impl<R> Cluster<R> {
    pub(crate) async fn over(redis: R, settings: RedisSettings, while_away: WhileAway) -> Self {
        let policy = HistoryPolicy { messages: 20_000, age: Duration::from_secs(600) };
        let policies = vec![("/topic/**".parse().unwrap(), policy)];
        let history = HistorySettings { policies, ..HistorySettings::default() };
        let settings = RedisSettings { while_away, history, ..settings };
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            let relay = RedisRelay::new(settings.clone()).unwrap();
            let config = Config { outbox_frames: 1_000_000, outbox_bytes: 1 << 30, ..Config::default() };
            let builder = Server::builder(Open, Open).config(config).broker(relay);
            nodes.push(builder.topics("/topic").start().await.unwrap());
        }
        Self { redis, nodes }
    }

    /// Starts a reader of all topics and a publisher on each node.
    pub(crate) async fn load(&self, load: Load) -> Running {
        let (stop, sending) = (Arc::new(AtomicBool::new(false)), Arc::new(RwLock::new(())));
        let mut readers = Vec::new();
        for node in &self.nodes {
            readers.push(read(node, load.topics).await);
        }
        let publish = |(name, node)| {
            let node = Server::clone(node);
            tokio::spawn(publish(name, node, load, Arc::clone(&stop), Arc::clone(&sending)))
        };
        let publishers = self.nodes.iter().enumerate().map(publish).collect();
        Running { stop, sending, publishers, readers }
    }

    pub(crate) fn ready(&self) -> Vec<bool> {
        self.nodes.iter().map(|node| node.handle().is_ready()).collect()
    }

    pub(crate) async fn wait_until_ready(&self, patience: Duration) {
        self.wait_for(patience, true).await;
    }

    pub(crate) async fn wait_until_away(&self) {
        self.wait_for(PATIENCE, false).await;
    }

    async fn wait_for(&self, patience: Duration, ready: bool) {
        let all = async {
            while self.ready().iter().any(|is| *is != ready) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(patience, all).await.expect("every node changes its readiness in time");
    }

    /// A client of the first node.
    pub(crate) async fn client(&self) -> Client {
        let mut client = Client::open(&self.nodes[0]);
        client.connect().await;
        client
    }

    pub(crate) async fn assert_delivers_locally(&self) {
        for node in &self.nodes {
            let mut client = Client::open(node);
            client.connect().await;
            client.subscribe("s", "/topic/local").await;
            client.publish("/topic/local", "here").await;
            assert_eq!(&**client.expect(Command::Message).await.body(), b"here");
        }
    }
}

async fn read(node: &Server, topics: usize) -> (Arc<Seen>, JoinHandle<()>) {
    let mut client = Client::open(node);
    client.connect().await;
    for topic in 0..topics {
        client.subscribe(&topic.to_string(), &topic_name(topic)).await;
    }
    let seen = Arc::new(Seen::default());
    let counting = Arc::clone(&seen);
    let reader = tokio::spawn(async move {
        loop {
            counting.note(&client.expect(Command::Message).await);
        }
    });
    (seen, reader)
}

async fn publish(
    name: usize,
    node: Server,
    load: Load,
    stop: Arc<AtomicBool>,
    sending: Arc<RwLock<()>>,
) -> Sent {
    let mut ticks = interval(Duration::from_secs(1) * NODES as u32 / load.per_second);
    let mut sent = Sent::default();
    let handle = node.handle();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let topic = topic_name(number % load.topics);
        let body = format!("{name}:{number:06}");
        number += 1;
        let _sending = sending.read().await;
        match handle.publish(Publish::new((&*topic).try_into().unwrap(), body.clone())).await {
            Ok(()) => drop(sent.accepted.insert((topic, body))),
            Err(_) => sent.refused += 1,
        }
    }
    sent
}

fn topic_name(number: usize) -> String {
    format!("/topic/{number}")
}

impl Seen {
    fn note(&self, message: &Frame) {
        let topic = message.headers().get("destination").unwrap().to_owned();
        let body = String::from_utf8(message.body().to_vec()).unwrap();
        if message.headers().contains("x-lost") {
            self.told_of_loss.lock().unwrap().push(topic.clone());
        }
        self.by_topic.lock().unwrap().entry(topic).or_default().push(body);
    }

    fn accounts_for(&self, accepted: &BTreeSet<(String, String)>) -> bool {
        let told = self.told_of_loss.lock().unwrap();
        let left = accepted.iter().filter(|(topic, _)| !told.contains(topic)).cloned().collect();
        self.has(&left)
    }

    fn has(&self, accepted: &BTreeSet<(String, String)>) -> bool {
        let by_topic = self.by_topic.lock().unwrap();
        let seen: BTreeSet<_> = by_topic.values().flatten().collect();
        accepted.iter().all(|(_, body)| seen.contains(body))
    }
}

impl Running {
    /// Waits until everything is answered, and holds back the rest for as long as what it returns lives.
    pub(crate) async fn pause(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.sending).write_owned().await
    }

    /// Stops publishing, and waits for what was accepted to arrive, for a while.
    pub(crate) async fn finish(self) -> Account {
        self.finish_when(Seen::has).await
    }

    /// Stops publishing, and waits for what was accepted to arrive or to be reported lost, for a while.
    pub(crate) async fn finish_with_losses(self) -> Account {
        self.finish_when(Seen::accounts_for).await
    }

    async fn finish_when(self, is_done: fn(&Seen, &BTreeSet<(String, String)>) -> bool) -> Account {
        self.stop.store(true, Ordering::Relaxed);
        let mut sent = Sent::default();
        for publisher in self.publishers {
            let of_one = publisher.await.unwrap();
            sent.accepted.extend(of_one.accepted);
            sent.refused += of_one.refused;
        }
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && !self.readers.iter().all(|(seen, _)| is_done(seen, &sent.accepted)) {
            sleep(Duration::from_millis(20)).await;
        }
        // What comes twice may come late.
        sleep(Duration::from_millis(100)).await;
        self.readers.iter().for_each(|(_, reader)| reader.abort());
        let seen = self.readers.iter().map(|(seen, _)| seen);
        Account {
            told_of_loss: seen.clone().map(|seen| seen.told_of_loss.lock().unwrap().len()).sum(),
            told: seen
                .clone()
                .map(|seen| seen.told_of_loss.lock().unwrap().iter().cloned().collect())
                .collect(),
            readers: seen.map(|seen| seen.by_topic.lock().unwrap().clone()).collect(),
            accepted: sent.accepted,
            refused: sent.refused,
        }
    }
}

impl Account {
    pub(crate) fn assert_all_arrived_once_in_one_order(&self) {
        let (lost, doubled, reordered) = (self.lost(), self.doubled(), self.reordered());
        println!("{} accepted, {} refused", self.accepted.len(), self.refused);
        assert!(!self.accepted.is_empty());
        let told = self.told_of_loss;
        assert_eq!((lost, doubled, reordered), (0, 0, 0), "lost, doubled, reordered; told {told} times");
    }

    /// Whoever did not get a message was told that something of its topic is lost; nothing came twice.
    pub(crate) fn assert_losses_were_told(&self) {
        let (lost, doubled) = (self.lost(), self.doubled());
        println!("{} accepted, {} refused, {lost} lost", self.accepted.len(), self.refused);
        assert!(!self.accepted.is_empty());
        assert_eq!(doubled, 0, "doubled");
        for (reader, told) in self.readers.iter().zip(&self.told) {
            let seen: BTreeSet<_> = reader.values().flatten().collect();
            let lost = self.accepted.iter().filter(|(_, body)| !seen.contains(body));
            let silent: Vec<_> = lost.filter(|(topic, _)| !told.contains(topic)).collect();
            assert!(silent.is_empty(), "nobody was told: {silent:?}");
        }
    }

    /// Accepted messages that a reader did not get.
    fn lost(&self) -> usize {
        let lost = |reader: &BTreeMap<String, Vec<String>>| {
            let seen: BTreeSet<_> = reader.values().flatten().collect();
            self.accepted.iter().filter(|(_, body)| !seen.contains(body)).count()
        };
        self.readers.iter().map(lost).sum()
    }

    fn doubled(&self) -> usize {
        let doubled = |bodies: &Vec<String>| bodies.len() - bodies.iter().collect::<BTreeSet<_>>().len();
        self.readers.iter().flat_map(BTreeMap::values).map(doubled).sum()
    }

    /// Messages that a reader got in another order than the first reader did, or than they were published in.
    fn reordered(&self) -> usize {
        let first = &self.readers[0];
        let differ = |reader: &BTreeMap<String, Vec<String>>| {
            let pairs = reader.iter().filter_map(|(topic, bodies)| Some((bodies, first.get(topic)?)));
            pairs
                .map(|(one, other)| one.iter().zip(other).filter(|(one, other)| one != other).count())
                .sum::<usize>()
        };
        let of_publisher = |bodies: &Vec<String>, name: usize| {
            let own: Vec<_> = bodies.iter().filter(|body| body.starts_with(&format!("{name}:"))).collect();
            own.windows(2).filter(|pair| pair[0] > pair[1]).count()
        };
        let out_of_order = |bodies| (0..NODES).map(|name| of_publisher(bodies, name)).sum::<usize>();
        self.readers.iter().map(differ).sum::<usize>() + first.values().map(out_of_order).sum::<usize>()
    }
}
