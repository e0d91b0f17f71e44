//! What queues may hold, on all nodes together.

use std::sync::Arc;

use bytes::Bytes;
use stomp_broker::{
    Broker, BrokerError, Destination, Health, Inbound, Message, NodeId, Position, Publish, QueuePolicy,
    QueueSettings, QueueStore, Settlement,
    redis::{RedisRelay, RedisSettings},
};

use crate::redis_server::RedisServer;

/// A server that nobody is connected to.
#[derive(Debug)]
struct Deaf;

impl Inbound for Deaf {
    fn message(&self, _: Message) {}
    fn ready(&self, _: &Destination) {}
    fn lost(&self, _: &Destination, _: Option<Position>, _: Option<Position>) {}
    fn control(&self, _: NodeId, _: Bytes) {}
    fn health(&self, _: Health) {}
}

fn queue(name: &str) -> Destination {
    Destination::new(format!("/queue/{name}")).unwrap()
}

async fn store(redis: &RedisServer, queues: QueueSettings) -> (RedisRelay, Arc<dyn QueueStore>) {
    let relay = RedisRelay::new(RedisSettings { queues, ..redis.settings() }).unwrap();
    relay.start(Arc::new(Deaf)).await.unwrap();
    let store = relay.queues().unwrap();
    (relay, store)
}

fn message(queue: &Destination, octets: usize) -> Vec<Publish> {
    vec![Publish::new(queue.clone(), vec![b'x'; octets])]
}

#[tokio::test]
async fn a_queue_is_full_by_its_octets_and_has_room_for_what_was_consumed() {
    let redis = RedisServer::start();
    let policy = QueuePolicy { bytes: 3000, ..QueuePolicy::default() };
    let (_one, one) = store(&redis, policy.clone().into()).await;
    let (_two, two) = store(&redis, policy.into()).await;
    let queue = queue("jobs");
    for store in [&one, &two, &one] {
        store.enqueue(message(&queue, 1000)).await.unwrap();
    }
    assert!(matches!(two.enqueue(message(&queue, 1)).await, Err(BrokerError::QueueFull { .. })));
    let leased = two.lease(&queue, 1).await.unwrap();
    assert!(one.enqueue(message(&queue, 1)).await.is_err(), "what is out counts");
    two.settle(&queue, &[leased[0].id], Settlement::Consumed).await.unwrap();
    one.enqueue(message(&queue, 1)).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_does_not_fit_is_stored_not_at_all() {
    let redis = RedisServer::start();
    let policy = QueuePolicy { messages: 2, ..QueuePolicy::default() };
    let (_relay, store) = store(&redis, policy.into()).await;
    let (queue, other) = (queue("jobs"), queue("other"));
    let batch = [&other, &queue, &queue, &queue].iter().flat_map(|queue| message(queue, 1)).collect();
    assert!(
        matches!(store.enqueue(batch).await, Err(BrokerError::QueueFull { queue: full }) if full == queue)
    );
    assert!(store.lease(&other, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn there_are_no_more_queues_than_may_be_and_an_empty_one_is_none() {
    let redis = RedisServer::start();
    let (_relay, store) = store(&redis, QueueSettings { queues: 2, ..QueueSettings::default() }).await;
    let [first, second, third] = ["a", "b", "c"].map(queue);
    store.enqueue(message(&first, 1)).await.unwrap();
    store.enqueue(message(&second, 1)).await.unwrap();
    store.enqueue(message(&second, 1)).await.unwrap();
    let refused = store.enqueue(message(&third, 1)).await;
    assert!(matches!(refused, Err(BrokerError::TooManyQueues { limit: 2 })), "{refused:?}");
    let leased = store.lease(&first, 1).await.unwrap();
    store.settle(&first, &[leased[0].id], Settlement::Consumed).await.unwrap();
    store.enqueue(message(&third, 1)).await.unwrap();
}

#[tokio::test]
async fn the_oldest_dead_letters_make_room() {
    let redis = RedisServer::start();
    let grave = queue("dead");
    let deadly = QueuePolicy { deliveries: 1, dead_letters: Some(grave.clone()), ..QueuePolicy::default() };
    let narrow = QueuePolicy { messages: 2, ..deadly.clone() };
    let policies = vec![("/queue/dead".parse().unwrap(), narrow)];
    let settings = QueueSettings { policies, ..QueueSettings::from(deadly) };
    let (_relay, store) = store(&redis, settings).await;
    let queue = queue("jobs");
    for length in 1..=4 {
        store.enqueue(message(&queue, length)).await.unwrap();
        let leased = store.lease(&queue, 1).await.unwrap();
        store.settle(&queue, &[leased[0].id], Settlement::Refused).await.unwrap();
    }
    let dead = store.lease(&grave, 9).await.unwrap();
    let lengths: Vec<_> = dead.iter().map(|leased| leased.message.body().len()).collect();
    assert_eq!(lengths, [3, 4]);
}
