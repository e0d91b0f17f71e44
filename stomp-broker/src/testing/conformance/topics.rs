//! Topics: everything arrives once, in one order.

use std::sync::Arc;

use super::node::{Node, fresh, numbered, text};
use crate::{Interest, Pattern, Publish};

pub(super) async fn all(node: &mut Node) {
    batches_arrive_in_order(node).await;
    messages_arrive_whole(node).await;
    publishers_keep_their_own_order(node).await;
    patterns_and_topics_do_not_double_a_message(node).await;
}

pub(super) async fn across(one: &mut Node, two: &mut Node) {
    a_confirmed_interest_hears_everything(one, two).await;
    all_nodes_see_one_order(one, two, "/topic/plain").await;
    patterns_hear_other_nodes(one, two).await;
}

async fn batches_arrive_in_order(node: &mut Node) {
    let topic = fresh("/topic/plain");
    node.add(Interest::Topic(topic.clone())).await;
    node.publish(&topic, &numbered(0..1)).await;
    node.publish(&topic, &numbered(1..500)).await;
    assert_eq!(node.bodies(&topic, 500).await, numbered(0..500));
    assert!(node.broker().publish(Vec::new()).await.is_empty(), "an empty batch has no answers");
}

async fn messages_arrive_whole(node: &mut Node) {
    let topic = fresh("/topic/plain");
    node.add(Interest::Topic(topic.clone())).await;
    let publish = Publish::new(topic.clone(), vec![0, 255, 10, 13])
        .header("content-type", "application/octet-stream")
        .header("same", "first")
        .header("same", "second: with a colon\nand a line")
        .header("ключ", "значение");
    let answers = node.broker().publish(vec![publish]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let message = node.message(&topic).await;
    assert_eq!(&**message.body(), [0, 255, 10, 13]);
    assert_eq!(message.header("same"), Some("first"), "of equal headers the first one counts");
    assert_eq!(message.header("ключ"), Some("значение"));
}

async fn publishers_keep_their_own_order(node: &mut Node) {
    let topic = fresh("/topic/plain");
    node.add(Interest::Topic(topic.clone())).await;
    let publishers = (0..4).map(|publisher| {
        let (broker, topic) = (Arc::clone(node.broker()), topic.clone());
        tokio::spawn(async move {
            for number in 0..50 {
                let publish = Publish::new(topic.clone(), format!("{publisher}:{number:03}"));
                assert!(broker.publish(vec![publish]).await.iter().all(Result::is_ok));
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.expect("a publisher's messages are accepted");
    }
    let bodies = node.bodies(&topic, 200).await;
    for publisher in 0..4 {
        let own = bodies.iter().filter(|body| body.starts_with(&format!("{publisher}:")));
        assert!(own.is_sorted(), "a publisher's messages stay in its order");
    }
}

async fn patterns_and_topics_do_not_double_a_message(node: &mut Node) {
    let root = fresh("/topic/plain");
    let topic = fresh(&root);
    let pattern: Pattern = format!("{root}/**").parse().expect("the pattern is valid");
    node.add(Interest::Topic(topic.clone())).await;
    node.add(Interest::Pattern(pattern)).await;
    node.publish(&topic, &numbered(0..10)).await;
    assert_eq!(node.bodies(&topic, 10).await, numbered(0..10));
    node.nothing(&topic).await;
}

async fn a_confirmed_interest_hears_everything(one: &mut Node, two: &mut Node) {
    for _ in 0..20 {
        let topic = fresh("/topic/plain");
        one.add(Interest::Topic(topic.clone())).await;
        two.publish(&topic, &numbered(0..1)).await;
        one.message(&topic).await;
    }
}

/// Nodes publish at once; subscribers of both see the same.
pub(super) async fn all_nodes_see_one_order(one: &mut Node, two: &mut Node, root: &str) {
    let topic = fresh(root);
    let mut publishing = Vec::new();
    for (name, node) in [("one", &*one), ("two", &*two)] {
        node.add(Interest::Topic(topic.clone())).await;
        let (broker, topic) = (Arc::clone(node.broker()), topic.clone());
        publishing.push(async move {
            for number in 0..40 {
                let publish = Publish::new(topic.clone(), format!("{name}:{number:03}"));
                assert!(broker.publish(vec![publish]).await.iter().all(Result::is_ok));
            }
        });
    }
    futures_util::future::join_all(publishing).await;
    let seen = one.bodies(&topic, 80).await;
    assert_eq!(seen, two.bodies(&topic, 80).await, "every node sees the same order");
    for name in ["one", "two"] {
        assert!(seen.iter().filter(|body| body.starts_with(name)).is_sorted());
    }
}

async fn patterns_hear_other_nodes(one: &mut Node, two: &mut Node) {
    let root = fresh("/topic/plain[a]?");
    one.add(Interest::Pattern(format!("{root}/*").parse().expect("the pattern is valid"))).await;
    let topic = fresh(&root);
    two.publish(&topic, &numbered(0..1)).await;
    assert_eq!(text(&one.message(&topic).await), "0");
}
