//! Over TLS.

use stomp_broker::{Open, Server, redis::RedisRelay};
use tokio::time::sleep;

use crate::{
    BUFFER, PATIENCE, a_while,
    certificates::Certificates,
    load,
    nodes::Cluster,
    redis_server::{RedisServer, free_port, settings},
    redis_shards::{RedisShards, member},
    sentinel::{Watched, fail_over},
};

/// Nodes at a URL whose messages reach each other.
async fn meet<R>(redis: R, url: String) {
    let nodes = Cluster::over(redis, settings(url), BUFFER).await;
    nodes.wait_until_ready(PATIENCE).await;
    let load = nodes.load(load()).await;
    sleep(a_while()).await;
    load.finish().await.assert_all_arrived_once_in_one_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_meet_over_tls() {
    let (certificates, port) = (Certificates::new(), free_port());
    let redis = RedisServer::start_with(&certificates.arguments(port));
    meet(redis, format!("rediss://127.0.0.1:{port}{}", certificates.trust())).await;
}

#[tokio::test]
async fn a_server_that_the_authority_has_not_certified_is_not_trusted() {
    let (certificates, port) = (Certificates::new(), free_port());
    let _redis = RedisServer::start_with(&certificates.arguments(port));
    let url = format!("rediss://127.0.0.1:{port}{}", certificates.trust_others());
    let relay = RedisRelay::new(settings(url)).unwrap();
    let server = Server::builder(Open, Open).broker(relay).start().await.unwrap();
    assert!(!server.handle().is_ready());
}

/// Members name each other's TLS ports to whoever asks over TLS.
#[tokio::test(flavor = "multi_thread")]
async fn the_masters_of_a_cluster_are_found_over_tls() {
    let (certificates, ports) = (Certificates::new(), [free_port(), free_port(), free_port()]);
    let masters = ports.map(|port| {
        let in_cluster = ["--tls-cluster", "yes"].map(str::to_owned);
        member(&[&certificates.arguments(port)[..], &in_cluster].concat())
    });
    let url = format!("rediss+cluster://127.0.0.1:{}{}", ports[0], certificates.trust());
    meet(RedisShards::of(masters.into(), Vec::new()), url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_is_found_over_tls() {
    fail_over(Watched::start_over_tls(Certificates::new())).await;
}
