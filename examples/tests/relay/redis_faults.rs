//! Redis fails, all brokers alike.

use tokio::time::{Instant, sleep};

use crate::{
    cluster::{BUFFER, Cluster, FAIL, until},
    is_full, load, seconds,
};

/// F6: whatever connects a broker to Redis is cut, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_redis_are_cut_again_and_again() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for cut in 0..if is_full() { 40 } else { 12 } {
        sleep(seconds(0.15, 0.5)).await;
        let kind = if cut % 2 == 0 { "pubsub" } else { "normal" };
        cluster.cut(kind);
    }
    cluster.until_ready().await;
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    account.assert_nobody_noticed();
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
    account.assert_nobody_noticed();
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
    account.assert_nobody_noticed();
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
    account.assert_nobody_noticed();
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
    account.assert_nobody_noticed();
}

/// Redis comes back with nothing: every reader is told, of every topic.
#[tokio::test(flavor = "multi_thread")]
async fn redis_comes_back_without_its_data() {
    let mut cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 50).await;
    cluster.redis.kill();
    cluster.redis.lose_data();
    cluster.redis.restart();
    cluster.until_ready().await;
    clients.until_confirmed(0, 50).await;
    let account = clients.finish().await;
    account.assert_no_silent_loss();
    assert_eq!(account.told_of_loss(), 3 * load().topics);
    account.assert_nobody_noticed();
}

/// Histories give way to others, and come back older than those: readers are told each time.
#[tokio::test(flavor = "multi_thread")]
async fn redis_goes_back_in_time() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for _ in 0..2 {
        clients.until_confirmed(0, 50).await;
        let _: String = cluster.redis.run(&["SWAPDB", "0", "1"]);
    }
    clients.until_confirmed(0, 50).await;
    let account = clients.finish().await;
    account.assert_no_silent_loss();
    assert!(account.told_of_loss() >= 2 * 3 * load().topics);
    account.assert_nobody_noticed();
}

/// Nobody may use channels for a while: senders are told, and readers notice nothing.
#[tokio::test(flavor = "multi_thread")]
async fn redis_takes_rights_away() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    let _: String = cluster.redis.run(&["ACL", "SETUSER", "default", "resetchannels"]);
    for broker in &cluster.brokers {
        until(broker, false).await;
    }
    sleep(seconds(0.5, 10.0)).await;
    let _: String = cluster.redis.run(&["ACL", "SETUSER", "default", "allchannels"]);
    cluster.until_ready().await;
    clients.until_confirmed(0, 20).await;
    let account = clients.finish().await;
    account.assert_no_silent_loss();
    assert!(!account.refused().is_empty());
    assert_eq!((account.unknown(), account.reconnects()), (0, vec![0; 3]));
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

/// Redis forgets the scripts that brokers call by their hashes.
#[tokio::test(flavor = "multi_thread")]
async fn redis_forgets_its_scripts() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    for _ in 0..3 {
        clients.until_confirmed(0, 10).await;
        let _: String = cluster.redis.run(&["SCRIPT", "FLUSH"]);
    }
    clients.until_confirmed(0, 10).await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    account.assert_nobody_noticed();
}

/// Redis answers to everything but writing.
#[tokio::test(flavor = "multi_thread")]
async fn redis_holds_writes_back() {
    let cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    let _: String =
        cluster.redis.run(&["CLIENT", "PAUSE", if is_full() { "10000" } else { "2500" }, "WRITE"]);
    clients.until_confirmed(0, 20).await;
    cluster.until_ready().await;
    let account = clients.finish().await;
    account.assert_nothing_lost();
    account.assert_nobody_noticed();
}
