//! Over a Redis Cluster.

use stomp_broker::{redis::RedisRelay, testing::conformance};

use crate::{redis_server::settings, redis_shards::RedisShards};

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_conforms_over_a_cluster() {
    let shards = RedisShards::start(3, false);
    conformance::suite(|| RedisRelay::new(settings(shards.url())).unwrap()).await;
}
