//! What the relay costs over a bare Redis, and how soon it is back: the rows of the table in stomp-broker's README.
//!
//! `cargo bench -p benches --bench redis` starts a redis-server of its own. Latencies are worth what the machine is
//! quiet; the others are the processor time that Redis itself has counted, or times of many operations.

mod cpu;
mod latency;
mod node;
mod outage;
mod server;

use std::time::Duration;

use self::server::Redis;

/// The topics that are measured: one without and one with a history.
const TOPICS: [(&str, &str); 2] = [("a topic", "/topic/plain"), ("a topic with history", "/topic/kept/a")];

fn main() {
    let mut redis = Redis::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        println!("| figure | measured | bare Redis |\n| --- | --- | --- |");
        let bare = latency::bare(&redis).await;
        for (what, topic) in TOPICS {
            let relay = latency::relay(&redis, topic).await;
            row(&format!("{what}, from node to node, p50"), relay.at(0.5), bare.at(0.5));
            row(&format!("{what}, from node to node, p99"), relay.at(0.99), bare.at(0.99));
        }
        let costs = cpu::costs(&redis, TOPICS.iter().map(|(_, topic)| *topic)).await;
        for ((what, _), relay) in TOPICS.iter().zip(costs.relay) {
            row(&format!("{what}, Redis's processor per message"), relay, costs.bare);
        }
        let resubscribed = outage::resubscribe(&redis).await;
        println!("| 100,000 topics subscribed to again after a lost connection | {resubscribed:.2?} | |");
        let back = outage::recover(&mut redis).await;
        println!("| three nodes serving again after Redis is back from 10 s away, the last | {back:.2?} | |");
    });
}

/// A time beside what it is on a bare Redis.
fn row(what: &str, measured: Duration, bare: Duration) {
    let times = measured.as_secs_f64() / bare.as_secs_f64();
    println!("| {what} | {measured:.2?}, {times:.2} of bare | {bare:.2?} |");
}
