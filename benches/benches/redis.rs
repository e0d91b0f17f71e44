//! What the relay costs over a bare Redis: the latency of a message that crosses nodes, and Redis's own CPU.
//!
//! `cargo bench -p benches --bench redis` starts a redis-server of its own.

use std::{
    hint::black_box,
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::StreamExt;
use stomp_broker::{
    Broker, Destination, Health, HistoryPolicy, HistorySettings, Inbound, Interest, Message, NodeId,
    Position, Publish,
    redis::{RedisRelay, RedisSettings},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval, sleep},
};

/// Messages of each measurement of latency, sent at [`RATE`].
const PACED: u32 = 3000;

/// Messages a second.
const RATE: u32 = 1000;

/// Messages of each measurement of CPU, sent in batches.
const MANY: usize = 100_000;

const BATCH: usize = 256;
const BODY: [u8; 256] = [b'x'; 256];

fn main() {
    let redis = OwnRedis::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let bare = bare_latency(&redis).await;
        report("bare PUBLISH to SUBSCRIBE", bare);
        for (what, topic) in [("plain topic", "/topic/plain"), ("topic with history", "/topic/kept/a")] {
            report(what, relay_latency(&redis, topic).await);
        }
        println!();
        let bare = bare_cpu(&redis).await;
        println!("{:28} {bare:6.2} us of Redis per message", "bare pipelined PUBLISH");
        for (what, topic) in [("plain topic", "/topic/plain"), ("topic with history", "/topic/kept/a")] {
            let cpu = relay_cpu(&redis, topic).await;
            println!("{what:28} {cpu:6.2} us of Redis per message, {:.2} of bare", cpu / bare);
        }
        println!();
        println!("100,000 channels subscribed in {:?}", resubscribe(&redis).await);
    });
}

/// Tells how late messages are.
#[derive(Debug)]
struct Arrivals(UnboundedSender<Duration>, Instant);

impl Inbound for Arrivals {
    fn message(&self, message: Message) {
        let late = late(message.body(), self.1);
        // After a measurement nobody counts.
        let _ = self.0.send(late);
    }

    fn ready(&self, _: &Destination) {}
    fn lost(&self, _: &Destination, _: Option<Position>, _: Option<Position>) {}
    fn control(&self, _: NodeId, _: Bytes) {}
    fn health(&self, _: Health) {}
}

/// A body starts with the nanoseconds since `start`.
fn body(start: Instant) -> Vec<u8> {
    let mut body = BODY.to_vec();
    body[..8].copy_from_slice(&(start.elapsed().as_nanos() as u64).to_be_bytes());
    body
}

fn late(body: &[u8], start: Instant) -> Duration {
    let sent = body.first_chunk().map_or(0, |sent| u64::from_be_bytes(*sent));
    start.elapsed().saturating_sub(Duration::from_nanos(sent))
}

fn report(what: &str, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    println!("{what:28} p50 {:>9.1?}  p99 {:>9.1?}  at {RATE}/s", at(0.5), at(0.99));
}

async fn bare_latency(redis: &OwnRedis) -> Vec<Duration> {
    let start = Instant::now();
    let client = redis.client();
    let (mut sink, mut stream) = client.get_async_pubsub().await.expect("Redis is there").split();
    sink.subscribe("bare").await.expect("the channel is subscribed to");
    let reader = tokio::spawn(async move {
        let mut latencies = Vec::new();
        while latencies.len() < PACED as usize
            && let Some(message) = stream.next().await
        {
            latencies.push(late(message.get_payload_bytes(), start));
        }
        latencies
    });
    let connection = client.get_multiplexed_async_connection().await.expect("Redis is there");
    paced(async || {
        let mut connection = connection.clone();
        let publish = redis::cmd("PUBLISH").arg("bare").arg(body(start)).take();
        black_box(publish.query_async::<i64>(&mut connection).await.expect("it is published"));
    })
    .await;
    reader.await.expect("all arrive")
}

async fn relay_latency(redis: &OwnRedis, topic: &str) -> Vec<Duration> {
    let start = Instant::now();
    let topic = Destination::new(topic).expect("the topic is a destination");
    let (from, _) = redis.node(start).await;
    let (to, mut arrivals) = redis.node(start).await;
    to.interest(&[Interest::Topic(topic.clone())], &[]).await.expect("the topic is subscribed to");
    paced(async || {
        let publish = Publish::new(topic.clone(), body(start));
        assert!(from.publish(vec![publish]).await.iter().all(Result::is_ok));
    })
    .await;
    let mut latencies = Vec::new();
    arrivals.recv_many(&mut latencies, PACED as usize).await;
    latencies
}

async fn paced(mut send: impl AsyncFnMut()) {
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..PACED {
        ticks.tick().await;
        send().await;
    }
    sleep(Duration::from_millis(200)).await;
}

async fn bare_cpu(redis: &OwnRedis) -> f64 {
    let client = redis.client();
    let (mut sink, mut stream) = client.get_async_pubsub().await.expect("Redis is there").split();
    sink.subscribe("bare").await.expect("the channel is subscribed to");
    let reader = tokio::spawn(async move { while stream.next().await.is_some() {} });
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis is there");
    let before = redis.cpu().await;
    for _ in 0..MANY / BATCH {
        let mut pipeline = redis::pipe();
        for _ in 0..BATCH {
            pipeline.cmd("PUBLISH").arg("bare").arg(&BODY).ignore();
        }
        let () = pipeline.query_async(&mut connection).await.expect("they are published");
    }
    let used = redis.cpu().await - before;
    reader.abort();
    per_message(used)
}

async fn relay_cpu(redis: &OwnRedis, topic: &str) -> f64 {
    let topic = Destination::new(topic).expect("the topic is a destination");
    let (from, _) = redis.node(Instant::now()).await;
    let (to, _arrivals) = redis.node(Instant::now()).await;
    to.interest(&[Interest::Topic(topic.clone())], &[]).await.expect("the topic is subscribed to");
    let before = redis.cpu().await;
    for _ in 0..MANY / BATCH {
        let batch = (0..BATCH).map(|_| Publish::new(topic.clone(), &BODY[..])).collect();
        assert!(from.publish(batch).await.iter().all(Result::is_ok));
    }
    per_message(redis.cpu().await - before)
}

fn per_message(used: Duration) -> f64 {
    used.as_secs_f64() * 1e6 / (MANY / BATCH * BATCH) as f64
}

async fn resubscribe(redis: &OwnRedis) -> Duration {
    let topics = (0..100_000).map(|number| Destination::new(format!("/topic/{number}")));
    let interests: Vec<_> = topics.map(|topic| Interest::Topic(topic.expect("a destination"))).collect();
    let (node, _) = redis.node(Instant::now()).await;
    let start = Instant::now();
    for batch in interests.chunks(512) {
        node.interest(batch, &[]).await.expect("the topics are subscribed to");
    }
    start.elapsed()
}

/// A redis-server that ends with the benchmark.
struct OwnRedis {
    port: u16,
    process: Child,
}

impl OwnRedis {
    fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port").local_addr();
        let port = port.expect("it has a number").port();
        let settings =
            ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let process = Command::new("redis-server").args(settings).stdout(Stdio::null()).spawn();
        let redis = Self { port, process: process.expect("redis-server is installed") };
        while redis.client().get_connection().is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        redis
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(("127.0.0.1", self.port)).expect("the address is one")
    }

    async fn node(&self, start: Instant) -> (RedisRelay, UnboundedReceiver<Duration>) {
        let policy = HistoryPolicy { messages: 1000, age: Duration::from_secs(600) };
        let policies = vec![("/topic/kept/**".parse().expect("the pattern is one"), policy)];
        let history = HistorySettings { policies, ..HistorySettings::default() };
        let url = format!("redis://127.0.0.1:{}", self.port);
        let relay =
            RedisRelay::new(RedisSettings { history, ..RedisSettings::new(url) }).expect("the URL is one");
        let (sender, receiver) = unbounded_channel();
        relay.start(Arc::new(Arrivals(sender, start))).await.expect("the relay starts");
        (relay, receiver)
    }

    /// What Redis has used of its processor.
    async fn cpu(&self) -> Duration {
        let mut connection = self.client().get_multiplexed_async_connection().await.expect("Redis is there");
        let info: String =
            redis::cmd("INFO").arg("cpu").query_async(&mut connection).await.expect("it answers");
        let seconds = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or_default()
        };
        Duration::from_secs_f64(seconds("used_cpu_sys:") + seconds("used_cpu_user:"))
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
