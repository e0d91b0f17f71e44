//! Faults one after the other, in an order that nobody chose.
//!
//! `RELAY_SEED` is the number of a sequence; without it a full run takes any, and prints it.

use std::{env, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tokio::time::sleep;

use crate::{
    cluster::{BUFFER, Cluster},
    is_full, load,
    proxy::Network,
    servers::run,
};

/// What may happen. Some take long enough for brokers to notice, and some do not.
#[derive(Debug, Clone, Copy)]
enum Fault {
    ConnectionsAreCut,
    ListenersAreCut,
    RedisStandsStill,
    RedisIsPaused,
    RedisReloads,
    RedisIsKilled,
    /// Also the connections, so that all have to load them again at once.
    ScriptsAreForgotten,
    /// Connections are cut, and Redis has room for no new ones.
    NoConnectionIsLeft,
    NetworkIs(Network),
    BrokerStandsStill,
}

const FAULTS: [Fault; 14] = [
    Fault::ConnectionsAreCut,
    Fault::ListenersAreCut,
    Fault::RedisStandsStill,
    Fault::RedisIsPaused,
    Fault::RedisReloads,
    Fault::RedisIsKilled,
    Fault::ScriptsAreForgotten,
    Fault::NoConnectionIsLeft,
    Fault::NetworkIs(Network::BlackHole),
    Fault::NetworkIs(Network::Mute),
    Fault::NetworkIs(Network::Deaf),
    Fault::NetworkIs(Network::Torn),
    Fault::NetworkIs(Network::Late(Duration::from_millis(300))),
    Fault::BrokerStandsStill,
];

/// A sequence of faults.
#[derive(Debug)]
pub(crate) struct Faults {
    random: StdRng,
}

impl Faults {
    pub(crate) fn draw() -> Self {
        let seed = match env::var("RELAY_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) if is_full() => rand::random(),
            Err(_) => 5,
        };
        println!("RELAY_SEED={seed}");
        Self { random: StdRng::seed_from_u64(seed) }
    }

    /// Lets the next one happen.
    pub(crate) async fn next(&mut self, cluster: &mut Cluster) {
        let fault = *FAULTS.choose(&mut self.random).unwrap();
        let time = Duration::from_millis(self.random.random_range(50..1500));
        println!("{fault:?} for {time:?}");
        fault.happen(cluster, time).await;
    }

    /// Whether the one after it comes at once.
    fn hurries(&mut self) -> bool {
        self.random.random_bool(0.5)
    }
}

impl Fault {
    /// Lets it happen for a while.
    async fn happen(self, cluster: &mut Cluster, time: Duration) {
        let milliseconds = time.as_millis().to_string();
        match self {
            Self::ConnectionsAreCut => cluster.cut("normal"),
            Self::ListenersAreCut => cluster.cut("pubsub"),
            Self::RedisStandsStill => {
                cluster.redis.signal("STOP");
                sleep(time).await;
                cluster.redis.signal("CONT");
            }
            Self::RedisIsPaused => cluster.redis.run(&["CLIENT", "PAUSE", &milliseconds, "ALL"]),
            Self::RedisReloads => cluster.redis.run(&["DEBUG", "RELOAD"]),
            Self::RedisIsKilled => {
                cluster.redis.kill();
                sleep(time).await;
                cluster.redis.restart();
            }
            Self::ScriptsAreForgotten => {
                let () = cluster.redis.run(&["SCRIPT", "FLUSH"]);
                cluster.cut("normal");
            }
            Self::NoConnectionIsLeft => {
                let mut admin = cluster.redis.connection();
                let () = run(&mut admin, &["CONFIG", "SET", "maxclients", "1"]);
                let _: usize = run(&mut admin, &["CLIENT", "KILL", "TYPE", "normal"]);
                sleep(time).await;
                let () = run(&mut admin, &["CONFIG", "SET", "maxclients", "10000"]);
            }
            Self::NetworkIs(network) => {
                cluster.proxy.set(network);
                sleep(time).await;
                cluster.proxy.set(Network::Whole);
            }
            Self::BrokerStandsStill => {
                cluster.brokers[1].signal("STOP");
                sleep(time).await;
                cluster.brokers[1].signal("CONT");
            }
        }
    }
}

/// Whatever happens, messages wait, and nobody else notices.
#[tokio::test(flavor = "multi_thread")]
async fn faults_come_one_after_the_other() {
    let mut faults = Faults::draw();
    let mut cluster = Cluster::start(BUFFER).await;
    let clients = cluster.load(load()).await;
    clients.until_confirmed(0, 20).await;
    for _ in 0..if is_full() { 60 } else { 6 } {
        faults.next(&mut cluster).await;
        if !faults.hurries() {
            clients.until_confirmed(0, 5).await;
        }
    }
    println!("ready {:?} after the last", cluster.until_ready().await);
    for home in 0..3 {
        clients.until_confirmed(home, 20).await;
    }
    let account = clients.finish().await;
    account.assert_nothing_lost();
    account.assert_nobody_noticed();
}
