//! Over a Redis Cluster.

use stomp_broker::{
    proto::{Command, Frame},
    redis::RedisRelay,
    testing::conformance,
};
use tokio::time::sleep;

use crate::{
    BUFFER, PATIENCE, a_while, load,
    nodes::Cluster,
    redis_server::settings,
    redis_shards::{RedisShards, wait_until_caught_up},
};

/// It has a history.
const TOPIC: &str = "/topic/moving";

async fn three_nodes(shards: RedisShards) -> Cluster<RedisShards> {
    let settings = settings(shards.url());
    let nodes = Cluster::over(shards, settings, BUFFER).await;
    nodes.wait_until_ready(PATIENCE).await;
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_conforms_over_a_cluster() {
    let shards = RedisShards::start(3, false);
    conformance::suite(|| RedisRelay::new(settings(shards.url())).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_is_killed_when_its_replica_has_everything() {
    let mut nodes = three_nodes(RedisShards::start(3, true)).await;
    let load = nodes.load(load()).await;
    sleep(a_while()).await;
    let pause = load.pause().await;
    wait_until_caught_up(&nodes.redis.masters[0], &nodes.redis.replicas[0]);
    nodes.redis.masters[0].kill();
    drop(pause);
    nodes.wait_until_away().await;
    nodes.wait_until_ready(PATIENCE).await;
    sleep(a_while()).await;
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!((account.refused, account.told_of_loss), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_master_takes_with_it_is_reported() {
    let mut nodes = three_nodes(RedisShards::start(3, true)).await;
    let load = nodes.load(load()).await;
    sleep(a_while()).await;
    nodes.redis.cut_off(0);
    sleep(a_while()).await;
    let pause = load.pause().await;
    nodes.redis.masters[0].kill();
    nodes.redis.replicas[0].thaw();
    drop(pause);
    nodes.wait_until_away().await;
    nodes.wait_until_ready(PATIENCE).await;
    sleep(a_while()).await;
    let account = load.finish_with_losses().await;
    account.assert_losses_were_told();
    assert!(account.told_of_loss > 0, "the replica has not got everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_move_to_another_master_under_load() {
    let nodes = three_nodes(RedisShards::start(2, false)).await;
    let load = nodes.load(load()).await;
    sleep(a_while()).await;
    let moved = nodes.redis.move_slots(0, 1);
    assert!(moved > 0, "there are histories in them");
    sleep(a_while()).await;
    nodes.wait_until_ready(PATIENCE).await;
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!((account.refused, account.told_of_loss), (0, 0));
}

/// Half of a move may last: keys are at one master, subscribers still at another.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_goes_on_while_its_slot_is_on_the_way() {
    let nodes = three_nodes(RedisShards::start(2, false)).await;
    let mut reader = nodes.client().await;
    reader.subscribe("s", TOPIC).await;
    let mut read = async |text: &str| {
        nodes.client().await.publish(TOPIC, text.to_owned()).await;
        let message = reader.expect(Command::Message).await;
        assert_eq!((&**message.body(), message.headers().contains("x-lost")), (text.as_bytes(), false));
    };
    read("before").await;
    let moving = nodes.redis.begin_move(TOPIC);
    read("on the way").await;
    read("and again").await;
    nodes.redis.end_move(&moving);
    read("after").await;
    let mut late = nodes.client().await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", TOPIC);
    late.confirm(subscribe.header("x-offset", "first")).await;
    for text in ["before", "on the way", "and again", "after"] {
        assert_eq!(&**late.expect(Command::Message).await.body(), text.as_bytes());
    }
}
