//! Three nodes over one Redis, with a reader on each that counts what it gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
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
    task::JoinHandle,
    time::{Instant, interval, sleep, timeout},
};

use crate::redis_server::RedisServer;

const NODES: usize = 3;

/// Longer than anything takes to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) redis: RedisServer,
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
    told_of_loss: AtomicUsize,
}

/// What was sent, and what came.
#[derive(Debug)]
pub(crate) struct Account {
    accepted: BTreeSet<(String, String)>,
    pub(crate) refused: usize,
    pub(crate) told_of_loss: usize,
    readers: Vec<BTreeMap<String, Vec<String>>>,
}

impl Cluster {
    pub(crate) async fn start(while_away: WhileAway) -> Self {
        let redis = RedisServer::start();
        let policy = HistoryPolicy { messages: 20_000, age: Duration::from_secs(600) };
        let policies = vec![("/topic/**".parse().unwrap(), policy)];
        let history = HistorySettings { policies, ..HistorySettings::default() };
        let settings = RedisSettings { while_away, history, ..redis.settings() };
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
        let stop = Arc::new(AtomicBool::new(false));
        let mut readers = Vec::new();
        for node in &self.nodes {
            readers.push(read(node, load.topics).await);
        }
        let publish =
            |(name, node)| tokio::spawn(publish(name, Server::clone(node), load, Arc::clone(&stop)));
        let publishers = self.nodes.iter().enumerate().map(publish).collect();
        Running { stop, publishers, readers }
    }

    /// Ends the connections that Redis pushes through.
    pub(crate) fn kill_subscribers(&self) {
        let mut connection = self.redis.connection();
        let killed: usize =
            redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query(&mut connection).unwrap();
        assert!(killed <= NODES);
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

async fn publish(name: usize, node: Server, load: Load, stop: Arc<AtomicBool>) -> Sent {
    let mut ticks = interval(Duration::from_secs(1) * NODES as u32 / load.per_second);
    let mut sent = Sent::default();
    let handle = node.handle();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let topic = topic_name(number % load.topics);
        let body = format!("{name}:{number:06}");
        number += 1;
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
            self.told_of_loss.fetch_add(1, Ordering::Relaxed);
        }
        self.by_topic.lock().unwrap().entry(topic).or_default().push(body);
    }

    fn has(&self, accepted: &BTreeSet<(String, String)>) -> bool {
        let by_topic = self.by_topic.lock().unwrap();
        let seen: BTreeSet<_> = by_topic.values().flatten().collect();
        accepted.iter().all(|(_, body)| seen.contains(body))
    }
}

impl Running {
    /// Stops publishing, and waits for what was accepted to arrive, for a while.
    pub(crate) async fn finish(self) -> Account {
        self.stop.store(true, Ordering::Relaxed);
        let mut sent = Sent::default();
        for publisher in self.publishers {
            let of_one = publisher.await.unwrap();
            sent.accepted.extend(of_one.accepted);
            sent.refused += of_one.refused;
        }
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && !self.readers.iter().all(|(seen, _)| seen.has(&sent.accepted)) {
            sleep(Duration::from_millis(20)).await;
        }
        // What comes twice may come late.
        sleep(Duration::from_millis(100)).await;
        self.readers.iter().for_each(|(_, reader)| reader.abort());
        let seen = self.readers.iter().map(|(seen, _)| seen);
        Account {
            told_of_loss: seen.clone().map(|seen| seen.told_of_loss.load(Ordering::Relaxed)).sum(),
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
