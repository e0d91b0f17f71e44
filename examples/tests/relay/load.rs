//! Clients at work while something fails: senders that wait for every RECEIPT, readers that come back where they were.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use stomp_proto::{Command, Frame};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    account::{Account, Entry, Reading, Sent},
    client::{Client, PATIENCE, Unconfirmed},
};

/// The last message of every topic.
const END: &str = "end";

/// How much there is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) topics: usize,
    /// Messages a second of each sender; there is one on every broker.
    pub(crate) per_second: u32,
    /// Octets of a message, at least.
    pub(crate) octets: usize,
}

/// Clients of all brokers; those of a broker that is gone go to the next one.
#[derive(Debug)]
pub(crate) struct Clients {
    brokers: Vec<SocketAddr>,
    load: Load,
    stop: Arc<AtomicBool>,
    confirmed: Vec<Arc<AtomicUsize>>,
    senders: Vec<JoinHandle<Sent>>,
    readers: Vec<JoinHandle<Reading>>,
}

impl Clients {
    /// One sender and one reader on every broker.
    pub(crate) async fn start(brokers: Vec<SocketAddr>, load: Load) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let confirmed: Vec<_> = brokers.iter().map(|_| Arc::new(AtomicUsize::new(0))).collect();
        let mut readers = Vec::new();
        for home in 0..brokers.len() {
            let mut reader = Reader { brokers: brokers.clone(), home, load, reading: Reading::default() };
            let client = reader.subscribe().await;
            readers.push(tokio::spawn(reader.run(client)));
        }
        let send = |(home, confirmed): (usize, &Arc<AtomicUsize>)| {
            tokio::spawn(send(brokers.clone(), home, load, Arc::clone(&stop), Arc::clone(confirmed)))
        };
        let senders = confirmed.iter().enumerate().map(send).collect();
        Self { brokers, load, stop, confirmed, senders, readers }
    }

    /// Waits until the sender that began on a broker has so many more messages confirmed.
    pub(crate) async fn until_confirmed(&self, home: usize, more: usize) {
        let confirmed = || self.confirmed[home].load(Ordering::Relaxed);
        let goal = confirmed() + more;
        let reached = async {
            while confirmed() < goal {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, reached).await.expect("messages are confirmed");
    }

    /// Ends the load; every reader has read all topics to their ends then.
    pub(crate) async fn finish(self) -> Account {
        self.stop.store(true, Ordering::Relaxed);
        let mut sent = Vec::new();
        for sender in self.senders {
            sent.push(sender.await.unwrap());
        }
        let mut client = connect(&self.brokers, 0).await;
        for topic in 0..self.load.topics {
            client.publish(&name(topic), END).await.unwrap();
        }
        let mut readings = Vec::new();
        for reader in self.readers {
            readings.push(timeout(PATIENCE, reader).await.expect("every topic comes to its end").unwrap());
        }
        let mut auditor =
            Reader { brokers: self.brokers, home: 0, load: self.load, reading: Reading::default() };
        let client = auditor.subscribe().await;
        Account { sent, stored: auditor.run(client).await.topics, readings }
    }
}

async fn send(
    brokers: Vec<SocketAddr>,
    home: usize,
    load: Load,
    stop: Arc<AtomicBool>,
    confirmed: Arc<AtomicUsize>,
) -> Sent {
    let mut ticks = interval(Duration::from_secs(1) / load.per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut client = connect(&brokers, home).await;
    let mut sent = Sent::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        ticks.tick().await;
        let id = format!("{home}:{number:06}");
        let body = format!("{id} {}", "x".repeat(load.octets));
        match client.publish(&name(number % load.topics), body).await {
            Ok(()) => {
                confirmed.fetch_add(1, Ordering::Relaxed);
                sent.confirmed.insert(id);
                continue;
            }
            Err(Unconfirmed::Refused(why)) => sent.refused.push(why),
            Err(Unconfirmed::Unknown) => drop(sent.unknown.insert(id)),
        }
        client = connect(&brokers, home).await;
    }
    sent
}

struct Reader {
    brokers: Vec<SocketAddr>,
    home: usize,
    load: Load,
    reading: Reading,
}

impl Reader {
    /// Reads until every topic has come to its end, and a moment longer: what comes twice may come late.
    async fn run(mut self, mut client: Client) -> Reading {
        let mut open: BTreeSet<_> = (0..self.load.topics).map(name).collect();
        while !open.is_empty() {
            match client.message().await {
                Some(message) => {
                    if &**message.body() == END.as_bytes() {
                        open.remove(destination(&message));
                    }
                    self.note(&message);
                }
                None => {
                    self.reading.reconnects += 1;
                    client = self.subscribe().await;
                }
            }
        }
        while let Ok(Some(message)) = timeout(Duration::from_millis(100), client.message()).await {
            self.note(&message);
        }
        self.reading
    }

    /// Subscribes to all topics, each from behind what this reader has of it.
    async fn subscribe(&mut self) -> Client {
        loop {
            let mut client = connect(&self.brokers, self.home).await;
            if self.subscribe_all(&mut client).await.is_ok() {
                return client;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn subscribe_all(&mut self, client: &mut Client) -> Result<(), Unconfirmed> {
        for topic in (0..self.load.topics).map(name) {
            let place = match self.reading.topics.get(&topic).and_then(|entries| entries.last()) {
                Some(last) => vec![("x-offset", last.offset.to_string()), ("x-epoch", last.epoch.clone())],
                None => vec![("x-offset", "first".to_owned())],
            };
            let mut headers = vec![("id", &*topic), ("destination", &*topic)];
            headers.extend(place.iter().map(|(name, value)| (*name, &**value)));
            let receipt = client.confirm(Command::Subscribe, &headers, "").await?;
            if receipt.headers().get("x-recovered") == Some("false") {
                self.reading.unrecovered += 1;
            }
        }
        Ok(())
    }

    fn note(&mut self, message: &Frame) {
        let header = |name| message.headers().get(name).unwrap_or_default();
        let text = String::from_utf8_lossy(message.body());
        let entry = Entry {
            epoch: header("x-epoch").to_owned(),
            offset: header("x-offset").parse().unwrap(),
            id: text.split(' ').next().unwrap_or_default().to_owned(),
            after_loss: header("x-lost") == "true",
        };
        let topics: &mut BTreeMap<_, Vec<_>> = &mut self.reading.topics;
        topics.entry(destination(message).to_owned()).or_default().push(entry);
    }
}

/// Connects to a broker, or to the next one that answers.
async fn connect(brokers: &[SocketAddr], home: usize) -> Client {
    let connecting = async {
        loop {
            for place in 0..brokers.len() {
                if let Some(client) = Client::connect(brokers[(home + place) % brokers.len()]).await {
                    return client;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, connecting).await.expect("a broker answers")
}

fn destination(message: &Frame) -> &str {
    message.headers().get("destination").unwrap_or_default()
}

fn name(topic: usize) -> String {
    format!("/topic/{topic}")
}
