//! The broker inside one process, with subscribers that cost nothing: session, routing, outbox and fan-out.

use std::{
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};

use benches::subscriber::Audience;
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stomp_broker::{Config, Destination, Handle, Open, Publish, Server, testing::Client};
use tokio::runtime::{Builder, Runtime};

const BODY: usize = 256;

/// One thread, so that a benchmark measures work and no waiting.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn server() -> Server {
    let config = Config { connections: 200_000, ..Config::default() };
    Server::builder(Open, Open).config(config).topics("/topic").start().await.expect("a server")
}

fn publish(topic: &Destination) -> Publish {
    Publish::new(topic.clone(), Bytes::from_static(&[b'x'; BODY]))
}

fn topic(name: &str) -> Destination {
    Destination::new(format!("/topic/{name}")).expect("a destination")
}

/// Publishes messages one after the other and waits until all subscribers have all of them.
async fn deliver(handle: &Handle, audience: &Audience, topic: &Destination, messages: u64, subscribers: u64) {
    for _ in 0..messages {
        handle.publish(publish(topic)).await.expect("a back-end");
    }
    audience.hear(messages * subscribers).await;
}

/// One message to so many subscribers: published, queued, encoded, written.
fn fan_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan-out");
    for subscribers in [1, 10, 100, 1_000, 10_000] {
        let (runtime, audience, topic) = (runtime(), Audience::default(), topic("a"));
        let handle = runtime.block_on(async {
            let server = server().await;
            for _ in 0..subscribers {
                audience.subscribe(&server, ["/topic/a".to_owned()]).await;
            }
            server.handle()
        });
        group.throughput(Throughput::Elements(subscribers));
        group.bench_function(BenchmarkId::from_parameter(subscribers), |bencher| {
            bencher.iter(|| runtime.block_on(deliver(&handle, &audience, &topic, 1, subscribers)));
        });
    }
}

/// A burst to one subscriber, who empties the outbox at once.
fn outbox(criterion: &mut Criterion) {
    const BURST: u64 = 1_000;
    let (runtime, audience, topic) = (runtime(), Audience::default(), topic("a"));
    let handle = runtime.block_on(async {
        let server = server().await;
        audience.subscribe(&server, ["/topic/a".to_owned()]).await;
        server.handle()
    });
    let mut group = criterion.benchmark_group("outbox");
    group.throughput(Throughput::Elements(BURST));
    group.bench_function("burst of 1,000", |bencher| {
        bencher.iter(|| runtime.block_on(deliver(&handle, &audience, &topic, BURST, 1)));
    });
}

/// One message to one of many topics, each of which has one subscriber: what a publish costs must not grow with them.
fn routing(criterion: &mut Criterion) {
    const OF_A_SESSION: usize = 250;
    let mut group = criterion.benchmark_group("routing");
    for topics in [1, 1_000, 100_000] {
        let (runtime, audience) = (runtime(), Audience::default());
        let names: Vec<_> = (0..topics).map(|name| topic(&name.to_string())).collect();
        let handle = runtime.block_on(async {
            let server = server().await;
            for of_a_session in names.chunks(OF_A_SESSION) {
                audience.subscribe(&server, of_a_session.iter().map(ToString::to_string)).await;
            }
            server.handle()
        });
        let next = AtomicUsize::new(0);
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::from_parameter(topics), |bencher| {
            bencher.iter(|| {
                // A step that is prime to the number: neighbours in time are none in memory.
                let name = &names[next.fetch_add(7_919, Ordering::Relaxed) % topics];
                runtime.block_on(deliver(&handle, &audience, name, 1, 1));
            });
        });
    }
}

/// Frames of a publisher whom nobody listens to, with a receipt for the last: decoded, checked, published.
fn session(criterion: &mut Criterion) {
    const FRAMES: usize = 100;
    let runtime = runtime();
    let mut client = runtime.block_on(async {
        let mut client = Client::open(&server().await);
        client.connect().await;
        client
    });
    let send = format!("SEND\ndestination:/topic/nobody\n\n{}\0", "x".repeat(BODY)).repeat(FRAMES);
    let mut group = criterion.benchmark_group("session");
    group.throughput(Throughput::Elements(FRAMES as u64));
    group.bench_function("100 SEND", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                client.send_octets(black_box(send.as_bytes())).await;
                client.publish("/topic/nobody", "").await;
            });
        });
    });
}

criterion_group!(broker, session, routing, outbox, fan_out);
criterion_main!(broker);
