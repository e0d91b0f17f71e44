//! The relay from outside: three broker processes over one Redis, clients over TCP that count, and faults.
//!
//! Every message that was confirmed has to be in its history, and to reach the reader on every broker once, in the
//! history's order. `REDIS_FAULTS=full` runs the faults for longer and under more load.

mod account;
mod client;
mod cluster;
mod load;
mod proxy;
mod queues;
mod servers;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::{
    cluster::{BUFFER, Cluster, FAIL, until},
    load::Load,
    proxy::Network,
};

fn is_full() -> bool {
    std::env::var("REDIS_FAULTS").is_ok_and(|value| value == "full")
}

fn load() -> Load {
    let (topics, per_second) = if is_full() { (50, 200) } else { (5, 50) };
    Load { topics, per_second, octets: 64 }
}

/// Seconds of every run, and of a full one.
fn seconds(short: f64, full: f64) -> Duration {
    Duration::from_secs_f64(if is_full() { full } else { short })
}

/// F6: whatever connects a broker to Redis is cut, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_redis_are_cut_again_and_again() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for cut in 0..if is_full() { 40 } else { 12 } {
        sleep(seconds(0.15, 0.5)).await;
        let kind = if cut % 2 == 0 { "pubsub" } else { "normal" };
        let _: usize = cluster.redis.run(&["CLIENT", "KILL", "TYPE", kind]);
    }
    cluster.until_ready().await;
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// F5: Redis stands still, and keeps all its connections.
#[tokio::test(flavor = "multi_thread")]
async fn redis_stands_still() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    cluster.redis.signal("STOP");
    let stopped = Instant::now();
    for broker in &cluster.brokers {
        until(broker, false).await;
    }
    sleep(seconds(2.5, 5.0).saturating_sub(stopped.elapsed())).await;
    cluster.redis.signal("CONT");
    println!("ready {:?} after Redis went on", cluster.until_ready().await);
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// Redis does not answer for less time than counts as away: nobody notices.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_slow() {
    let cluster = Cluster::start(FAIL).await;
    let clients = cluster.load(load()).await;
    for _ in 0..if is_full() { 10 } else { 3 } {
        let _: String = cluster.redis.run(&["DEBUG", "SLEEP", "0.4"]);
        clients.until_confirmed(0, 5).await;
    }
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// F4: Redis is killed and comes back with what it had on disk; messages wait.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_and_messages_wait() {
    let mut cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for _ in 0..if is_full() { 5 } else { 2 } {
        clients.until_confirmed(0, 20).await;
        cluster.redis.kill();
        sleep(seconds(0.5, 5.0)).await;
        cluster.redis.restart();
        println!("ready {:?} after Redis was back", cluster.until_ready().await);
    }
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// The same, and senders are told instead.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_and_messages_are_refused() {
    let mut cluster = Cluster::start(FAIL).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    cluster.redis.kill();
    sleep(seconds(0.5, 30.0)).await;
    cluster.redis.restart();
    println!("ready {:?} after Redis was back", cluster.until_ready().await);
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    let refused = account.refused();
    assert!(!refused.is_empty() && refused.iter().all(|why| why.contains("unavailable")), "{refused:?}");
    assert_eq!((account.unknown(), account.reconnects()), (0, vec![0; 3]), "readers notice nothing");
}

/// Redis forgets everything: every reader is told, of every topic.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_flushed() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 50).await;
    let _: String = cluster.redis.run(&["FLUSHALL"]);
    clients.until_confirmed(0, 50).await;
    let account = clients.finish().await;
    account.assert_no_silent_loss();
    assert_eq!(account.told_of_loss(), 3 * load().topics);
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// Redis takes nothing more in: senders are told, and nobody else notices.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_full() {
    let cluster = Cluster::start(FAIL).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    let _: String = cluster.redis.run(&["CONFIG", "SET", "maxmemory", "1mb"]);
    sleep(seconds(1.0, 10.0)).await;
    assert!(cluster.brokers[0].is_ready().await, "what needs no memory goes on");
    let _: String = cluster.redis.run(&["CONFIG", "SET", "maxmemory", "0"]);
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert!(!account.refused().is_empty());
    assert_eq!((account.unknown(), account.reconnects()), (0, vec![0; 3]));
}

/// F8: one broker's network swallows everything and closes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_broker_is_in_a_black_hole() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    cluster.proxy.set(Network::BlackHole);
    let cut = Instant::now();
    until(&cluster.brokers[0], false).await;
    assert!(cut.elapsed() < Duration::from_secs(5), "{:?}", cut.elapsed());
    clients.until_confirmed(1, 20).await;
    assert!(cluster.brokers[1].is_ready().await && cluster.brokers[2].is_ready().await);
    sleep(seconds(1.0, 20.0).saturating_sub(cut.elapsed())).await;
    cluster.proxy.set(Network::Whole);
    println!("ready {:?} after the network was whole", cluster.until_ready().await);
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// F7: one broker reads too slowly, and Redis cuts it off with all that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn one_broker_reads_too_slowly() {
    let cluster = Cluster::start(BUFFER).await;
    let limit = if is_full() { "pubsub 32mb 8mb 60" } else { "pubsub 4mb 2mb 2" };
    let _: String = cluster.redis.run(&["CONFIG", "SET", "client-output-buffer-limit", limit]);
    let clients = cluster.load(Load { octets: 16 << 10, ..load() }).await;
    clients.until_confirmed(1, 20).await;
    cluster.proxy.set(Network::Slow(100_000));
    let slow = Instant::now();
    while !cluster.redis.log().contains("output buffer limits") {
        assert!(slow.elapsed() < client::PATIENCE, "Redis cuts it off");
        sleep(Duration::from_millis(100)).await;
    }
    cluster.proxy.set(Network::Whole);
    cluster.until_ready().await;
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!(account.reconnects(), [0; 3]);
}

/// F1: a broker dies; clients of the others notice nothing, its own go elsewhere and miss nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_killed() {
    let mut cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(2, 20).await;
    cluster.brokers[2].kill();
    clients.until_confirmed(2, 20).await;
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!(account.reconnects(), [0, 0, 1]);
    assert_eq!(account.refused().len(), 0);
    assert!(account.unknown() <= 1, "what was on its way");
}

/// F3: a broker stands still for as long as a machine may swap, and says nothing twice when it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_stands_still() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(2, 20).await;
    cluster.brokers[2].signal("STOP");
    clients.until_confirmed(0, 20).await;
    sleep(seconds(1.0, 5.0)).await;
    cluster.brokers[2].signal("CONT");
    clients.until_confirmed(2, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!((account.refused().len(), account.unknown(), account.reconnects()), (0, 0, vec![0; 3]));
}

/// F2: brokers end one after the other, and every client knows what became of what it sent.
#[tokio::test(flavor = "multi_thread")]
async fn brokers_end_in_order() {
    let mut cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for broker in [2, 1] {
        clients.until_confirmed(broker, 20).await;
        cluster.brokers[broker].signal("TERM");
        cluster.brokers[broker].wait();
    }
    clients.until_confirmed(2, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    assert_eq!(account.refused().len(), 0);
}
