//! Queues: each message is out with one consumer at a time, until it is settled.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    DELIVERIES,
    node::{Node, fresh, numbered, text},
};
use crate::{Destination, Interest, Leased, Publish, QueueStore, Settlement};

pub(super) async fn all(node: &Node) {
    let queues = node.broker().queues().expect("the back-end has queues");
    let queues = &*queues;
    messages_are_leased_in_order(queues).await;
    what_is_consumed_is_gone(queues).await;
    what_is_refused_comes_again_and_is_counted(queues).await;
    what_was_not_delivered_is_not_counted(queues).await;
    what_is_refused_too_often_is_a_dead_letter(queues).await;
    a_lease_is_settled_once(queues).await;
}

pub(super) async fn across(one: &mut Node, two: &mut Node) {
    other_nodes_hear_of_messages(one, two).await;
    each_message_goes_to_one_node(one, two).await;
}

async fn fill(queues: &dyn QueueStore, count: usize) -> Destination {
    let queue = fresh("/queue");
    let batch = numbered(0..count).into_iter().map(|body| Publish::new(queue.clone(), body)).collect();
    queues.enqueue(batch).await.expect("messages are stored");
    queue
}

async fn lease(queues: &dyn QueueStore, queue: &Destination, max: usize) -> Vec<Leased> {
    let leased = queues.lease(queue, max).await.expect("a queue can be read");
    assert!(leased.len() <= max, "no more is leased than asked for");
    leased
}

async fn settle(
    queues: &dyn QueueStore,
    queue: &Destination,
    leased: &[Leased],
    settlement: Settlement,
) -> Vec<Destination> {
    let ids: Vec<_> = leased.iter().map(|leased| leased.id).collect();
    queues.settle(queue, &ids, settlement).await.expect("leases are settled")
}

fn bodies(leased: &[Leased]) -> Vec<String> {
    leased.iter().map(|leased| text(&leased.message)).collect()
}

async fn messages_are_leased_in_order(queues: &dyn QueueStore) {
    let queue = fill(queues, 5).await;
    let first = lease(queues, &queue, 3).await;
    assert_eq!(bodies(&first), numbered(0..3));
    assert!(first.iter().all(|leased| leased.deliveries == 1 && leased.message.destination() == &queue));
    assert_eq!(bodies(&lease(queues, &queue, 9).await), numbered(3..5));
    assert!(lease(queues, &queue, 9).await.is_empty());
    assert!(lease(queues, &fresh("/queue"), 9).await.is_empty(), "a queue nobody sent to is empty");
}

async fn what_is_consumed_is_gone(queues: &dyn QueueStore) {
    let queue = fill(queues, 3).await;
    let leased = lease(queues, &queue, 3).await;
    assert!(settle(queues, &queue, &leased, Settlement::Consumed).await.is_empty());
    assert!(lease(queues, &queue, 9).await.is_empty());
}

async fn what_is_refused_comes_again_and_is_counted(queues: &dyn QueueStore) {
    let queue = fill(queues, 2).await;
    let leased = lease(queues, &queue, 1).await;
    let fed = settle(queues, &queue, &leased, Settlement::Refused).await;
    assert!(fed.contains(&queue));
    let again = lease(queues, &queue, 9).await;
    assert_eq!(bodies(&again), numbered(0..2), "it comes before what was sent after it");
    assert_eq!(again.iter().map(|leased| leased.deliveries).collect::<Vec<_>>(), [2, 1]);
}

async fn what_was_not_delivered_is_not_counted(queues: &dyn QueueStore) {
    let queue = fill(queues, 1).await;
    for _ in 0..=DELIVERIES {
        let leased = lease(queues, &queue, 1).await;
        assert_eq!(leased.first().map(|leased| leased.deliveries), Some(1));
        settle(queues, &queue, &leased, Settlement::Undelivered).await;
    }
}

async fn what_is_refused_too_often_is_a_dead_letter(queues: &dyn QueueStore) {
    let dead_letters = super::queue_policy().dead_letters.expect("there is a queue for them");
    let queue = fill(queues, 1).await;
    let mut fed = Vec::new();
    for _ in 0..DELIVERIES {
        let leased = lease(queues, &queue, 1).await;
        assert_eq!(bodies(&leased), ["0"]);
        fed = settle(queues, &queue, &leased, Settlement::Refused).await;
    }
    assert!(fed.contains(&dead_letters));
    assert!(lease(queues, &queue, 1).await.is_empty());
    let dead = lease(queues, &dead_letters, 1000).await;
    let from_here = |leased: &&Leased| leased.message.header("x-dead-letter-from") == Some(&*queue);
    assert_eq!(dead.iter().filter(from_here).count(), 1);
    settle(queues, &dead_letters, &dead, Settlement::Consumed).await;
}

async fn a_lease_is_settled_once(queues: &dyn QueueStore) {
    let queue = fill(queues, 1).await;
    let leased = lease(queues, &queue, 1).await;
    settle(queues, &queue, &leased, Settlement::Undelivered).await;
    let again = lease(queues, &queue, 1).await;
    settle(queues, &queue, &leased, Settlement::Consumed).await;
    settle(queues, &queue, &again, Settlement::Refused).await;
    assert_eq!(bodies(&lease(queues, &queue, 1).await), ["0"], "the old lease had no say any more");
}

async fn other_nodes_hear_of_messages(one: &mut Node, two: &mut Node) {
    let queue = fresh("/queue");
    one.add(Interest::Queue(queue.clone())).await;
    let store = two.broker().queues().expect("the back-end has queues");
    store.enqueue(vec![Publish::new(queue.clone(), "0")]).await.expect("messages are stored");
    one.ready(&queue).await;
    let own = one.broker().queues().expect("the back-end has queues");
    let leased = lease(&*own, &queue, 1).await;
    assert_eq!(bodies(&leased), ["0"]);
    // What goes back is for every node to have.
    two.add(Interest::Queue(queue.clone())).await;
    settle(&*own, &queue, &leased, Settlement::Refused).await;
    two.ready(&queue).await;
}

async fn each_message_goes_to_one_node(one: &Node, two: &Node) {
    let stores: Vec<_> = [one, two].into_iter().filter_map(|node| node.broker().queues()).collect();
    let queue = fill(&*stores[0], 100).await;
    let readers = stores.iter().map(|store| {
        let (store, queue) = (Arc::clone(store), queue.clone());
        async move {
            let mut read = Vec::new();
            while let leased = lease(&*store, &queue, 7).await
                && !leased.is_empty()
            {
                settle(&*store, &queue, &leased, Settlement::Consumed).await;
                read.extend(bodies(&leased));
            }
            read
        }
    });
    let read = futures_util::future::join_all(readers).await.concat();
    assert_eq!(read.len(), 100, "no message is out twice, and none is forgotten");
    assert_eq!(read.iter().collect::<BTreeSet<_>>().len(), 100);
}
