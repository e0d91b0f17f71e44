//! One broker fails, or its network does; the others go on.

use std::time::Duration;

use stomp_proto::Command;
use tokio::time::{Instant, sleep};

use crate::{
    client::{self, Client},
    cluster::{BUFFER, Cluster, until},
    is_full, load,
    load::Load,
    proxy::Network,
    seconds,
};

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
    account.assert_nobody_noticed();
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

/// To confirm many topics takes longer than Redis may be silent, but all the while it is not.
#[tokio::test(flavor = "multi_thread")]
async fn many_topics_are_subscribed_to_again_through_a_slow_network() {
    let cluster = Cluster::start(BUFFER).await;
    let (mut clients, long_name) = (Vec::new(), "x".repeat(200));
    for number in 0..3 {
        let mut client = Client::connect(cluster.brokers[0].tcp).await.unwrap();
        for id in (0..200).map(|id| id.to_string()) {
            let topic = format!("/topic/{long_name}/{number}/{id}");
            client.confirm(Command::Subscribe, &[("id", &id), ("destination", &topic)], "").await.unwrap();
        }
        clients.push(client);
    }
    cluster.proxy.set(Network::Slow(60_000));
    let _: usize = cluster.redis.run(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    until(&cluster.brokers[0], false).await;
    println!("ready {:?} after the connection was cut", cluster.until_ready().await);
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
    account.assert_nobody_noticed();
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
