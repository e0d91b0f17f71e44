//! The relay keeps to what is asked of any back-end.

use stomp_broker::{redis::RedisRelay, testing::conformance};

use crate::redis_server::RedisServer;

#[tokio::test]
async fn the_redis_relay_conforms() {
    let server = RedisServer::start();
    conformance::suite(|| RedisRelay::new(server.settings()).unwrap()).await;
}
