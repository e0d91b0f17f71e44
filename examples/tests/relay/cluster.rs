//! Three brokers at one Redis, one of them behind a network that can fail.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::PATIENCE,
    load::{Clients, Load},
    proxy::Proxy,
    servers::{Broker, Redis},
};

/// Messages wait for as long as any test takes.
pub(crate) const BUFFER: &str = "{ buffer-for = { seconds = 60, bytes = 67108864 } }";
pub(crate) const FAIL: &str = "\"fail\"";

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) redis: Redis,
    /// Between Redis and the first broker.
    pub(crate) proxy: Proxy,
    pub(crate) brokers: Vec<Broker>,
}

impl Cluster {
    pub(crate) async fn start(while_away: &str) -> Self {
        let redis = Redis::start();
        let proxy = Proxy::start(redis.address).await;
        let brokers = [proxy.address, redis.address, redis.address];
        let brokers = brokers.map(|redis| Broker::start(redis, while_away)).into();
        let cluster = Self { redis, proxy, brokers };
        cluster.until_ready().await;
        cluster
    }

    pub(crate) async fn load(&self, load: Load) -> Clients {
        Clients::start(self.brokers.iter().map(|broker| broker.tcp).collect(), load).await
    }

    /// Ends the connections of a kind that brokers have to Redis.
    pub(crate) fn cut(&self, kind: &str) {
        let _: usize = self.redis.run(&["CLIENT", "KILL", "TYPE", kind]);
    }

    /// Waits until all brokers say that they hear each other; returns how long that took.
    pub(crate) async fn until_ready(&self) -> Duration {
        let start = Instant::now();
        for broker in &self.brokers {
            until(broker, true).await;
        }
        start.elapsed()
    }
}

/// Waits until a broker says so of itself.
pub(crate) async fn until(broker: &Broker, ready: bool) {
    let said = async {
        while broker.is_ready().await != ready {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, said).await.expect("a broker tells how it is");
}
