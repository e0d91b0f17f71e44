//! Histories: positions without holes, and pages that say whether something is missing.

use super::{
    KEPT,
    node::{Node, fresh, numbered, text},
    topics,
};
use crate::{Destination, Epoch, HistoryPage, Interest, Position, Start};

pub(super) async fn all(node: &mut Node) {
    positions_have_no_holes(node).await;
    pages_begin_where_they_are_asked_to(node).await;
    pages_end_where_they_are_asked_to(node).await;
    pages_tell_what_is_missing(node).await;
    other_topics_have_no_history(node).await;
}

pub(super) async fn across(one: &mut Node, two: &mut Node) {
    topics::all_nodes_see_one_order(one, two, "/topic/kept").await;
    any_node_recovers(one, two).await;
}

/// Publishes so many messages, and returns the position of the last one.
async fn filled(node: &Node, count: usize) -> (Destination, Position) {
    let topic = fresh("/topic/kept");
    let answers = node.publish(&topic, &numbered(0..count)).await;
    let last = answers.last().and_then(|published| published.position);
    (topic, last.expect("a message of a topic with history has a position"))
}

async fn page(node: &Node, topic: &Destination, start: Start) -> HistoryPage {
    page_of(node, topic, start, usize::MAX).await
}

async fn page_of(node: &Node, topic: &Destination, start: Start, limit: usize) -> HistoryPage {
    let page = node.broker().history(topic, start, limit).await.expect("a history can be read");
    page.expect("the topic has a history")
}

fn bodies(page: &HistoryPage) -> Vec<String> {
    page.messages.iter().map(text).collect()
}

async fn positions_have_no_holes(node: &mut Node) {
    let topic = fresh("/topic/kept");
    node.add(Interest::Topic(topic.clone())).await;
    let answers = node.publish(&topic, &numbered(0..50)).await;
    for (offset, published) in (1..).zip(&answers) {
        let position = published.position.expect("a message of a topic with history has a position");
        assert_eq!(position.offset, offset, "offsets are 1, 2, 3...");
        let message = node.message(&topic).await;
        assert_eq!(message.position(), Some(position), "the publisher and the subscribers are told the same");
    }
}

async fn pages_begin_where_they_are_asked_to(node: &Node) {
    let (topic, last) = filled(node, 10).await;
    let all = page(node, &topic, Start::First).await;
    assert_eq!((bodies(&all), all.complete), (numbered(0..10), true));
    let newest = page(node, &topic, Start::Last(3)).await;
    assert_eq!((bodies(&newest), newest.complete), (numbered(7..10), true));
    assert_eq!(newest.messages.last().and_then(crate::Message::position), Some(last));
    for epoch in [Some(last.epoch), None] {
        let behind = page(node, &topic, Start::After { offset: 6, epoch }).await;
        assert_eq!((bodies(&behind), behind.complete), (numbered(6..10), true));
        let none = page(node, &topic, Start::After { offset: 10, epoch }).await;
        assert_eq!((bodies(&none), none.complete), (numbered(0..0), true));
    }
}

async fn pages_end_where_they_are_asked_to(node: &Node) {
    let (topic, last) = filled(node, 10).await;
    let behind = Start::After { offset: 6, epoch: Some(last.epoch) };
    for (start, first) in [(Start::First, 0), (Start::Last(5), 5), (behind, 6)] {
        let page = page_of(node, &topic, start, 3).await;
        assert_eq!((bodies(&page), page.complete), (numbered(first..first + 3), true));
    }
}

async fn pages_tell_what_is_missing(node: &Node) {
    let (topic, last) = filled(node, 2 * KEPT).await;
    let page_after =
        async |offset, epoch| page(node, &topic, Start::After { offset, epoch: Some(epoch) }).await;
    assert!(!page_after(1, last.epoch).await.complete, "the second message has left the history");
    assert!(page_after(last.offset - 5, last.epoch).await.complete);
    assert!(!page_after(last.offset, Epoch(!last.epoch.0)).await.complete, "the epoch is another");
    assert!(!page_after(last.offset + 1, last.epoch).await.complete, "the offset was never given out");
    let unknown = Start::After { offset: 5, epoch: Some(last.epoch) };
    assert!(!page(node, &fresh("/topic/kept"), unknown).await.complete, "nothing was ever sent there");
}

async fn other_topics_have_no_history(node: &Node) {
    let topic = fresh("/topic/plain");
    let answers = node.publish(&topic, &numbered(0..1)).await;
    assert!(answers.iter().all(|published| published.position.is_none()));
    assert!(node.broker().history(&topic, Start::First, 1).await.expect("this is no error").is_none());
}

async fn any_node_recovers(one: &Node, two: &Node) {
    let (topic, last) = filled(one, 10).await;
    let missed = page(two, &topic, Start::After { offset: 4, epoch: Some(last.epoch) }).await;
    assert_eq!((bodies(&missed), missed.complete), (numbered(4..10), true));
}
